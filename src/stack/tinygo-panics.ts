// How a TinyGo program dies: every panic ends in the instruction `unreachable`. Before it the runtime writes a line to file descriptor 1 (unless it was
// built with -panic=trap), and the function that it comes from stands on the stack (TinyGo src/runtime/panic.go, chan.go, interface.go, 0.33).

/** What a function of the runtime panics about, in the words that it prints. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/^runtime\.lookupPanic$/, 'panic: runtime error: index out of range'],
  [/^runtime\.slicePanic$/, 'panic: runtime error: slice out of range'],
  [/^runtime\.sliceToArrayPointerPanic$/, 'panic: runtime error: slice smaller than array'],
  [/^runtime\.unsafeSlicePanic$/, 'panic: runtime error: unsafe.Slice/String: len out of range'],
  [/^runtime\.nilPanic$/, 'panic: runtime error: nil pointer dereference'],
  [/^runtime\.nilMapPanic$/, 'panic: runtime error: assignment to entry in nil map'],
  [/^runtime\.divideByZeroPanic$/, 'panic: runtime error: divide by zero'],
  [/^runtime\.negativeShiftPanic$/, 'panic: runtime error: negative shift'],
  [/^runtime\.chanMakePanic$/, 'panic: runtime error: new channel is too big'],
  [/^runtime\.blockingPanic$/, 'panic: runtime error: trying to do blocking operation in exported function'],
  [/^runtime\.interfaceTypeAssert$/, 'panic: runtime error: type assert failed'],
  [
    /^runtime\.(?:chanSend|\(\*channel\)\.(?:send|trySend))$|^\(\*runtime\.channel\)\./,
    'panic: runtime error: send on closed channel',
  ],
  [/^runtime\.chanClose$/, 'panic: runtime error: close of a closed or nil channel'],
  [/^runtime\.waitForEvents$/, 'panic: runtime error: deadlocked: no event source'],
  [
    /^runtime\.(?:hash\w*Interface\w*|interfaceEqual|reflectValueEqual|hashmapInterface\w*)$/,
    'panic: runtime error: comparing un-comparable type',
  ],
  [/^runtime\.alloc$/, 'panic: runtime error: out of memory'],
  [/^(?:abort|__abort)$/, 'abort() was called'],
];

/** The functions that every panic of the runtime goes through. */
const THROUGH = /^(?:runtime\.(?:runtimePanicAt|runtimePanic|abort|trap)|llvm\.trap)$/;

/** What a TinyGo program died of. */
export interface TinyGoPanic {
  /** `panic` for what the program or the runtime raised, `deadlock` where no goroutine can go on, `out-of-memory`. */
  readonly kind: 'panic' | 'deadlock' | 'out-of-memory';
  /** In the runtime's own words, as far as the stack tells them. */
  readonly title: string;
}

/**
 * The reason of a panic by the functions on the stack at `unreachable`, innermost first; null when they are none of TinyGo's panics. What
 * the program gave to panic() is not on the stack: it is in what the runtime printed.
 */
export function reasonOfStack(functions: readonly string[]): TinyGoPanic | null {
  const innermost = functions.findIndex((name) => !THROUGH.test(name));
  const passed = innermost > 0;
  const [callee = '', caller = ''] = innermost < 0 ? [] : functions.slice(innermost);
  if (/^runtime\._panic$/.test(callee)) return { kind: 'panic', title: 'panic' };
  // alloc, chanSend and the like panic only through runtimePanic; a trap of their own would be something else.
  for (const name of [callee, ...(callee.startsWith('runtime.') ? [caller] : [])]) {
    const found = REASONS.find(([pattern]) => pattern.test(name));
    if (found === undefined) continue;
    if (!passed && !name.endsWith('Panic')) continue;
    return { kind: kindOf(found[1]), title: found[1] };
  }
  return passed ? { kind: 'panic', title: 'panic: runtime error' } : null;
}

/** The line that the runtime prints of a panic, in a text that holds other lines; null without one. The last one counts. */
export function reasonOfOutput(text: string): TinyGoPanic | null {
  const line = text.split('\n').findLast((one) => one.startsWith('panic: '));
  if (line === undefined) return null;
  // `runtime error at 0x1234: ` where the address of the caller is known.
  const title = line.replace(/^panic: runtime error at 0x[0-9a-f]+: /, 'panic: runtime error: ').trimEnd();
  return { kind: kindOf(title), title };
}

function kindOf(title: string): TinyGoPanic['kind'] {
  if (title.includes('deadlocked')) return 'deadlock';
  return title.endsWith('out of memory') ? 'out-of-memory' : 'panic';
}

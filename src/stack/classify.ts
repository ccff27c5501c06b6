import { parseGoText, type GoText } from './go-text.ts';
import { reasonOfOutput, reasonOfStack } from './tinygo-panics.ts';
import type { TrapKind } from './trap-kind.ts';

/** What is known of a death. */
export interface DeathSigns {
  readonly error: { readonly name: string; readonly message: string } | null;
  /** What the runtime wrote to file descriptor 2; '' when nothing. */
  readonly text: string;
  /** Given to the exit import; null when it was not called. */
  readonly exitCode: number | null;
  /** Go functions on the stack at that moment, innermost first; empty when not known. */
  readonly functions?: readonly string[];
}

export interface DeathClass {
  readonly kind: TrapKind;
  /** One line: Go's words where there are any, or can be had from the runtime function that panicked; else the engine's. */
  readonly title: string;
}

/**
 * Says how a program died. Go's text tells first; then the JavaScript error; then, for an exit without text, the functions on the stack:
 * a panic whose text was thrown away still stands in runtime.gopanic. Exit code 2 alone is a panic for Go's runtime, but os.Exit(2) gives
 * it as well.
 */
export function classifyDeath(signs: DeathSigns): DeathClass {
  // Only TinyGo's runtime has the functions that this looks for.
  const tinygo = signs.error?.name === 'RuntimeError' ? reasonOfStack(signs.functions ?? []) : null;
  if (tinygo !== null) return reasonOfOutput(signs.text) ?? tinygo;
  const text = signs.text === '' ? null : parseGoText(signs.text);
  const fromText = text === null ? null : classifyText(text);
  if (fromText !== null) return fromText;
  if (signs.error !== null && !isExitError(signs.error)) return classifyError(signs.error);
  const fromStack = classifyFunctions(signs.functions ?? []);
  if (fromStack !== null) return fromStack;
  if (signs.exitCode !== null) return { kind: 'exit', title: `exit code ${signs.exitCode}` };
  return signs.error === null ? { kind: 'exit', title: 'the program ended' } : classifyError(signs.error);
}

/** Kind and title of Go's own text; null when it holds stacks only. */
export function classifyText(text: GoText): DeathClass | null {
  const message =
    text.kind === 'panic' ? text.messages[0] : text.messages.findLast((m) => m.kind === 'fatal error');
  if (text.kind === null || message === undefined) return null;
  const state = message.state === null ? '' : ` [${message.state}]`;
  return { kind: text.kind, title: firstLine(`${message.kind}: ${message.value}${state}`) };
}

/** Hosts of WASI end a program that calls proc_exit by throwing something of their own. */
const isExitError = (error: { name: string; message: string }): boolean =>
  /exit/i.test(error.name) || /^exit(?:ed)? with (?:exit )?code:? \d+$/.test(error.message);

function classifyError(error: { readonly name: string; readonly message: string }): DeathClass {
  return {
    kind: kindOfError(error),
    title: firstLine(error.message === '' ? error.name : `${error.name}: ${error.message}`),
  };
}

/** The words of V8, SpiderMonkey and JavaScriptCore. */
function kindOfError({ name, message }: { readonly name: string; readonly message: string }): TrapKind {
  if (
    /maximum call stack|too much recursion|call stack size|stack overflow|call stack exhausted/i.test(message)
  ) {
    return 'stack-overflow';
  }
  if (
    /out of memory|allocation fail|allocating|memory\.grow|could not allocate/i.test(message) &&
    name !== 'Error'
  ) {
    return 'out-of-memory';
  }
  return name === 'RuntimeError' ? 'trap' : 'exception';
}

/**
 * The runtime function that a panic begins in says what it is about (Go src/runtime/panic.go, chan.go, map.go, 1.19 to 1.27). Words that
 * hold values (which index, which length) are only in the text and in memory.
 */
const PANICS: readonly (readonly [RegExp, string])[] = [
  [
    /^runtime\.(?:goPanicIndexU?|panicIndexU?|panicBounds\d*|panicindex)$/,
    'panic: runtime error: index out of range',
  ],
  [
    /^runtime\.(?:goPanicSlice\w+|panicSlice\w+|panicslice\w*)$/,
    'panic: runtime error: slice bounds out of range',
  ],
  [/^runtime\.panicdivide$/, 'panic: runtime error: integer divide by zero'],
  [/^runtime\.panicoverflow$/, 'panic: runtime error: integer overflow'],
  [/^runtime\.panicshift$/, 'panic: runtime error: negative shift amount'],
  [
    /^runtime\.(?:sigpanic|panicmem|panicmemAddr)$/,
    'panic: runtime error: invalid memory address or nil pointer dereference',
  ],
  [
    /^runtime\.(?:panicdottype[EI]|panicnildottype|typeAssert\w*|assertE2I2?)$/,
    'panic: interface conversion',
  ],
  [/^runtime\.panicwrap$/, 'panic: value method called using nil pointer'],
  [
    /^(?:runtime\.mapassign(?:_\w+)?|internal\/runtime\/maps\.(?:\(\*Map\)\.)?\w*(?:[aA]ssign|PutSlot)\w*)$/,
    'panic: assignment to entry in nil map',
  ],
  [/^runtime\.chansend1?$/, 'panic: send on closed channel'],
  [/^runtime\.closechan$/, 'panic: close of closed or nil channel'],
  [
    /^runtime\.(?:makeslice\w*|panicmakeslice\w+)$/,
    'panic: runtime error: makeslice: len or cap out of range',
  ],
];

const FATALS: readonly (readonly [RegExp, TrapKind, string])[] = [
  [/^runtime\.checkdead$/, 'deadlock', 'fatal error: all goroutines are asleep - deadlock!'],
  [/^runtime\.newstack$/, 'stack-overflow', 'fatal error: stack overflow'],
  [
    /^runtime\.(?:sysMap\w*|sysReserve\w*|persistentalloc\w*|\(\*mheap\)\.(?:grow|sysAlloc|alloc\w*)|\(\*mcache\)\.allocLarge)$/,
    'out-of-memory',
    'fatal error: out of memory',
  ],
];

function classifyFunctions(functions: readonly string[]): DeathClass | null {
  // The innermost of the two decides: a fatal error may come while a panic is under way, and the other way round.
  const dying = functions.findIndex((name) =>
    /^runtime\.(?:gopanic|throw|fatal|fatalthrow|fatalpanic)$/.test(name),
  );
  if (dying < 0) return null;
  const panicked = functions.indexOf('runtime.gopanic', dying);
  const isPanic = functions[dying] === 'runtime.gopanic' || functions[dying] === 'runtime.fatalpanic';
  if (!isPanic) {
    const callers = functions.slice(dying);
    for (const [pattern, kind, title] of FATALS) {
      if (callers.some((name) => pattern.test(name))) return { kind, title };
    }
    return { kind: 'fatal', title: 'fatal error' };
  }
  // Right below gopanic stands what raised it, or the program's own call of panic.
  for (const name of functions.slice(panicked + 1)) {
    const found = PANICS.find(([pattern]) => pattern.test(name));
    if (found !== undefined) return { kind: 'panic', title: found[1] };
    if (!/^(?:runtime|internal\/runtime\/\w+)\./.test(name)) break;
  }
  return { kind: 'panic', title: 'panic' };
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

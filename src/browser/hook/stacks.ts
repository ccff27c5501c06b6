/** Frames in a stack taken at an exit; the page's own limit (10 by default) is for the page's errors. */
const EXIT_FRAMES = 200;
/** Characters of a stack or message that are kept. */
const MAX_STACK = 256 << 10;
const MAX_MESSAGE = 16 << 10;
/** Characters of a URL that are kept. */
const MAX_URL = 4096;

/** What V8 writes after the script's URL for a frame in wasm: `at main.f (URL:wasm-function[7]:0x1234)`. */
const WASM_FRAME = ':wasm-function[';

/** How wasm_exec.js answers a call into a program that has ended. */
const ALREADY_EXITED = 'Go program has already exited';

/**
 * The JavaScript stack below `from`, without it. The page's Error.stackTraceLimit and Error.prepareStackTrace are put back before
 * this returns, and the latter is not called.
 */
export function captureStack(from: (...args: never[]) => unknown): string {
  const limit = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit');
  const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  try {
    Object.defineProperty(Error, 'stackTraceLimit', {
      value: EXIT_FRAMES,
      configurable: true,
      writable: true,
      enumerable: true,
    });
    if (prepare !== undefined) Reflect.deleteProperty(Error, 'prepareStackTrace');
    const holder: { stack?: unknown } = {};
    Error.captureStackTrace(holder, from);
    return text(holder.stack, MAX_STACK);
  } catch {
    return '';
  } finally {
    if (limit === undefined) Reflect.deleteProperty(Error, 'stackTraceLimit');
    else Reflect.defineProperty(Error, 'stackTraceLimit', limit);
    if (prepare !== undefined) Reflect.defineProperty(Error, 'prepareStackTrace', prepare);
  }
}

/** URL of the innermost wasm frame; null when there is none. */
export function wasmScriptUrl(stack: string): string | null {
  const frame = wasmFrame(stack);
  if (frame === null) return null;
  let from = frame.at;
  while (from > Math.max(frame.line, frame.at - MAX_URL) && !' \t\r()'.includes(stack.charAt(from - 1)))
    from--;
  return stack.slice(from, frame.at);
}

/**
 * The innermost wasm frame of a stack: where its line begins, and where its URL ends; null when there is none. Searched by hand: a
 * pattern that may begin anywhere takes quadratic time on a long message, and this runs in the page.
 */
function wasmFrame(stack: string): { readonly line: number; readonly at: number } | null {
  const at = stack.indexOf(WASM_FRAME);
  return at < 0 ? null : { line: stack.lastIndexOf('\n', at) + 1, at };
}

export interface ErrorText {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** Name, message and stack of something thrown, whatever it is; null for what is no object or has no stack. */
export function errorText(thrown: unknown): ErrorText | null {
  if (typeof thrown !== 'object' || thrown === null) return null;
  try {
    const error = thrown as { name?: unknown; message?: unknown; stack?: unknown };
    if (typeof error.stack !== 'string') return null;
    return {
      name: text(error.name, 200),
      message: text(error.message, MAX_MESSAGE),
      stack: text(error.stack, MAX_STACK),
    };
  } catch {
    return null;
  }
}

const text = (value: unknown, limit: number): string =>
  typeof value === 'string' ? value.slice(0, limit) : '';

export const isAlreadyExited = (error: ErrorText): boolean => error.message.includes(ALREADY_EXITED);

/**
 * Whether an error that nobody handled ended a wasm program: it came out of wasm frames. Not so when the frames above them are those
 * imports of wasm_exec.js that catch what is thrown and hand it to Go (Go then panics, or handles it): a promise rejected in a
 * function that Go called has such a stack while Go goes on.
 */
export function cameOutOfWasm(error: ErrorText): boolean {
  const frame = wasmFrame(error.stack);
  if (frame === null) return false;
  return !/syscall\/js\.value(Call|Invoke|New)\b/.test(error.stack.slice(0, frame.line));
}

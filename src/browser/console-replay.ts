import type { PageTrap } from '../session/page-events.ts';
import type { Params } from './debugger-connection.ts';

/** A death that the console's history tells; what belongs to the page's realms is added by the caller. */
export type ReplayedTrap = Pick<PageTrap, 'time' | 'via' | 'exitCode' | 'error' | 'text' | 'exitStack'>;

const WASM_FRAME = /:wasm-function\[\d+\]/;
/** How a death message of Go's runtime begins. */
const DEATH_START = /^(panic: |fatal error: |runtime: goroutine stack exceeds )/;
const MAX_TEXT = 256 << 10;

/**
 * Reads what Runtime.enable replays of one JavaScript context: uncaught errors with wasm frames, and Go's death messages as wasm_exec.js
 * writes them to the console (one message a line, then `exit code: N`).
 */
export class ConsoleReplay {
  readonly #traps: ReplayedTrap[] = [];
  #lines: string[] = [];
  #stack: string | null = null;
  #time = 0;

  /** What was found. A death message without exit code after it (the page set another `go.exit`) counts too. */
  traps(): readonly ReplayedTrap[] {
    this.#end(null);
    return this.#traps;
  }

  /** Takes the parameters of Runtime.exceptionThrown. */
  exception(params: Params): void {
    const details = objectOf(params['exceptionDetails']);
    const description = objectOf(details?.['exception'])?.['description'];
    if (typeof description !== 'string') return;
    const refused = description.includes('Go program has already exited');
    if (!refused && !WASM_FRAME.test(description)) return;
    const stack = description.slice(0, MAX_TEXT);
    const [head = ''] = stack.split(/\n\s+at /, 1);
    const [, name = 'Error', message = head] = /^([\w$.]+): ?([^]*)$/.exec(head) ?? [];
    this.#traps.push({
      time: numberOr(params['timestamp'], Date.now()),
      via: 'console-exception',
      exitCode: null,
      error: { name, message, stack },
      text: '',
      exitStack: null,
    });
  }

  /** Takes the parameters of Runtime.consoleAPICalled. */
  message(params: Params): void {
    const args = (Array.isArray(params['args']) ? params['args'] : []).map((arg) => objectOf(arg)?.['value']);
    const stack = wasmStack(params['stackTrace']);
    const [first, second] = args;
    if (!stack.wasm || typeof first !== 'string') return;
    const time = numberOr(params['timestamp'], Date.now());
    if (first === 'exit code:' && typeof second === 'number') {
      this.#time = time;
      this.#stack = stack.text;
      this.#end(second);
      return;
    }
    if (args.length !== 1) return;
    const start = DEATH_START.test(first);
    // `panic: ... [recovered]` and the panics after it are one message; its stacks end it.
    if (start && this.#lines.some((line) => line.startsWith('goroutine '))) this.#end(null);
    if (start && this.#lines.length === 0) {
      this.#time = time;
      this.#stack = stack.text;
    }
    if (start || this.#lines.length > 0) this.#lines.push(first);
  }

  #end(exitCode: number | null): void {
    if (this.#lines.length === 0 && exitCode === null) return;
    this.#traps.push({
      time: this.#time,
      via: 'console-error',
      exitCode,
      error: null,
      text: this.#lines.join('\n').slice(0, MAX_TEXT),
      exitStack: this.#stack,
    });
    this.#lines = [];
    this.#stack = null;
  }
}

/**
 * A protocol stack as V8 writes it in Error.stack. The protocol tells a function's index only where it has no name (`$func7`): frames of
 * exports (`$run`) are left out, and of a module with names no text can be made.
 */
function wasmStack(stackTrace: unknown): { wasm: boolean; text: string | null } {
  const frames = objectOf(stackTrace)?.['callFrames'];
  let wasm = false;
  let indexed = false;
  const lines: string[] = [];
  for (const value of Array.isArray(frames) ? (frames as unknown[]) : []) {
    const frame = objectOf(value) ?? {};
    const name = textOf(frame['functionName']);
    const url = textOf(frame['url']);
    const line = numberOr(frame['lineNumber'], 0);
    const column = numberOr(frame['columnNumber'], 0);
    if (line !== 0 || !name.startsWith('$')) {
      lines.push(`    at ${name} (${url}:${line + 1}:${column + 1})`);
      continue;
    }
    wasm = true;
    const index = /^\$func(\d+)$/.exec(name)?.[1];
    if (index === undefined) continue;
    indexed = true;
    lines.push(`    at ${url}:wasm-function[${index}]:0x${column.toString(16)}`);
  }
  return { wasm, text: indexed ? ['Error', ...lines].join('\n') : null };
}

const objectOf = (value: unknown): Params | null =>
  typeof value === 'object' && value !== null ? (value as Params) : null;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const numberOr = (value: unknown, otherwise: number): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : otherwise;

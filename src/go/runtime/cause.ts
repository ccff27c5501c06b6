import { EXACT, type Confidence } from '../../base/confidence.ts';
import { FormatError } from '../../base/format-error.ts';
import type { Memory } from '../../memory/memory.ts';
import type { Goroutine } from './goroutine.ts';
import { readPanicText } from './panic-value.ts';
import { readString } from './print.ts';
import type { GoRuntime } from './runtime.ts';
import type { PhysicalFrame } from './unwind.ts';

/**
 * Why the program ended, as far as memory tells. `panic`: an unrecovered panic; `fatal`: a runtime `fatal error`; `exit`: os.Exit or the end of
 * main; `none`: nothing of these, so a trap or an exception from JavaScript.
 */
export interface DeathCause {
  readonly kind: 'panic' | 'fatal' | 'exit' | 'none';
  /**
   * What Go prints of it, read from memory: the lines from `panic: ` on, with all panics of the chain, or the line `fatal error: ...`.
   * With kind `none` and `exit` the panics that were still going on. Null when there is nothing or it cannot be read.
   */
  readonly text: string | null;
  /** Of `text`. */
  readonly confidence: Confidence;
  /** For `exit`: the code; null where it is not known. */
  readonly exitCode: number | null;
}

/**
 * The functions on the stack tell why the program ended. `frames`: those of the runtime's stack, then the goroutine's, innermost first.
 * Throws only NeedPages.
 */
export function findCause(
  runtime: GoRuntime,
  memory: Memory,
  goroutine: Goroutine | undefined,
  frames: readonly PhysicalFrame[],
): DeathCause {
  // runtime.exit jumps to its import, so either may be the innermost.
  const [innermost] = frames;
  const exit = innermost && EXITS.has(innermost.code.name) ? innermost : undefined;
  const kind = frames.map(endOf).find((end) => end !== undefined) ?? (exit ? 'exit' : 'none');
  const panics = (printed: boolean): ReturnType<typeof readPanicText> =>
    goroutine === undefined || goroutine.panics === 0
      ? null
      : readPanicText(
          { memory, types: runtime.types, layouts: runtime.layouts.layouts, version: runtime.version },
          goroutine.panics,
          printed,
        );
  if (kind === 'panic') {
    const found = panics(true);
    const why = 'the goroutine has no panic on record';
    return {
      kind,
      text: found?.text ?? null,
      confidence: found?.confidence ?? { kind: 'unavailable', why },
      exitCode: null,
    };
  }
  if (kind === 'fatal') return { kind, exitCode: null, ...fatalText(runtime, memory, frames) };
  const pending = panics(false);
  return {
    kind,
    text: pending?.text ?? null,
    confidence: pending?.confidence ?? EXACT,
    exitCode: exit === undefined ? null : exitCode(memory, exit),
  };
}

const EXITS = new Set(['runtime.exit', 'runtime.wasmExit', 'runtime.proc_exit']);

/** Go src/runtime/panic.go: fatalpanic and fatalthrow end the program, by way of exit. */
function endOf({ code: { name } }: PhysicalFrame): 'panic' | 'fatal' | undefined {
  if (name === 'runtime.fatalpanic' || name.startsWith('runtime.fatalpanic.')) return 'panic';
  if (name === 'runtime.fatalthrow' || name.startsWith('runtime.fatalthrow.')) return 'fatal';
  return undefined;
}

/** The argument of runtime.exit and its imports, an int32. */
function exitCode(memory: Memory, frame: PhysicalFrame): number | null {
  try {
    return memory.i32(frame.fp);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return null;
  }
}

/** runtime.throw and runtime.fatal have the text as their argument. */
function fatalText(
  runtime: GoRuntime,
  memory: Memory,
  frames: readonly PhysicalFrame[],
): { text: string | null; confidence: Confidence } {
  const frame = frames.find(({ code: { name } }) => name === 'runtime.throw' || name === 'runtime.fatal');
  try {
    const text = frame && readString(memory, frame.fp);
    if (text !== undefined) {
      const indented = runtime.version.indentsText ? text.replaceAll('\n', '\n\t') : text;
      return { text: `fatal error: ${indented}`, confidence: EXACT };
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
  return {
    text: null,
    confidence: { kind: 'unavailable', why: 'the call of runtime.throw is not on the stack' },
  };
}

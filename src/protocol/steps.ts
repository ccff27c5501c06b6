import type { Confidence } from '../base/confidence.ts';

// What stepping asks of the worker: plain data.

/**
 * Where a debugger has stopped in a Go program. `code`: in Go code. `unwinding`: in the way out of a function whose wasm stack is unwound, because its
 * goroutine waits or its stack was moved. `returned`: right behind a call, which came back or unwinds. `switch`: in the loop that calls what
 * is next by the Go stack in memory (wasm_pc_f_loop). `dispatch`: in the table of jump targets that every jump inside a function passes.
 */
export type StepPlace = 'code' | 'unwinding' | 'returned' | 'switch' | 'dispatch';

export interface StepStop {
  readonly moduleKey: string;
  readonly place: StepPlace;
  /** The function, as Go names it. */
  readonly function: string;
  /** Module offset of the innermost wasm frame. */
  readonly offset: number;
}

/** A place as DevTools shows it: the URL of a file (of Go's that of `goSourceUrl`), line (1-based) and column (0-based). */
export interface ShownPlace {
  readonly url: string;
  readonly line: number;
  readonly column: number;
}

/** What the debugger says of a stopped program. */
export interface StoppedProgram {
  readonly moduleKey: string;
  /** The session's name for the memory at that moment, and its size in bytes. */
  readonly target: string;
  readonly byteLength: number;
  /** Module offsets of the module's frames that are stopped, innermost first. */
  readonly offsets: readonly number[];
  /** Globals 0 (SP) and 2 (the address of the runtime.g). */
  readonly sp: number;
  readonly g: number;
  /** Innermost operand of the innermost frame: what the last call gave (1: it unwinds); null without operands. */
  readonly result: number | null;
  /** Local 1 of the frame below the innermost one, where there is such a local: where the innermost frame's return PC stands. */
  readonly callerSp: number | null;
  /** Local 0 of the innermost frame, PC_B: where the function goes on; null where it has none. */
  readonly pcBlock: number | null;
}

/** A place at which a goroutine comes back, unmistakably: module offset, goroutine and depth of its stack. */
export interface StepPoint {
  readonly offset: number;
  /** Address of the runtime.g, and of the word that holds the upper end of its stack. */
  readonly g: number;
  readonly stackHiAt: number;
  /** Bytes from SP to the upper end of the stack, which stay the same when the stack is moved. */
  readonly depth: number;
}

/**
 * How a step goes on. `stay`: it has ended where a Go developer expects it. `go`: the program runs until one of `points` is reached; none where the
 * goroutine ends. `unknown`: `why` it cannot be said where the goroutine comes back.
 */
export type StepPlan =
  | { readonly kind: 'stay' }
  | {
      readonly kind: 'go';
      readonly points: readonly StepPoint[];
      readonly goroutine: number;
      /** Where the step comes from. */
      readonly function: string;
      readonly file: string;
      readonly line: number;
      /** Whether that is the very call, where the function is on the stack several times. */
      readonly confidence: Confidence;
    }
  | { readonly kind: 'unknown'; readonly why: string };

export interface StepRequests {
  /** Where a JavaScript stack of a stopped program ends; null where it is of none of the modules, or of no Go module. */
  'step.place': { params: { stack: string; candidates: readonly string[] }; result: StepStop | null };
  /**
   * `before`: the stop before this one, where it was of the same module; only its place in DevTools where no more is known of it. `ignoreStandard`: a step does not
   * end in the standard library.
   */
  'step.plan': {
    params: { program: StoppedProgram; before: StepStop | ShownPlace | null; ignoreStandard: boolean };
    result: StepPlan;
  };
}

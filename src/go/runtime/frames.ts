import type { Confidence } from '../../base/confidence.ts';
import { FormatError } from '../../base/format-error.ts';
import type { FuncIndex, GoPc } from '../../base/units.ts';
import type { Memory } from '../../memory/memory.ts';
import { argumentText } from './arguments.ts';
import type { ProgramCode } from './program.ts';
import type { PhysicalFrame } from './unwind.ts';

/** A line of a goroutine's stack: a function with a frame of its own, or one that was inlined into it. Plain data. */
export interface RuntimeFrame {
  /** Go's full name. */
  readonly function: string;
  readonly file: string;
  /** 1-based; 0 unknown. */
  readonly line: number;
  /** Last line of the range, where the place covers more than one. */
  readonly lineEnd: number | null;
  /** The line of the range that it most likely is, and where the place may be instead: as in `KnownPlace`. */
  readonly likelyLine?: number;
  readonly alternatives?: readonly (readonly PlaceFrame[])[];
  readonly inlined: boolean;
  /** Exactly what stands between Go's parentheses; '' none, '...' inlined; null where it cannot be read. */
  readonly args: string | null;
  /** The return PC, or the place itself in the innermost frame; of the frame's own function also for inlined ones. */
  readonly pc: GoPc;
  /** The PC that it is symbolized at: before the return PC, or the place itself. */
  readonly symbolPc: GoPc;
  /** What Go prints as +0x1d; null for inlined frames and at a function's entry, where Go prints nothing. */
  readonly pcOffset: number | null;
  readonly sp: number;
  readonly fp: number;
  readonly funcIndex: FuncIndex | null;
  /** A wrapper that the compiler made, which Go hides in tracebacks. */
  readonly wrapper: boolean;
  /** Part of what the runtime does to end the program; Go's crash text begins after these. */
  readonly dying: boolean;
  readonly confidence: Confidence;
}

/** What the engine's stack says of its innermost places; a `Location` of src/symbols has this shape. */
export interface KnownPlace {
  readonly funcIndex: FuncIndex | undefined;
  /** The PC where it is known; for a call, the return PC. */
  readonly pc: GoPc | undefined;
  readonly confidence: Confidence;
  readonly frames: readonly PlaceFrame[];
  /** Where the place may be instead of `frames`. */
  readonly alternatives?: readonly (readonly PlaceFrame[])[];
}

export interface PlaceFrame {
  readonly function: string;
  readonly file: string;
  readonly line: number;
  readonly lineEnd?: number;
  /** The line of the range that it most likely is. */
  readonly likelyLine?: number;
  readonly inlined: boolean;
}

/** Turns the frames of a stack, innermost first, into lines. */
export class FrameWriter {
  readonly #program: ProgramCode;
  readonly #memory: Memory;
  #calleeFuncId = -1;

  constructor(program: ProgramCode, memory: Memory) {
    this.#program = program;
    this.#memory = memory;
  }

  /**
   * The lines of the next frame, innermost first. `place`, where given, says more exactly than the PC where in the function the program
   * was: for the frame in which a trap happened. Throws only NeedPages.
   */
  write(frame: PhysicalFrame, dying: boolean, place?: KnownPlace): RuntimeFrame[] {
    const { code, pc, sp, fp } = frame;
    const known = place?.frames.length ? place : undefined;
    const levels: readonly Level[] = known ? known.frames.map(toLevel) : code.framesAt(frame.symbolPc);
    const showsOffset = pc > code.entry && (known === undefined || known.pc !== undefined);
    const confidence = known?.confidence ?? frame.confidence;
    const lines: RuntimeFrame[] = [];
    for (const { name, file, line, lineEnd, likelyLine, inlined, funcId } of levels) {
      const wrapper = this.#program.module.hidesWrapper(funcId, this.#calleeFuncId);
      this.#calleeFuncId = funcId;
      lines.push({
        function: name,
        file,
        line,
        lineEnd: lineEnd ?? null,
        ...(likelyLine === undefined ? {} : { likelyLine }),
        ...(lines.length > 0 || known?.alternatives === undefined
          ? {}
          : { alternatives: known.alternatives }),
        inlined,
        args: inlined ? '...' : this.#arguments(frame),
        pc,
        symbolPc: frame.symbolPc,
        pcOffset: inlined || !showsOffset ? null : pc - code.entry,
        sp,
        fp,
        funcIndex: code.funcIndex ?? null,
        wrapper,
        dying,
        confidence,
      });
    }
    return lines;
  }

  #arguments(frame: PhysicalFrame): string | null {
    try {
      return argumentText(this.#program.module.image, this.#memory, frame.code, frame.fp, frame.symbolPc);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return null;
    }
  }
}

interface Level {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly lineEnd?: number | undefined;
  readonly likelyLine?: number | undefined;
  readonly inlined: boolean;
  readonly funcId: number;
}

function toLevel({ function: name, file, line, lineEnd, likelyLine, inlined }: PlaceFrame): Level {
  return { name, file, line, lineEnd, likelyLine, inlined, funcId: -1 };
}

import { EXACT, type Confidence } from '../../base/confidence.ts';
import { FormatError } from '../../base/format-error.ts';
import { address, goPc, type Address, type GoPc } from '../../base/units.ts';
import { expectBytes, type Memory } from '../../memory/memory.ts';
import type { CodeFunction, ProgramCode } from './program.ts';

/** Go's stacks grow down: frames from `lo` up to `hi`. */
export interface StackBounds {
  readonly lo: Address;
  readonly hi: Address;
}

/** Where to begin: the stack pointer of a function that is stopped at `pc`. */
export interface StackPosition {
  readonly pc: GoPc;
  readonly sp: Address;
}

/** A function's frame on the stack. */
export interface PhysicalFrame {
  readonly code: CodeFunction;
  /** Where the function goes on when its callee returns; for the innermost frame, where it is. */
  readonly pc: GoPc;
  /** Where the function is: the PC to look up for its line. */
  readonly symbolPc: GoPc;
  readonly sp: Address;
  /** The caller's SP; the arguments begin here. */
  readonly fp: Address;
  readonly confidence: Confidence;
}

export interface UnwoundStack {
  /** Innermost first: the first ones, then, after `elided` of them, the last ones. */
  readonly frames: readonly PhysicalFrame[];
  /** How many frames were left out, and how many of `frames` come before them. */
  readonly elided: { readonly count: number; readonly after: number } | null;
  /** `top`: the stack's first function was reached. Otherwise `why` says what stopped the walk. */
  readonly end: 'top' | 'stopped';
  readonly why: string | null;
  /** Where the last frame ends: SP of what came before it. */
  readonly lastFp: Address;
}

export interface UnwindLimits {
  /** Frames at each end that are kept; 500 when not given. */
  readonly keep?: number;
  /** Frames that are walked at most; a million when not given. */
  readonly maxFrames?: number;
}

const WORD = 8;
/** A stack is announced to the memory at once up to this size. */
const READ_AHEAD = 1 << 20;

/**
 * Walks a stack as Go does (src/runtime/traceback.go, unwinder, 1.27, for a machine without link register and frame pointer): a frame
 * ends 8 bytes above sp + pcsp(pc), and the return PC stands in these 8 bytes. Ends at a function marked TOPFRAME, or at one marked
 * SPWRITE that is not the innermost. Every step goes up inside `bounds`, so the walk ends whatever the memory holds; what is wrong
 * there ends it with a reason, after the frames that were good. Throws only NeedPages.
 */
export function unwind(
  program: ProgramCode,
  memory: Memory,
  from: StackPosition,
  bounds: StackBounds,
  limits: UnwindLimits = {},
): UnwoundStack {
  const { keep = 500, maxFrames = 1_000_000 } = limits;
  const first: PhysicalFrame[] = [];
  // The last frames, as a ring once there are more than `keep`.
  const last: PhysicalFrame[] = [];
  let count = 0;
  let lastFp = from.sp;
  const stop = (why: string | null): UnwoundStack => {
    const elided = Math.max(0, count - 2 * keep);
    const oldest = count - keep > keep ? (count - keep) % keep : 0;
    return {
      frames: [...first, ...last.slice(oldest), ...last.slice(0, oldest)],
      elided: elided > 0 ? { count: elided, after: keep } : null,
      end: why === null ? 'top' : 'stopped',
      why,
      lastFp,
    };
  };

  if (from.sp >= bounds.lo && from.sp < bounds.hi) {
    expectBytes(memory, from.sp, Math.min(bounds.hi - from.sp, READ_AHEAD));
  }
  let { pc, sp } = from;
  let calleeIsSigpanic = false;
  for (;;) {
    if (count >= maxFrames) return stop(`more than ${maxFrames} frames`);
    if (!(sp >= bounds.lo && sp <= bounds.hi)) {
      return stop(`the stack pointer 0x${sp.toString(16)} is outside the stack ${rangeText(bounds)}`);
    }
    const place = program.placeOf(pc);
    if (place === undefined)
      return stop(`0x${pc.toString(16)} at the return PC's place is no PC of this program`);
    const { code, frameSize } = place;
    if (frameSize === 0) return stop(`the frame of ${code.name} at 0x${pc.toString(16)} has no known size`);
    const fp = address(sp + frameSize);
    if (fp > bounds.hi || fp <= sp) {
      return stop(`the frame of ${code.name} leaves the stack ${rangeText(bounds)}`);
    }
    // A return PC belongs to the call before it; after sigpanic the PC is the place itself.
    const symbolPc = calleeIsSigpanic ? pc : place.symbolPc;
    const frame: PhysicalFrame = { code, pc, symbolPc, sp, fp, confidence: EXACT };
    if (count < keep) first.push(frame);
    else last[(count - keep) % keep] = frame;
    count++;
    lastFp = fp;
    if (code.topFrame) return stop(null);
    if (code.spWrite && count > 1) return stop(`${code.name} switched stacks in a way that is not recorded`);
    try {
      pc = goPc(memory.word(address(fp - WORD)));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return stop(error.message);
    }
    calleeIsSigpanic = place.isSigpanic;
    sp = fp;
    if (pc === 0) return stop(null);
  }
}

function rangeText({ lo, hi }: StackBounds): string {
  return `0x${lo.toString(16)}-0x${hi.toString(16)}`;
}

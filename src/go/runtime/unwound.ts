import { EXACT, type Confidence } from '../../base/confidence.ts';
import { FormatError } from '../../base/format-error.ts';
import { address, goPc, type Address, type FuncIndex, type GoPc } from '../../base/units.ts';
import type { Memory } from '../../memory/memory.ts';
import { readGoroutine, STATUS_DEAD, type Goroutine } from './goroutine.ts';
import type { GoRuntime } from './runtime.ts';
import { unwind, type PhysicalFrame, type StackPosition } from './unwind.ts';

// Whose wasm stack is being unwound. When a goroutine waits, yields or ends, mcall stores its runtime.g as the argument on the stack of g0,
// at g0.sched.sp - 8, and goes to the scheduler, which sets global 2 to the next goroutine before the first frame is left. When a stack
// grows, morestack stores a return PC there and gogo goes on with the same goroutine. What runs next stands 8 bytes below SP (Go src/runtime/asm_wasm.s and
// rt0_js_wasm.s, mcall, morestack, gogo, wasm_pc_f_loop; 1.19 to 1.27).

/** A goroutine and its frames, innermost first: where it will go on. */
export interface PendingStack {
  readonly goroutine: Goroutine;
  readonly frames: readonly PhysicalFrame[];
}

/** What the wasm globals say. */
export interface RuntimeGlobalsNow {
  readonly sp: number;
  readonly g: number;
}

/** The goroutine whose frames are being unwound; undefined where memory does not say. Throws only NeedPages. */
export function unwoundGoroutine(
  runtime: GoRuntime,
  memory: Memory,
  globals: RuntimeGlobalsNow,
): PendingStack | undefined {
  const { g, m, gobuf } = runtime.layouts.layouts;
  const switched = orNothing(() => {
    const ofM = memory.word(address(globals.g + g.m));
    const g0 = memory.word(address(ofM + m.g0));
    const sp = memory.word(address(g0 + g.sched + gobuf.sp));
    return goroutineAt(runtime, memory, memory.word(address(sp - 8)));
  });
  if (switched === undefined || switched.address === globals.g) return pendingStack(runtime, memory, globals);
  const { scheduled } = switched;
  return scheduled === undefined ? undefined : stackFrom(runtime, memory, switched, scheduled);
}

/** The goroutine that runs next, and its frames. Undefined where memory does not say. Throws only NeedPages. */
export function pendingStack(
  runtime: GoRuntime,
  memory: Memory,
  { sp, g }: RuntimeGlobalsNow,
): PendingStack | undefined {
  const goroutine = goroutineAt(runtime, memory, g);
  if (goroutine === undefined) return undefined;
  const pc = orNothing(() => memory.word(address(sp - 8)));
  return pc === undefined
    ? undefined
    : stackFrom(runtime, memory, goroutine, { pc: goPc(pc), sp: address(sp) });
}

/** The goroutine that runs, inside a function that goes on at `pc`. Undefined where memory does not say. Throws only NeedPages. */
export function jumpingStack(
  runtime: GoRuntime,
  memory: Memory,
  { sp, g }: RuntimeGlobalsNow,
  pc: GoPc,
): PendingStack | undefined {
  const goroutine = goroutineAt(runtime, memory, g);
  return goroutine && stackFrom(runtime, memory, goroutine, { pc, sp: address(sp) });
}

/** What of a frame says which one it is. */
export interface FrameOnStack {
  readonly fp: number;
  readonly code: { readonly funcIndex: FuncIndex | undefined };
}

/** A frame of a stack, and whether it is that for certain. */
export interface FoundFrame {
  /** -1 where there is none. */
  readonly index: number;
  readonly confidence: Confidence;
}

/**
 * Which of the frames is that of the innermost function of the engine's stack, `functions`, innermost first. `returnAt`: where its return PC
 * stood when it was called: that names the frame, unless the stack was moved since. Else it is the innermost of those around which most functions
 * agree; when there are others as good, as in recursion, that is said.
 */
export function frameOf(
  frames: readonly FrameOnStack[],
  functions: readonly FuncIndex[],
  returnAt: Address | null,
): FoundFrame {
  let [best, most, as] = [-1, 0, 0];
  for (const [i, frame] of frames.entries()) {
    if (frame.code.funcIndex !== functions[0]) continue;
    if (frame.fp - 8 === returnAt) return { index: i, confidence: EXACT };
    let agreeing = 1;
    while (agreeing < functions.length && frames[i + agreeing]?.code.funcIndex === functions[agreeing])
      agreeing++;
    if (agreeing > most) [best, most, as] = [i, agreeing, 1];
    else if (agreeing === most) as++;
  }
  const why = `the function is ${as} times on the stack, and which of its calls this is is not known: the innermost one is taken`;
  return { index: best, confidence: as > 1 ? { kind: 'inferred', why } : EXACT };
}

/** SP of a frame's function while its own code runs. */
export function bodySp({ code, pc, sp }: PhysicalFrame): number {
  // At its entry it has not made its frame yet.
  return pc === code.entry ? sp - (code.frameSizes()[0]?.size ?? 0) : sp;
}

function stackFrom(
  runtime: GoRuntime,
  memory: Memory,
  goroutine: Goroutine,
  from: StackPosition,
): PendingStack {
  return { goroutine, frames: unwind(runtime.program, memory, from, goroutine.stack).frames };
}

function goroutineAt(runtime: GoRuntime, memory: Memory, at: number): Goroutine | undefined {
  if (at <= 0 || at % 8 !== 0 || at >= memory.size) return undefined;
  const found = orNothing(() => readGoroutine(runtime, memory, address(at)));
  return found === undefined || found.status === STATUS_DEAD || found.id <= 0 ? undefined : found;
}

function orNothing<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return undefined;
  }
}

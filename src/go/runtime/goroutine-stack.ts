import { FormatError } from '../../base/format-error.ts';
import { address, type Address } from '../../base/units.ts';
import type { Memory } from '../../memory/memory.ts';
import { FrameWriter, type KnownPlace, type RuntimeFrame } from './frames.ts';
import { STATUS_RUNNING, type Goroutine } from './goroutine.ts';
import { findRunning, type Running } from './running.ts';
import type { GoRuntime } from './runtime.ts';
import { findByReturnPcs, findStopped, type StoppedAt } from './stopped-at.ts';
import {
  unwind,
  type PhysicalFrame,
  type StackBounds,
  type StackPosition,
  type UnwindLimits,
  type UnwoundStack,
} from './unwind.ts';

// Where a goroutine is: at g.sched when it waits, at g.syscallsp inside a system call, and where SP points when it runs. A running
// goroutine has g.sched only while the runtime works on its own stack for it (systemstack, mcall and morestack set it, and gogo and the
// return of systemstack clear it; Go src/runtime/asm_wasm.s).

/** What was seen of a moment outside the memory. */
export interface StackEvidence {
  /** The exported getsp() at that moment; null where there is none, as in wasip1 modules. */
  readonly sp: Address | null;
  /** The engine's stack, innermost first, symbolized. Only the first few are used; empty when there is none. */
  readonly places?: readonly KnownPlace[];
  /** Frames that are kept at each end of a long stack; 250 when not given. */
  readonly keep?: number;
}

export interface GoroutineStack {
  /** Innermost first. */
  readonly frames: readonly RuntimeFrame[];
  /** `count` frames were left out behind the first `after`; both count functions with a frame of their own, not inlined ones. */
  readonly elided: { readonly count: number; readonly after: number } | null;
  /** True when the walk reached the goroutine's first function. */
  readonly complete: boolean;
  /** Sentences: what could not be read and why. */
  readonly notes: readonly string[];
}

export const DEFAULT_KEEP = 250;
/** Frames at each end of a stack that `physical` gives. */
const MAX_PHYSICAL = 1 << 19;
/** Frames in which a wait begins. */
const INNER_FRAMES = 12;

/** Reads stacks of goroutines of one moment, each when it is asked for. */
export class StackReader {
  readonly #runtime: GoRuntime;
  readonly #memory: Memory;
  readonly #evidence: StackEvidence;
  readonly #running: Running;
  readonly #notes: string[] = [];

  /** Throws only NeedPages. */
  constructor(runtime: GoRuntime, memory: Memory, evidence: StackEvidence) {
    this.#runtime = runtime;
    this.#memory = memory;
    this.#evidence = evidence;
    this.#running = findRunning(runtime, memory, evidence.sp, this.#notes);
  }

  /** The goroutine that has the program's only thread, at this moment or until the runtime took over. */
  get running(): Goroutine | undefined {
    return this.#running.goroutine;
  }

  /** The program is idle: the running goroutine is its event handler, and waits for the page to call. */
  get idle(): boolean {
    const { running } = this;
    return (
      running !== undefined &&
      idlePosition(this.#runtime, this.#memory, running, this.#evidence.sp) !== undefined
    );
  }

  /** Why the running goroutine is not known. */
  get notes(): readonly string[] {
    return this.#notes;
  }

  /** The innermost functions with a frame of their own, innermost first. Throws only NeedPages. */
  inner(goroutine: Goroutine, count = INNER_FRAMES): readonly PhysicalFrame[] {
    return this.#walk(goroutine, [], count)?.stack.frames ?? [];
  }

  /** All frames of a stack, as far as it can be walked; undefined where nothing says where the goroutine is. Throws only NeedPages. */
  physical(goroutine: Goroutine): UnwoundStack | undefined {
    return this.#walk(goroutine, [], undefined, MAX_PHYSICAL)?.stack;
  }

  /** Names of the functions at a frame, innermost first: those that were inlined, and its own. */
  namesAt({ code, symbolPc }: PhysicalFrame): string[] {
    return code.framesAt(symbolPc).map((level) => level.name);
  }

  /** The whole stack of a goroutine of this moment. Throws only NeedPages. */
  read(goroutine: Goroutine): GoroutineStack {
    const notes: string[] = [];
    const walked = this.#walk(goroutine, notes);
    if (walked === undefined) return { frames: [], elided: null, complete: false, notes };
    const writer = new FrameWriter(this.#runtime.program, this.#memory);
    return {
      ...writeFrames(writer, walked, () => false),
      complete: walked.stack.end === 'top',
      notes,
    };
  }

  #walk(goroutine: Goroutine, notes: string[], maxFrames?: number, keepAll?: number): Walked | undefined {
    const running =
      goroutine.address === this.running?.address ? { ...this.#running, goroutine } : this.#running;
    const { sp } = this.#evidence;
    const keep = keepAll ?? this.#evidence.keep ?? DEFAULT_KEEP;
    const onSystemStack =
      sp !== null && this.#running.system !== undefined && contains(this.#running.system, sp);
    // The engine's stack is that of the goroutine that runs.
    const evidence = running.goroutine === goroutine ? this.#evidence : { sp, keep };
    const limits = { keep, ...(maxFrames === undefined ? {} : { maxFrames }) };
    return walkGoroutine(
      this.#runtime,
      this.#memory,
      goroutine,
      running,
      evidence,
      onSystemStack,
      notes,
      limits,
    );
  }
}

/** A stack, and what is known better of its innermost frame. */
export interface Walked {
  readonly stack: UnwoundStack;
  readonly stopped: StoppedAt | undefined;
}

export function contains(bounds: StackBounds, sp: Address): boolean {
  return sp >= bounds.lo && sp < bounds.hi;
}

/** Walks a stack from SP alone. */
export function walkStopped(
  runtime: GoRuntime,
  memory: Memory,
  sp: Address,
  bounds: StackBounds,
  places: readonly KnownPlace[],
  limits: UnwindLimits,
  notes: string[],
): Walked | undefined {
  const stopped = findStopped(runtime.program, memory, sp, bounds, places);
  if (stopped === undefined) {
    notes.push(`No function of the program fits the stack at SP 0x${sp.toString(16)}.`);
    return undefined;
  }
  return { stack: unwind(runtime.program, memory, stopped.position, bounds, limits), stopped };
}

/**
 * Walks a goroutine's stack from where it is. `leftForSystem`: SP is on the runtime's own stack, so that a running goroutine is at g.sched.
 * Undefined when nothing says where it is. `notes` get what is not as it should be.
 */
export function walkGoroutine(
  runtime: GoRuntime,
  memory: Memory,
  goroutine: Goroutine,
  running: Running,
  evidence: StackEvidence,
  leftForSystem: boolean,
  notes: string[],
  limits: UnwindLimits = { keep: evidence.keep ?? DEFAULT_KEEP },
): Walked | undefined {
  const { sp, places = [] } = evidence;
  const bounds = goroutine.stack;
  const idle = idlePosition(runtime, memory, goroutine, sp);
  if (idle !== undefined) {
    return { stack: unwind(runtime.program, memory, idle, bounds, limits), stopped: undefined };
  }
  let walked: Walked | undefined;
  if (sp !== null && contains(bounds, sp)) {
    walked = walkStopped(runtime, memory, sp, bounds, places, limits, notes);
  }
  const saved = goroutine.syscall ?? goroutine.scheduled;
  if (walked === undefined && saved !== undefined && contains(bounds, saved.sp)) {
    walked = { stack: unwind(runtime.program, memory, saved, bounds, limits), stopped: undefined };
    if (!leftForSystem && sp !== null && goroutine === running.goroutine) {
      notes.push(`SP 0x${sp.toString(16)} is on no stack; this is where the goroutine was last stopped.`);
    }
  }
  if (walked === undefined && sp === null) {
    const found = findByReturnPcs(runtime.program, memory, bounds, places);
    if (found !== undefined) {
      walked = { stack: unwind(runtime.program, memory, found.position, bounds, limits), stopped: found };
      notes.push('The module does not export SP; the engine’s stack showed where it was.');
    }
  }
  if (walked === undefined) {
    notes.push(`Nothing says where goroutine ${goroutine.id} was.`);
  } else if (walked.stack.why !== null) {
    notes.push(`The stack ends early: ${walked.stack.why}.`);
  }
  return walked;
}

/** Words at the top of a stack below which its first function's frame begins. */
const STACK_TOP = 16;

/**
 * Where the goroutine that waits for events of the page is, while it does. It counts as running; runtime.pause has set SP to the place of
 * its return PC, the one of runtime.goexit, and left to JavaScript (Go src/runtime/lock_js.go, handleAsyncEvent and handleEvent). Without
 * SP this is what is taken for the truth.
 */
function idlePosition(
  { program }: GoRuntime,
  memory: Memory,
  goroutine: Goroutine,
  sp: Address | null,
): StackPosition | undefined {
  const { stack, startFunction, status, scheduled } = goroutine;
  if (startFunction !== 'runtime.handleAsyncEvent' || status !== STATUS_RUNNING) return undefined;
  const handler = program.functionNamed(startFunction);
  const first = program.functionNamed('runtime.goexit');
  if (scheduled !== undefined || handler === undefined || first === undefined) return undefined;
  const top = Array.from({ length: STACK_TOP }, (_, i) => stack.hi - (i + 1) * 8);
  try {
    const at = (sp === null ? top : [sp]).find(
      (place) => place >= stack.lo && place < stack.hi && memory.word(address(place)) === first.entry + 1,
    );
    return at === undefined ? undefined : { pc: handler.entry, sp: address(at) };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return undefined;
  }
}

/** The lines of a stack; `isDying` is asked for each frame, innermost first. */
export function writeFrames(
  writer: FrameWriter,
  { stack, stopped }: Walked,
  isDying: (frame: PhysicalFrame) => boolean,
): { frames: RuntimeFrame[]; elided: GoroutineStack['elided'] } {
  const frames = stack.frames.flatMap((frame, i) =>
    writer.write(frame, isDying(frame), i === 0 ? stopped?.place : undefined),
  );
  return { frames, elided: stack.elided };
}

import { FormatError } from '../../base/format-error.ts';
import { address, type Address } from '../../base/units.ts';
import { expectBytes, type Memory } from '../../memory/memory.ts';
import { findCause, type DeathCause } from './cause.ts';
import { FrameWriter, type KnownPlace, type RuntimeFrame } from './frames.ts';
import { readGoroutine, STATUS_DEAD, type CreatedBy, type Goroutine } from './goroutine.ts';
import type { GoRuntime } from './runtime.ts';
import { findRunning, readGoroutines, type Running } from './running.ts';
import { findByReturnPcs, findStopped, type StoppedAt } from './stopped-at.ts';
import { unwind, type PhysicalFrame, type StackBounds, type UnwoundStack } from './unwind.ts';

// The dying goroutine and its true stack, at the moment when the program called its exit import or trapped. The runtime ends a
// program on its own stack (that of g0): it prints there, and calls exit; the goroutine then goes on at curg.sched, where
// systemstack, mcall or morestack saved it (Go src/runtime/asm_wasm.s). os.Exit and traps happen on the goroutine's own stack.

/** What was seen of the death outside the memory. */
export interface DeathEvidence {
  /** The exported getsp() at that moment; null where there is none, as in wasip1 modules. */
  readonly sp: Address | null;
  /** The engine's stack, innermost first, symbolized. Only the first few are used; empty when there is none. */
  readonly places?: readonly KnownPlace[];
  /** Frames that are kept at each end of a long stack; 250 when not given. */
  readonly keep?: number;
}

export interface Death {
  readonly cause: DeathCause;
  /** Null when none ran: the scheduler found nothing to run, or the memory does not tell. */
  readonly goroutine: {
    readonly id: number;
    /** What Go prints in the brackets of its header. */
    readonly state: string;
    readonly address: Address;
  } | null;
  /** The goroutine's stack, innermost first; those with `dying` belong to the runtime's own ending. */
  readonly frames: readonly RuntimeFrame[];
  /** `count` frames were left out behind the first `after`; both count functions with a frame of their own, not inlined ones. */
  readonly elided: { readonly count: number; readonly after: number } | null;
  /** What ran on the runtime's own stack (`runtime stack:` in Go's text); empty when nothing did. */
  readonly systemFrames: readonly RuntimeFrame[];
  readonly createdBy: CreatedBy | null;
  /** True when the walk reached the goroutine's first function. */
  readonly complete: boolean;
  /** Sentences: what could not be read and why. */
  readonly notes: readonly string[];
}

const DEFAULT_KEEP = 250;

/** Functions of the runtime's ending that stand on the goroutine's stack before what Go prints of it. */
const DYING = new Set([
  'runtime.systemstack_switch',
  'runtime.systemstack',
  'runtime.fatalpanic',
  'runtime.fatalthrow',
  'runtime.exit',
  'runtime.wasmExit',
  'runtime.proc_exit',
]);

/** Functions on the scheduler's stack whose first argument is the goroutine that just stopped running. */
const LEFT_BY = new Set(['runtime.park_m', 'runtime.goexit0', 'runtime.gosched_m', 'runtime.goyield_m']);

/**
 * Reads who died and where. Works on the program's memory at that moment; throws only NeedPages, whatever the memory holds.
 */
export function readDeath(runtime: GoRuntime, memory: Memory, evidence: DeathEvidence): Death {
  const { program } = runtime;
  const { sp } = evidence;
  const notes: string[] = [];
  if (sp !== null) expectBytes(memory, sp, 4096);
  const running = findRunning(runtime, memory, sp, notes);

  // What ran on the runtime's stack, when that is where SP is.
  const onOwn = sp !== null && running.goroutine !== undefined && contains(running.goroutine.stack, sp);
  const system =
    running.system && !onOwn ? walkSystem(runtime, memory, running.system, evidence, notes) : undefined;
  let { goroutine } = running;
  if (goroutine === undefined && system !== undefined) {
    goroutine = goroutineLeft(runtime, memory, system.stack.frames);
    if (goroutine !== undefined) {
      notes.push(`No goroutine could run; goroutine ${goroutine.id} is shown, which had blocked.`);
    }
  }
  const own =
    goroutine && walkGoroutine(runtime, memory, goroutine, running, evidence, system !== undefined, notes);

  const writer = new FrameWriter(program, memory);
  const systemFrames = system ? writeFrames(writer, system, () => true).frames : [];
  let ending = true;
  const written = own
    ? writeFrames(writer, own, (frame) => (ending = ending && DYING.has(frame.code.name)))
    : { frames: [], elided: null };
  return {
    cause: findCause(runtime, memory, goroutine, [
      ...(system?.stack.frames ?? []),
      ...(own?.stack.frames ?? []),
    ]),
    goroutine: goroutine ? { id: goroutine.id, state: goroutine.state, address: goroutine.address } : null,
    ...written,
    systemFrames,
    createdBy: goroutine?.createdBy ?? null,
    complete: own?.stack.end === 'top',
    notes,
  };
}

/** A stack, and what is known better of its innermost frame. */
interface Walked {
  readonly stack: UnwoundStack;
  readonly stopped: StoppedAt | undefined;
}

function contains(bounds: StackBounds, sp: Address): boolean {
  return sp >= bounds.lo && sp < bounds.hi;
}

function walkSystem(
  runtime: GoRuntime,
  memory: Memory,
  bounds: StackBounds,
  { sp, places = [], keep = DEFAULT_KEEP }: DeathEvidence,
  notes: string[],
): Walked | undefined {
  if (sp !== null) {
    return contains(bounds, sp) ? walkStopped(runtime, memory, sp, bounds, places, keep, notes) : undefined;
  }
  const stopped = findByReturnPcs(runtime.program, memory, bounds, places);
  return stopped && { stack: unwind(runtime.program, memory, stopped.position, bounds, { keep }), stopped };
}

/** Walks a stack from SP alone. */
function walkStopped(
  runtime: GoRuntime,
  memory: Memory,
  sp: Address,
  bounds: StackBounds,
  places: readonly KnownPlace[],
  keep: number,
  notes: string[],
): Walked | undefined {
  const stopped = findStopped(runtime.program, memory, sp, bounds, places);
  if (stopped === undefined) {
    notes.push(`No function of the program fits the stack at SP 0x${sp.toString(16)}.`);
    return undefined;
  }
  return { stack: unwind(runtime.program, memory, stopped.position, bounds, { keep }), stopped };
}

function walkGoroutine(
  runtime: GoRuntime,
  memory: Memory,
  goroutine: Goroutine,
  running: Running,
  evidence: DeathEvidence,
  leftForSystem: boolean,
  notes: string[],
): Walked | undefined {
  const { sp, places = [], keep = DEFAULT_KEEP } = evidence;
  const bounds = goroutine.stack;
  let walked: Walked | undefined;
  if (sp !== null && contains(bounds, sp)) {
    walked = walkStopped(runtime, memory, sp, bounds, places, keep, notes);
  }
  const saved = goroutine.syscall ?? goroutine.scheduled;
  if (walked === undefined && saved !== undefined && contains(bounds, saved.sp)) {
    walked = { stack: unwind(runtime.program, memory, saved, bounds, { keep }), stopped: undefined };
    if (!leftForSystem && sp !== null && goroutine === running.goroutine) {
      notes.push(`SP 0x${sp.toString(16)} is on no stack; this is where the goroutine was last stopped.`);
    }
  }
  if (walked === undefined && sp === null) {
    const found = findByReturnPcs(runtime.program, memory, bounds, places);
    if (found !== undefined) {
      walked = { stack: unwind(runtime.program, memory, found.position, bounds, { keep }), stopped: found };
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

/**
 * Of a program in which nothing can run: the goroutine that blocked last, which is the argument of the function that mcall ran for it.
 * When that is one of the runtime's own, the first of the program's.
 */
function goroutineLeft(
  runtime: GoRuntime,
  memory: Memory,
  frames: readonly PhysicalFrame[],
): Goroutine | undefined {
  const frame = frames.find(({ code }) => LEFT_BY.has(code.name));
  try {
    const left = frame && readGoroutine(runtime, memory, address(memory.word(frame.fp)));
    if (left !== undefined && !left.system && left.status !== STATUS_DEAD) return left;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
  return readGoroutines(runtime, memory).find((goroutine) => !goroutine.system);
}

function writeFrames(
  writer: FrameWriter,
  { stack, stopped }: Walked,
  isDying: (frame: PhysicalFrame) => boolean,
): { frames: RuntimeFrame[]; elided: Death['elided'] } {
  const frames = stack.frames.flatMap((frame, i) =>
    writer.write(frame, isDying(frame), i === 0 ? stopped?.place : undefined),
  );
  return { frames, elided: stack.elided };
}

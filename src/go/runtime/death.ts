import { FormatError } from '../../base/format-error.ts';
import { address, type Address } from '../../base/units.ts';
import { expectBytes, type Memory } from '../../memory/memory.ts';
import { findCause, type DeathCause } from './cause.ts';
import { FrameWriter, type RuntimeFrame } from './frames.ts';
import {
  contains,
  DEFAULT_KEEP,
  walkGoroutine,
  walkStopped,
  writeFrames,
  type StackEvidence,
  type Walked,
} from './goroutine-stack.ts';
import { listGoroutines } from './goroutines.ts';
import { readGoroutine, STATUS_DEAD, type CreatedBy, type Goroutine } from './goroutine.ts';
import type { GoRuntime } from './runtime.ts';
import { findRunning } from './running.ts';
import { findByReturnPcs } from './stopped-at.ts';
import { unwind, type PhysicalFrame, type StackBounds } from './unwind.ts';

// The dying goroutine and its true stack, at the moment when the program called its exit import or trapped. The runtime ends a
// program on its own stack (that of g0): it prints there, and calls exit; the goroutine then goes on at curg.sched, where
// systemstack, mcall or morestack saved it (Go src/runtime/asm_wasm.s). os.Exit and traps happen on the goroutine's own stack.

/** What was seen of the death outside the memory. */
export type DeathEvidence = StackEvidence;

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

function walkSystem(
  runtime: GoRuntime,
  memory: Memory,
  bounds: StackBounds,
  { sp, places = [], keep = DEFAULT_KEEP }: DeathEvidence,
  notes: string[],
): Walked | undefined {
  if (sp !== null) {
    return contains(bounds, sp)
      ? walkStopped(runtime, memory, sp, bounds, places, { keep }, notes)
      : undefined;
  }
  const stopped = findByReturnPcs(runtime.program, memory, bounds, places);
  return stopped && { stack: unwind(runtime.program, memory, stopped.position, bounds, { keep }), stopped };
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
  return listGoroutines(runtime, memory).goroutines.find((goroutine) => !goroutine.system);
}

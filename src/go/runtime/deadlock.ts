import { FormatError } from '../../base/format-error.ts';
import { address, type Address } from '../../base/units.ts';
import type { Goroutine } from './goroutine.ts';
import type { Moment } from './moment.ts';
import { findReferences } from './references.ts';
import { durationText } from './text.ts';
import { listWaits, type WaitTarget } from './wait-target.ts';
import { exportedFunctions, registeredFunctions } from './wakers.ts';

/** Whether a program can go on. */
export interface DeadlockVerdict {
  /**
   * `runs`: something runs or can run. `blocked`: every goroutine of the program waits while the page is idle. `deadlocked`: and memory
   * proves that no timer, callback or exported function can wake one. `unknown`: `why` says what is missing.
   */
  readonly kind: 'runs' | 'blocked' | 'deadlocked' | 'ended' | 'unknown';
  /** One sentence for the banner. */
  readonly text: string;
  /** Reasons, one sentence each. */
  readonly why: readonly string[];
  /** What waits on what, and who could wake it; at most `MAX_EDGES`. */
  readonly edges: readonly WaitEdge[];
  /** Goroutines that block inside a JavaScript callback, with the remedy. */
  readonly blockedCallbacks: readonly BlockedCallback[];
}

export interface WaitEdge {
  readonly from: Goroutine;
  readonly on: WaitTarget;
  /** Other goroutines whose stacks hold the address of what it waits on, and which do not wait on it likewise: inferred. */
  readonly to: readonly Goroutine[];
}

export interface BlockedCallback {
  readonly goroutine: Goroutine;
  /** The callback and what to do about it, in two sentences. */
  readonly text: string;
}

/** What the verdict needs to know besides the memory. */
export interface ProgramEnd {
  /** The program has exited or died; its memory is of that moment or later. */
  readonly ended: boolean;
}

/** So many goroutines have edges. */
export const MAX_EDGES = 1000;

/**
 * Judges a moment. What the page cannot know is not claimed: `deadlocked` needs the runtime's timers, the functions that JavaScript can
 * call (js.FuncOf) and the module's exports to be read and to be none. Throws only NeedPages.
 */
export function deadlockVerdict(moment: Moment, { ended }: ProgramEnd): DeadlockVerdict {
  const blockedCallbacks = findBlockedCallbacks(moment);
  const nothing = { edges: [], blockedCallbacks };
  const users = moment.goroutines.filter((one) => !one.system && !isHandler(moment, one));
  const waiting = users.filter((one) => one.waits);
  if (ended) {
    return { kind: 'ended', text: 'The program has ended.', why: [], ...nothing };
  }
  if (moment.goroutines.length === 0) {
    return { kind: 'unknown', text: 'No goroutine could be read.', why: moment.notes, ...nothing };
  }
  if (waiting.length < users.length) {
    const active = users.filter((one) => !one.waits);
    if (isWaitingReactor(moment, active)) {
      const names = exportedFunctions(moment.runtime).slice(0, 5).join(', ');
      const text = `The module is a reactor: it waits for calls of what it exports (${names}), or is in one.`;
      const why =
        'Its main goroutine counts as running all the time, and the module exports no stack pointer that would tell.';
      return { kind: 'unknown', text, why: [why], ...nothing };
    }
    return { kind: 'runs', text: activeText(active), why: [], ...nothing };
  }
  if (!moment.stacks.idle) {
    const running = moment.stacks.running;
    const text =
      running === undefined ? 'The scheduler is at work.' : `Goroutine ${running.id} of the runtime runs.`;
    return { kind: 'runs', text, why: [], ...nothing };
  }
  const { edges, missing } = findEdges(moment, waiting);
  const wakers = findWakers(moment);
  const why = [...wakers.can, ...wakers.unknown, ...missing];
  const all = `All ${waiting.length} user goroutines are blocked`;
  const subject = waiting.length === 1 ? 'The only user goroutine is blocked' : all;
  if (waiting.length === 0) {
    return { kind: 'blocked', text: 'No user goroutine is left.', why, edges, blockedCallbacks };
  }
  if (wakers.can.length === 0 && wakers.unknown.length === 0) {
    const text = `${subject}, and nothing can wake ${waiting.length === 1 ? 'it' : 'them'}: deadlocked.`;
    why.unshift(
      'The runtime has no timer, no function of Go is registered with JavaScript, and the module exports none.',
    );
    return { kind: 'deadlocked', text, why, edges, blockedCallbacks };
  }
  const text = `${subject} (waiting for events, or deadlocked).`;
  return { kind: 'blocked', text, why, edges, blockedCallbacks };
}

/** The goroutine that waits for the page while nothing runs. */
function isHandler({ stacks }: Moment, goroutine: Goroutine): boolean {
  return stacks.idle && stacks.running?.address === goroutine.address;
}

/**
 * Whether all that is active is the main goroutine of a module that the host calls (GOOS=wasip1, -buildmode=c-shared): Go src/runtime/proc.go,
 * main, leaves it running for ever, and exported functions run on it.
 */
function isWaitingReactor({ runtime, stacks }: Moment, active: readonly Goroutine[]): boolean {
  const { exports } = runtime.program.module.wasm;
  const has = (name: string): boolean => exports.some((one) => one.kind === 'function' && one.name === name);
  const [main] = active;
  return (
    active.length === 1 &&
    main?.startFunction === 'runtime.main' &&
    main.address === stacks.running?.address &&
    has('_initialize') &&
    !has('getsp')
  );
}

function activeText(active: readonly Goroutine[]): string {
  const running = active.filter((one) => one.state === 'running').map((one) => one.id);
  const rest = active.length - running.length;
  if (running.length === 0) return `${rest} user goroutine${rest === 1 ? '' : 's'} can run.`;
  const more = rest === 0 ? '' : `, ${rest} more can run`;
  return `Goroutine ${running.join(', ')} runs${more}.`;
}

/** What can wake a goroutine while the page is idle, and what of that could not be read. */
function findWakers(moment: Moment): { readonly can: string[]; readonly unknown: string[] } {
  const can: string[] = [];
  const unknown: string[] = [];
  const { timers, missing } = moment.timers;
  if (missing !== null) unknown.push(missing);
  const useful = timers
    .filter((timer) => timer.kind !== 'runtime' && !isForRuntime(moment, timer.kind, timer.target))
    .sort((a, b) => a.when - b.when);
  const [next] = useful;
  if (next !== undefined) {
    const count = useful.length === 1 ? 'A timer is' : `${useful.length} timers are`;
    const when =
      moment.now === null
        ? ''
        : next.when <= moment.now
          ? ', the next is due'
          : `, the next fires in ${durationText(next.when - moment.now)}`;
    can.push(`${count} set${when}.`);
  }
  const functions = registeredFunctions(moment);
  if (functions.missing !== null) unknown.push(functions.missing);
  if (functions.count > 0) {
    const what = functions.count === 1 ? 'A function' : `${functions.count} functions`;
    can.push(`${what} of Go’s that js.FuncOf registered can be called by JavaScript.`);
  }
  const exported = exportedFunctions(moment.runtime);
  if (exported.length > 0) can.push(`The page can call what the module exports: ${exported.join(', ')}.`);
  return { can, unknown };
}

/** A sleep of one of the runtime's own goroutines. */
function isForRuntime(moment: Moment, kind: string, target: Address): boolean {
  return kind === 'sleep' && moment.goroutineAt(target)?.system === true;
}

function findEdges(
  moment: Moment,
  waiting: readonly Goroutine[],
): { readonly edges: WaitEdge[]; readonly missing: string[] } {
  const missing: string[] = [];
  const shown = waiting.slice(0, MAX_EDGES);
  if (shown.length < waiting.length) {
    missing.push(`What waits on what is shown for ${shown.length} of ${waiting.length} goroutines.`);
  }
  const pairs = shown.flatMap((from) => listWaits(moment, from).targets.map((on) => ({ from, on })));
  const addresses = new Set(pairs.flatMap(({ on }) => (on.address === null ? [] : [on.address])));
  const references = findReferences(moment, addresses);
  if (references.missing !== null) missing.push(references.missing);
  const same = new Map<string, Set<Goroutine>>();
  const keyOf = (on: WaitTarget): string => `${on.address ?? 0} ${on.direction ?? ''}`;
  for (const { from, on } of pairs) {
    const set = same.get(keyOf(on));
    if (set === undefined) same.set(keyOf(on), new Set([from]));
    else set.add(from);
  }
  const edges = pairs.map(({ from, on }): WaitEdge => {
    const likewise = same.get(keyOf(on));
    const known = on.address === null ? [] : (references.by.get(on.address) ?? []);
    return { from, on, to: known.filter((one) => one !== from && likewise?.has(one) !== true) };
  });
  return { edges, missing };
}

/** More calls from JavaScript into Go than can be open at once. */
const MAX_EVENTS = 10_000;
/** Functions of syscall/js and the runtime between a callback and what called it. */
const GLUE = /^(?:syscall\/js|runtime|internal\/synctest)\./;

/**
 * Calls from JavaScript into Go that have not returned (runtime.events, Go src/runtime/lock_js.go) and whose goroutine waits.
 */
function findBlockedCallbacks(moment: Moment): BlockedCallback[] {
  const { runtime, memory } = moment;
  const { events } = runtime.globals;
  if (events.address === undefined) return [];
  const fields = runtime.types.structOffsets('runtime.event');
  const gp = fields?.get('gp') ?? 0;
  const returned = fields?.get('returned') ?? 8;
  const found: BlockedCallback[] = [];
  try {
    const array = memory.word(events.address);
    const count = memory.word(address(events.address + 8));
    for (let i = 0; i < Math.min(count, MAX_EVENTS); i++) {
      const event = memory.word(address(array + i * 8));
      if (event === 0 || memory.u8(address(event + returned)) !== 0) continue;
      const goroutine = moment.goroutineAt(address(memory.word(address(event + gp))));
      if (goroutine?.waits !== true || found.some((one) => one.goroutine === goroutine)) continue;
      found.push({ goroutine, text: callbackText(moment, goroutine) });
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
  return found;
}

function callbackText(moment: Moment, goroutine: Goroutine): string {
  const { frames } = moment.stacks.read(goroutine);
  const entry = frames.findIndex((frame) => frame.function === 'syscall/js.handleEvent');
  const callback = frames.slice(0, Math.max(0, entry)).findLast((frame) => !GLUE.test(frame.function));
  const where = callback === undefined ? '' : `${callback.function}, `;
  const [on] = listWaits(moment, goroutine).targets;
  const what = on === undefined ? '' : ` on ${on.text}`;
  return (
    `Goroutine ${goroutine.id} blocks in ${where}a callback made with js.FuncOf${what}: until it returns, JavaScript and its events stand still, so nothing that needs them can wake it. ` +
    'Start a goroutine inside the callback and return: go func() { ... }().'
  );
}

import { ASIDE_COLUMN } from '../base/aside-column.ts';
import { BETWEEN_GOROUTINES_URL } from '../base/between-goroutines.ts';
import { GO_SCHEME } from '../base/go-source-url.ts';
import type { ShownPlace, StepPlan, StepStop } from '../protocol/steps.ts';
import type { PageStop } from './page-port.ts';
import type { Analysis } from './session.ts';
import type { SessionState } from './state.ts';
import type { StepDriver, StepEnd, StepPoint, StepThreads, StoppedThread } from './step-driver.ts';

/** A step that left the code of Go. */
export interface StepState {
  /** `going`: the program runs until its goroutine is back. `lost`: it is not followed. */
  readonly status: 'going' | 'lost';
  /** Sentences for people. */
  readonly text: string;
}

export interface GoStepsContext {
  /** Null in the build without the debugger. */
  readonly driver: StepDriver | null;
  readonly analysis: Analysis;
  readonly state: () => SessionState;
  /** Resolves when no module is being read any more. */
  readonly modulesSettled: () => Promise<unknown>;
  readonly changed: (step: StepState | null) => void;
}

/** A thread whose stops are told. */
interface ToldThread {
  readonly of: StepThreads;
  /** Where it was stopped before. */
  before: StepStop | null;
  latest: PageStop | null;
  /** The latest was told while a step was followed. */
  isMissed: boolean;
  /** Counts stops: an answer about an older one is dropped. */
  count: number;
}

const toldThread = (of: StepThreads): ToldThread => ({
  ...{ of, before: null, latest: null },
  ...{ isMissed: false, count: 0 },
});

/** Names the memory of a stopped program in requests of the worker. */
const TARGET = 'step:';

const WITHOUT_DEBUGGER =
  'The goroutine waits, or its stack was moved: V8 leaves its frames, and DevTools cannot step on from here. This build cannot follow the goroutine ' +
  '(the one with the debugger permission does). Set a breakpoint on the next line of the function and resume.';

/**
 * Follows steps of DevTools that end in what the runtime does between two goroutines: where a call blocks, or moves the stack, V8's frames are
 * unwound, and V8 takes that for the end of the step. The goroutine is found in memory, and the program runs until it is back at the next line.
 */
export class GoSteps {
  readonly #context: GoStepsContext;
  readonly #page: ToldThread = toldThread('page');
  /** Frames with a process of their own, one of which is stopped at a time. */
  readonly #frames: ToldThread = toldThread('elsewhere');
  /** Where a worker was stopped, as DevTools showed it. */
  #shown: ShownPlace | null = null;
  /** A step of a worker has ended between goroutines, and is not followed: the debugger was asked of it. */
  #hasStayed = false;
  #going: AbortController | null = null;
  #thread: StoppedThread | null = null;
  /** Stops are looked at one after the other: a step can end before its beginning is placed. */
  #looking: Promise<void> = Promise.resolve();
  #navigations = 0;

  constructor(context: GoStepsContext) {
    this.#context = context;
  }

  /** The page is stopped, elsewhere than before, or runs again (null). */
  take(stop: PageStop | null): void {
    this.#take(stop, this.#page);
  }

  /** The same of a frame that has a process of its own. */
  takeFrame(stop: PageStop | null): void {
    this.#take(stop, this.#frames);
  }

  /**
   * DevTools shows a place while a worker may be stopped there, or all of them answer (null). Only where a step may have ended in the runtime the debugger is
   * asked whether one has: Chrome says in all windows that it is attached.
   */
  takeShown(place: ShownPlace | null): void {
    const before = this.#shown;
    const isBetween = place?.url === BETWEEN_GOROUTINES_URL;
    if (!isBetween) this.#shown = place?.url.startsWith(GO_SCHEME) === true ? place : null;
    if (this.#going !== null || this.#isToldOf() || (isBetween && this.#hasStayed)) return;
    this.#hasStayed = false;
    this.#context.changed(null);
    if (place !== null && (isBetween || this.#mayBeEnd(place))) void this.#followElsewhere(before);
  }

  /** The page has navigated: nothing of it comes back. */
  navigated(): void {
    this.#navigations++;
    this.#looking = Promise.resolve();
    for (const thread of [this.#page, this.#frames]) thread.before = null;
    this.#frames.latest = null;
    this.#frames.isMissed = false;
    this.#shown = null;
    this.#hasStayed = false;
    this.cancel();
    this.#context.changed(null);
  }

  /** Does not wait for the goroutine any more. */
  cancel(): void {
    this.#going?.abort(new Error('the step was given up'));
  }

  /** Answers the worker's requests for memory of the stopped program; undefined for other memories. */
  readMemory(
    target: string,
    ranges: readonly { readonly address: number; readonly length: number }[],
  ): Promise<readonly Uint8Array[]> | undefined {
    if (target !== TARGET) return undefined;
    const thread = this.#thread;
    if (thread === null) return Promise.reject(new Error('the program is not stopped any more'));
    return Promise.all(ranges.map(({ address, length }) => thread.read(address, length)));
  }

  #take(stop: PageStop | null, thread: ToldThread): void {
    thread.latest = stop;
    const count = ++thread.count;
    // While it goes, its own end says where that was.
    thread.isMissed = this.#going !== null;
    if (thread.isMissed) return;
    if (stop === null) this.#context.changed(null);
    else {
      const look = this.#looking.then(() => this.#look(stop, thread, count));
      this.#looking = look.catch(() => undefined);
    }
  }

  async #look(stop: PageStop, thread: ToldThread, count: number): Promise<void> {
    const { driver, modulesSettled, changed } = this.#context;
    const navigations = this.#navigations;
    await modulesSettled();
    const place = await this.#placeOf(stop.stack);
    if (navigations !== this.#navigations) return;
    thread.isMissed = this.#going !== null;
    if (thread.isMissed) return;
    const { before } = thread;
    thread.before = place;
    // It runs again, or is stopped elsewhere by now: the next step began here.
    if (count !== thread.count) return;
    if (place === null || place.place === 'code') {
      changed(null);
      return;
    }
    if (driver === null) {
      // There DevTools shows a line and steps on by itself; whether a call came back cannot be seen from here.
      const isAtLine = place.place === 'returned' || place.place === 'dispatch';
      changed(isAtLine ? null : { status: 'lost', text: WITHOUT_DEBUGGER });
      return;
    }
    // Who was quicker has it elsewhere already: that stop is looked at for itself.
    const placeOf = ({ offsets }: StoppedThread): StepStop | null =>
      offsets[0] === place.offset ? place : null;
    await this.#follow(driver, thread.of, before, placeOf);
    this.#catchUp(thread);
  }

  async #followElsewhere(before: ShownPlace | null): Promise<void> {
    const { driver, modulesSettled } = this.#context;
    if (driver === null) return;
    const navigations = this.#navigations;
    await modulesSettled();
    if (navigations !== this.#navigations || this.#going !== null || this.#isToldOf()) return;
    const end = await this.#follow(driver, 'elsewhere', before, async ({ stack }) => {
      const place = await this.#placeOf(stack);
      // Another worker may be stopped somewhere else: that one stays.
      return place?.place === 'unwinding' || place?.place === 'switch' ? place : null;
    });
    this.#hasStayed = end === null || end === 'stayed';
    this.#catchUp(null);
  }

  /** Takes what was told while a step was followed; that a thread runs again only of the one whose step it was. */
  #catchUp(followed: ToldThread | null): void {
    for (const thread of [this.#page, this.#frames]) {
      if (thread.isMissed && (thread.latest !== null || thread === followed))
        this.#take(thread.latest, thread);
      thread.isMissed = false;
    }
  }

  /** Whether something is stopped of which DevTools tells. */
  #isToldOf(): boolean {
    return this.#page.latest !== null || this.#frames.latest !== null;
  }

  /** Whether the end of a step in the runtime may be shown so: with lines of the language plugin as the declaration of the function, as its beginning is. */
  #mayBeEnd({ url, column }: ShownPlace): boolean {
    return this.#context.state().values === true && url.startsWith(GO_SCHEME) && column === ASIDE_COLUMN;
  }

  /** Where a stack ends; null where that is in no Go module. */
  #placeOf(stack: string): Promise<StepStop | null> {
    const { analysis, state } = this.#context;
    const candidates = state()
      .modules.filter(({ status }) => status === 'ready')
      .map(({ key }) => key);
    return analysis.request('step.place', { stack, candidates });
  }

  /** `placeOf`: where a thread is whose step is to go on; null where it is left alone. The end of the step; null where that failed. */
  async #follow(
    driver: StepDriver,
    threads: StepThreads,
    before: StepStop | ShownPlace | null,
    placeOf: (thread: StoppedThread) => StepStop | null | Promise<StepStop | null>,
  ): Promise<StepEnd | null> {
    const { changed } = this.#context;
    const going = new AbortController();
    this.#going = going;
    let lost: string | null = null;
    const planOf = async (thread: StoppedThread): Promise<readonly StepPoint[] | null> => {
      const place = await placeOf(thread);
      if (place === null) return null;
      const plan = await this.#plan(thread, place, before);
      if (plan.kind === 'unknown') lost = `DevTools cannot step on from here: ${plan.why}.`;
      if (plan.kind !== 'go') return null;
      lost = null;
      changed({ status: 'going', text: goingText(plan) });
      return plan.points;
    };
    let end: StepEnd | null = null;
    try {
      end = await driver.run(going.signal, planOf, threads);
      if (end === 'moved') lost = null;
    } catch (error) {
      lost = `The step is not followed: ${error instanceof Error ? error.message : String(error)}.`;
    } finally {
      this.#going = null;
      this.#thread = null;
    }
    changed(lost === null ? null : { status: 'lost', text: lost });
    return end;
  }

  async #plan(
    thread: StoppedThread,
    { moduleKey }: StepStop,
    before: StepStop | ShownPlace | null,
  ): Promise<StepPlan> {
    const { analysis, state } = this.#context;
    this.#thread = thread;
    const { offsets, sp, g, result, callerSp, pcBlock, byteLength } = thread;
    return analysis.request('step.plan', {
      program: { moduleKey, target: TARGET, byteLength, offsets, sp, g, result, callerSp, pcBlock },
      before,
      ignoreStandard: state().settings.ignoreStandard,
    });
  }
}

function goingText(plan: StepPlan & { kind: 'go' }): string {
  const { points, goroutine, function: name, file, line, confidence } = plan;
  if (points.length === 0) return `Goroutine ${String(goroutine)} has ended with this step.`;
  const place = `${file.slice(file.lastIndexOf('/') + 1)}:${String(line)}`;
  const doubt = confidence.kind === 'exact' ? '' : ` Approximate: ${confidence.why}.`;
  return `Step over a switch: until goroutine ${String(goroutine)} is back in ${name} (${place}).${doubt}`;
}

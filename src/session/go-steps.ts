import type { StepPlan, StepStop } from '../protocol/steps.ts';
import type { PageStop } from './page-port.ts';
import type { Analysis } from './session.ts';
import type { SessionState } from './state.ts';
import type { StepDriver, StoppedThread } from './step-driver.ts';

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
  #before: StepStop | null = null;
  #going: AbortController | null = null;
  #thread: StoppedThread | null = null;
  /** Counts stops: an answer about an older one is dropped. */
  #count = 0;
  #latest: PageStop | null = null;
  /** Stops are looked at one after the other: a step can end before its beginning is placed. */
  #looking: Promise<void> = Promise.resolve();
  #navigations = 0;

  constructor(context: GoStepsContext) {
    this.#context = context;
  }

  /** The page is stopped, elsewhere than before, or runs again (null). */
  take(stop: PageStop | null): void {
    this.#latest = stop;
    const count = ++this.#count;
    // While it goes, its own end says where that was.
    if (this.#going !== null) return;
    if (stop === null) this.#context.changed(null);
    else {
      const look = this.#looking.then(() => this.#look(stop, count));
      this.#looking = look.catch(() => undefined);
    }
  }

  /** The page has navigated: nothing of it comes back. */
  navigated(): void {
    this.#navigations++;
    this.#looking = Promise.resolve();
    this.#before = null;
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

  async #look(stop: PageStop, count: number): Promise<void> {
    const { analysis, driver, state, modulesSettled, changed } = this.#context;
    const navigations = this.#navigations;
    await modulesSettled();
    const candidates = state()
      .modules.filter(({ status }) => status === 'ready')
      .map(({ key }) => key);
    const place = await analysis.request('step.place', { stack: stop.stack, candidates });
    if (navigations !== this.#navigations || this.#going !== null) return;
    const before = this.#before;
    this.#before = place;
    // It runs again, or is stopped elsewhere by now: the next step began here.
    if (count !== this.#count) return;
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
    await this.#follow(driver, place, before);
    if (this.#latest !== stop) this.take(this.#latest);
  }

  async #follow(driver: StepDriver, place: StepStop, before: StepStop | null): Promise<void> {
    const { changed } = this.#context;
    const going = new AbortController();
    this.#going = going;
    let lost: string | null = null;
    try {
      const end = await driver.run(going.signal, async (thread) => {
        // Who was quicker has it elsewhere already: that stop is looked at for itself.
        if (thread.offsets[0] !== place.offset) return null;
        const plan = await this.#plan(thread, place, before);
        if (plan.kind === 'unknown') lost = `DevTools cannot step on from here: ${plan.why}.`;
        if (plan.kind !== 'go') return null;
        changed({ status: 'going', text: goingText(plan) });
        return plan.points;
      });
      if (end === 'moved') lost = null;
    } catch (error) {
      lost = `The step is not followed: ${error instanceof Error ? error.message : String(error)}.`;
    } finally {
      this.#going = null;
      this.#thread = null;
    }
    changed(lost === null ? null : { status: 'lost', text: lost });
  }

  async #plan(thread: StoppedThread, { moduleKey }: StepStop, before: StepStop | null): Promise<StepPlan> {
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

import { describe, expect, it } from 'vitest';
import { BETWEEN_GOROUTINES_URL } from '../../../src/base/between-goroutines.ts';
import { EXACT } from '../../../src/base/confidence.ts';
import type { StepPlan, StepStop } from '../../../src/protocol/steps.ts';
import { GoSteps, type StepState } from '../../../src/session/go-steps.ts';
import type { StepDriver, StepEnd, StoppedThread } from '../../../src/session/step-driver.ts';
import { Session } from '../../../src/session/session.ts';
import { FakeAnalysis, FakePage } from './fakes.ts';

const thread: StoppedThread = {
  ...{
    stack: 'at f',
    offsets: [7],
    sp: 64,
    g: 8,
    byteLength: 65536,
    result: null,
    callerSp: null,
    pcBlock: 0,
  },
  read: (address, length) => Promise.resolve(new Uint8Array(length).fill(address)),
};
const unwinding: StepStop = { moduleKey: 'm', place: 'unwinding', function: 'main.f', offset: 7 };
const go = {
  ...{ kind: 'go', goroutine: 3, function: 'main.f', file: 'example.com/app/main.go', line: 12 },
  points: [{ offset: 9, g: 8, stackHiAt: 16, depth: 100 }],
  confidence: EXACT,
} as const satisfies StepPlan;

/** A driver that shows one thread, and comes to an end when `end` does. */
class Driver implements StepDriver {
  readonly points: unknown[] = [];
  readonly threads: unknown[] = [];
  readonly #end: (signal: AbortSignal) => Promise<StepEnd>;

  readonly #withoutPlan: StepEnd;

  constructor(end: (signal: AbortSignal) => Promise<StepEnd>, withoutPlan: StepEnd = 'stayed') {
    this.#end = end;
    this.#withoutPlan = withoutPlan;
  }

  async run(...[signal, plan, threads]: Parameters<StepDriver['run']>): Promise<StepEnd> {
    this.threads.push(threads);
    const points = await plan(thread);
    this.points.push(points);
    return points === null ? this.#withoutPlan : this.#end(signal);
  }
}

function steps(driver: StepDriver | null, place: StepStop | null, plan: StepPlan = go) {
  const analysis = new FakeAnalysis();
  analysis.stepPlace = place;
  analysis.stepPlan = plan;
  const states: (StepState | null)[] = [];
  const session = new Session(new FakePage(), analysis, {
    load: () => Promise.resolve({}),
    save: () => Promise.resolve(),
  });
  const made = new GoSteps({
    driver,
    analysis,
    state: () => session.state(),
    modulesSettled: () => Promise.resolve(),
    changed: (step) => states.push(step),
  });
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
  return { made, states, settled, analysis };
}

describe('GoSteps', () => {
  it('leaves a stop on a line of Go alone', async () => {
    const driver = new Driver(() => Promise.resolve('reached'));
    const { made, states, settled } = steps(driver, { ...unwinding, place: 'code' });
    made.take({ stack: 'at f', isSame: false });
    await settled();
    expect(driver.points).toEqual([]);
    expect(states).toEqual([null]);
  });

  it('goes on to where the goroutine comes back, and says so meanwhile', async () => {
    const driver = new Driver(() => Promise.resolve('reached'));
    const { made, states, settled } = steps(driver, unwinding);
    made.take({ stack: 'at f', isSame: false });
    await settled();
    expect(driver.points).toEqual([go.points]);
    expect(states).toEqual([
      { status: 'going', text: 'Step over a switch: until goroutine 3 is back in main.f (main.go:12).' },
      null,
    ]);
  });

  it('says where the call that it waits for is the likeliest of several', async () => {
    const driver = new Driver(() => Promise.resolve('reached'));
    const confidence = { kind: 'inferred', why: 'the function is 3 times on the stack' } as const;
    const { made, states, settled } = steps(driver, unwinding, { ...go, confidence });
    made.take({ stack: 'at f', isSame: false });
    await settled();
    expect(states[0]?.text).toMatch(
      /main\.f \(main\.go:12\)\. Approximate: the function is 3 times on the stack\.$/,
    );
  });

  it('says nothing of a stop that somebody else has gone on from', async () => {
    const elsewhere = new Driver(() => Promise.resolve('reached'));
    const of = steps(elsewhere, { ...unwinding, offset: 5 });
    of.made.take({ stack: 'at f', isSame: false });
    await of.settled();
    expect(elsewhere.points).toEqual([null]);
    expect(of.states).toEqual([null]);

    const unknown: StepPlan = { kind: 'unknown', why: 'it is gone' };
    const moved = steps(new Driver(() => Promise.resolve('moved'), 'moved'), unwinding, unknown);
    moved.made.take({ stack: 'at f', isSame: false });
    await moved.settled();
    expect(moved.states).toEqual([null]);
  });

  it('takes a stop that was over before it was placed for the beginning of the step', async () => {
    const line: StepStop = { moduleKey: 'm', place: 'code', function: 'main.g', offset: 5 };
    const { made, analysis, settled } = steps(new Driver(() => Promise.resolve('reached')), unwinding);
    analysis.stepPlaces.set('at g', line);
    made.take({ stack: 'at g', isSame: false });
    made.take({ stack: 'at f', isSame: false });
    await settled();
    expect(analysis.stepsBegun).toEqual([line]);
  });

  it('says why a step is not followed: no debugger, no goroutine, given up', async () => {
    const without = steps(null, unwinding);
    without.made.take({ stack: 'at f', isSame: false });
    await without.settled();
    expect(without.states).toEqual([
      { status: 'lost', text: expect.stringContaining('This build cannot') as string },
    ]);

    const unknown = steps(new Driver(() => Promise.resolve('reached')), unwinding, {
      kind: 'unknown',
      why: 'it is gone',
    });
    unknown.made.take({ stack: 'at f', isSame: false });
    await unknown.settled();
    expect(unknown.states).toEqual([
      { status: 'lost', text: 'DevTools cannot step on from here: it is gone.' },
    ]);

    const waiting = new Driver(
      (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(signal.reason as Error);
          });
        }),
    );
    const given = steps(waiting, unwinding);
    given.made.take({ stack: 'at f', isSame: false });
    await given.settled();
    given.made.cancel();
    await given.settled();
    expect(given.states.at(-1)).toEqual({
      status: 'lost',
      text: 'The step is not followed: the step was given up.',
    });
  });

  const line = { url: 'go:///example.com/app/main.go', line: 12, column: 0 };
  const between = { url: BETWEEN_GOROUTINES_URL, line: 1, column: 0 };

  it('goes on with a step of a worker where DevTools shows its end', async () => {
    const driver = new Driver(() => Promise.resolve('reached'));
    const { made, states, settled, analysis } = steps(driver, unwinding);
    made.takeShown(line);
    await settled();
    expect(driver.threads).toEqual([]);
    made.takeShown(between);
    await settled();
    expect(driver.threads).toEqual(['elsewhere']);
    expect(driver.points).toEqual([go.points]);
    expect(states.map((state) => state?.status ?? null).slice(-2)).toEqual(['going', null]);
    // DevTools does not always tell of the line before.
    made.takeShown(null);
    made.takeShown(between);
    await settled();
    expect(analysis.stepsBegun).toEqual([line, null]);
  });

  it('goes on with a step of a frame, and looks at a stop of the page that came meanwhile', async () => {
    const atPage = { ...line, place: 'code', moduleKey: 'm', function: 'main.g', offset: 5 } as const;
    const driver = new Driver(async () => {
      made.take({ stack: 'at g', isSame: false });
      await settled();
      return 'reached';
    });
    const { made, states, settled, analysis } = steps(driver, unwinding);
    analysis.stepPlaces.set('at g', atPage);
    made.takeFrame({ stack: 'at f', isSame: false });
    await settled();
    await settled();
    expect(driver.threads).toEqual(['elsewhere']);
    expect(driver.points).toEqual([go.points]);
    // The step of the page begins where it was found.
    made.take({ stack: 'at f', isSame: false });
    await settled();
    await settled();
    expect(driver.threads).toEqual(['elsewhere', 'page']);
    expect(analysis.stepsBegun).toEqual([null, atPage]);
    expect(states.map((state) => state?.status ?? null)).toContain('going');
  });

  it('asks the debugger once of a stop of a worker that it cannot go on from', async () => {
    const driver = new Driver(() => Promise.resolve('reached'));
    const { made, states, settled } = steps(driver, unwinding, { kind: 'unknown', why: 'it is gone' });
    made.takeShown(between);
    await settled();
    made.takeShown(between);
    await settled();
    expect(driver.threads).toHaveLength(1);
    expect(states.at(-1)?.status).toBe('lost');
    made.takeShown(null);
    expect(states.at(-1)).toBeNull();
    made.takeShown(between);
    await settled();
    expect(driver.threads).toHaveLength(2);
  });

  it('leaves a worker alone that is stopped on a line of Go, or while the page itself is stopped', async () => {
    const driver = new Driver(() => Promise.resolve('reached'));
    const { made, settled, analysis } = steps(driver, { ...unwinding, place: 'code' });
    made.takeShown(between);
    await settled();
    analysis.stepPlace = { ...unwinding, place: 'returned' };
    made.takeShown(line);
    made.takeShown(between);
    await settled();
    expect(driver.points).toEqual([null, null]);
    analysis.stepPlace = { ...unwinding, place: 'code' };
    made.take({ stack: 'at f', isSame: false });
    made.takeShown(line);
    made.takeShown(between);
    await settled();
    expect(driver.threads).toHaveLength(2);
  });

  it('reads memory of the stopped program only', async () => {
    const { made } = steps(null, null);
    expect(made.readMemory('instance:1', [])).toBeUndefined();
    await expect(made.readMemory('step:', [{ address: 0, length: 1 }])).rejects.toThrow('not stopped');
  });
});

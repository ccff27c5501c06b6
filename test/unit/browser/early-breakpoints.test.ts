import { expect, test, vi } from 'vitest';
import { EarlyBreakpoints } from '../../../src/browser/early-breakpoints.ts';
import type { PluginProgress } from '../../../src/browser/language-plugin.ts';

// When programs that are held may start; that breakpoints of early code hit then is tested in Chromium (test/e2e/values.test.ts).

/** Takes turns in which DevTools has asked what `progress` says, and gives back in which one the programs started; null where they did not. */
async function startedIn(
  turns: number,
  modules: number,
  progress: (turn: number) => PluginProgress | null,
): Promise<number | null> {
  let turn = 0;
  let started: number | null = null;
  await new Promise<void>((resolve) => {
    const early = new EarlyBreakpoints({
      progress: () => progress(turn),
      turn: () => {
        if (++turn <= turns) return Promise.resolve();
        resolve();
        return Promise.reject(new Error('the page has navigated'));
      },
      goOn: () => {
        started = turn;
        resolve();
        return Promise.resolve();
      },
    });
    early.told({ modules, waiting: modules });
    // What comes with the next polls changes nothing.
    early.told({ modules, waiting: modules });
  });
  return started;
}

test('programs start once DevTools has asked for nothing in eight turns', async () => {
  const calm = { modules: 1, asked: 3, open: 0, searches: 0 };
  expect(await startedIn(20, 1, () => calm)).toBe(9);
  expect(await startedIn(20, 1, (turn) => ({ ...calm, asked: Math.min(turn, 5) }))).toBe(13);
});

test('they do not while an answer is open, or a module was not asked for', async () => {
  expect(await startedIn(20, 1, () => ({ modules: 1, asked: 3, open: 1, searches: 0 }))).toBeNull();
  expect(await startedIn(20, 2, () => ({ modules: 1, asked: 3, open: 0, searches: 0 }))).toBeNull();
});

test('source that is looked for is waited for, two seconds at most', async () => {
  const calm = { modules: 1, asked: 3, open: 0 };
  expect(await startedIn(30, 1, (turn) => ({ ...calm, searches: turn < 12 ? 1 : 0 }))).toBe(19);
  const start = performance.now();
  expect(await startedIn(10_000, 1, () => ({ ...calm, searches: 1 }))).not.toBeNull();
  expect(performance.now() - start).toBeGreaterThan(2000);
});

test('a second program of a module, for which DevTools does not ask again, starts after a while', async () => {
  expect(await startedIn(1000, 2, () => ({ modules: 1, asked: 1, open: 0, searches: 0 }))).not.toBeNull();
});

test('without a plugin they start at once', async () => {
  expect(await startedIn(20, 1, () => null)).toBe(1);
});

test('what was let go is not waited for again, until the page is another one', async () => {
  let turns = 0;
  let started = 0;
  const early = new EarlyBreakpoints({
    progress: () => ({ modules: 1, asked: 1, open: 0, searches: 0 }),
    turn: () => {
      turns++;
      return Promise.resolve();
    },
    goOn: () => {
      started++;
      return Promise.resolve();
    },
  });
  const held = { modules: 1, waiting: 1 };
  const tell = async (): Promise<void> => {
    early.told(held);
    await vi.waitFor(() => expect(started).toBeGreaterThan(0));
  };
  await tell();
  const before = turns;
  await tell();
  expect([turns, started]).toEqual([before, 1]);
  early.navigated();
  early.told(held);
  await vi.waitFor(() => expect(started).toBe(2));
});

test('DevTools is asked no longer than programs are held', async () => {
  let turns = 0;
  const early: EarlyBreakpoints = new EarlyBreakpoints({
    progress: () => ({ modules: 0, asked: 1, open: 1, searches: 0 }),
    turn: () => {
      // The hooks have let them go by themselves.
      if (++turns === 5) early.told({ modules: 1, waiting: 0 });
      return Promise.resolve();
    },
    goOn: () => Promise.reject(new Error('nobody is held')),
  });
  early.told({ modules: 1, waiting: 1 });
  await vi.waitFor(() => expect(turns).toBe(5));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(turns).toBe(5);
});

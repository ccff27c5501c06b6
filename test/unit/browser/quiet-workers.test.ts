import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HookReport } from '../../../src/browser/hook-protocol.ts';
import { QuietWorkers } from '../../../src/browser/quiet-workers.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A page with workers: what they answer to a poll comes with the next one, unless they are stopped. */
class PageWithWorkers {
  readonly stopped = new Set<string>();
  /** What the page has heard and not told yet. */
  heard: HookReport[] = [];
  told = 0;
  polls = 0;
  readonly #names: readonly string[];
  readonly quiet = new QuietWorkers(
    () => this.poll(),
    () => this.told++,
  );

  constructor(...names: string[]) {
    this.#names = names;
  }

  poll(): Promise<void> {
    const n = this.quiet.asked();
    this.polls++;
    const realms = this.heard;
    this.heard = this.#names.filter((name) => !this.stopped.has(name)).map((name) => report(name, n));
    this.quiet.take({ realms });
    return Promise.resolve();
  }

  async look(): Promise<boolean> {
    const found = this.quiet.look();
    await vi.runAllTimersAsync();
    return found;
  }
}

const report = (realm: string, poll: number | null): HookReport => ({
  ...{ realm, kind: 'worker', poll, url: '', sequence: 0, capturing: true },
  ...{ modules: [], instances: [], traps: [] },
});

/** A page whose workers have answered. */
async function pageWith(...names: string[]): Promise<PageWithWorkers> {
  const page = new PageWithWorkers(...names);
  await page.poll();
  await page.poll();
  return page;
}

describe('workers', () => {
  it('are followed up to a number at a time; those that have ended make room', async () => {
    const names = (prefix: string): string[] =>
      Array.from({ length: 300 }, (_, i) => `${prefix}${String(i)}`);
    const page = await pageWith(...names('a'), 'late');
    page.stopped.add('late');
    expect(await page.look()).toBe(false);
    for (const name of names('a')) page.stopped.add(name);
    page.stopped.delete('late');
    for (let i = 0; i < 45; i++) await page.poll();
    page.stopped.add('late');
    expect(await page.look()).toBe(true);
  });

  it('are not quiet while they answer, and are not asked for long', async () => {
    const page = await pageWith('a', 'b');
    const before = page.polls;
    expect(await page.look()).toBe(false);
    expect(page.polls - before).toBeLessThan(4);
  });

  it('are quiet once one answers no more, until it does', async () => {
    const page = await pageWith('a', 'b');
    page.stopped.add('a');
    expect(await page.look()).toBe(true);
    const before = page.polls;
    expect(await page.look()).toBe(true);
    expect(page.polls).toBe(before);
    expect(page.told).toBe(0);
    page.stopped.clear();
    await page.poll();
    await page.poll();
    expect(page.told).toBe(1);
    expect(await page.look()).toBe(false);
  });

  it('are quiet where only what they answered before comes late', async () => {
    const page = await pageWith('a');
    await page.poll();
    const late = page.heard;
    page.heard = [];
    page.stopped.add('a');
    expect(await page.look()).toBe(true);
    // One that seemed quiet, and answered before it was stopped.
    page.heard = [report('a', page.polls)];
    expect(await page.look()).toBe(true);
    page.heard = [...late, ...page.heard];
    await page.poll();
    expect(page.told).toBe(0);
  });

  it('that have ended long ago, that never answered or that another page had are none', async () => {
    const page = await pageWith('a');
    page.stopped.add('a');
    for (let i = 0; i < 50; i++) await page.poll();
    expect(await page.look()).toBe(false);
    expect(await new PageWithWorkers().look()).toBe(false);

    const left = await pageWith('a');
    left.stopped.add('a');
    const found = left.quiet.look();
    left.quiet.navigated();
    await vi.runAllTimersAsync();
    expect(await found).toBe(false);
  });

  it('are not believed to have answered what nobody asked', async () => {
    const page = await pageWith('a');
    page.heard = [report('a', 1e9), report('a', null)];
    page.stopped.add('a');
    expect(await page.look()).toBe(true);
  });

  it('of a page that does not answer itself are not waited for', async () => {
    const quiet = new QuietWorkers(
      () => Promise.resolve(),
      () => undefined,
    );
    quiet.asked();
    quiet.take({ realms: [report('a', 1)] });
    const found = quiet.look();
    await vi.runAllTimersAsync();
    expect(await found).toBe(false);
  });
});

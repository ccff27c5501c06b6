import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LineOpener } from '../../../src/browser/line-opener.ts';

const FILE = 'go:///app/main.go';
const OTHER = 'go:///app/other.go';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function made(isKnown = true) {
  const opened: [string, number][] = [];
  const opener = new LineOpener((url, line) => {
    opened.push([url, line]);
    return Promise.resolve(isKnown);
  });
  const later = (): Promise<unknown> => vi.advanceTimersByTimeAsync(60_000);
  return { opener, opened, later };
}

describe('a line that is opened', () => {
  it('is opened once where the cursor gets there, before DevTools answers or after', async () => {
    for (const isEarly of [true, false]) {
      const { opener, opened, later } = made();
      const answer = opener.open(FILE, 66);
      if (isEarly) opener.looked(FILE, 66);
      expect(await answer).toBe(true);
      if (!isEarly) opener.looked(FILE, 66);
      await later();
      expect(opened).toHaveLength(1);
    }
  });

  it('is opened again where DevTools loses it', async () => {
    const { opener, opened, later } = made();
    await opener.open(FILE, 66);
    opener.looked(FILE, 1);
    await vi.advanceTimersByTimeAsync(3000);
    expect(opened).toEqual([
      [FILE, 66],
      [FILE, 66],
    ]);
    opener.looked(FILE, 66);
    await later();
    expect(opened).toHaveLength(2);
  });

  it('is given up after three times', async () => {
    const { opener, opened, later } = made();
    await opener.open(FILE, 66);
    await later();
    expect(opened).toHaveLength(3);
  });

  it('does not take the editor from who looks elsewhere meanwhile, or opens another line', async () => {
    for (const [url, line] of [
      [OTHER, 1],
      [FILE, 12],
    ] as const) {
      const { opener, opened, later } = made();
      await opener.open(FILE, 66);
      opener.looked(url, line);
      await later();
      expect(opened).toHaveLength(1);
    }
    const { opener, opened, later } = made();
    await opener.open(FILE, 66);
    await opener.open(OTHER, 3);
    opener.looked(OTHER, 3);
    await later();
    expect(opened).toEqual([
      [FILE, 66],
      [OTHER, 3],
    ]);
  });

  it('is not watched where the cursor is there already, nor where the file is not known', async () => {
    const there = made();
    there.opener.looked(FILE, 66);
    await there.opener.open(FILE, 66);
    const unknown = made(false);
    expect(await unknown.opener.open(FILE, 66)).toBe(false);
    await there.later();
    expect([there.opened.length, unknown.opened.length]).toEqual([1, 1]);
  });

  it('may be the first of its file', async () => {
    const { opener, opened, later } = made();
    await opener.open(FILE, 1);
    opener.looked(FILE, 1);
    await later();
    expect(opened).toHaveLength(1);
  });
});

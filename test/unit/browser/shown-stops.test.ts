import { describe, expect, it } from 'vitest';
import { ShownStops } from '../../../src/browser/shown-stops.ts';
import type { ShownPlace } from '../../../src/session/page-port.ts';

const place = (line: number): ShownPlace => ({ url: 'go:///app/main.go', line, column: 0 });

/** Answers whether a worker is quiet when the test says so. */
function made() {
  const asked: ((isQuiet: boolean) => void)[] = [];
  const found: number[] = [];
  const page = { isStopped: false };
  const stops = new ShownStops({
    isQuiet: () => new Promise((resolve) => asked.push(resolve)),
    isPageStopped: () => page.isStopped,
    found: ({ line }) => found.push(line),
  });
  const answer = async (isQuiet: boolean): Promise<void> => {
    asked.shift()?.(isQuiet);
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  return { stops, asked, found, page, answer };
}

describe('a place that DevTools shows', () => {
  it('is that of a stop where a worker is quiet; what came meanwhile is told after it', async () => {
    const { stops, asked, found, answer } = made();
    stops.shown(place(1));
    stops.shown(place(2));
    expect(asked).toHaveLength(1);
    await answer(true);
    expect(found).toEqual([1, 2]);
    expect(asked).toHaveLength(0);
  });

  it('is none while all workers answer; one that came meanwhile is asked for again', async () => {
    const { stops, asked, found, answer } = made();
    stops.shown(place(1));
    stops.shown(place(2));
    stops.shown(place(3));
    await answer(false);
    expect(found).toEqual([]);
    expect(asked).toHaveLength(1);
    await answer(true);
    expect(found).toEqual([2, 3]);
  });

  it('is left to DevTools where the page itself is stopped, and is nothing once the page has gone', async () => {
    const { stops, asked, found, page, answer } = made();
    page.isStopped = true;
    stops.shown(place(1));
    expect(asked).toHaveLength(0);
    page.isStopped = false;
    stops.shown(place(2));
    page.isStopped = true;
    await answer(true);
    page.isStopped = false;
    stops.shown(place(3));
    stops.navigated();
    await answer(true);
    expect(found).toEqual([]);
  });
});

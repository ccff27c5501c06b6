import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { evaluate } from '../../../src/browser/page-eval.ts';

type Answer = (value?: unknown, problem?: unknown) => void;

let asked: { readonly expression: string; readonly answer: Answer }[];

beforeEach(() => {
  asked = [];
  const evalInPage = (expression: string, _options: unknown, answer: Answer): void => {
    asked.push({ expression, answer });
  };
  vi.stubGlobal('chrome', { devtools: { inspectedWindow: { eval: evalInPage } } });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** A signal that counts who listens to it. */
function counted(): { control: AbortController; listeners: () => number } {
  const control = new AbortController();
  const { signal } = control;
  const add = vi.spyOn(signal, 'addEventListener');
  const remove = vi.spyOn(signal, 'removeEventListener');
  const all = new Set<unknown>();
  return {
    control,
    listeners: () => {
      for (const [, listener] of add.mock.calls) all.add(listener);
      for (const [, listener] of remove.mock.calls) all.delete(listener);
      return all.size;
    },
  };
}

describe('an evaluation', () => {
  test('leaves nothing on the signal of its page, however it ends', async () => {
    const { control, listeners } = counted();
    const text = evaluate('1', null, control.signal);
    const problem = evaluate('2', null, control.signal);
    expect(listeners()).toBe(2);
    asked[0]?.answer('one');
    asked[1]?.answer(undefined, { isException: true, value: 'ReferenceError: x' });
    await expect(text).resolves.toBe('one');
    await expect(problem).rejects.toThrow('ReferenceError: x');
    expect(listeners()).toBe(0);
  });

  test('is given up when the page does not answer, and what comes later is dropped', async () => {
    vi.useFakeTimers();
    const { control, listeners } = counted();
    const silent = evaluate('1', null, control.signal, 100);
    const given = expect(silent).rejects.toThrow('the page does not answer');
    await vi.advanceTimersByTimeAsync(100);
    await given;
    expect(listeners()).toBe(0);
    asked[0]?.answer('late');
    await expect(silent).rejects.toThrow('the page does not answer');
  });

  test('ends with its page, and is not begun on one that is gone', async () => {
    const { control, listeners } = counted();
    const going = evaluate('1', null, control.signal);
    control.abort();
    await expect(going).rejects.toThrow('the page has navigated');
    await expect(evaluate('2', null, control.signal)).rejects.toThrow('the page has navigated');
    expect(asked).toHaveLength(1);
    expect(listeners()).toBe(0);
  });
});

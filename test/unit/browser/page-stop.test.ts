import { expect, test } from 'vitest';
import { PageStop } from '../../../src/browser/page-stop.ts';

test('a stop is told once, and what waits for its end goes on when no stop is left', async () => {
  const told: (string | null)[] = [];
  const stop = new PageStop((at) => told.push(at === null ? null : at.stack));
  await stop.over();
  stop.take({ stack: 'a', digest: 1 });
  stop.take({ stack: 'a', digest: 1 });
  const over: string[] = [];
  const waits = [stop.over().then(() => over.push('first')), stop.over().then(() => over.push('second'))];
  // The same place once more: memory has changed meanwhile.
  stop.take({ stack: 'a', digest: 2 });
  expect(stop.isStopped).toBe(true);
  // It goes on for a moment only.
  stop.take(null);
  stop.take({ stack: 'b', digest: 3 });
  await Promise.resolve();
  await Promise.resolve();
  expect(over).toEqual([]);
  stop.take(null);
  await Promise.all(waits);
  expect(over).toEqual(['first', 'second']);
  expect(told).toEqual(['a', 'a', null, 'b', null]);
});

test('a stop that is seen again with the hook is the same, and one elsewhere is not', () => {
  const frame = (n: number): string => `    at http://a/b.wasm:wasm-function[${String(n)}]:0x${String(n)}`;
  const asked = (by: string, ...frames: number[]): string =>
    ['Error', `    at ${by}`, ...frames.map(frame)].join('\n');
  const told: (boolean | null)[] = [];
  const stop = new PageStop((at) => told.push(at === null ? null : at.isSame));
  // The page's limit has cut the first one.
  stop.take({ stack: asked('<anonymous>:10:32', 1, 2), digest: null });
  stop.take({ stack: asked('<anonymous>:13:33', 1, 2, 3), digest: 7 });
  stop.take({ stack: asked('<anonymous>:13:33', 1, 2, 3), digest: 8 });
  stop.take(null);
  stop.take({ stack: asked('<anonymous>:10:32', 1, 2), digest: null });
  stop.take({ stack: asked('<anonymous>:13:33', 1, 4, 2), digest: 7 });
  stop.take(null);
  // Without the hook nothing tells that two stops are one.
  stop.take({ stack: asked('<anonymous>:10:32', 1, 2), digest: null });
  stop.take({ stack: asked('<anonymous>:10:32', 1, 2, 3), digest: null });
  expect(told).toEqual([false, true, false, null, false, false, null, false, false]);
});

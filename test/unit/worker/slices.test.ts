import { expect, test } from 'vitest';
import { asPart, type Steps } from '../../../src/base/steps.ts';
import { inSlices, partOf } from '../../../src/worker/slices.ts';

// Long work of the worker: others are heard between two slices of it.

test('work that does not end is ended by a cancel that comes as a message', async () => {
  const stop = new AbortController();
  const seen: number[] = [];
  let steps = 0;
  function* endless(): Steps<never> {
    for (;;) yield Math.min(1, ++steps / 1e6);
  }
  const context = { signal: stop.signal, progress: (fraction: number) => seen.push(fraction) };
  const work = inSlices(asPart(0, 0.5, endless()), partOf(context, 0.5, 1));
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = () => {
    stop.abort();
    port2.close();
  };
  port1.postMessage(null);
  await expect(work).rejects.toThrow('cancelled');
  expect(steps).toBeGreaterThan(0);
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.every((fraction) => fraction >= 0.5 && fraction <= 0.75)).toBe(true);
});

test('what work returns comes out of it', async () => {
  function* three(): Steps<string> {
    yield 0.5;
    yield undefined;
    return 'done';
  }
  const signal = new AbortController().signal;
  await expect(inSlices(asPart(0.2, 0.4, three()), { signal, progress: () => undefined })).resolves.toBe(
    'done',
  );
});

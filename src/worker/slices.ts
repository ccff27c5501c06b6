import type { Steps } from '../base/steps.ts';
import { CancelledError, type RequestContext } from '../protocol/endpoint.ts';
import { nextTask } from '../base/next-task.ts';

/** How long the worker works before it looks for other messages, a cancel among them. Milliseconds. */
const SLICE = 40;
/** The same for work in the background. Milliseconds. */
const BACKGROUND_SLICE = 30;

/** Does long work slice by slice: other requests are answered between two, and a cancel ends it. Tells `progress` how far the work is. */
export async function inSlices<Result>(
  steps: Steps<Result>,
  { signal, progress }: RequestContext,
): Promise<Result> {
  for (;;) {
    if (signal.aborted) throw new CancelledError();
    const until = performance.now() + SLICE;
    let far: number | undefined;
    do {
      const { done, value } = steps.next();
      if (done === true) return value;
      far = value ?? far;
    } while (performance.now() < until);
    if (far !== undefined) progress(far);
    await nextTask();
  }
}

/** A context that tells progress as a part of a whole. */
export const partOf = ({ signal, progress }: RequestContext, from: number, to: number): RequestContext => ({
  signal,
  progress: (fraction) => {
    progress(from + fraction * (to - from));
  },
});

/** Does long work that is not cancelled, slice by slice: other requests are answered between two. */
export async function inBackground<Result>(steps: {
  next(): IteratorResult<unknown, Result>;
}): Promise<Result> {
  let stepStart = performance.now();
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (performance.now() - stepStart < BACKGROUND_SLICE) continue;
    await nextTask();
    stepStart = performance.now();
  }
}

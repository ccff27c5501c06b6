/**
 * Long work that can stop between two steps: to let others work, or for good. Yields now and then how far it is, 0 to 1, or undefined where
 * that is not known; returns the result.
 */
export type Steps<Result> = Generator<number | undefined, Result, undefined>;

/** Does all of it at once. */
export function finish<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** The steps of a part of some work: what they yield lies between `from` and `to` of the whole. */
export function* asPart<Result>(from: number, to: number, steps: Steps<Result>): Steps<Result> {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    yield value === undefined ? undefined : from + value * (to - from);
  }
}

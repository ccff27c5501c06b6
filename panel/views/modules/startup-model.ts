import type { InstanceState } from '../../../src/session/state.ts';

/** One step of the start, in milliseconds since the realm's time origin; null times say why they are missing. */
export interface StartupStep {
  readonly name: string;
  readonly start: number | null;
  readonly end: number | null;
  readonly why: string | null;
}

/** The steps from the request to the first Go code. What nobody could observe keeps null times and a reason. */
export function startupSteps(times: InstanceState['times']): readonly StartupStep[] {
  const { compileEnd, compileStart, fetchEnd, fetchStart, firstGoCode, instantiateEnd, instantiateStart } =
    times;
  const joined = compileStart !== null && compileEnd === null && instantiateEnd !== null;
  const step = (name: string, start: number | null, end: number | null, why: string): StartupStep => ({
    name,
    start,
    end,
    why: start === null || end === null ? why : null,
  });
  return [
    step(
      times.fetchBySize === true ? 'Fetch, told by its size' : 'Fetch',
      fetchStart,
      fetchEnd,
      'not observed: the bytes came from somewhere else, or before DevTools opened',
    ),
    ...(joined
      ? [step('Compile and instantiate', compileStart, instantiateEnd, '')]
      : [
          step('Compile', compileStart, compileEnd, 'not observed: needs the hook'),
          step('Instantiate', instantiateStart, instantiateEnd, 'not observed: needs the hook'),
        ]),
    step(
      'To first Go code',
      instantiateEnd,
      firstGoCode,
      'not observed: Go has not run yet, or ran before the hook',
    ),
  ];
}

/** First and last time that any step has; null when none is known. */
export function startupSpan(
  steps: readonly StartupStep[],
): { readonly start: number; readonly end: number } | null {
  const times = steps.flatMap(({ start, end }) => (start === null || end === null ? [] : [start, end]));
  return times.length === 0 ? null : { start: Math.min(...times), end: Math.max(...times) };
}

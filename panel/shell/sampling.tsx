import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { SAMPLE_INTERVALS } from '../../src/session/settings.ts';
import type { SampledSeries } from '../../src/session/samples.ts';
import { useModel } from '../model/context.ts';
import { formatCount } from '../model/text.ts';

/** An interval between samples in words. */
export const intervalText = (ms: number): string =>
  ms === 0
    ? 'never'
    : ms < 1000
      ? `every ${String(ms)} ms`
      : ms === 1000
        ? 'every second'
        : `every ${String(ms / 1000)} s`;

/** What the samples cost the page, measured there. */
export function sampleCost({ taken, totalPauseMs, longestPauseMs }: SampledSeries): string {
  if (taken === 0) return '';
  const mean = totalPauseMs / taken;
  return `${formatCount(taken)} samples; each keeps the page ${mean.toFixed(2)} ms (at most ${longestPauseMs.toFixed(1)} ms)`;
}

/** Has programs sampled as long as the panel is shown: the devtools page says when it is not. */
export function useSampling(): void {
  const { samples } = useModel().client;
  useEffect(() => {
    let stop: (() => void) | null = samples.watch();
    const hide = (): void => {
      stop?.();
      stop = null;
    };
    const show = (): void => {
      stop ??= samples.watch();
    };
    window.addEventListener('gohidden', hide);
    window.addEventListener('goshown', show);
    window.addEventListener('pagehide', hide);
    return () => {
      hide();
      window.removeEventListener('gohidden', hide);
      window.removeEventListener('goshown', show);
      window.removeEventListener('pagehide', hide);
    };
  }, [samples]);
}

/** The setting, with what sampling has cost so far. */
export function SamplingSettings(): JSX.Element {
  const model = useModel();
  const { samples } = model.client;
  const [, redraw] = useState(0);
  useEffect(() => samples.subscribe(() => redraw((n) => n + 1)), [samples]);
  const { instances, settings } = model.state.value;
  const costs = instances.flatMap(({ key, label }) => {
    const series = samples.of(key);
    return series === null ? [] : [{ key, text: `${label}: ${sampleCost(series)}` }];
  });
  return (
    <div class="settings-group">
      <h2>Sampled charts</h2>
      <label>
        Sample running programs{' '}
        <select
          class="select"
          aria-label="Sample running programs"
          value={String(settings.sampleMs)}
          onChange={(event) => model.client.setSettings({ sampleMs: Number(event.currentTarget.value) })}
        >
          {SAMPLE_INTERVALS.map((ms) => (
            <option key={ms} value={String(ms)}>
              {intervalText(ms)}
            </option>
          ))}
        </select>
      </label>
      <p class="subtle">
        While this panel is shown, a sample reads memory size, heap, goroutines, collections and JavaScript
        references in one task of the page: a handful of words, and one for each goroutine. It costs the page
        at most 1 % of its time; while DevTools is closed or another of its panels is shown, nothing is read.
      </p>
      {costs.map(({ key, text }) => (
        <p key={key} class="subtle">
          {text}
        </p>
      ))}
    </div>
  );
}

import type { JSX } from 'preact';
import type { InstanceState } from '../../../src/session/state.ts';
import { formatDuration } from '../../model/text.ts';
import { startupSpan, startupSteps } from './startup-model.ts';

/** Fetch, compile, instantiate and first Go code as bars over one axis, as in the Network panel's Timing tab. */
export function Startup({ times }: { times: InstanceState['times'] }): JSX.Element {
  const steps = startupSteps(times);
  const span = startupSpan(steps);
  if (span === null) return <span class="subtle">not observed; reload with the hook</span>;
  const total = Math.max(span.end - span.start, 0.001);
  const percent = (ms: number): string => `${String(((ms - span.start) / total) * 100)}%`;
  return (
    <table class="startup">
      <tbody>
        {steps.map(({ name, start, end, why }, index) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td class="startup-track">
              {start === null || end === null ? (
                <span class="subtle">{why}</span>
              ) : (
                <span
                  class={`startup-bar step-${String(index)}`}
                  style={{
                    left: percent(start),
                    width: `max(1px, ${String(((end - start) / total) * 100)}%)`,
                  }}
                />
              )}
            </td>
            <td class="startup-time">{start === null || end === null ? '' : formatDuration(end - start)}</td>
          </tr>
        ))}
        <tr class="startup-total">
          <th scope="row">Total</th>
          <td />
          <td class="startup-time">{formatDuration(span.end - span.start)}</td>
        </tr>
      </tbody>
    </table>
  );
}

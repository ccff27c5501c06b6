import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { TextButton } from '../../components/toolbar.tsx';
import { useAnswer } from '../../components/use-answer.ts';
import { useModel } from '../../model/context.ts';
import { clip, formatHex, formatMemory, formatTime } from '../../model/text.ts';

const RATES = [
  [512 * 1024, 'one in 512 KiB, Go’s own rate'],
  [16 * 1024, 'one in 16 KiB'],
  [1, 'every allocation: slow'],
] as const;

/**
 * Whether the memory profile of a running program is on, and switching it on and off. That writes to the program's memory: it is explained first,
 * and done by a button only.
 */
export function ProfilingSwitch({ instanceKey }: { instanceKey: string }): JSX.Element | null {
  const model = useModel();
  const [asked, setAsked] = useState(false);
  const [rate, setRate] = useState<number>(RATES[0][0]);
  const [turn, setTurn] = useState(0);
  const on = model.state.value.allocationProfiling?.find((one) => one.instanceKey === instanceKey);
  const question = JSON.stringify([instanceKey, on?.since ?? null, turn]);
  const { value, failure } = useAnswer(question, () => model.client.allocations.state(instanceKey));
  const set = (to: number): void => {
    setAsked(false);
    const done = model.client.allocations.set(instanceKey, to).finally(() => setTurn(turn + 1));
    model.run('Switching allocation profiling', done);
  };
  if (value === null) return failure === null ? null : <Line text={failure} />;
  if (!value.available) return <Line text={`Allocation profiling cannot be switched on: ${value.why}.`} />;
  if (on !== undefined) {
    return (
      <div class="heap-note">
        Allocation profiling was switched on at {formatTime(on.since)}, {rateText(on.rate)}: only what is
        allocated since is recorded, up to the last collections.{' '}
        <TextButton
          kind="outlined"
          text="Switch off"
          tip="Writes 0 back: nothing more is recorded"
          onClick={() => set(0)}
        />
      </div>
    );
  }
  if (value.rate > 0) {
    return <Line text={`The program keeps a memory profile by itself, ${rateText(value.rate)}.`} />;
  }
  if (!asked) {
    return (
      <div class="heap-note">
        The program keeps no memory profile.{' '}
        <TextButton
          kind="outlined"
          text="Switch on allocation profiling…"
          tip="Says what it would do to the program first"
          onClick={() => setAsked(true)}
        />
      </div>
    );
  }
  return (
    <div class="heap-note" role="group" aria-label="Switch on allocation profiling">
      <p>
        This writes to the memory of the running program: runtime.MemProfileRate at{' '}
        <span class="code">{formatHex(value.at)}</span>, which is 0, and the countdown to the next sample in
        the allocator’s cache. From then on the program notes the stack of some of its allocations, which
        costs it time, and memory for every stack.
      </p>
      <p>
        Only what is allocated from then on is recorded; what is there already has no stack. Switching off
        writes the 0 back, and a reload of the page undoes it.
      </p>
      <label class="toolbar-label">
        Samples
        <select
          class="select"
          aria-label="Rate of the samples"
          value={String(rate)}
          onChange={(event) => setRate(Number(event.currentTarget.value))}
        >
          {RATES.map(([bytes, text]) => (
            <option key={bytes} value={String(bytes)}>
              {text}
            </option>
          ))}
        </select>
      </label>{' '}
      <TextButton
        kind="tonal"
        text="Write it"
        tip="Switches the memory profile of the program on"
        onClick={() => set(rate)}
      />{' '}
      <TextButton text="Cancel" onClick={() => setAsked(false)} />
    </div>
  );
}

/** How often is sampled. */
const rateText = (rate: number): string =>
  rate === 1 ? 'every allocation' : `one sample in ${rate < 1024 ? `${String(rate)} B` : formatMemory(rate)}`;

const Line = ({ text }: { text: string }): JSX.Element => (
  <div class="heap-note subtle">{clip(text, 400)}</div>
);

import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { formatBytes, formatShare } from '../../model/text.ts';
import { Divider, IconButton, TextButton, Toolbar } from '../../components/toolbar.tsx';
import { useModel } from '../../model/context.ts';
import type { MemoryProfileType } from '../../model/types.ts';
import { openProfileFiles } from '../../shell/actions.ts';
import { programOf } from '../goroutines/situation.ts';
import { RemoteDialog } from './remote-dialog.tsx';
import { unlessCancelled } from './unless-cancelled.ts';

const TYPES: readonly (readonly [MemoryProfileType, string, string])[] = [
  ['heap', 'Heap', 'What is allocated now, by the stack that allocated it, sampled by the Go runtime'],
  ['allocs', 'Allocs', 'All that was ever allocated, by stack, sampled by the Go runtime'],
  ['goroutine', 'Goroutines', 'Stacks of all goroutines'],
];

/** Where profiles come from: files, and the memory of the chosen program. */
export function ProfilesToolbar(): JSX.Element {
  const model = useModel();
  const [remote, setRemote] = useState(false);
  const program = programOf(model.state.value, model.instance.value);
  const take = async (type: MemoryProfileType): Promise<void> => {
    if (program === null) return;
    const key = await model.client.profiles.takeFromMemory(program.key, type);
    model.go({ capture: key, captureBase: null });
  };
  return (
    <Toolbar label="Profiles">
      <RecordControls />
      <Divider />
      <TextButton
        icon="open"
        text={openProfileFiles.text}
        tip={openProfileFiles.tip}
        onClick={() => openProfileFiles.run(model)}
      />
      <TextButton
        text="From a server…"
        tip="Takes a profile of a Go server that imports net/http/pprof"
        onClick={() => setRemote(true)}
      />
      {remote ? <RemoteDialog onClose={() => setRemote(false)} /> : null}
      <Divider />
      <span class="toolbar-text subtle">From memory</span>
      {TYPES.map(([type, text, what]) => (
        <TextButton
          key={type}
          text={text}
          icon="memory"
          tip={`${what}: read out of linear memory, without code in the program.${program === null ? '\nChoose a program first.' : ''}`}
          disabled={program === null}
          onClick={() => model.run(`Reading the ${type} profile`, take(type))}
        />
      ))}
    </Toolbar>
  );
}

const INTERVALS = [1000, 100] as const;
const GOROUTINES = ['all along', 'before and after', 'none'] as const;
const GOROUTINES_TIP =
  'Tracks of goroutines in the trace, of programs whose memory is known.\n' +
  'Before and after: their stacks and what they wait on.\n' +
  'All along: their states too, five times a second where the page gives a turn; it takes 2 % of the time at most, and the profile says how much it took.';

const isChoice = (value: unknown): value is (typeof GOROUTINES)[number] =>
  GOROUTINES.some((one) => one === value);

/** Starts and ends a CPU recording of the page. */
function RecordControls(): JSX.Element {
  const model = useModel();
  const { recording, access } = model.state.value;
  const [interval, setIntervalMicros] = useState<1000 | 100>(1000);
  const [goroutines, setGoroutines] = useState(
    () => model.store.get('recordedGoroutines', isChoice) ?? 'all along',
  );
  const status = recording?.status ?? 'idle';
  const idle = status === 'idle';
  const record = async (): Promise<void> => {
    const { captureKey } = await model.client.recordCpu({ intervalMicros: interval, goroutines });
    model.go({ view: 'profiles', capture: captureKey, captureBase: null, profileTab: 'time' });
  };
  const missing = access.debuggerAvailable
    ? ''
    : '\nThis build cannot attach the debugger: record in the Performance panel, save the trace, and open it here.';
  return (
    <>
      <IconButton
        icon={idle ? 'record' : 'stop'}
        label={idle ? 'Record CPU' : 'Stop recording'}
        tip={
          idle
            ? `Records what the page and its workers execute, with Go functions. Chrome shows a bar meanwhile.${missing}`
            : 'Ends the recording'
        }
        disabled={(idle && !access.debuggerAvailable) || status === 'starting' || status === 'reading'}
        pressed={!idle}
        onClick={() => {
          if (idle) model.run('Recording', unlessCancelled(record()));
          else model.client.stopRecording();
        }}
      />
      {idle ? (
        <>
          <select
            class="select"
            aria-label="Sampling interval"
            data-tip={`How often samples are taken${missing}`}
            value={String(interval)}
            disabled={!access.debuggerAvailable}
            onChange={(event) => setIntervalMicros(event.currentTarget.value === '100' ? 100 : 1000)}
          >
            {INTERVALS.map((micros) => (
              <option key={micros} value={String(micros)}>
                {micros === 1000 ? 'every 1 ms' : 'every 0.1 ms'}
              </option>
            ))}
          </select>
          <label class="toolbar-label">
            goroutines
            <select
              class="select"
              aria-label="Goroutines of the recording"
              data-tip={GOROUTINES_TIP}
              value={goroutines}
              disabled={!access.debuggerAvailable}
              onChange={(event) => {
                const { value } = event.currentTarget;
                if (!isChoice(value)) return;
                setGoroutines(value);
                model.store.set('recordedGoroutines', value);
              }}
            >
              {GOROUTINES.map((one) => (
                <option key={one} value={one}>
                  {one}
                </option>
              ))}
            </select>
          </label>
        </>
      ) : (
        <span class="toolbar-text" role="status">
          {status === 'starting' ? 'Starting…' : null}
          {status === 'recording' ? (
            <>
              Recording <Elapsed since={recording?.since ?? null} />
              {(recording?.bufferFull ?? 0) > 0.5
                ? `, buffer ${formatShare(recording?.bufferFull ?? 0)} full`
                : ''}
            </>
          ) : null}
          {status === 'reading' ? `Reading ${formatBytes(recording?.bytesRead ?? 0)}…` : null}
        </span>
      )}
    </>
  );
}

/** Seconds since a moment, counted on. */
function Elapsed({ since }: { since: number | null }): JSX.Element {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  const seconds = since === null ? 0 : Math.max(0, Math.round((now - since) / 1000));
  return <span>{seconds} s</span>;
}

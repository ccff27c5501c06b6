import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { SAMPLE_INTERVALS } from '../../../src/session/settings.ts';
import {
  samplesAsCsv,
  samplesAsJson,
  type SampledSeries,
  type SeriesName,
} from '../../../src/session/samples.ts';
import type { InstanceState } from '../../../src/session/state.ts';
import { saveFile } from '../../components/files.ts';
import { TextButton, Toolbar } from '../../components/toolbar.tsx';
import { useSize } from '../../components/use-size.ts';
import { axis, linePath, nearest, xOf, yOf, type Frame } from '../../model/chart.ts';
import { useModel } from '../../model/context.ts';
import { clip, formatCount, formatMemory, formatTime } from '../../model/text.ts';
import { EmptyState } from '../../shell/empty-state.tsx';
import { intervalText, sampleCost } from '../../shell/sampling.tsx';
import { noProgram, runningPrograms } from './programs.ts';

/** What each chart shows, and how its values are said. */
const CHARTS: readonly {
  readonly name: SeriesName;
  readonly title: string;
  readonly tip: string;
  readonly text: (value: number) => string;
}[] = [
  { name: 'memory', title: 'Memory', tip: 'Size of the linear memory.', text: formatMemory },
  {
    name: 'heapInUse',
    title: 'Heap in use',
    tip: 'Spans in use, as HeapInuse of runtime.MemStats.',
    text: formatMemory,
  },
  {
    name: 'goroutines',
    title: 'Goroutines',
    tip: 'Those that have not ended, the runtime’s own included.',
    text: formatCount,
  },
  { name: 'collections', title: 'Collections', tip: 'NumGC of runtime.MemStats.', text: formatCount },
  {
    name: 'references',
    title: 'JavaScript references',
    tip: 'JavaScript values that Go refers to.',
    text: formatCount,
  },
  {
    name: 'functions',
    title: 'js.Func not released',
    tip: 'Functions that js.FuncOf registered.',
    text: formatCount,
  },
];

/** What was sampled of a program since the panel was opened. */
export function ChartsMode(): JSX.Element {
  const model = useModel();
  const state = model.state.value;
  const { program, choose } = runningPrograms(state, model.instance.value);
  if (program === null) return <EmptyState empty={noProgram(state, choose)} />;
  return <OfProgram key={program.key} program={program} />;
}

function OfProgram({ program }: { program: InstanceState }): JSX.Element {
  const model = useModel();
  const { samples } = model.client;
  const [series, setSeries] = useState(samples.of(program.key));
  useEffect(() => samples.subscribe(() => setSeries(samples.of(program.key))), [program.key]);
  /** The time that the pointer is at, in every chart. */
  const [at, setAt] = useState<number | null>(null);
  const { sampleMs } = model.state.value.settings;

  const save = (extension: 'csv' | 'json'): void => {
    if (series === null) return;
    const text = extension === 'csv' ? samplesAsCsv(series) : samplesAsJson(program.label, series);
    const type = extension === 'csv' ? 'text/csv' : 'application/json';
    const name = program.label.split(' ', 1)[0]?.replaceAll(/[^\w.-]+/g, '-') ?? 'program';
    saveFile(`${name}-samples.${extension}`, new Blob([text], { type }));
  };
  return (
    <>
      <Toolbar label="Charts">
        <label class="subtle">
          Sample{' '}
          <select
            class="select"
            aria-label="Sampling interval"
            value={String(sampleMs)}
            onChange={(event) => model.client.setSettings({ sampleMs: Number(event.currentTarget.value) })}
          >
            {SAMPLE_INTERVALS.map((ms) => (
              <option key={ms} value={String(ms)}>
                {intervalText(ms)}
              </option>
            ))}
          </select>
        </label>
        <TextButton
          text="Save CSV"
          tip="All samples that are kept, one a line."
          disabled={series === null}
          onClick={() => save('csv')}
        />
        <TextButton
          text="Save JSON"
          tip="All samples that are kept."
          disabled={series === null}
          onClick={() => save('json')}
        />
        <span class="subtle" aria-label="Cost of sampling">
          {series === null ? '' : sampleCost(series)}
        </span>
      </Toolbar>
      {series === null || series.time.length === 0 ? (
        <EmptyState
          empty={{
            title: sampleMs === 0 ? 'Sampling is switched off' : 'No sample yet',
            text: [
              sampleMs === 0
                ? 'Choose an interval above, or in the settings.'
                : program.state === 'running'
                  ? 'The first comes in a moment.'
                  : 'The program does not run any more.',
            ],
            actions: [],
          }}
        />
      ) : (
        <div class="charts">
          {series.missing.map((note) => (
            <div key={note} class="subtle heap-totals">
              {clip(note, 500)}
            </div>
          ))}
          <div class="charts-grid">
            {CHARTS.map((chart) => (
              <Chart key={chart.name} {...chart} series={series} at={at} onMove={setAt} />
            ))}
          </div>
        </div>
      )}
    </>
  );
}

const HEIGHT = 84;
/** The least time that a chart spans, milliseconds. */
const MIN_SPAN = 30_000;

function Chart({
  name,
  title,
  tip,
  text,
  series,
  at,
  onMove,
}: (typeof CHARTS)[number] & {
  series: SampledSeries;
  at: number | null;
  onMove: (time: number | null) => void;
}): JSX.Element {
  const [box, size] = useSize<HTMLDivElement>();
  const { time } = series;
  const values = series.values[name];
  const width = size?.width ?? 0;
  const frame = useMemo((): Frame | null => {
    const scale = axis(values);
    if (scale === null) return null;
    const from = time[0] ?? 0;
    const to = Math.max(time.at(-1) ?? 0, from + MIN_SPAN);
    return { ...{ width, height: HEIGHT, from, to }, ...scale };
  }, [series, width]);
  const path = useMemo(() => (frame === null ? '' : linePath(frame, time, values)), [frame]);
  const index = at === null ? -1 : nearest(time, at);
  const shown = index < 0 ? values.length - 1 : index;
  const value = values[shown] ?? NaN;
  const said = Number.isNaN(value) ? 'not known' : text(value);
  const x = frame === null ? 0 : xOf(frame, time[index] ?? 0);
  return (
    <figure class="chart" data-series={name}>
      <figcaption data-tip={tip}>
        <span>{title}</span> <strong>{said}</strong>{' '}
        <span class="subtle">{index < 0 ? '' : formatTime(time[shown] ?? 0)}</span>
      </figcaption>
      <div
        class="chart-box"
        ref={box}
        onPointerMove={(event) => {
          if (frame === null || width === 0) return;
          const left = event.currentTarget.getBoundingClientRect().left;
          onMove(frame.from + ((event.clientX - left) / width) * (frame.to - frame.from));
        }}
        onPointerLeave={() => onMove(null)}
      >
        {frame === null ? (
          <span class="subtle">not known</span>
        ) : (
          <svg
            width={width}
            height={HEIGHT}
            role="img"
            aria-label={`${title}: ${said}, between ${text(Math.max(0, Math.round(frame.low)))} and ${text(Math.round(frame.high))}`}
          >
            <path class="chart-line" d={path} />
            {index < 0 || Number.isNaN(value) ? null : (
              <>
                <line class="chart-cross" x1={x} x2={x} y1={0} y2={HEIGHT} />
                <circle class="chart-dot" cx={x} cy={yOf(frame, value)} r={3} />
              </>
            )}
          </svg>
        )}
        {frame === null ? null : (
          <>
            <span class="chart-scale top">{text(Math.round(frame.high))}</span>
            <span class="chart-scale bottom">{text(Math.max(0, Math.round(frame.low)))}</span>
          </>
        )}
      </div>
    </figure>
  );
}

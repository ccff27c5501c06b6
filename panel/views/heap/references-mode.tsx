import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { ReferenceReading } from '../../../src/session/references.ts';
import type { InstanceState } from '../../../src/session/state.ts';
import { DataGrid, useSorted } from '../../components/data-grid.tsx';
import type { Column } from '../../components/data-grid.tsx';
import { SplitPane } from '../../components/split-pane.tsx';
import { TextButton, Toolbar } from '../../components/toolbar.tsx';
import { useModel } from '../../model/context.ts';
import {
  callbackFunctions,
  className,
  growthText,
  referenceClasses,
  type CallbackFunction,
  type Chosen,
  type ReferenceClass,
} from '../../model/references.ts';
import { errorText } from '../../model/failure.ts';
import { baseName, clip, formatCount, formatDuration, plural } from '../../model/text.ts';
import { EmptyState } from '../../shell/empty-state.tsx';
import { noProgram, runningPrograms } from './programs.ts';
import { ReferenceValues } from './reference-values.tsx';

/** The JavaScript values that a running program refers to, and the functions that it gave to JavaScript. */
export function ReferencesMode(): JSX.Element {
  const model = useModel();
  const state = model.state.value;
  const { program, choose } = runningPrograms(state, model.instance.value);
  if (program === null) return <EmptyState empty={noProgram(state, choose)} />;
  return <OfProgram key={program.key} program={program} />;
}

type Asked = 'read' | 'inspect';

function OfProgram({ program }: { program: InstanceState }): JSX.Element {
  const model = useModel();
  const { references } = model.client;
  const [reading, setReading] = useState<ReferenceReading | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [asking, setAsking] = useState<Asked | null>(null);
  const ask = (what: Asked): void => {
    setAsking(what);
    references[what](program.key)
      .then(
        (found) => {
          setReading(found);
          setFailure(null);
        },
        (error: unknown) => setFailure(errorText(error)),
      )
      .finally(() => setAsking(null));
  };
  // Reading is cheap: the first comes with the view.
  useEffect(() => ask('read'), []);
  const withDebugger = model.state.value.access.debuggerAvailable;

  return (
    <>
      <Toolbar label="JavaScript references">
        <TextButton
          text="Read references"
          tip="Reads the tables in which wasm_exec.js keeps the JavaScript values that Go refers to. Nothing of the page runs; growth is since the reading before."
          disabled={asking !== null}
          onClick={() => ask('read')}
        />
        {withDebugger ? (
          <TextButton
            text="Name with the debugger"
            tip="Attaches the debugger for a moment. It finds the tables of a page that was loaded before, and tells the class of every object: without it, asking a plain object for its class could run a Proxy of the page’s."
            disabled={asking !== null}
            onClick={() => ask('inspect')}
          />
        ) : null}
        {reading === null || failure === null ? null : <span class="subtle">{clip(failure, 300)}</span>}
      </Toolbar>
      {reading === null ? (
        <EmptyState
          empty={{
            title: failure === null ? 'Reading references' : 'The references cannot be read',
            text: failure === null ? [] : [clip(failure, 1000)],
            actions: [],
          }}
        />
      ) : (
        <Found reading={reading} withDebugger={withDebugger} />
      )}
    </>
  );
}

function Found({ reading, withDebugger }: { reading: ReferenceReading; withDebugger: boolean }): JSX.Element {
  const [chosen, setChosen] = useState<Chosen>({ class: null, detached: false });
  const classes = useMemo(() => referenceClasses(reading), [reading]);
  const callbacks = useMemo(() => callbackFunctions(reading), [reading]);
  const { page } = reading;
  // Classes of another reading have other numbers.
  useEffect(() => setChosen({ class: null, detached: false }), [page.classes]);
  const detached = useMemo(() => page.detached.reduce((sum, one) => sum + one, 0), [page]);
  return (
    <>
      <Summary
        reading={reading}
        detached={detached}
        onDetached={() => setChosen({ class: null, detached: !chosen.detached })}
      />
      <Notes reading={reading} classes={classes} withDebugger={withDebugger} />
      <SplitPane
        id="references"
        axis="auto"
        initial={0.45}
        label="Kinds and values"
        first={
          <SplitPane
            id="references-kinds"
            axis="column"
            initial={0.5}
            label="Kinds and callbacks"
            first={
              <Classes
                classes={classes}
                active={chosen.class}
                onActivate={(number) =>
                  setChosen({ class: number === chosen.class ? null : number, detached: false })
                }
              />
            }
            second={<Callbacks callbacks={callbacks} />}
          />
        }
        second={<ReferenceValues reading={reading} chosen={chosen} />}
      />
    </>
  );
}

function Summary({
  reading,
  detached,
  onDetached,
}: {
  reading: ReferenceReading;
  detached: number;
  onDetached: () => void;
}): JSX.Element {
  const { page, funcs, before } = reading;
  const grown = (now: number, then: number | undefined): string =>
    then === undefined ? '' : ` (${growthText(now - then)})`;
  const pairs: readonly (readonly [string, ComponentChildren])[] = [
    ['Values', `${formatCount(page.held)}${grown(page.held, before?.page.held)}`],
    ['References', `${formatCount(page.sum)}${grown(page.sum, before?.page.sum)}`],
    ['Table', `${formatCount(page.slots)} slots, ${formatCount(page.free)} free`],
    [
      'js.Func not released',
      `${formatCount(funcs.id.length)}${grown(funcs.id.length, before?.funcs.id.length)}`,
    ],
    [
      'Detached nodes',
      detached === 0 ? (
        '0'
      ) : (
        <button type="button" class="link" onClick={onDetached}>
          {formatCount(detached)}
        </button>
      ),
    ],
    ['The page waited', formatDuration(page.pauseMs)],
  ];
  return (
    <dl class="heap-totals" aria-label="References">
      {pairs.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Notes({
  reading: { page, funcs },
  classes,
  withDebugger,
}: {
  reading: ReferenceReading;
  classes: readonly ReferenceClass[];
  withDebugger: boolean;
}): JSX.Element {
  const open = classes.reduce((sum, one) => sum + (one.name === '' ? one.values : 0), 0);
  const notes: string[] = [];
  if (funcs.missing !== null) notes.push(funcs.missing);
  if (open > 0) {
    const what = withDebugger ? '“Name with the debugger” tells it.' : 'This build has no debugger to ask.';
    notes.push(
      `The class of ${plural(open, 'object')} is not known: asking a plain object for it could run a Proxy of the page’s. ${what}`,
    );
  }
  if (page.id.length < page.held) {
    notes.push(
      `The table shows the first ${formatCount(page.id.length)} of ${formatCount(page.held)} values.`,
    );
  }
  return (
    <>
      {notes.map((note) => (
        <div key={note} class="subtle heap-totals">
          {clip(note, 500)}
        </div>
      ))}
    </>
  );
}

const growthColumn = <Row extends { readonly growth: number | null }>(): Column<Row> => ({
  id: 'growth',
  title: 'Growth',
  hint: 'Since the reading before.',
  weight: 14,
  align: 'right',
  descendingFirst: true,
  sortKey: ({ growth }) => growth ?? 0,
  cell: ({ growth }) => <span class={(growth ?? 0) > 0 ? 'grew' : ''}>{growthText(growth)}</span>,
});

const CLASS_COLUMNS: readonly Column<ReferenceClass>[] = [
  {
    id: 'class',
    title: 'Type',
    weight: 40,
    sortKey: ({ kind, name }) => className(kind, name),
    cell: ({ kind, name }) => <span class="code">{clip(className(kind, name), 200)}</span>,
  },
  { id: 'kind', title: 'Kind', weight: 16, sortKey: ({ kind }) => kind, cell: ({ kind }) => clip(kind, 40) },
  {
    id: 'values',
    title: 'Values',
    weight: 14,
    align: 'right',
    descendingFirst: true,
    sortKey: ({ values }) => values,
    cell: ({ values }) => formatCount(values),
  },
  growthColumn<ReferenceClass>(),
  {
    id: 'references',
    title: 'References',
    hint: 'Sum of the reference counts: how many js.Value of Go’s there are.',
    weight: 16,
    align: 'right',
    descendingFirst: true,
    sortKey: ({ references }) => references,
    cell: ({ references }) => formatCount(references),
  },
];

function Classes({
  classes,
  active,
  onActivate,
}: {
  classes: readonly ReferenceClass[];
  active: number | null;
  onActivate: (number: number) => void;
}): JSX.Element {
  const { rows, sort, onSort } = useSorted(classes, CLASS_COLUMNS, { column: 'values', descending: true });
  const keyOf = ({ number, kind, name }: ReferenceClass): string =>
    number >= 0 ? String(number) : `${kind} ${name}`;
  return (
    <DataGrid
      id="reference-classes"
      label="Types of values"
      columns={CLASS_COLUMNS}
      rows={rows}
      rowKey={keyOf}
      active={active === null ? null : String(active)}
      onActivate={(key) => {
        const number = Number(key);
        if (Number.isInteger(number)) onActivate(number);
      }}
      sort={sort}
      onSort={onSort}
      empty="Go refers to no JavaScript value besides those that are always there."
    />
  );
}

const CALLBACK_COLUMNS: readonly Column<CallbackFunction>[] = [
  {
    id: 'function',
    title: 'js.Func of the Go function',
    hint: 'Functions that js.FuncOf made, by the Go function that they call.',
    weight: 44,
    sortKey: ({ name }) => name,
    tip: ({ name }) => name,
    cell: ({ name }) => <span class="code">{name === '' ? 'not known' : clip(name, 300)}</span>,
  },
  {
    id: 'place',
    title: 'Place',
    weight: 24,
    sortKey: ({ file }) => file,
    tip: ({ file, line }) => `${file}:${String(line)}`,
    cell: ({ file, line }) => (file === '' ? '' : `${clip(baseName(file), 100)}:${String(line)}`),
  },
  {
    id: 'registered',
    title: 'Not released',
    hint: 'Without Release, Go keeps the function and all that it holds, whether JavaScript can still call it or not.',
    weight: 18,
    align: 'right',
    descendingFirst: true,
    sortKey: ({ registered }) => registered,
    cell: ({ registered }) => formatCount(registered),
  },
  growthColumn<CallbackFunction>(),
];

function Callbacks({ callbacks }: { callbacks: readonly CallbackFunction[] }): JSX.Element {
  const { rows, sort, onSort } = useSorted(callbacks, CALLBACK_COLUMNS, {
    column: 'registered',
    descending: true,
  });
  return (
    <DataGrid
      id="reference-callbacks"
      label="Callbacks"
      columns={CALLBACK_COLUMNS}
      rows={rows}
      rowKey={({ name, file, line }) => `${name} ${file}:${String(line)}`}
      active={null}
      onActivate={() => undefined}
      sort={sort}
      onSort={onSort}
      empty="The program has registered no function with js.FuncOf."
    />
  );
}

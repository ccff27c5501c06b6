import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { DataGrid, useSorted } from '../../components/data-grid.tsx';
import type { Column } from '../../components/data-grid.tsx';
import { SplitPane } from '../../components/split-pane.tsx';
import { TextButton, Toolbar } from '../../components/toolbar.tsx';
import { useAnswer } from '../../components/use-answer.ts';
import { useModel } from '../../model/context.ts';
import { clip, formatBytes, formatCount, formatMemory, formatShare } from '../../model/text.ts';
import type { HeapFacts, SnapshotState } from '../../model/types.ts';
import { EmptyState } from '../../shell/empty-state.tsx';
import { programOf, situationOf, takeOf } from '../goroutines/situation.ts';
import { ObjectsPane } from './objects-pane.tsx';

type TypeRow = HeapFacts['summary']['types'][number];

/** The heap of the snapshot that the Goroutines view shows, once it is asked for: totals, types, and objects with what keeps them. */
export function HeapView(): JSX.Element {
  const model = useModel();
  const state = model.state.value;
  const program = programOf(state, model.instance.value);
  const cost = program === null ? null : model.client.snapshotCost(program.key);
  const situation = situationOf(state, model.instance.value, model.place.value.snapshot, cost);
  const [wanted, setWanted] = useState<string | null>(null);
  const snapshot = situation.kind === 'snapshot' ? situation.snapshot : null;
  const question = snapshot !== null && wanted === snapshot.key ? wanted : null;
  const answer = useAnswer(question, () => model.client.heap.read(question ?? ''));
  const facts = question === null || !answer.current ? null : answer.value;

  return (
    <>
      <Toolbar label="Heap">
        {snapshot === null ? null : (
          <TextButton
            text="Read heap"
            tip="Reads the whole memory of the snapshot, and all objects of the Go heap in it. Nothing is written, and nothing of the program runs."
            disabled={question !== null && answer.failure === null}
            onClick={() => setWanted(snapshot.key)}
          />
        )}
        {program === null ? null : (
          <TextButton
            text="New snapshot"
            tip={takeOf(program).tip}
            onClick={() => {
              takeOf(program).run(model);
            }}
          />
        )}
      </Toolbar>
      {situation.kind === 'empty' ? (
        <EmptyState empty={situation.empty} />
      ) : question === null ? (
        <EmptyState
          empty={{
            title: 'The heap has not been read',
            text: [
              `Reading it fetches the whole memory of the program, ${formatMemory(cost?.bytes ?? 0)}, and takes a moment.`,
            ],
            actions: [],
          }}
        />
      ) : facts === null ? (
        <EmptyState
          empty={{
            title: answer.failure === null ? 'Reading the heap' : 'The heap could not be read',
            text: answer.failure === null ? [] : [clip(answer.failure, 1000)],
            actions: [],
          }}
        />
      ) : (
        <Read snapshot={situation.snapshot} facts={facts} />
      )}
    </>
  );
}

function Read({ snapshot, facts }: { snapshot: SnapshotState; facts: HeapFacts }): JSX.Element {
  const [type, setType] = useState<string | null>(null);
  useEffect(() => setType(null), [snapshot.key]);
  return (
    <>
      <Totals facts={facts} />
      {facts.notes.map((note) => (
        <div key={note} class="subtle heap-totals">
          {clip(note, 500)}
        </div>
      ))}
      <SplitPane
        id="heap"
        axis="auto"
        initial={0.5}
        label="Types and objects"
        first={<Types facts={facts} active={type} onActivate={setType} />}
        second={<ObjectsPane snapshotKey={snapshot.key} type={type} />}
      />
    </>
  );
}

function Totals({ facts }: { facts: HeapFacts }): JSX.Element {
  const { totals, summary, reachable } = facts;
  const bytes = (value: number | null): string => (value === null ? 'not known' : formatMemory(value));
  const known = (part: number): string => formatShare(part / Math.max(1, summary.bytes));
  const pairs: readonly (readonly [string, string])[] = [
    ['In use', `${bytes(totals.heapAlloc)} in ${formatCount(totals.heapObjects)} objects`],
    ['Reachable', `${bytes(reachable.bytes)} in ${formatCount(reachable.objects)} objects`],
    ['Idle', bytes(totals.heapIdle)],
    ['Released', bytes(totals.heapReleased)],
    ['Stacks', bytes(totals.stackInuse)],
    ['Memory', bytes(totals.memoryBytes)],
    ['Collections', totals.numGC === null ? 'not known' : formatCount(totals.numGC)],
    ['Next at', bytes(totals.nextGC)],
    [
      'Types',
      `exact ${known(summary.exactBytes)}, inferred ${known(summary.inferredBytes)}, unknown ${known(summary.unknownBytes)}`,
    ],
  ];
  return (
    <dl class="heap-totals" aria-label="Totals">
      {pairs.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const KNOWN = { exact: 'exact', inferred: 'inferred', range: 'inferred', unavailable: '' } as const;

const COLUMNS: readonly Column<TypeRow>[] = [
  {
    id: 'type',
    title: 'Type',
    weight: 50,
    sortKey: ({ name }) => name,
    tip: ({ name }) => name,
    cell: ({ name }) => <span class="code">{clip(name, 300)}</span>,
  },
  {
    id: 'objects',
    title: 'Objects',
    weight: 16,
    align: 'right',
    descendingFirst: true,
    sortKey: ({ objects }) => objects,
    cell: ({ objects }) => formatCount(objects),
  },
  {
    id: 'bytes',
    title: 'Size',
    weight: 16,
    align: 'right',
    descendingFirst: true,
    sortKey: ({ bytes }) => bytes,
    tip: ({ bytes }) => `${formatCount(bytes)} bytes`,
    cell: ({ bytes }) => formatBytes(bytes),
  },
  {
    id: 'known',
    title: 'Known',
    hint: 'exact: as the allocator noted it. inferred: traced from typed values that point to it, or by its shape.',
    weight: 18,
    cell: ({ confidence }) => KNOWN[confidence.kind],
    tip: ({ confidence }) => ('why' in confidence ? confidence.why : undefined),
  },
];

function Types({
  facts,
  active,
  onActivate,
}: {
  facts: HeapFacts;
  active: string | null;
  onActivate: (type: string) => void;
}): JSX.Element {
  const types = useMemo(() => facts.summary.types, [facts]);
  const { rows, sort, onSort } = useSorted(types, COLUMNS, { column: 'bytes', descending: true });
  return (
    <DataGrid
      id="heap-types"
      label="Types"
      columns={COLUMNS}
      rows={rows}
      rowKey={({ name }) => name}
      active={active}
      onActivate={onActivate}
      sort={sort}
      onSort={onSort}
    />
  );
}

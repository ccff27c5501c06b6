import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { SplitPane } from '../../components/split-pane.tsx';
import { TabStrip } from '../../components/toolbar.tsx';
import { useAnswer } from '../../components/use-answer.ts';
import { useModel } from '../../model/context.ts';
import { clip, formatCount, formatMemory, formatShare } from '../../model/text.ts';
import type { Growth, HeapComparison, HeapState } from '../../model/types.ts';
import { EmptyState } from '../../shell/empty-state.tsx';
import { GrowthGrid, signed } from './growth-grid.tsx';
import { baseOf, basesOf, heapsOf, heapTitle } from './heaps.ts';
import type { ReadHeapProps } from './modes.ts';
import { ObjectsPane } from './objects-pane.tsx';
import { ProfilingSwitch } from './profiling-switch.tsx';
import { StackLines } from './stack-lines.tsx';

const TABS = [
  { id: 'types', title: 'Types', tip: 'What is reachable, by type' },
  { id: 'classes', title: 'Size classes', tip: 'What is reachable, by the bytes of a place' },
  {
    id: 'allocations',
    title: 'Allocations',
    tip: 'What is in use, by the stack that allocated it: of programs whose memory profile is on',
  },
  { id: 'goroutines', title: 'Goroutines', tip: 'By the function that they began with' },
  { id: 'stacks', title: 'Goroutine stacks', tip: 'By identical stacks: where they wait' },
] as const;

type TabId = (typeof TABS)[number]['id'];

/** What has grown since an earlier snapshot, ranked. */
export function CompareMode({ heap }: ReadHeapProps): JSX.Element {
  const model = useModel();
  const heaps = heapsOf(model.state.value, model.instance.value);
  const base = baseOf(heaps, heap, model.place.value.heapBase);
  const question = base === undefined ? null : JSON.stringify([heap.snapshotKey, base.snapshotKey]);
  const answer = useAnswer(question, () =>
    model.client.heap.compare(heap.snapshotKey, base?.snapshotKey ?? ''),
  );
  if (base === undefined) {
    return (
      <EmptyState
        empty={{
          title: 'There is one snapshot',
          text: [
            'Let the program do what should leave nothing behind, take another heap snapshot, and compare the two. Saved snapshots can be opened as well.',
          ],
          actions: [],
        }}
      />
    );
  }
  return (
    <>
      <div class="heap-compare">
        <label class="toolbar-label">
          Since
          <select
            class="select"
            aria-label="Base of the comparison"
            value={base.snapshotKey}
            onChange={(event) => model.go({ heapBase: event.currentTarget.value })}
          >
            {basesOf(heaps, heap).map((one) => (
              <option key={one.snapshotKey} value={one.snapshotKey}>
                {heapTitle(one)}
              </option>
            ))}
          </select>
        </label>
        {answer.value === null ? (
          <span class="subtle">{clip(answer.failure ?? 'Comparing…', 300)}</span>
        ) : (
          <Summary comparison={answer.value} base={base} heap={heap} />
        )}
      </div>
      {answer.value === null ? null : <Tables heap={heap} comparison={answer.value} />}
    </>
  );
}

function Summary({
  comparison: { diff, goroutines },
  base,
  heap,
}: {
  comparison: HeapComparison;
  base: HeapState;
  heap: HeapState;
}): JSX.Element {
  const grown = diff.bytesAfter - diff.bytesBefore;
  const share = diff.bytesBefore === 0 ? '' : `, ${formatShare(Math.abs(grown) / diff.bytesBefore)}`;
  const memory = (heap.facts?.totals.memoryBytes ?? 0) - (base.facts?.totals.memoryBytes ?? 0);
  return (
    <dl class="heap-figures" aria-label="Growth in all">
      <div>
        <dt>Reachable</dt>
        <dd>
          {formatMemory(diff.bytesBefore)} to {formatMemory(diff.bytesAfter)} ({signed(grown, formatMemory)}
          {share})
        </dd>
      </div>
      <div>
        <dt>Goroutines</dt>
        <dd>
          {formatCount(goroutines.before)} to {formatCount(goroutines.after)} (
          {signed(goroutines.after - goroutines.before, formatCount)})
        </dd>
      </div>
      <div>
        <dt>Linear memory</dt>
        <dd>{memory === 0 ? 'unchanged' : signed(memory, formatMemory)}</dd>
      </div>
    </dl>
  );
}

function Tables({ heap, comparison }: { heap: HeapState; comparison: HeapComparison }): JSX.Element {
  const [tab, setTab] = useState<TabId>('types');
  const [chosen, setChosen] = useState<string | null>(null);
  const { instances } = useModel().state.value;
  const running = instances.some(({ key, state }) => key === heap.instanceKey && state === 'running');
  const { rows, notes } = rowsOf(comparison, tab);
  const row = rows.find(({ name }) => name === chosen);
  const choose = (id: string): void => {
    setTab(TABS.find((one) => one.id === id)?.id ?? 'types');
    setChosen(null);
  };
  return (
    <>
      <TabStrip
        label="Growth by"
        class="sub-tabs"
        controls="heap-growth"
        active={tab}
        tabs={TABS}
        onSelect={choose}
      />
      {tab === 'allocations' && running ? <ProfilingSwitch instanceKey={heap.instanceKey ?? ''} /> : null}
      {notes.map((note) => (
        <div key={note} class="subtle heap-note">
          {clip(note, 500)}
        </div>
      ))}
      <SplitPane
        id="heap-compare"
        axis="auto"
        initial={0.55}
        label="Growth and what is behind it"
        first={
          <GrowthGrid
            key={tab}
            rows={rows}
            of={tab === 'goroutines' || tab === 'stacks' ? 'goroutines' : 'objects'}
            active={chosen}
            onActivate={setChosen}
            empty={tab === 'allocations' ? 'No samples that differ.' : 'Nothing has changed.'}
          />
        }
        second={
          row === undefined ? (
            <div class="grid-empty subtle">Choose a row to see what is behind it.</div>
          ) : tab === 'types' ? (
            <ObjectsPane snapshotKey={heap.snapshotKey} type={row.name} />
          ) : tab === 'classes' ? (
            <div class="grid-empty subtle">
              Places of {row.name} bytes{row.name === 'large' ? '' : ' each'}; the types in them are in the
              tab Types.
            </div>
          ) : (
            <StackLines text={row.name} moduleKey={heap.moduleKey} />
          )
        }
      />
    </>
  );
}

function rowsOf(
  { diff, allocations, goroutines }: HeapComparison,
  tab: TabId,
): { readonly rows: readonly Growth[]; readonly notes: readonly string[] } {
  switch (tab) {
    case 'types':
      return { rows: diff.types, notes: [] };
    case 'classes':
      return { rows: diff.classes, notes: [] };
    case 'allocations':
      return allocations;
    case 'goroutines':
      return { rows: goroutines.byFunction, notes: [] };
    case 'stacks':
      return { rows: goroutines.byStack, notes: [] };
  }
}

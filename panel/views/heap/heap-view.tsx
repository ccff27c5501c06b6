import type { JSX } from 'preact';
import { chooseFiles } from '../../components/files.ts';
import { TabStrip, Toolbar, Divider } from '../../components/toolbar.tsx';
import { useModel } from '../../model/context.ts';
import { clip, formatMemory } from '../../model/text.ts';
import type { HeapState, SnapshotState } from '../../model/types.ts';
import type { InstanceState, SessionState } from '../../../src/session/state.ts';
import { askForSite, type Action } from '../../shell/actions.ts';
import { EmptyState } from '../../shell/empty-state.tsx';
import { programOf, situationOf } from '../goroutines/situation.ts';
import { costText } from '../goroutines/words.ts';
import { HeapBar, OPEN_TIP, openHeap, takeHeap } from './heap-bar.tsx';
import { heapsOf, shownHeap } from './heaps.ts';
import { HEAP_MODES, type HeapMode } from './modes.ts';
import { Totals } from './totals.tsx';

/** The heap of a snapshot in the chosen mode (modes.ts): the snapshot that the panel's place names, or the newest that was read. */
export function HeapView(): JSX.Element {
  const model = useModel();
  const state = model.state.value;
  const { snapshot: wanted, heapMode } = model.place.value;
  const heaps = heapsOf(state, model.instance.value);
  const heap = shownHeap(state, heaps, wanted);
  const mode = HEAP_MODES.find(({ id }) => id === heapMode) ?? HEAP_MODES[0];
  return (
    <>
      <Toolbar label="Heap">
        <TabStrip
          label="Modes of the heap"
          controls="heap-body"
          active={mode?.id ?? ''}
          tabs={HEAP_MODES}
          onSelect={(id) => model.go({ heapMode: id })}
        />
        <Divider />
        <HeapBar heaps={heaps} heap={heap} />
      </Toolbar>
      <div class="pane" id="heap-body" role="tabpanel">
        {mode === undefined ? null : mode.needs === 'nothing' ? (
          <mode.component />
        ) : heap === undefined ? (
          <NotRead />
        ) : (
          <Shown heap={heap} mode={mode} />
        )}
      </div>
    </>
  );
}

function Shown({ heap, mode }: { heap: HeapState; mode: Extract<HeapMode, { needs: 'heap' }> }): JSX.Element {
  if (heap.status === 'failed') {
    const text = [clip(heap.error ?? '', 1000)];
    return <EmptyState empty={{ title: 'The heap could not be read', text, actions: [] }} />;
  }
  const { facts } = heap;
  if (facts === null) return <EmptyState empty={{ title: 'Reading the heap', text: [], actions: [] }} />;
  const notes = heap.figuresOnly === null ? facts.notes : [figuresText(heap.figuresOnly), ...facts.notes];
  return (
    <>
      <Totals facts={facts} />
      {notes.map((note) => (
        <div key={note} class="subtle heap-note">
          {clip(note, 500)}
        </div>
      ))}
      <mode.component heap={heap} facts={facts} />
    </>
  );
}

const figuresText = (why: string): string =>
  `Only the figures of this snapshot are left: ${why}. It can be compared; its objects cannot be looked at.`;

/** No heap was read: of the snapshot that is there, or there is none. */
function NotRead(): JSX.Element {
  const model = useModel();
  const state = model.state.value;
  const program = programOf(state, model.instance.value);
  const cost = program === null ? null : model.client.goroutines.cost(program.key);
  const situation = situationOf(state, model.instance.value, model.place.value.snapshot, cost);
  const faster = program === null ? null : fasterWith(state, program);
  if (situation.kind === 'empty')
    return program?.memoryBytes == null || cost === null ? (
      <EmptyState empty={situation.empty} />
    ) : (
      <EmptyState
        empty={{
          title: 'No heap snapshot',
          text: [
            'A snapshot says what is in use, by type and size, and what keeps each object from being collected. To find a leak, take one, let the program do what should leave nothing behind, take another, and compare them.',
            costText(cost),
            ...(faster === null
              ? []
              : [`With access to ${faster} so much memory comes over several times as fast.`]),
          ],
          actions: [
            takeOf(program.key),
            ...(faster === null ? [] : [askForSite(faster)]),
            openOf(program.moduleKey),
          ],
        }}
      />
    );
  const { snapshot } = situation;
  return (
    <EmptyState
      empty={{
        title: 'The heap has not been read',
        text: [
          `Reading it fetches the whole memory of the program${cost === null ? '' : `, ${formatMemory(cost.bytes)}`}, and takes a moment.`,
        ],
        actions: [readOf(snapshot)],
      }}
    />
  );
}

/** Memories below come over in a moment either way. */
const MUCH = 64 << 20;

/** The site whose permission would make reading a large memory faster; null where it is there, or would not help. */
function fasterWith({ access }: SessionState, { memoryBytes, realm }: InstanceState): string | null {
  if ((memoryBytes ?? 0) < MUCH || realm.kind === 'worker' || access.active.includes('site')) return null;
  return access.pageOrigin !== null && /^https?:/.test(access.pageOrigin) ? access.pageOrigin : null;
}

const takeOf = (instanceKey: string): Action => ({
  id: 'take-heap',
  text: 'Take heap snapshot',
  tip: 'Copies the memory of the program, and reads all objects of the Go heap in the copy. Nothing is written, and nothing of the program runs.',
  run: (model) => takeHeap(model, instanceKey),
});

const openOf = (moduleKey: string | null): Action => ({
  id: 'open-heap',
  text: 'Open snapshot…',
  tip: OPEN_TIP,
  run: (model) => chooseFiles('', (file) => openHeap(model, file, moduleKey)),
});

/** Reads the heap of a snapshot that is there. */
const readOf = (snapshot: SnapshotState): Action => ({
  id: 'read-heap',
  text: 'Read heap',
  tip: 'Fetches the whole memory of the snapshot, and reads all objects of the Go heap in it. Nothing is written, and nothing of the program runs.',
  run: (model) => {
    model.adjust({ snapshot: snapshot.key });
    model.run('Reading the heap', model.client.heap.read(snapshot.key));
  },
});

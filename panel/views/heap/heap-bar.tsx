import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { chooseFiles, saveFile } from '../../components/files.ts';
import { Divider, IconButton, TextButton } from '../../components/toolbar.tsx';
import { useModel } from '../../model/context.ts';
import type { PanelModel } from '../../model/panel-model.ts';
import type { HeapState } from '../../model/types.ts';
import { programOf } from '../goroutines/situation.ts';
import { costText } from '../goroutines/words.ts';
import { heapTitle, takeTip } from './heaps.ts';

export const OPEN_TIP =
  'Reads the heap in a memory dump: one that was saved here, or the raw bytes of a linear memory. Its module must be here: drop its .wasm file in first where the page has not loaded it.';

/** Takes a snapshot of the chosen program, reads its heap, and shows it. */
export function takeHeap(model: PanelModel, instanceKey: string): void {
  const taken = async (): Promise<void> => {
    const snapshot = await model.client.heap.take(instanceKey);
    model.go({ snapshot });
  };
  model.run('Reading the heap', taken());
}

/** Opens a memory dump, reads its heap, and shows it. `moduleKey`: its module where it does not say so itself; null: the only one that fits. */
export function openHeap(model: PanelModel, file: File, moduleKey: string | null): void {
  const opened = async (): Promise<void> => {
    const snapshot = await model.client.goroutines.openDump(file.name, await file.arrayBuffer(), moduleKey);
    await model.client.heap.read(snapshot);
    model.go({ snapshot });
  };
  model.run(`Opening ${file.name}`, opened());
}

/** The end of the toolbar: takes snapshots, and says which is shown; its name, saving and dropping it. */
export function HeapBar({
  heaps,
  heap,
}: {
  heaps: readonly HeapState[];
  heap: HeapState | undefined;
}): JSX.Element {
  const model = useModel();
  const state = model.state.value;
  const program = programOf(state, model.instance.value);
  const cost = program === null ? null : model.client.goroutines.cost(program.key);
  const reading = state.heaps.some(({ status }) => status === 'reading');
  const goModules = state.modules.filter(({ report }) => report?.toolchain === 'go');
  const moduleKey = program?.moduleKey ?? (goModules.length === 1 ? (goModules[0]?.key ?? null) : null);
  return (
    <>
      <IconButton
        icon="record"
        label="Take heap snapshot"
        tip={program === null ? 'Choose a program first' : takeTip(cost, costText(cost))}
        disabled={program === null || reading}
        onClick={() => program !== null && takeHeap(model, program.key)}
      />
      {heap === undefined ? null : <Chosen key={heap.snapshotKey} heaps={heaps} heap={heap} />}
      <span class="spring" />
      <TextButton
        icon="open"
        text="Open snapshot…"
        tip={OPEN_TIP}
        onClick={() => chooseFiles('', (file) => openHeap(model, file, moduleKey))}
      />
    </>
  );
}

function Chosen({ heaps, heap }: { heaps: readonly HeapState[]; heap: HeapState }): JSX.Element {
  const model = useModel();
  const [naming, setNaming] = useState(false);
  const save = async (): Promise<void> => {
    const { name, blob } = await model.client.goroutines.saveMemory(heap.snapshotKey);
    saveFile(name, blob);
  };
  const rename = (name: string): void => {
    setNaming(false);
    model.client.heap.rename(heap.snapshotKey, name);
  };
  return (
    <>
      {naming ? (
        <input
          class="heap-name"
          aria-label="Name of the snapshot"
          defaultValue={heap.name}
          ref={(input) => input?.focus()}
          onBlur={(event) => rename(event.currentTarget.value)}
          onKeyDown={(event) => {
            event.stopPropagation();
            if (event.key === 'Enter') event.currentTarget.blur();
            if (event.key === 'Escape') setNaming(false);
          }}
        />
      ) : (
        <select
          class="select"
          aria-label="Heap snapshot"
          value={heap.snapshotKey}
          onChange={(event) => model.go({ snapshot: event.currentTarget.value })}
        >
          {heaps.map((one) => (
            <option key={one.snapshotKey} value={one.snapshotKey}>
              {heapTitle(one)}
            </option>
          ))}
        </select>
      )}
      <IconButton icon="rename" tip="Name this snapshot" label="Rename" onClick={() => setNaming(true)} />
      <IconButton
        icon="save"
        tip={
          'Save the snapshot: the whole linear memory, compressed, with the hash of its module.\nIt can be opened here again without the page, and holds all data of the program.'
        }
        label="Save snapshot"
        disabled={heap.status !== 'ready' || heap.figuresOnly !== null}
        onClick={() => model.run('Saving the memory', save())}
      />
      <IconButton
        icon="delete"
        tip="Drop this snapshot"
        onClick={() => {
          model.adjust({ snapshot: null });
          model.client.heap.remove(heap.snapshotKey);
        }}
      />
      <Divider />
    </>
  );
}

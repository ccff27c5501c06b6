import { CancelledError } from '../protocol/endpoint.ts';
import type {
  HeapComparison,
  HeapFacts,
  HeapObjectDetail,
  HeapObjectRows,
  HeapPath,
  HeapRequests,
  HeapValue,
} from '../protocol/heap.ts';
import type { SnapshotState } from './goroutines-state.ts';
import type { HeapState } from './heap-state.ts';
import type { Analysis } from './session.ts';
import type { TaskList } from './tasks.ts';

/** What a view can ask about the heaps of snapshots. Those that were read are in `SessionState.heaps`. */
export interface HeapClient {
  /** Takes a snapshot of a running program and reads its heap. Resolves with the snapshot's key. */
  take(instanceKey: string): Promise<string>;
  /** Reads it: a task that can be cancelled. At once where it was read before. The snapshot is pinned by it. */
  read(snapshotKey: string): Promise<HeapFacts>;
  rename(snapshotKey: string, name: string): void;
  /** Drops the snapshot, with its figures. */
  remove(snapshotKey: string): void;
  /** Rejects where the heap has not been read. At most a thousand rows. */
  objects(query: HeapRequests['heap.objects']['params']): Promise<HeapObjectRows>;
  /** The object that holds the byte at an address. */
  object(snapshotKey: string, address: number): Promise<HeapObjectDetail>;
  /** What stands in an object, or in a part of it. */
  value(query: HeapRequests['heap.value']['params']): Promise<HeapValue>;
  /** What keeps most of the objects of a type; null where no root leads to them. */
  keeps(snapshotKey: string, type: string): Promise<HeapPath | null>;
  /** What has grown since the snapshot `base`. */
  compare(snapshotKey: string, base: string): Promise<HeapComparison>;
}

/** What the heaps need of the snapshots that they belong to. */
export interface HeapSnapshots {
  find(snapshotKey: string): SnapshotState;
  takeLive(instanceKey: string): Promise<string>;
  pin(snapshotKey: string, pinned: boolean): void;
  /** The worker has all of the memory: the page need not keep its copy. */
  releaseCopy(snapshotKey: string): void;
  drop(snapshotKey: string): void;
}

/** Longest name of a snapshot. */
const MAX_NAME = 100;
const NO_ROOM = 'dropped to make room for newer ones, which may take 1.5 GiB in all';
const GONE = 'its memory was dropped, or went with its page';

/** Reads heaps and keeps what became of them, in the order in which they were taken. */
export class Heaps implements HeapClient {
  readonly #analysis: Analysis;
  readonly #tasks: TaskList;
  readonly #snapshots: HeapSnapshots;
  readonly #changed: (heaps: readonly HeapState[]) => void;
  #heaps: readonly HeapState[] = [];

  constructor(
    analysis: Analysis,
    tasks: TaskList,
    snapshots: HeapSnapshots,
    changed: (heaps: readonly HeapState[]) => void,
  ) {
    this.#analysis = analysis;
    this.#tasks = tasks;
    this.#snapshots = snapshots;
    this.#changed = changed;
  }

  async take(instanceKey: string): Promise<string> {
    const snapshotKey = await this.#snapshots.takeLive(instanceKey);
    await this.read(snapshotKey);
    return snapshotKey;
  }

  async read(snapshotKey: string): Promise<HeapFacts> {
    const known = this.#find(snapshotKey);
    if (known?.facts != null && known.figuresOnly === null) return known.facts;
    const { instanceKey, moduleKey, label, time } = this.#snapshots.find(snapshotKey);
    // It has to outlive the next snapshot.
    this.#snapshots.pin(snapshotKey, true);
    const name = known?.name ?? label;
    const reading: HeapState = {
      ...{ snapshotKey, instanceKey, moduleKey, name, time, status: 'reading', taskId: null },
      ...{ error: null, facts: null, figuresOnly: null },
    };
    this.#set([...this.#heaps.filter((one) => one !== known), reading]);
    try {
      const { facts, dropped } = await this.#tasks.run('Reading the heap', ({ id, signal, progress }) => {
        this.#replace(snapshotKey, { taskId: id });
        return this.#analysis.request('heap.read', { snapshotKey }, { signal, onProgress: progress });
      });
      this.#snapshots.releaseCopy(snapshotKey);
      this.#replace(snapshotKey, { status: 'ready', taskId: null, facts });
      for (const key of dropped) {
        this.#replace(key, { figuresOnly: NO_ROOM });
        this.#snapshots.drop(key);
      }
      return facts;
    } catch (error) {
      if (error instanceof CancelledError) this.#forget(snapshotKey);
      else {
        const text = error instanceof Error ? error.message : String(error);
        this.#replace(snapshotKey, { status: 'failed', taskId: null, error: text });
      }
      throw error;
    }
  }

  rename(snapshotKey: string, name: string): void {
    const text = name.trim().slice(0, MAX_NAME);
    if (text !== '') this.#replace(snapshotKey, { name: text });
  }

  /** What the person calls a snapshot; undefined where its heap has not been read. */
  nameOf(snapshotKey: string): string | undefined {
    return this.#find(snapshotKey)?.name;
  }

  remove(snapshotKey: string): void {
    this.#forget(snapshotKey);
    void this.#analysis.request('heap.forget', { snapshotKey });
    this.#snapshots.drop(snapshotKey);
  }

  /** To be told of every change of the snapshots: of those that are gone the figures are left. */
  follow(snapshots: readonly SnapshotState[]): void {
    const there = new Set(snapshots.map(({ key }) => key));
    for (const { snapshotKey, figuresOnly, status } of this.#heaps) {
      if (there.has(snapshotKey)) continue;
      if (status !== 'ready') this.#forget(snapshotKey);
      else if (figuresOnly === null) this.#replace(snapshotKey, { figuresOnly: GONE });
    }
  }

  objects(query: HeapRequests['heap.objects']['params']): Promise<HeapObjectRows> {
    return this.#analysis.request('heap.objects', query);
  }

  object(snapshotKey: string, address: number): Promise<HeapObjectDetail> {
    return this.#analysis.request('heap.object', { snapshotKey, address });
  }

  value(query: HeapRequests['heap.value']['params']): Promise<HeapValue> {
    return this.#analysis.request('heap.value', query);
  }

  keeps(snapshotKey: string, type: string): Promise<HeapPath | null> {
    return this.#analysis.request('heap.keeps', { snapshotKey, type });
  }

  compare(snapshotKey: string, base: string): Promise<HeapComparison> {
    return this.#analysis.request('heap.diff', { snapshotKey, base });
  }

  #find(snapshotKey: string): HeapState | undefined {
    return this.#heaps.find((one) => one.snapshotKey === snapshotKey);
  }

  #forget(snapshotKey: string): void {
    if (this.#find(snapshotKey) !== undefined)
      this.#set(this.#heaps.filter((one) => one.snapshotKey !== snapshotKey));
  }

  #replace(snapshotKey: string, change: Partial<HeapState>): void {
    if (this.#find(snapshotKey) === undefined) return;
    this.#set(this.#heaps.map((one) => (one.snapshotKey === snapshotKey ? { ...one, ...change } : one)));
  }

  #set(heaps: readonly HeapState[]): void {
    this.#heaps = heaps;
    this.#changed(heaps);
  }
}

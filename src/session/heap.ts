import type { HeapFacts, HeapObjectDetail, HeapObjectRows, HeapRequests } from '../protocol/heap.ts';
import type { Analysis } from './session.ts';
import type { TaskList } from './tasks.ts';

/** What a view can ask about the heap of a snapshot. */
export interface HeapClient {
  /** Reads it: a task that can be cancelled while the memory is read. At once where it was read before. */
  read(snapshotKey: string): Promise<HeapFacts>;
  /** Rejects where the heap has not been read. At most a thousand rows. */
  objects(query: HeapRequests['heap.objects']['params']): Promise<HeapObjectRows>;
  /** The object that holds the byte at an address. */
  object(snapshotKey: string, address: number): Promise<HeapObjectDetail>;
}

/** Asks the worker. */
export class Heaps implements HeapClient {
  readonly #analysis: Analysis;
  readonly #tasks: TaskList;

  constructor(analysis: Analysis, tasks: TaskList) {
    this.#analysis = analysis;
    this.#tasks = tasks;
  }

  read(snapshotKey: string): Promise<HeapFacts> {
    return this.#tasks.run('Reading the heap', ({ signal, progress }) =>
      this.#analysis.request('heap.read', { snapshotKey }, { signal, onProgress: progress }),
    );
  }

  objects(query: HeapRequests['heap.objects']['params']): Promise<HeapObjectRows> {
    return this.#analysis.request('heap.objects', query);
  }

  object(snapshotKey: string, address: number): Promise<HeapObjectDetail> {
    return this.#analysis.request('heap.object', { snapshotKey, address });
  }
}

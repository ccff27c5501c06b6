// The worker's side of goroutine snapshots over memories that tests have, as the page would give them.
import { gather } from '../../src/browser/hook/gather.ts';
import type { GoroutineQuery, GoroutineRow } from '../../src/protocol/goroutines.ts';
import type { SnapshotSource } from '../../src/protocol/requests.ts';
import { createAnalysis, type AskForMemory } from '../../src/worker/analysis.ts';
import { fixtureBytes, type Fixture } from './fixtures.ts';

/** The query that leaves every goroutine, by number. */
export const EVERY: GoroutineQuery = {
  filter: '',
  with: [],
  without: [],
  groupBy: 'none',
  sort: { by: 'id', descending: false },
  base: null,
  changes: [],
  open: [],
};

/** Memories as the page gives them, by target. */
export class FarMemories implements AskForMemory {
  readonly memories = new Map<string, Uint8Array>();
  /** Bytes that were read one by one, and the gathers. */
  bytesRead = 0;
  gathers = 0;
  /** Why nothing is gathered; null when it is. */
  gatherError: string | null = null;
  /** getsp() as `gather` tells it. */
  sp: number | null = null;
  time = 0;
  /** Called before each reading. */
  beforeRead: () => void = () => undefined;

  readonly read: AskForMemory['read'] = (target, ranges) => {
    this.beforeRead();
    const memory = this.#get(target);
    for (const { length } of ranges) this.bytesRead += length;
    return Promise.resolve(ranges.map(({ address, length }) => memory.slice(address, address + length)));
  };

  readonly gather: AskForMemory['gather'] = ({ target, ...request }) => {
    if (this.gatherError !== null) return Promise.reject(new Error(this.gatherError));
    this.gathers++;
    const memory = this.#get(target);
    const found = gather(memory, { op: 'gather', target: { held: 1 }, ...request });
    const { sp, time } = this;
    const moment = { byteLength: memory.length, sp, time, pauseMs: 3 };
    return Promise.resolve({ ...found, data: new Uint8Array(found.data), ...moment });
  };

  #get(target: string): Uint8Array {
    const memory = this.memories.get(target);
    if (memory === undefined) throw new Error('this copy is gone');
    return memory;
  }
}

/** A memory of one moment. */
export interface MomentOfMemory {
  readonly memory: Uint8Array;
  readonly sp: number | null;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** JavaScript's stack of the error that ended the program. */
  readonly stack?: string;
}

export const context = () => ({ signal: new AbortController().signal, progress: () => undefined });

/** A worker that has the module as `m`. */
export async function goroutineWorker(of: Fixture | Uint8Array<ArrayBuffer>) {
  const far = new FarMemories();
  const analysis = createAnalysis(far);
  const bytes = of instanceof Uint8Array ? of : fixtureBytes(of);
  await analysis['module.load']({ moduleKey: 'm', bytes: bytes.buffer }, context());

  /** Reads a snapshot of a memory under a key. */
  const take = async (
    { memory, sp, time, stack }: MomentOfMemory,
    kind: SnapshotSource['kind'] = 'held',
    snapshotKey = 's',
  ) => {
    const target = `memory of ${snapshotKey}`;
    far.memories.set(target, memory);
    far.sp = sp;
    far.time = time;
    const source: SnapshotSource = {
      snapshotKey,
      moduleKey: 'm',
      kind,
      target,
      moment: { byteLength: memory.length, sp, time, pauseMs: kind === 'held' ? 2 : null },
      about: {
        ...{ moduleName: 'app.wasm', url: 'http://app.test/', title: '' },
        ...(stack === undefined ? {} : { stack }),
      },
    };
    return analysis['snapshot.read'](source, context());
  };
  const stacks = (snapshotKey = 's') => analysis['snapshot.stacks']({ snapshotKey }, context());
  const answer = (query: Partial<GoroutineQuery> = {}, from = 0, count = 1000, snapshotKey = 's') =>
    analysis['snapshot.rows']({ snapshotKey, query: { ...EVERY, ...query }, from, count }, context());
  /** Only the goroutines of an answer. */
  const rows = async (query: Partial<GoroutineQuery> = {}, snapshotKey = 's'): Promise<GoroutineRow[]> => {
    const { rows: all } = await answer(query, 0, 5000, snapshotKey);
    return all.filter((row) => row.kind === 'goroutine');
  };
  return { far, analysis, take, stacks, answer, rows };
}

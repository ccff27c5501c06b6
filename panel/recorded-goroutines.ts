import type {
  GoroutineDetail,
  GoroutineQuery,
  GoroutineRows,
  WaitObject,
} from '../src/protocol/goroutines.ts';
import { findRecorded, RecordedRows, type RecordedGoroutine } from '../src/session/goroutine-rows.ts';
import type { GoroutinesClient, SnapshotCost } from '../src/session/goroutines-client.ts';
import type { SessionState } from '../src/session/state.ts';
import type { FrameArguments } from './model/types.ts';

/** All goroutines of one snapshot. */
export interface RecordedSnapshot {
  readonly snapshotKey: string;
  readonly goroutines: readonly RecordedGoroutine[];
  /** What `waitObject` answers, by address. */
  readonly waitObjects: readonly WaitObject[];
  /** What `asText` answers, whatever the query. */
  readonly traceback: string;
}

/** What goroutines need of the recorded session that they are of. */
export interface RecordedSession {
  state(): SessionState;
  change(change: Partial<SessionState>): void;
  /** Notes a call of a view. */
  note(method: string, ...args: readonly unknown[]): Promise<void>;
}

/** Goroutines of a recorded session. */
export class RecordedGoroutines implements GoroutinesClient {
  readonly #session: RecordedSession;
  readonly #recorded: readonly RecordedSnapshot[];
  readonly #rows: ReadonlyMap<string, RecordedRows>;

  constructor(session: RecordedSession, recorded: readonly RecordedSnapshot[]) {
    this.#session = session;
    this.#recorded = recorded;
    this.#rows = new Map(recorded.map((one) => [one.snapshotKey, new RecordedRows(one.goroutines)]));
  }

  /** Resolves with the newest recorded snapshot of that program or trap. */
  take(of: { readonly instanceKey: string } | { readonly trapKey: string }): Promise<string> {
    void this.#session.note('goroutines.take', of);
    const found = this.#session
      .state()
      .snapshots.find((one) =>
        'instanceKey' in of
          ? one.origin === 'live' && one.instanceKey === of.instanceKey
          : one.trapKey === of.trapKey,
      );
    if (found === undefined)
      return Promise.reject(new Error('the recording has no goroutines of this program'));
    return Promise.resolve(found.key);
  }

  cost(instanceKey: string): SnapshotCost | null {
    const instance = this.#session.state().instances.find((one) => one.key === instanceKey);
    if (instance === undefined) return null;
    const bytes = instance.memoryBytes ?? 0;
    return { bytes, ended: false, copies: true, pauseMs: bytes / 1e6 };
  }

  openDump(name: string, bytes: ArrayBuffer, moduleKey: string | null): Promise<string> {
    void this.#session.note('goroutines.openDump', name, bytes.byteLength, moduleKey);
    return Promise.reject(new Error('a recorded session reads no memory'));
  }

  saveMemory(snapshotKey: string): Promise<{ name: string; blob: Blob }> {
    void this.#session.note('goroutines.saveMemory', snapshotKey);
    return Promise.reject(new Error('a recorded session has no memory'));
  }

  pin(snapshotKey: string, pinned: boolean): void {
    void this.#session.note('goroutines.pin', snapshotKey, pinned);
    const { snapshots } = this.#session.state();
    this.#session.change({
      snapshots: snapshots.map((one) => (one.key === snapshotKey ? { ...one, pinned } : one)),
    });
  }

  drop(snapshotKey: string): void {
    void this.#session.note('goroutines.drop', snapshotKey);
    this.#session.change({
      snapshots: this.#session.state().snapshots.filter((one) => one.key !== snapshotKey),
    });
  }

  async rows(
    snapshotKey: string,
    query: GoroutineQuery,
    from: number,
    count: number,
  ): Promise<GoroutineRows> {
    await this.#session.note('goroutines.rows', snapshotKey, query, from, count);
    return this.#rowsOf(snapshotKey).rows(query, this.#baseOf(query), from, count);
  }

  async find(
    snapshotKey: string,
    query: GoroutineQuery,
    which: { readonly key: string } | { readonly id: number },
  ): Promise<{ key: string; index: number | null } | null> {
    await this.#session.note('goroutines.find', snapshotKey, query, which);
    return this.#rowsOf(snapshotKey).find(query, this.#baseOf(query), which);
  }

  async detail(snapshotKey: string, key: string): Promise<GoroutineDetail> {
    await this.#session.note('goroutines.detail', snapshotKey, key);
    return this.#goroutine(snapshotKey, key).detail;
  }

  async arguments(snapshotKey: string, key: string): Promise<readonly FrameArguments[]> {
    await this.#session.note('goroutines.arguments', snapshotKey, key);
    return this.#goroutine(snapshotKey, key).arguments ?? [];
  }

  async waitObject(snapshotKey: string, address: number): Promise<WaitObject> {
    await this.#session.note('goroutines.waitObject', snapshotKey, address);
    const found = this.#snapshot(snapshotKey).waitObjects.find((one) => one.address === address);
    if (found === undefined) throw new Error('the recording does not have this object');
    return found;
  }

  async asText(snapshotKey: string, query: GoroutineQuery): Promise<string> {
    await this.#session.note('goroutines.asText', snapshotKey, query);
    return this.#snapshot(snapshotKey).traceback;
  }

  asPprof(snapshotKey: string): Promise<{ name: string; blob: Blob }> {
    void this.#session.note('goroutines.asPprof', snapshotKey);
    return Promise.reject(new Error('a recorded session has no memory'));
  }

  #goroutine(snapshotKey: string, key: string): RecordedGoroutine {
    return findRecorded((snapshot) => this.#snapshot(snapshot).goroutines, snapshotKey, key);
  }

  #rowsOf(snapshotKey: string): RecordedRows {
    const rows = this.#rows.get(snapshotKey);
    if (rows === undefined) throw new Error('the recording does not have this snapshot');
    return rows;
  }

  #baseOf({ base }: GoroutineQuery): RecordedRows | null {
    return base === null ? null : this.#rowsOf(base);
  }

  #snapshot(snapshotKey: string): RecordedSnapshot {
    const found = this.#recorded.find((one) => one.snapshotKey === snapshotKey);
    if (found === undefined) throw new Error('the recording does not have this snapshot');
    return found;
  }
}

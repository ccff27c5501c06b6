import type { GoroutineDetail, GoroutineQuery, GoroutineRows, WaitObject } from '../protocol/goroutines.ts';
import type { FrameArguments } from '../values/typed-arguments.ts';
import { readArguments } from './goroutine-arguments.ts';
import type { GoroutineSnapshots } from './goroutine-snapshots.ts';
import type { GoroutinesClient, SnapshotCost } from './goroutines-client.ts';
import type { Analysis } from './session.ts';
import type { SourceTexts } from './source-texts.ts';
import type { TaskList } from './tasks.ts';

export interface GoroutinesParts {
  readonly analysis: Analysis;
  readonly tasks: TaskList;
  readonly snapshots: GoroutineSnapshots;
  readonly sources: SourceTexts;
  /** Takes a snapshot of a program as it was when it died. */
  readonly takeAtDeath: (trapKey: string) => Promise<string>;
  /** The trap of a dropped snapshot has none any more. */
  readonly droppedOf: (trapKey: string) => void;
  /** What the user called a snapshot. */
  readonly titleOf: (snapshotKey: string) => string | undefined;
}

/** What views ask of snapshots of goroutines. */
export class Goroutines implements GoroutinesClient {
  readonly #parts: GoroutinesParts;
  readonly #analysis: Analysis;
  readonly #snapshots: GoroutineSnapshots;

  constructor(parts: GoroutinesParts) {
    this.#parts = parts;
    this.#analysis = parts.analysis;
    this.#snapshots = parts.snapshots;
  }

  take(of: { readonly instanceKey: string } | { readonly trapKey: string }): Promise<string> {
    if ('instanceKey' in of) return this.#snapshots.takeLive(of.instanceKey);
    return this.#parts.takeAtDeath(of.trapKey);
  }

  cost(instanceKey: string): SnapshotCost | null {
    return this.#snapshots.cost(instanceKey);
  }

  openDump(name: string, bytes: ArrayBuffer, moduleKey: string | null): Promise<string> {
    return this.#snapshots.openDump(name, bytes, moduleKey);
  }

  async saveMemory(snapshotKey: string): Promise<{ name: string; blob: Blob }> {
    const name = this.#snapshots.fileName(snapshotKey, 'gowasm-dump');
    const title = this.#parts.titleOf(snapshotKey);
    const params = { snapshotKey, ...(title === undefined ? {} : { title }) };
    const blob = await this.#parts.tasks.run('Saving the memory', ({ signal, progress }) =>
      this.#analysis.request('snapshot.save', params, { signal, onProgress: progress }),
    );
    return { name, blob };
  }

  pin(snapshotKey: string, pinned: boolean): void {
    this.#snapshots.pin(snapshotKey, pinned);
  }

  drop(snapshotKey: string): void {
    const { trapKey } = this.#snapshots.find(snapshotKey);
    this.#snapshots.drop(snapshotKey);
    if (trapKey !== null) this.#parts.droppedOf(trapKey);
  }

  rows(snapshotKey: string, query: GoroutineQuery, from: number, count: number): Promise<GoroutineRows> {
    return this.#analysis.request('snapshot.rows', { snapshotKey, query, from, count });
  }

  find(
    snapshotKey: string,
    query: GoroutineQuery,
    which: { readonly key: string } | { readonly id: number },
  ): Promise<{ key: string; index: number | null } | null> {
    return this.#analysis.request('snapshot.find', { snapshotKey, query, which });
  }

  detail(snapshotKey: string, key: string): Promise<GoroutineDetail> {
    return this.#analysis.request('snapshot.goroutine', { snapshotKey, key });
  }

  async arguments(snapshotKey: string, key: string): Promise<readonly FrameArguments[]> {
    const { moduleKey } = this.#snapshots.find(snapshotKey);
    return readArguments(this.#analysis, this.#parts.sources, moduleKey, { snapshotKey, key });
  }

  waitObject(snapshotKey: string, address: number): Promise<WaitObject> {
    return this.#analysis.request('snapshot.waitObject', { snapshotKey, address });
  }

  asText(snapshotKey: string, query: GoroutineQuery): Promise<string> {
    return this.#parts.tasks.run('Writing the traceback', ({ signal, progress }) =>
      this.#analysis.request('snapshot.text', { snapshotKey, query }, { signal, onProgress: progress }),
    );
  }

  async asPprof(snapshotKey: string): Promise<{ name: string; blob: Blob }> {
    const name = this.#snapshots.fileName(snapshotKey, 'goroutine.pb.gz');
    const blob = await this.#parts.tasks.run('Writing the profile', ({ signal }) =>
      this.#analysis.request('snapshot.pprof', { snapshotKey }, { signal }),
    );
    return { name, blob };
  }
}

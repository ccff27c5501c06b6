import type { HeapClient } from '../src/session/heap.ts';
import type {
  GoroutineDetail,
  GoroutineQuery,
  GoroutineRows,
  WaitObject,
} from '../src/protocol/goroutines.ts';
import type {
  OpenResult,
  PastedStack,
  SessionClient,
  SnapshotCost,
  SourceExcerpt,
} from '../src/session/client.ts';
import { findRecorded, RecordedRows, type RecordedGoroutine } from '../src/session/goroutine-rows.ts';
import type { RecordedCpu, RecordingChoice } from '../src/session/recording.ts';
import type { FrameArguments } from './model/types.ts';
import type { ProfilesClient } from '../src/session/profiles.ts';
import type { RemoteProfilesClient } from '../src/session/remote-profiles.ts';
import type { SessionState, Settings } from '../src/session/state.ts';
import { NO_PROFILES } from './recorded-profiles.ts';

/** A session as it was at one moment, as JSON: the panel shows it as a plain page, without a browser extension. */
export interface Recording {
  readonly version: 1;
  readonly state: Omit<SessionState, 'captures'> & Partial<Pick<SessionState, 'captures'>>;
  /** What the session answered for source text, by place. */
  readonly excerpts: readonly {
    readonly file: string;
    readonly line: number;
    readonly excerpt: SourceExcerpt;
  }[];
  /** What it answered for pasted text: the first whose `contains` is part of the text. */
  readonly pasted: readonly { readonly contains: string; readonly result: PastedStack }[];
  /** Text for the clipboard, by trap. */
  readonly texts: Readonly<Record<string, { readonly traceback: string; readonly markdown: string }>>;
  /** What is in the snapshots of `state.snapshots`. */
  readonly goroutines?: readonly RecordedSnapshot[];
}

/** All goroutines of one snapshot. */
export interface RecordedSnapshot {
  readonly snapshotKey: string;
  readonly goroutines: readonly RecordedGoroutine[];
  /** What `waitObject` answers, by address. */
  readonly waitObjects: readonly WaitObject[];
  /** What `goroutinesAsText` answers, whatever the query. */
  readonly traceback: string;
}

/** A call that a view made, for tests: the method and its arguments. */
export interface RecordedCall {
  readonly method: string;
  readonly args: readonly unknown[];
}

/** Memory is not recorded. */
const refuseHeap = (): Promise<never> => Promise.reject(new Error('a recorded session has no memory'));
const NO_HEAP: HeapClient = { read: refuseHeap, objects: refuseHeap, object: refuseHeap };

/**
 * A session client over recorded data. What would change the page (reload, attach, a permission) cannot be done by a recording
 * and is only noted in `calls`; what changes the session's own state (settings, clearing) is done.
 */
export class RecordingClient implements SessionClient {
  readonly calls: RecordedCall[] = [];
  readonly heap: HeapClient = NO_HEAP;
  readonly profiles: ProfilesClient = NO_PROFILES;
  readonly remote: RemoteProfilesClient = {
    access: () => Promise.resolve('ask'),
    ask: () => this.#note('remote.ask').then(() => false),
    take: async ({ url }) => {
      await this.#note('remote.take', url);
      throw new Error('a recorded session asks no servers');
    },
  };
  #state: SessionState;
  readonly #recording: Recording;
  readonly #listeners = new Set<() => void>();
  readonly #rows = new Map<string, RecordedRows>();

  constructor(recording: Recording) {
    this.#recording = recording;
    this.#state = { captures: [], ...recording.state };
    for (const { snapshotKey, goroutines } of recording.goroutines ?? []) {
      this.#rows.set(snapshotKey, new RecordedRows(goroutines));
    }
  }

  state(): SessionState {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Replaces parts of the state, as the page's doings would. */
  change(change: Partial<SessionState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }

  reload(): Promise<void> {
    return this.#note('reload');
  }

  attachDebugger(): Promise<void> {
    if (this.#state.access.debuggerAvailable) return this.#note('attachDebugger');
    return Promise.reject(new Error('this build has no debugger permission'));
  }

  requestSite(): Promise<boolean> {
    void this.#note('requestSite');
    const { access } = this.#state;
    this.change({ access: { ...access, siteOptIn: access.pageOrigin } });
    return Promise.resolve(access.pageOrigin !== null);
  }

  forgetSite(): Promise<void> {
    this.change({ access: { ...this.#state.access, siteOptIn: null } });
    return this.#note('forgetSite');
  }

  setSettings(change: Partial<Settings>): void {
    void this.#note('setSettings', change);
    this.change({ settings: { ...this.#state.settings, ...change } });
  }

  addModuleFile(name: string, bytes: ArrayBuffer): Promise<void> {
    void this.#note('addModuleFile', name, bytes.byteLength);
    return Promise.reject(new Error('a recorded session reads no modules'));
  }

  symbolizeText(moduleKey: string | null, text: string): Promise<PastedStack> {
    void this.#note('symbolizeText', moduleKey, text);
    const found = this.#recording.pasted.find(({ contains }) => text.includes(contains));
    if (found === undefined) return Promise.reject(new Error('no stack was found in this text'));
    return Promise.resolve(found.result);
  }

  sourceExcerpt(
    moduleKey: string | null,
    file: string,
    line: number,
    context: number,
  ): Promise<SourceExcerpt> {
    void this.#note('sourceExcerpt', moduleKey, file, line, context);
    const found = this.#recording.excerpts.find((entry) => entry.file === file && entry.line === line);
    const missing = { ok: false, file, tried: [], why: 'the recording has no text of this file' } as const;
    return Promise.resolve(found?.excerpt ?? missing);
  }

  openSource(moduleKey: string | null, file: string, line: number): Promise<OpenResult> {
    void this.#note('openSource', moduleKey, file, line);
    const excerpt = this.#recording.excerpts.find((entry) => entry.file === file)?.excerpt;
    if (excerpt?.ok === true) return Promise.resolve({ ok: true, url: excerpt.url });
    const { why, tried } = excerpt ?? { why: 'the recording has no text of this file', tried: [] };
    return Promise.resolve({ ok: false, why, tried });
  }

  /** Resolves with the newest recorded snapshot of that program or trap. */
  takeSnapshot(of: { readonly instanceKey: string } | { readonly trapKey: string }): Promise<string> {
    void this.#note('takeSnapshot', of);
    const found = this.#state.snapshots.find((one) =>
      'instanceKey' in of
        ? one.origin === 'live' && one.instanceKey === of.instanceKey
        : one.trapKey === of.trapKey,
    );
    if (found === undefined)
      return Promise.reject(new Error('the recording has no goroutines of this program'));
    return Promise.resolve(found.key);
  }

  snapshotCost(instanceKey: string): SnapshotCost | null {
    const instance = this.#state.instances.find((one) => one.key === instanceKey);
    if (instance === undefined) return null;
    const bytes = instance.memoryBytes ?? 0;
    return { bytes, ended: false, copies: true, pauseMs: bytes / 1e6 };
  }

  openDump(name: string, bytes: ArrayBuffer, moduleKey: string | null): Promise<string> {
    void this.#note('openDump', name, bytes.byteLength, moduleKey);
    return Promise.reject(new Error('a recorded session reads no memory'));
  }

  saveMemory(snapshotKey: string): Promise<{ name: string; blob: Blob }> {
    void this.#note('saveMemory', snapshotKey);
    return Promise.reject(new Error('a recorded session has no memory'));
  }

  pinSnapshot(snapshotKey: string, pinned: boolean): void {
    void this.#note('pinSnapshot', snapshotKey, pinned);
    const { snapshots } = this.#state;
    this.change({ snapshots: snapshots.map((one) => (one.key === snapshotKey ? { ...one, pinned } : one)) });
  }

  dropSnapshot(snapshotKey: string): void {
    void this.#note('dropSnapshot', snapshotKey);
    this.change({ snapshots: this.#state.snapshots.filter((one) => one.key !== snapshotKey) });
  }

  async goroutineRows(
    snapshotKey: string,
    query: GoroutineQuery,
    from: number,
    count: number,
  ): Promise<GoroutineRows> {
    await this.#note('goroutineRows', snapshotKey, query, from, count);
    return this.#rowsOf(snapshotKey).rows(query, this.#baseOf(query), from, count);
  }

  async findGoroutine(
    snapshotKey: string,
    query: GoroutineQuery,
    which: { readonly key: string } | { readonly id: number },
  ): Promise<{ key: string; index: number | null } | null> {
    await this.#note('findGoroutine', snapshotKey, query, which);
    return this.#rowsOf(snapshotKey).find(query, this.#baseOf(query), which);
  }

  async goroutine(snapshotKey: string, key: string): Promise<GoroutineDetail> {
    await this.#note('goroutine', snapshotKey, key);
    return this.#goroutine(snapshotKey, key).detail;
  }

  async goroutineArguments(snapshotKey: string, key: string): Promise<readonly FrameArguments[]> {
    await this.#note('goroutineArguments', snapshotKey, key);
    return this.#goroutine(snapshotKey, key).arguments ?? [];
  }

  async waitObject(snapshotKey: string, address: number): Promise<WaitObject> {
    await this.#note('waitObject', snapshotKey, address);
    const found = this.#snapshot(snapshotKey).waitObjects.find((one) => one.address === address);
    if (found === undefined) throw new Error('the recording does not have this object');
    return found;
  }

  async goroutinesAsText(snapshotKey: string, query: GoroutineQuery): Promise<string> {
    await this.#note('goroutinesAsText', snapshotKey, query);
    return this.#snapshot(snapshotKey).traceback;
  }

  goroutinesAsPprof(snapshotKey: string): Promise<{ name: string; blob: Blob }> {
    void this.#note('goroutinesAsPprof', snapshotKey);
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
    const found = this.#recording.goroutines?.find((one) => one.snapshotKey === snapshotKey);
    if (found === undefined) throw new Error('the recording does not have this snapshot');
    return found;
  }

  recordCpu(choice: RecordingChoice): Promise<RecordedCpu> {
    void this.#note('recordCpu', choice);
    return Promise.reject(new Error('a recorded session has no page to record'));
  }

  stopRecording(): void {
    void this.#note('stopRecording');
  }

  clearTraps(): void {
    this.change({ traps: [] });
    void this.#note('clearTraps');
  }

  cancelTask(id: number): void {
    this.change({ tasks: this.#state.tasks.filter((task) => task.id !== id) });
    void this.#note('cancelTask', id);
  }

  trapAsText(trapKey: string, format: 'traceback' | 'markdown'): string {
    void this.#note('trapAsText', trapKey, format);
    return this.#recording.texts[trapKey]?.[format] ?? '';
  }

  #note(method: string, ...args: readonly unknown[]): Promise<void> {
    this.calls.push({ method, args });
    return Promise.resolve();
  }
}

/** Loads a recording of the same origin. */
export async function loadRecording(url: string): Promise<RecordingClient> {
  const address = new URL(url, location.href);
  if (address.origin !== location.origin)
    throw new Error('a recording is loaded from the panel’s own server only');
  const response = await fetch(address);
  if (!response.ok) throw new Error(`no recording at ${address.pathname}: ${String(response.status)}`);
  return new RecordingClient(readRecording(await response.json()));
}

/** Checks that parsed JSON is a recording of this version. */
export function readRecording(value: unknown): Recording {
  if (typeof value !== 'object' || value === null || !('version' in value) || value.version !== 1)
    throw new Error('not a recording of version 1');
  return value as Recording;
}

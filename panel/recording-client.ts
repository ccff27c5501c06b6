import type { GoroutinesClient } from '../src/session/goroutines-client.ts';
import type { HeapClient } from '../src/session/heap.ts';
import type { MemoryClient } from '../src/session/memories.ts';
import type { ReferencesClient } from '../src/session/references.ts';
import type { SamplesClient } from '../src/session/samples.ts';
import type { OpenResult, PastedStack, SessionClient, SourceExcerpt } from '../src/session/client.ts';
import type { RecordedCpu, RecordingChoice } from '../src/session/recording.ts';
import type { ProfilesClient } from '../src/session/profiles-client.ts';
import type { RemoteProfilesClient } from '../src/session/remote-profiles.ts';
import type { SessionState, Settings } from '../src/session/state.ts';
import { RecordedGoroutines, type RecordedSnapshot } from './recorded-goroutines.ts';
import { NO_PROFILES } from './recorded-profiles.ts';

/** A session as it was at one moment, as JSON: the panel shows it as a plain page, without a browser extension. */
export interface Recording {
  readonly version: 1;
  readonly state: Omit<SessionState, 'captures' | 'heaps'> &
    Partial<Pick<SessionState, 'captures' | 'heaps'>>;
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

/** A call that a view made, for tests: the method and its arguments. */
export interface RecordedCall {
  readonly method: string;
  readonly args: readonly unknown[];
}

/** Memory is not recorded. */
const refuseHeap = (): Promise<never> => Promise.reject(new Error('a recorded session has no memory'));
const NO_HEAP: HeapClient = {
  take: refuseHeap,
  read: refuseHeap,
  rename: () => undefined,
  remove: () => undefined,
  objects: refuseHeap,
  object: refuseHeap,
  value: refuseHeap,
  keeps: refuseHeap,
  compare: refuseHeap,
};

const NO_MEMORY: MemoryClient = {
  bytes: refuseHeap,
  copy: refuseHeap,
  map: refuseHeap,
  regions: refuseHeap,
  inspect: refuseHeap,
  variable: refuseHeap,
  value: refuseHeap,
  find: refuseHeap,
  search: refuseHeap,
  diff: refuseHeap,
  save: refuseHeap,
};

const NO_SAMPLES: SamplesClient = {
  watch: () => () => undefined,
  subscribe: () => () => undefined,
  of: () => null,
};

/**
 * A session client over recorded data. What would change the page (reload, attach, a permission) cannot be done by a recording
 * and is only noted in `calls`; what changes the session's own state (settings, clearing) is done.
 */
export class RecordingClient implements SessionClient {
  readonly calls: RecordedCall[] = [];
  readonly allocations: SessionClient['allocations'] = {
    state: () => Promise.resolve({ available: false, why: 'this is a recorded session' }),
    set: (...args) => this.note('allocations.set', ...args),
  };
  readonly goroutines: GoroutinesClient;
  readonly heap: HeapClient = NO_HEAP;
  readonly memory: MemoryClient = NO_MEMORY;
  readonly references: ReferencesClient = { read: refuseHeap, inspect: refuseHeap };
  readonly samples: SamplesClient = NO_SAMPLES;
  readonly profiles: ProfilesClient = NO_PROFILES;
  readonly remote: RemoteProfilesClient = {
    access: () => Promise.resolve('ask'),
    ask: () => this.note('remote.ask').then(() => false),
    take: async ({ url }) => {
      await this.note('remote.take', url);
      throw new Error('a recorded session asks no servers');
    },
  };
  readonly debugFiles: SessionClient['debugFiles'] = {
    choose: (moduleKey, name) => this.note('debugFiles.choose', moduleKey, name),
    fetch: (moduleKey, urls) => this.note('debugFiles.fetch', moduleKey, urls),
  };
  #state: SessionState;
  readonly #recording: Recording;
  readonly #listeners = new Set<() => void>();

  constructor(recording: Recording) {
    this.#recording = recording;
    this.#state = { captures: [], heaps: [], ...recording.state };
    this.goroutines = new RecordedGoroutines(this, recording.goroutines ?? []);
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
    return this.note('reload');
  }

  attachDebugger(): Promise<void> {
    if (this.#state.access.debuggerAvailable) return this.note('attachDebugger');
    return Promise.reject(new Error('this build has no debugger permission'));
  }

  requestSite(): Promise<boolean> {
    void this.note('requestSite');
    const { access } = this.#state;
    this.change({ access: { ...access, siteOptIn: access.pageOrigin } });
    return Promise.resolve(access.pageOrigin !== null);
  }

  requestFiles(): Promise<boolean> {
    void this.note('requestFiles');
    this.change({ access: { ...this.#state.access, files: 'granted' } });
    return Promise.resolve(true);
  }

  forgetSite(): Promise<void> {
    this.change({ access: { ...this.#state.access, siteOptIn: null } });
    return this.note('forgetSite');
  }

  setSettings(change: Partial<Settings>): void {
    void this.note('setSettings', change);
    this.change({ settings: { ...this.#state.settings, ...change } });
  }

  addModuleFile(name: string, bytes: ArrayBuffer): Promise<void> {
    void this.note('addModuleFile', name, bytes.byteLength);
    return Promise.reject(new Error('a recorded session reads no modules'));
  }

  symbolizeText(moduleKey: string | null, text: string): Promise<PastedStack> {
    void this.note('symbolizeText', moduleKey, text);
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
    void this.note('sourceExcerpt', moduleKey, file, line, context);
    const found = this.#recording.excerpts.find((entry) => entry.file === file && entry.line === line);
    const missing = { ok: false, file, tried: [], why: 'the recording has no text of this file' } as const;
    return Promise.resolve(found?.excerpt ?? missing);
  }

  openSource(moduleKey: string | null, file: string, line: number): Promise<OpenResult> {
    void this.note('openSource', moduleKey, file, line);
    const excerpt = this.#recording.excerpts.find((entry) => entry.file === file)?.excerpt;
    if (excerpt?.ok === true) return Promise.resolve({ ok: true, url: excerpt.url });
    const { why, tried } = excerpt ?? { why: 'the recording has no text of this file', tried: [] };
    return Promise.resolve({ ok: false, why, tried });
  }

  recordCpu(choice: RecordingChoice): Promise<RecordedCpu> {
    void this.note('recordCpu', choice);
    return Promise.reject(new Error('a recorded session has no page to record'));
  }

  stopRecording(): void {
    void this.note('stopRecording');
  }

  clearTraps(): void {
    this.change({ traps: [] });
    void this.note('clearTraps');
  }

  cancelTask(id: number): void {
    this.change({ tasks: this.#state.tasks.filter((task) => task.id !== id) });
    void this.note('cancelTask', id);
  }

  trapAsText(trapKey: string, format: 'traceback' | 'markdown'): string {
    void this.note('trapAsText', trapKey, format);
    return this.#recording.texts[trapKey]?.[format] ?? '';
  }

  /** Notes a call of a view. */
  note(method: string, ...args: readonly unknown[]): Promise<void> {
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

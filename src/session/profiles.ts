import { CancelledError } from '../protocol/endpoint.ts';
import type {
  CallRows,
  FlameBoxes,
  FlameShape,
  MemoryProfileType,
  PeekAnswer,
  ProfileFacts,
  ProfileQuery,
  ProfileSummary,
  SaveFormat,
  SourceCost,
  TopRows,
  TopSort,
} from '../protocol/profiles.ts';
import type { CaptureState, CaptureStore, KeptCapture } from './captures-state.ts';
import { MAX_COPY, type PagePort } from './page-port.ts';
import type { Analysis } from './session.ts';
import type { SessionState } from './state.ts';
import type { TaskContext, TaskList } from './tasks.ts';

/** Captures that are kept in the store: by number, and bytes of all together. Beyond, the oldest go. */
export const MAX_KEPT = 50;
export const MAX_KEPT_BYTES = 256 << 20;
/** Captures whose content the worker holds; those that were not looked at for longest are read again from the store. */
const MAX_LOADED = 8;

/** What is known of a capture besides its file. */
export interface CaptureAbout {
  /** Where it comes from, in a few words: `file`, `CPU recording`, a URL. */
  readonly origin: string;
  /** The module whose program it is of, for its source texts; unknown when left out. */
  readonly moduleKey?: string | null;
  /** Sentences that are shown with the profile's own. */
  readonly notes?: readonly string[];
}

/** Profiles as views use them. */
export interface ProfilesClient {
  /**
   * Reads a file with a profile of any kind, which becomes a capture: pprof (gzip or raw), a legacy heap text, a .cpuprofile, a Chrome trace.
   * Resolves with its key. Rejects with one error that names field and offset; there is no capture then. Takes ownership of the bytes.
   */
  open(name: string, bytes: ArrayBuffer): Promise<string>;
  /** A profile of what is in the memory of a program now, without code in the program. Resolves with the capture's key. */
  takeFromMemory(instanceKey: string, type: MemoryProfileType): Promise<string>;
  /** Has a capture that is only kept read again. Resolves once it is ready. */
  load(captureKey: string): Promise<void>;
  rename(captureKey: string, name: string): void;
  drop(captureKey: string): void;
  save(captureKey: string, format: SaveFormat): Promise<{ readonly name: string; readonly blob: Blob }>;
  summary(captureKey: string, query: ProfileQuery): Promise<ProfileSummary>;
  flame(captureKey: string, query: ProfileQuery, shape: FlameShape): Promise<FlameBoxes>;
  /** `filter`: words that all have to be found in the name. */
  top(
    captureKey: string,
    query: ProfileQuery,
    filter: string,
    sort: TopSort,
    from: number,
    count: number,
  ): Promise<TopRows>;
  /** `open`: ids of rows whose calls (or callers, `up`) are listed below them. */
  calls(
    captureKey: string,
    query: ProfileQuery,
    direction: 'down' | 'up',
    open: readonly number[],
    from: number,
    count: number,
  ): Promise<CallRows>;
  peek(captureKey: string, query: ProfileQuery, frame: string): Promise<PeekAnswer>;
  /** What the lines of a function cost; null where the profile has no lines of it. */
  source(captureKey: string, query: ProfileQuery, functionName: string): Promise<SourceCost | null>;
}

/** Opens profiles and keeps them: their state for the views, their content in the worker, their files in the store. */
export class Profiles implements ProfilesClient {
  readonly #page: Pick<PagePort, 'holdMemory' | 'releaseMemory'>;
  readonly #analysis: Analysis;
  readonly #tasks: TaskList;
  readonly #store: CaptureStore;
  readonly #state: () => SessionState;
  readonly #changed: (captures: readonly CaptureState[]) => void;
  /** Makes a goroutine profile of a program as it is now. */
  readonly #goroutines: (instanceKey: string) => Promise<Blob>;
  #captures: readonly CaptureState[] = [];
  /** Captures that are being read again. */
  readonly #loading = new Map<string, Promise<void>>();
  /** Keys of captures that the worker holds, the one that was used last at the end. */
  readonly #loaded = new Set<string>();
  /** Captures whose file is in the store, and its bytes. */
  readonly #stored = new Map<string, number>();
  #count = 0;

  constructor(
    page: Pick<PagePort, 'holdMemory' | 'releaseMemory'>,
    analysis: Analysis,
    tasks: TaskList,
    store: CaptureStore,
    host: {
      readonly state: () => SessionState;
      readonly changed: (captures: readonly CaptureState[]) => void;
      readonly goroutines: (instanceKey: string) => Promise<Blob>;
    },
  ) {
    this.#page = page;
    this.#analysis = analysis;
    this.#tasks = tasks;
    this.#store = store;
    this.#state = host.state;
    this.#changed = host.changed;
    this.#goroutines = host.goroutines;
  }

  /** Lists what is kept. A store that cannot be read has nothing. */
  async start(): Promise<void> {
    const kept = await this.#store.list().catch(() => []);
    const known = new Set(this.#captures.map(({ key }) => key));
    const added = kept
      .filter(({ key }) => !known.has(key))
      .map(({ key, name, origin, added: time, facts }): CaptureState => ({
        ...{ key, name, origin, added: time, facts },
        ...{ status: 'kept', error: null, moduleKey: null },
      }));
    for (const { key, byteLength } of kept) this.#stored.set(key, byteLength);
    this.#set([...this.#captures, ...added]);
  }

  open(name: string, bytes: ArrayBuffer): Promise<string> {
    return this.add(bytes, name, { origin: 'file' });
  }

  /**
   * Adds a capture. `bytes` are a file of any kind that can be opened: of a recording the JSON of a Chrome trace or .cpuprofile. Resolves with its
   * key once it has been read; rejects, and there is no capture, where it cannot be. Takes ownership of the bytes.
   */
  async add(bytes: ArrayBuffer, name: string, about: CaptureAbout): Promise<string> {
    const { origin, moduleKey = null, notes = [] } = about;
    const key = this.#newKey();
    const first = this.#add({ key, name, origin, moduleKey });
    return this.#read(first, `Reading ${name}`, async ({ signal }) => {
      const facts = await this.#analysis.request(
        'profile.open',
        { captureKey: key, name, bytes, modules: this.#modules() },
        { transfer: [bytes], signal },
      );
      return { ...facts, notes: [...notes, ...facts.notes] };
    });
  }

  async takeFromMemory(instanceKey: string, type: MemoryProfileType): Promise<string> {
    const { instances, modules } = this.#state();
    const instance = instances.find((one) => one.key === instanceKey);
    if (instance === undefined) throw new Error('this program is gone with its page');
    const { moduleKey } = instance;
    const module = modules.find((one) => one.key === moduleKey);
    const moduleName = module?.name ?? 'module';
    const name = `${type} ${clock(Date.now())}`;
    const origin = `memory of ${moduleName}`;
    if (type === 'goroutine') {
      const blob = await this.#goroutines(instanceKey);
      return this.add(await blob.arrayBuffer(), name, { origin, moduleKey });
    }
    const key = this.#newKey();
    const first = this.#add({ key, name, origin, moduleKey });
    const target = { instanceKey };
    const still = instance.state === 'exited' || instance.state === 'trapped';
    const copies = !still && (instance.memoryBytes ?? 0) <= MAX_COPY;
    const about = { moduleName, url: instance.realm.url, title: '' };
    return this.#read(first, `Reading the ${type} profile`, async ({ signal }) => {
      const held = copies ? await this.#page.holdMemory(target) : null;
      try {
        const moment = held ?? {
          ...{ byteLength: instance.memoryBytes ?? 0, sp: null, time: Date.now(), pauseMs: null },
        };
        const { byteLength, sp, time, pauseMs } = moment;
        const source = {
          ...{ moduleKey, about, moment: { byteLength, sp, time, pauseMs } },
          kind: held !== null ? 'held' : still ? 'still' : 'running',
          target: held !== null ? `held ${held.key}` : `instance ${instanceKey}`,
        } as const;
        return await this.#analysis.request('profile.memory', { captureKey: key, type, source }, { signal });
      } finally {
        if (held !== null) this.#page.releaseMemory(held.key);
      }
    });
  }

  async load(captureKey: string): Promise<void> {
    const capture = this.#find(captureKey);
    if (capture.status === 'ready') return;
    const known = this.#loading.get(captureKey);
    if (known !== undefined) return known;
    const loading = this.#reload(capture);
    this.#loading.set(captureKey, loading);
    try {
      await loading;
    } finally {
      this.#loading.delete(captureKey);
    }
  }

  async #reload({ key, name }: CaptureState): Promise<void> {
    const bytes = await this.#store.read(key).catch(() => null);
    if (bytes === null) {
      const error = 'It is no longer kept: the browser or another DevTools window removed it.';
      this.#replace(key, { status: 'failed', error });
      throw new Error(error);
    }
    this.#replace(key, { status: 'reading', error: null });
    try {
      const facts = await this.#tasks.run(`Reading ${name}`, ({ signal }) =>
        this.#analysis.request(
          'profile.open',
          { captureKey: key, name, bytes, modules: this.#modules() },
          { transfer: [bytes], signal },
        ),
      );
      this.#replace(key, { status: 'ready', facts });
      this.#used(key);
    } catch (error) {
      const cancelled = error instanceof CancelledError;
      this.#replace(key, cancelled ? { status: 'kept' } : { status: 'failed', error: errorText(error) });
      throw error;
    }
  }

  rename(captureKey: string, name: string): void {
    const trimmed = name.trim().slice(0, 200);
    if (trimmed === '') return;
    this.#replace(captureKey, { name: trimmed });
    void this.#keep(captureKey, null);
  }

  drop(captureKey: string): void {
    this.#set(this.#captures.filter(({ key }) => key !== captureKey));
    this.#loaded.delete(captureKey);
    void this.#analysis.request('profile.drop', { captureKey });
    this.#store.remove(captureKey).catch(() => undefined);
  }

  async save(captureKey: string, format: SaveFormat): Promise<{ name: string; blob: Blob }> {
    await this.load(captureKey);
    const { name } = this.#find(captureKey);
    const blob = await this.#tasks.run(`Saving ${name}`, ({ signal }) =>
      this.#analysis.request('profile.save', { captureKey, format }, { signal }),
    );
    const plain = name.replace(/\.(?:pb\.gz|pprof|cpuprofile|json|json\.gz|txt\.gz|gz)$/i, '');
    return { name: `${plain.replaceAll(/[^\w.-]+/g, '-')}.${EXTENSIONS[format]}`, blob };
  }

  async summary(captureKey: string, query: ProfileQuery): Promise<ProfileSummary> {
    await this.#ready(captureKey, query);
    return this.#analysis.request('profile.summary', { captureKey, query });
  }

  async flame(captureKey: string, query: ProfileQuery, shape: FlameShape): Promise<FlameBoxes> {
    await this.#ready(captureKey, query);
    return this.#analysis.request('profile.flame', { captureKey, query, shape });
  }

  async top(
    captureKey: string,
    query: ProfileQuery,
    filter: string,
    sort: TopSort,
    from: number,
    count: number,
  ): Promise<TopRows> {
    await this.#ready(captureKey, query);
    return this.#analysis.request('profile.top', { captureKey, query, filter, sort, from, count });
  }

  async calls(
    captureKey: string,
    query: ProfileQuery,
    direction: 'down' | 'up',
    open: readonly number[],
    from: number,
    count: number,
  ): Promise<CallRows> {
    await this.#ready(captureKey, query);
    return this.#analysis.request('profile.calls', { captureKey, query, direction, open, from, count });
  }

  async peek(captureKey: string, query: ProfileQuery, frame: string): Promise<PeekAnswer> {
    await this.#ready(captureKey, query);
    return this.#analysis.request('profile.peek', { captureKey, query, frame });
  }

  async source(captureKey: string, query: ProfileQuery, functionName: string): Promise<SourceCost | null> {
    await this.#ready(captureKey, query);
    return this.#analysis.request('profile.source', { captureKey, query, function: functionName });
  }

  async #ready(captureKey: string, { base }: ProfileQuery): Promise<void> {
    await this.load(captureKey);
    if (base !== null) await this.load(base);
    this.#used(captureKey);
    if (base !== null) this.#used(base);
  }

  /** The worker holds few: of others that are kept it holds nothing until they are looked at again. */
  #used(captureKey: string): void {
    this.#loaded.delete(captureKey);
    this.#loaded.add(captureKey);
    for (const key of [...this.#loaded].slice(0, Math.max(0, this.#loaded.size - MAX_LOADED))) {
      if (!this.#stored.has(key)) continue;
      this.#loaded.delete(key);
      this.#replace(key, { status: 'kept' });
      void this.#analysis.request('profile.drop', { captureKey: key });
    }
  }

  async #read(
    { key }: CaptureState,
    title: string,
    read: (context: TaskContext) => Promise<ProfileFacts>,
  ): Promise<string> {
    try {
      const facts = await this.#tasks.run(title, read);
      if (!this.#captures.some((one) => one.key === key)) throw new CancelledError();
      this.#replace(key, { status: 'ready', facts });
    } catch (error) {
      this.#set(this.#captures.filter((one) => one.key !== key));
      void this.#analysis.request('profile.drop', { captureKey: key });
      throw error;
    }
    this.#used(key);
    void this.#keepFile(key);
    return key;
  }

  async #keepFile(key: string): Promise<void> {
    const bytes = await this.#analysis.request('profile.kept', { captureKey: key }).catch(() => null);
    if (bytes === null || bytes.byteLength > MAX_KEPT_BYTES) return;
    await this.#keep(key, bytes);
  }

  async #keep(key: string, bytes: ArrayBuffer | null): Promise<void> {
    const capture = this.#captures.find((one) => one.key === key);
    if (capture?.facts == null) return;
    const { name, origin, added, facts } = capture;
    const byteLength = bytes?.byteLength ?? this.#stored.get(key) ?? 0;
    const kept: KeptCapture = { key, name, origin, added, facts, byteLength };
    try {
      await this.#store.put(kept, bytes);
      if (bytes !== null) this.#stored.set(key, byteLength);
      await this.#dropOldest();
    } catch {
      // A full or forbidden store keeps nothing; the capture is there as long as DevTools is open.
    }
  }

  async #dropOldest(): Promise<void> {
    let bytes = 0;
    for (const [index, { key, byteLength }] of (await this.#store.list()).entries()) {
      bytes += byteLength;
      if (index < MAX_KEPT && bytes <= MAX_KEPT_BYTES) continue;
      this.#stored.delete(key);
      await this.#store.remove(key);
    }
  }

  #modules(): { moduleKey: string; name: string }[] {
    return this.#state()
      .modules.filter(({ status }) => status === 'ready')
      .map(({ key, name }) => ({ moduleKey: key, name }));
  }

  #newKey(): string {
    return `capture:${Date.now().toString(36)}-${++this.#count}`;
  }

  #add(known: Pick<CaptureState, 'key' | 'name' | 'origin' | 'moduleKey'>): CaptureState {
    const added: CaptureState = {
      ...known,
      ...{ added: Date.now(), status: 'reading', error: null, facts: null },
    };
    this.#set([added, ...this.#captures]);
    return added;
  }

  #find(captureKey: string): CaptureState {
    const found = this.#captures.find(({ key }) => key === captureKey);
    if (found === undefined) throw new Error('this profile is gone');
    return found;
  }

  #replace(captureKey: string, change: Partial<CaptureState>): void {
    this.#set(this.#captures.map((one) => (one.key === captureKey ? { ...one, ...change } : one)));
  }

  #set(captures: readonly CaptureState[]): void {
    this.#captures = captures;
    this.#changed(captures);
  }
}

const EXTENSIONS: Readonly<Record<SaveFormat, string>> = {
  pprof: 'pb.gz',
  cpuprofile: 'cpuprofile',
  trace: 'trace.json',
};

const clock = (time: number): string => new Date(time).toTimeString().slice(0, 8);

const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));

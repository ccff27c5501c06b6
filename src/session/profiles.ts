import { goSourceUrl } from '../base/go-source-url.ts';
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
import type { CaptureState, CaptureStore } from './captures-state.ts';
import { KeptCaptures } from './kept-captures.ts';
import { MAX_COPY, type PagePort } from './page-port.ts';
import type { ProfilesClient } from './profiles-client.ts';
import type { Analysis } from './session.ts';
import type { SessionState } from './state.ts';
import type { TaskContext, TaskList } from './tasks.ts';

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

/** Opens profiles and keeps them: their state for the views, their content in the worker, their files in the store. */
export class Profiles implements ProfilesClient {
  readonly #page: Pick<PagePort, 'holdMemory' | 'releaseMemory'>;
  readonly #analysis: Analysis;
  readonly #tasks: TaskList;
  readonly #kept: KeptCaptures;
  readonly #state: () => SessionState;
  readonly #changed: (captures: readonly CaptureState[]) => void;
  /** Makes a goroutine profile of a program as it is now. */
  readonly #goroutines: (instanceKey: string) => Promise<Blob>;
  /** Whether the text of a Go file can be had. */
  readonly #hasSource: (moduleKey: string | null, file: string, line: number) => Promise<boolean>;
  #captures: readonly CaptureState[] = [];
  /** Captures that are being read again. */
  readonly #loading = new Map<string, Promise<void>>();
  /** Keys of captures that the worker holds, the one that was used last at the end. */
  readonly #loaded = new Set<string>();
  #count = 0;
  /** Keys of modules that can be read. */
  #known: ReadonlySet<string> = new Set();
  /** Captures that were being read when a module became known. */
  readonly #missed = new Set<string>();
  /** What was told of captures when they were taken. */
  readonly #told = new Map<string, readonly string[]>();

  constructor(
    page: Pick<PagePort, 'holdMemory' | 'releaseMemory'>,
    analysis: Analysis,
    tasks: TaskList,
    store: CaptureStore,
    host: {
      readonly state: () => SessionState;
      readonly changed: (captures: readonly CaptureState[]) => void;
      readonly goroutines: (instanceKey: string) => Promise<Blob>;
      readonly hasSource: (moduleKey: string | null, file: string, line: number) => Promise<boolean>;
    },
  ) {
    this.#page = page;
    this.#analysis = analysis;
    this.#tasks = tasks;
    this.#kept = new KeptCaptures(store);
    this.#state = host.state;
    this.#changed = host.changed;
    this.#goroutines = host.goroutines;
    this.#hasSource = host.hasSource;
  }

  /** Lists what is kept. A store that cannot be read has nothing. */
  async start(): Promise<void> {
    const kept = await this.#kept.list();
    const known = new Set(this.#captures.map(({ key }) => key));
    const added = kept
      .filter(({ key }) => !known.has(key))
      .map(({ key, name, origin, added: time, facts }): CaptureState => ({
        ...{ key, name, origin, added: time, facts },
        ...{ status: 'kept', error: null, moduleKey: null },
      }));
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
    this.#told.set(key, notes);
    return this.#read(first, `Reading ${name}`, async ({ signal }) => {
      const facts = await this.#analysis.request(
        'profile.open',
        { captureKey: key, name, bytes, modules: this.#modules() },
        { transfer: [bytes], signal },
      );
      return this.#withNotes(key, facts);
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
    const bytes = await this.#kept.read(key);
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
      this.#replace(key, { status: 'ready', facts: this.#withNotes(key, facts) });
      this.#wasRead(key);
    } catch (error) {
      const cancelled = error instanceof CancelledError;
      this.#replace(key, cancelled ? { status: 'kept' } : { status: 'failed', error: errorText(error) });
      throw error;
    }
  }

  /** Modules are known, maybe more than before: recordings with functions of them get their names. */
  nameFunctions(): void {
    const modules = this.#modules();
    const isNew = modules.some(({ moduleKey }) => !this.#known.has(moduleKey));
    this.#known = new Set(modules.map(({ moduleKey }) => moduleKey));
    if (!isNew) return;
    for (const { key, status } of this.#captures) {
      if (status === 'reading') this.#missed.add(key);
      else if (status === 'ready') this.#nameNow(key);
    }
  }

  #nameNow(key: string): void {
    if ((this.#captures.find((one) => one.key === key)?.facts?.unnamed ?? 0) > 0) void this.#readAgain(key);
  }

  /** A capture has been read: maybe while a module became known. */
  #wasRead(key: string): void {
    this.#used(key);
    if (this.#missed.delete(key)) this.#nameNow(key);
  }

  /** Reads a capture again as it is; where that fails it stays what it was. */
  async #readAgain(key: string): Promise<void> {
    const { name, facts: before } = this.#find(key);
    const request = async (): Promise<ProfileFacts> => {
      const bytes = await this.#analysis.request('profile.kept', { captureKey: key });
      return this.#analysis.request(
        'profile.open',
        { captureKey: key, name, bytes, modules: this.#modules() },
        { transfer: [bytes] },
      );
    };
    this.#replace(key, { status: 'reading' });
    const facts = await request().catch(() => before);
    if (!this.#captures.some((one) => one.key === key)) {
      void this.#analysis.request('profile.drop', { captureKey: key });
      return;
    }
    this.#replace(key, { status: 'ready', facts: facts && this.#withNotes(key, facts) });
    if (facts === before) return;
    void this.#keepFile(key);
    this.#wasRead(key);
  }

  /** What was told of a capture when it was taken is not in its file: it stays, beside what is said of the file now. */
  #withNotes(key: string, facts: ProfileFacts): ProfileFacts {
    const before = this.#captures.find((one) => one.key === key)?.facts;
    const told = this.#told.get(key) ?? (before?.unnamed === facts.unnamed ? before.notes : []);
    return { ...facts, notes: [...new Set([...told, ...facts.notes])] };
  }

  rename(captureKey: string, name: string): void {
    const trimmed = name.trim().slice(0, 200);
    if (trimmed === '') return;
    this.#replace(captureKey, { name: trimmed });
    void this.#kept.keep(this.#find(captureKey), null);
  }

  drop(captureKey: string): void {
    this.#set(this.#captures.filter(({ key }) => key !== captureKey));
    this.#loaded.delete(captureKey);
    void this.#analysis.request('profile.drop', { captureKey });
    this.#kept.remove(captureKey);
  }

  async save(captureKey: string, format: SaveFormat): Promise<{ name: string; blob: Blob }> {
    await this.load(captureKey);
    const { name, moduleKey } = this.#find(captureKey);
    const blob = await this.#tasks.run(`Saving ${name}`, async ({ signal }) => {
      const sources =
        format === 'trace' ? await this.#sourceUrls(captureKey, moduleKey) : new Map<string, string>();
      return this.#analysis.request('profile.save', { captureKey, format, sources }, { signal });
    });
    const plain = name.replace(/\.(?:pb\.gz|pprof|cpuprofile|json|json\.gz|txt\.gz|gz)$/i, '');
    return { name: `${plain.replaceAll(/[^\w.-]+/g, '-')}.${EXTENSIONS[format]}`, blob };
  }

  /** Under which URLs DevTools has the program's own files whose text can be had, so that a trace links to them. */
  async #sourceUrls(captureKey: string, known: string | null): Promise<ReadonlyMap<string, string>> {
    const modules = this.#modules();
    const moduleKey = known ?? (modules.length === 1 ? (modules[0]?.moduleKey ?? null) : null);
    const files = await this.#analysis.request('profile.files', { captureKey });
    const found = await Promise.all(files.map(({ file, line }) => this.#hasSource(moduleKey, file, line)));
    return new Map(files.filter((_, at) => found[at]).map(({ file }) => [file, goSourceUrl(file)]));
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
      if (!this.#kept.has(key)) continue;
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
    void this.#keepFile(key);
    this.#wasRead(key);
    return key;
  }

  async #keepFile(key: string): Promise<void> {
    const bytes = await this.#analysis.request('profile.kept', { captureKey: key }).catch(() => null);
    const capture = this.#captures.find((one) => one.key === key);
    if (bytes !== null && capture !== undefined) await this.#kept.keep(capture, bytes);
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

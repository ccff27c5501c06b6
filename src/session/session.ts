import type { RequestOptions } from '../protocol/endpoint.ts';
import type { GoroutineDetail, GoroutineQuery, GoroutineRows, WaitObject } from '../protocol/goroutines.ts';
import type { AnalysisRequests, DeathEvidence, PageRequests } from '../protocol/requests.ts';
import { formatMarkdown, formatTraceback } from '../stack/format.ts';
import type { OpenResult, PastedStack, SessionClient, SnapshotCost, SourceExcerpt } from './client.ts';
import { isAlreadyExited, isDeath, joinSign, surfacedLine, type Death } from './deaths.ts';
import { GoroutineSnapshots } from './goroutines.ts';
import { ModuleLoader } from './module-loader.ts';
import type { PageInstance, PageReport, PageTrap } from './page-events.ts';
import type { MemoryTarget, PagePort, PageUpdate } from './page-port.ts';
import { DEFAULT_SETTINGS, readSettings, type SettingsStore } from './settings.ts';
import { SourceTexts } from './source-texts.ts';
import type { EmptyReason, InstanceState, ModuleState, SessionState, Settings, TrapState } from './state.ts';
import { TaskList } from './tasks.ts';

/** The worker, as the session asks it. */
export interface Analysis {
  request<Name extends keyof AnalysisRequests & string>(
    name: Name,
    params: AnalysisRequests[Name]['params'],
    options?: RequestOptions,
  ): Promise<AnalysisRequests[Name]['result']>;
}

/**
 * The inspected page as state. Takes what the page tells, has the worker analyse it, and offers the result to any number of
 * views. One lives as long as its DevTools window.
 */
export class Session implements SessionClient {
  readonly #page: PagePort;
  readonly #analysis: Analysis;
  readonly #store: SettingsStore;
  readonly #listeners = new Set<() => void>();
  readonly #modules: ModuleLoader;
  readonly #sources: SourceTexts;
  readonly #tasks: TaskList;
  readonly #snapshots: GoroutineSnapshots;
  #state: SessionState;
  #instances: readonly PageInstance[] = [];
  #deaths: readonly Death[] = [];
  /** Counts navigations: an answer that was asked for an earlier page is dropped. */
  #generation = 0;
  /** Signs are joined one after the other: finding a sign's instance is asynchronous. */
  #signQueue: Promise<void> = Promise.resolve();
  #reportsSeen = false;

  constructor(page: PagePort, analysis: Analysis, store: SettingsStore) {
    this.#page = page;
    this.#analysis = analysis;
    this.#store = store;
    this.#state = {
      pageUrl: '',
      access: page.access(),
      modules: [],
      instances: [],
      traps: [],
      snapshots: [],
      tasks: [],
      settings: DEFAULT_SETTINGS,
      emptyReason: 'starting',
    };
    this.#tasks = new TaskList((tasks) => {
      this.#update({ tasks });
    });
    this.#modules = new ModuleLoader(page, analysis, this.#tasks, (modules) => {
      this.#update({ modules });
      this.#refreshInstances();
    });
    this.#snapshots = new GoroutineSnapshots(
      page,
      analysis,
      this.#tasks,
      () => this.#state,
      (snapshots) => {
        this.#update({ snapshots });
      },
    );
    this.#sources = new SourceTexts(page, analysis, (moduleKey) => {
      const module = this.#state.modules.find((known) => known.key === moduleKey);
      return {
        pageUrl: this.#state.pageUrl,
        moduleUrl: module?.url ?? null,
        mainModule: module?.report?.module.main ?? module?.report?.module.path ?? null,
        roots: this.#state.settings.sourceRoots,
      };
    });
  }

  /** Loads the settings and starts to listen to the page. */
  async start(): Promise<void> {
    this.#update({ settings: readSettings(await this.#store.load()) });
    this.#page.setCaptureText(this.#state.settings.captureText);
    this.#page.subscribe((update) => {
      this.#receive(update);
    });
  }

  /** Answers the worker's requests for memory; handed to the endpoint. */
  readMemory(params: PageRequests['memory.read']['params']): Promise<readonly Uint8Array[]> {
    return this.#page.readMemory(parseTarget(params.target), params.ranges);
  }

  gatherMemory({
    target,
    ...request
  }: PageRequests['memory.gather']['params']): Promise<PageRequests['memory.gather']['result']> {
    return this.#page.gatherMemory(parseTarget(target), request);
  }

  state(): SessionState {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  reload(): Promise<void> {
    const { hookWorkers, captureText } = this.#state.settings;
    return this.#page.reload({ workers: hookWorkers, captureText });
  }

  attachDebugger(): Promise<void> {
    return this.#tasks.run('Looking into the running page', ({ signal }) =>
      this.#page.attachDebugger(signal),
    );
  }

  requestSite(): Promise<boolean> {
    return this.#page.requestSite();
  }

  forgetSite(): Promise<void> {
    return this.#page.forgetSite();
  }

  setSettings(change: Partial<Settings>): void {
    const settings = { ...this.#state.settings, ...change };
    if (change.sourceRoots !== undefined) this.#sources.forget();
    this.#update({ settings });
    this.#page.setCaptureText(settings.captureText);
    void this.#store.save(settings);
  }

  async addModuleFile(name: string, bytes: ArrayBuffer): Promise<void> {
    await this.#modules.addFile(name, bytes);
  }

  async symbolizeText(moduleKey: string | null, text: string): Promise<PastedStack> {
    await this.#modules.settled(null);
    const candidates = this.#state.modules.filter(({ status }) => status === 'ready').map(({ key }) => key);
    return this.#analysis.request('text.symbolize', { moduleKey, text, candidates });
  }

  sourceExcerpt(
    moduleKey: string | null,
    file: string,
    line: number,
    context: number,
  ): Promise<SourceExcerpt> {
    return this.#sources.excerpt(moduleKey, file, line, context);
  }

  openSource(moduleKey: string | null, file: string, line: number): Promise<OpenResult> {
    return this.#sources.open(moduleKey, file, line);
  }

  async takeSnapshot(of: { instanceKey: string } | { trapKey: string }): Promise<string> {
    if ('instanceKey' in of) return this.#snapshots.takeLive(of.instanceKey);
    const trap = this.#state.traps.find((known) => known.key === of.trapKey);
    const death = this.#deaths.find((known) => known.key === of.trapKey);
    const snapshotKey = trap && death && (await this.#snapshotAtDeath(trap, death));
    if (snapshotKey === undefined) throw new Error('the memory of this death could not be had');
    return snapshotKey;
  }

  snapshotCost(instanceKey: string): SnapshotCost | null {
    return this.#snapshots.cost(instanceKey);
  }

  openDump(name: string, bytes: ArrayBuffer, moduleKey: string | null): Promise<string> {
    return this.#snapshots.openDump(name, bytes, moduleKey);
  }

  async saveMemory(snapshotKey: string): Promise<{ name: string; blob: Blob }> {
    const name = this.#snapshots.fileName(snapshotKey, 'gowasm-dump');
    const blob = await this.#tasks.run('Saving the memory', ({ signal, progress }) =>
      this.#analysis.request('snapshot.save', { snapshotKey }, { signal, onProgress: progress }),
    );
    return { name, blob };
  }

  pinSnapshot(snapshotKey: string, pinned: boolean): void {
    this.#snapshots.pin(snapshotKey, pinned);
  }

  dropSnapshot(snapshotKey: string): void {
    this.#snapshots.drop(snapshotKey);
    this.#update({
      traps: this.#state.traps.map((trap) =>
        trap.snapshotKey === snapshotKey ? { ...trap, snapshotKey: null } : trap,
      ),
    });
  }

  goroutineRows(
    snapshotKey: string,
    query: GoroutineQuery,
    from: number,
    count: number,
  ): Promise<GoroutineRows> {
    return this.#analysis.request('snapshot.rows', { snapshotKey, query, from, count });
  }

  findGoroutine(
    snapshotKey: string,
    query: GoroutineQuery,
    which: { key: string } | { id: number },
  ): Promise<{ key: string; index: number | null } | null> {
    return this.#analysis.request('snapshot.find', { snapshotKey, query, which });
  }

  goroutine(snapshotKey: string, key: string): Promise<GoroutineDetail> {
    return this.#analysis.request('snapshot.goroutine', { snapshotKey, key });
  }

  waitObject(snapshotKey: string, address: number): Promise<WaitObject> {
    return this.#analysis.request('snapshot.waitObject', { snapshotKey, address });
  }

  goroutinesAsText(snapshotKey: string, query: GoroutineQuery): Promise<string> {
    return this.#tasks.run('Writing the traceback', ({ signal, progress }) =>
      this.#analysis.request('snapshot.text', { snapshotKey, query }, { signal, onProgress: progress }),
    );
  }

  async goroutinesAsPprof(snapshotKey: string): Promise<{ name: string; blob: Blob }> {
    const name = this.#snapshots.fileName(snapshotKey, 'goroutine.pb.gz');
    const blob = await this.#tasks.run('Writing the profile', ({ signal }) =>
      this.#analysis.request('snapshot.pprof', { snapshotKey }, { signal }),
    );
    return { name, blob };
  }

  clearTraps(): void {
    this.#deaths = [];
    this.#update({ traps: [] });
  }

  cancelTask(id: number): void {
    this.#tasks.cancel(id);
  }

  trapAsText(trapKey: string, format: 'traceback' | 'markdown'): string {
    const trap = this.#state.traps.find((known) => known.key === trapKey);
    if (trap === undefined) return '';
    const stack = trap.stack ?? trap.otherStacks[0] ?? null;
    if (format === 'traceback') return formatTraceback(trap.title, stack);
    return formatMarkdown(trap.title, stack, this.#environment(trap));
  }

  #environment(trap: TrapState): string[] {
    const module = this.#state.modules.find((known) => known.key === trap.moduleKey);
    const report = module?.report ?? null;
    return [
      ...(module === undefined ? [] : [`module: ${module.name}`]),
      ...(report?.goVersion == null ? [] : [`go: ${report.goVersion}`]),
      ...(report?.module.main == null
        ? []
        : [`main module: ${report.module.main} ${report.module.mainVersion ?? ''}`.trim()]),
      ...(report?.buildId == null ? [] : [`build id: ${report.buildId}`]),
      `page: ${this.#state.pageUrl}`,
      ...trap.surfaced,
      ...(trap.stack === null ? [] : [`stack: ${trap.stack.note}`]),
    ];
  }

  #update(change: Partial<SessionState>): void {
    const next = { ...this.#state, ...change };
    this.#state = { ...next, emptyReason: emptyReason(next, this.#reportsSeen) };
    for (const listener of this.#listeners) listener();
  }

  #receive(update: PageUpdate): void {
    switch (update.type) {
      case 'navigated':
        this.#generation++;
        this.#instances = [];
        this.#deaths = [];
        this.#reportsSeen = false;
        this.#sources.forget();
        this.#snapshots.navigated();
        this.#modules.navigated();
        this.#update({ pageUrl: update.url, instances: [], traps: [], access: this.#page.access() });
        break;
      case 'access':
        this.#update({ access: update.access });
        break;
      case 'report':
        this.#reportsSeen = true;
        this.#take(update.report);
        break;
    }
  }

  #take(report: PageReport): void {
    this.#modules.add(report.modules);
    for (const instance of report.instances) {
      this.#instances = [...this.#instances.filter((known) => known.key !== instance.key), instance];
    }
    this.#refreshInstances();
    const generation = this.#generation;
    for (const sign of report.traps.filter(isDeath)) {
      this.#signQueue = this.#signQueue
        .then(() => this.#takeSign(sign, generation))
        .catch((error: unknown) => {
          reportError(error);
        });
    }
  }

  #refreshInstances(): void {
    this.#update({
      instances: this.#instances.map((instance): InstanceState => {
        const module = this.#state.modules.find((known) => known.key === instance.moduleKey);
        const died = this.#deaths.some(
          (death) => death.instanceKey === instance.key && !death.signs.some((sign) => sign.via === 'exit'),
        );
        return {
          key: instance.key,
          moduleKey: instance.moduleKey,
          realm: instance.realm,
          label: [module?.name ?? 'module', module?.report?.goVersion ?? '', instance.realm.kind]
            .filter((part) => part !== '')
            .join(' · '),
          state: died ? 'trapped' : instance.state,
          memoryBytes: instance.memoryBytes,
          times: instance.times,
        };
      }),
    });
  }

  async #takeSign(sign: PageTrap, generation: number): Promise<void> {
    const owner = await this.#ownerOf(sign);
    if (generation !== this.#generation) return;
    this.#deaths = joinSign(this.#deaths, sign, owner.instanceKey);
    const death = this.#deaths.find((known) => known.signs.includes(sign)) ?? null;
    this.#refreshInstances();
    if (death === null) {
      // A repeat: only the count changed.
      this.#updateRepeats();
      return;
    }
    this.#showTrap(death, owner.moduleKey, owner.notes);
    await this.#analyze(death, owner.moduleKey, owner.notes, generation);
  }

  /** The instance and module that a sign belongs to. */
  async #ownerOf(sign: PageTrap): Promise<Owner> {
    const known = this.#instances.find((instance) => instance.key === sign.instanceKey);
    if (known !== undefined) return { instanceKey: known.key, moduleKey: known.moduleKey, notes: [] };
    if (isAlreadyExited(sign)) {
      const death = this.#deaths.findLast(
        (candidate) =>
          candidate.signs[0]?.realm.id === sign.realm.id &&
          candidate.signs.some((other) => other.via === 'exit'),
      );
      const instance = this.#instances.find((candidate) => candidate.key === death?.instanceKey);
      return { instanceKey: instance?.key ?? null, moduleKey: instance?.moduleKey ?? null, notes: [] };
    }
    // A panic that only the console's history tells has the stack of its exit.
    const stack = sign.error?.stack ?? sign.exitStack;
    if (stack === null)
      return { instanceKey: null, moduleKey: null, notes: ['no instance is known for this exit'] };
    await this.#modules.settled(sign.realm.id);
    const candidates = this.#state.modules.filter(
      (module) =>
        module.status === 'ready' && (module.realm.id === sign.realm.id || module.origin !== 'hook'),
    );
    const owner = await this.#analysis.request('stack.owner', {
      stack,
      candidates: candidates.map((module) => module.key),
    });
    if (owner.moduleKey === null) return { instanceKey: null, moduleKey: null, notes: [owner.why] };
    const instances = this.#instances.filter(
      (instance) => instance.moduleKey === owner.moduleKey && instance.realm.id === sign.realm.id,
    );
    const only = instances.length === 1 ? instances[0] : undefined;
    const notes =
      instances.length > 1
        ? ['several instances of this module run here: which one died is not known, so memory was not read']
        : [];
    return { instanceKey: only?.key ?? null, moduleKey: owner.moduleKey, notes };
  }

  async #analyze(
    death: Death,
    moduleKey: string | null,
    notes: readonly string[],
    generation: number,
  ): Promise<void> {
    if (moduleKey === null) {
      this.#replaceTrap(death.key, { status: 'ready' });
      return;
    }
    await this.#modules.loaded(moduleKey);
    const module = this.#state.modules.find((known) => known.key === moduleKey);
    if (generation !== this.#generation) return;
    if (module?.status !== 'ready') {
      this.#replaceTrap(death.key, {
        status: 'ready',
        notes: [
          ...notes,
          `no symbols: ${module?.error ?? 'the module could not be read'}; with its file dropped in, the stack can be pasted`,
        ],
      });
      return;
    }
    try {
      const report = await this.#analysis.request('death.analyze', evidenceOf(death, moduleKey));
      if (generation !== this.#generation) return;
      this.#replaceTrap(death.key, {
        kind: report.kind,
        title: report.title,
        goroutine: report.goroutine,
        stack: report.stack,
        otherStacks: report.otherStacks,
        notes: [...notes, ...report.notes],
        status: 'ready',
      });
      const trap = this.#state.traps.find((known) => known.key === death.key);
      // What cannot be read says so in the list of snapshots.
      if (trap !== undefined) this.#snapshotAtDeath(trap, death).catch(() => undefined);
    } catch (error) {
      if (generation !== this.#generation) return;
      this.#replaceTrap(death.key, { status: 'ready', notes: [...notes, errorText(error)] });
    }
  }

  /** Takes a snapshot of the memory of a death; undefined where there is none, or it is not a program of standard Go. */
  async #snapshotAtDeath(trap: TrapState, death: Death): Promise<string | undefined> {
    const sign = death.signs.find(({ memory }) => memory.kind !== 'none');
    const memory = memoryOf(sign);
    const module = this.#state.modules.find((known) => known.key === trap.moduleKey);
    if (sign === undefined || memory === null || module?.report?.toolchain !== 'go') return undefined;
    const snapshotKey = await this.#snapshots.takeAtDeath({
      trap,
      ...memory,
      sp: sign.sp,
      time: sign.time,
    });
    this.#replaceTrap(trap.key, { snapshotKey });
    return snapshotKey;
  }

  #showTrap(death: Death, moduleKey: string | null, notes: readonly string[]): void {
    const known = this.#state.traps.find((trap) => trap.key === death.key);
    const first = death.signs[0];
    if (first === undefined) return;
    const trap: TrapState = {
      key: death.key,
      instanceKey: death.instanceKey,
      moduleKey: moduleKey ?? known?.moduleKey ?? null,
      realm: first.realm,
      time: first.time,
      kind: known?.kind ?? 'exception',
      title: known?.title ?? provisionalTitle(death),
      surfaced: surfaced(death),
      text: textOf(death),
      goroutine: known?.goroutine ?? null,
      snapshotKey: known?.snapshotKey ?? null,
      stack: known?.stack ?? null,
      otherStacks: known?.otherStacks ?? [],
      status: 'symbolizing',
      notes: known?.notes ?? notes,
    };
    const traps =
      known === undefined
        ? [trap, ...this.#state.traps]
        : this.#state.traps.map((other) => (other === known ? trap : other));
    this.#update({ traps });
  }

  #updateRepeats(): void {
    for (const death of this.#deaths) this.#replaceTrap(death.key, { surfaced: surfaced(death) });
  }

  #replaceTrap(key: string, change: Partial<TrapState>): void {
    this.#update({
      traps: this.#state.traps.map((trap) => (trap.key === key ? { ...trap, ...change } : trap)),
    });
  }
}

interface Owner {
  readonly instanceKey: string | null;
  readonly moduleKey: string | null;
  readonly notes: readonly string[];
}

/** What the worker gets of a death: the first sign that has each thing. */
function evidenceOf(death: Death, moduleKey: string): DeathEvidence {
  const withMemory = death.signs.find((sign) => sign.memory.kind !== 'none');
  const exit =
    death.signs.find((sign) => sign.via === 'exit') ?? death.signs.find((sign) => sign.exitCode !== null);
  const thrown = death.signs.filter((sign) => sign.error !== null);
  // That the program had ended says nothing of its death, but is all there is to say of a call after a normal end.
  const error =
    (thrown.find((sign) => !isAlreadyExited(sign)) ?? (exit === undefined ? thrown[0] : undefined))?.error ??
    null;
  return {
    moduleKey,
    memory: memoryOf(withMemory),
    sp: withMemory?.sp ?? null,
    exitCode: exit?.exitCode ?? null,
    error,
    exitStack: exit?.exitStack ?? null,
    text: textOf(death),
  };
}

function memoryOf(sign: PageTrap | undefined): DeathEvidence['memory'] {
  if (sign === undefined || sign.memory.kind === 'none') return null;
  return { target: `trap ${sign.key}`, byteLength: sign.memory.bytes };
}

/** The session's name for a memory, as the worker sends it back. */
function parseTarget(target: string): MemoryTarget {
  const [kind, ...rest] = target.split(' ');
  const key = rest.join(' ');
  if (kind === 'trap') return { trapKey: key };
  return kind === 'held' ? { heldKey: key } : { instanceKey: key };
}

const textOf = (death: Death): string => death.signs.find((sign) => sign.text !== '')?.text ?? '';

function surfaced(death: Death): string[] {
  const lines = death.signs.map(surfacedLine);
  if (death.repeats === 0) return lines;
  const where = death.instanceKey === null ? ', in this or another instance' : '';
  return [...lines, `the same again, ${String(death.repeats)} ×${where}`];
}

function provisionalTitle(death: Death): string {
  const error = death.signs.find((sign) => sign.error !== null)?.error;
  if (error != null) return `${error.name}: ${error.message}`;
  return death.signs.map(surfacedLine)[0] ?? '';
}

const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function emptyReason(state: SessionState, reportsSeen: boolean): EmptyReason | null {
  if (state.modules.length === 0) return reportsSeen ? 'no-wasm' : 'starting';
  const isGo = (module: ModuleState): boolean =>
    module.status !== 'ready' || (module.report?.toolchain ?? 'other') !== 'other';
  if (!state.modules.some(isGo)) return 'not-go';
  if (state.instances.length === 0 && state.modules.every((module) => module.origin === 'resource'))
    return 'loaded-before';
  return null;
}

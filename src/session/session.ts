import type { RequestOptions } from '../protocol/endpoint.ts';
import type { GoroutineDetail, GoroutineQuery, GoroutineRows, WaitObject } from '../protocol/goroutines.ts';
import type { AnalysisRequests, PageRequests } from '../protocol/requests.ts';
import type { FrameArguments } from '../values/typed-arguments.ts';
import type { OpenResult, PastedStack, SessionClient, SnapshotCost, SourceExcerpt } from './client.ts';
import { readArguments } from './goroutine-arguments.ts';
import { GoroutineSnapshots } from './goroutines.ts';
import { ModuleLoader } from './module-loader.ts';
import { NO_STORE, type CaptureStore } from './captures-state.ts';
import type { PageInstance, PageReport } from './page-events.ts';
import { parseTarget } from './memory-target.ts';
import type { PagePort, PageUpdate } from './page-port.ts';
import { CpuRecordings, type RecordedCpu, type RecordingChoice } from './recording.ts';
import { Heaps } from './heap.ts';
import { Profiles } from './profiles.ts';
import { RemoteProfiles } from './remote-profiles.ts';
import { DEFAULT_SETTINGS, readSettings, type SettingsStore } from './settings.ts';
import { SourceTexts } from './source-texts.ts';
import { emptyReason, instanceState } from './derived-state.ts';
import type { InstanceState, SessionState, Settings } from './state.ts';
import { TaskList } from './tasks.ts';
import { trapText } from './trap-text.ts';
import { Traps } from './traps.ts';

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
  readonly #traps: Traps;
  readonly #sources: SourceTexts;
  readonly #tasks: TaskList;
  readonly #snapshots: GoroutineSnapshots;
  readonly #recordings: CpuRecordings;
  readonly heap: Heaps;
  readonly profiles: Profiles;
  readonly remote: RemoteProfiles;
  #state: SessionState;
  #instances: readonly PageInstance[] = [];
  #reportsSeen = false;

  constructor(page: PagePort, analysis: Analysis, store: SettingsStore, captures: CaptureStore = NO_STORE) {
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
      captures: [],
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
    this.#recordings = new CpuRecordings({
      recorder: page.recorder,
      analysis,
      tasks: this.#tasks,
      subscribe: (listener) => this.subscribe(listener),
      state: () => this.#state,
      takeSnapshot: async (instanceKey) => {
        const snapshotKey = await this.#snapshots.takeLive(instanceKey);
        this.#snapshots.pin(snapshotKey, true);
        return snapshotKey;
      },
      changed: (recording) => {
        this.#update({ recording });
      },
    });
    this.heap = new Heaps(analysis, this.#tasks);
    this.profiles = new Profiles(page, analysis, this.#tasks, captures, {
      state: () => this.#state,
      changed: (all) => {
        this.#update({ captures: all });
      },
      goroutines: async (instanceKey) =>
        (await this.goroutinesAsPprof(await this.#snapshots.takeLive(instanceKey))).blob,
    });
    this.remote = new RemoteProfiles(page.remote, this.#tasks, this.profiles);
    this.#traps = new Traps(analysis, {
      modules: this.#modules,
      instances: () => this.#instances,
      changed: (traps) => {
        this.#update({ traps });
      },
      died: () => {
        this.#refreshInstances();
      },
      analyzed: (trapKey) => {
        // What cannot be read says so in the list of snapshots.
        this.#snapshotAtDeath(trapKey).catch(() => undefined);
      },
    });
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
    void this.profiles.start();
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
    this.#traps.retry();
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

  takeSnapshot(of: { instanceKey: string } | { trapKey: string }): Promise<string> {
    if ('instanceKey' in of) return this.#snapshots.takeLive(of.instanceKey);
    return this.#snapshotAtDeath(of.trapKey);
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
    const { trapKey } = this.#snapshots.find(snapshotKey);
    this.#snapshots.drop(snapshotKey);
    if (trapKey !== null) this.#traps.setSnapshot(trapKey, null);
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

  async goroutineArguments(snapshotKey: string, key: string): Promise<readonly FrameArguments[]> {
    const { moduleKey } = this.#snapshots.find(snapshotKey);
    return readArguments(this.#analysis, this.#sources, moduleKey, { snapshotKey, key });
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

  async recordCpu(choice: RecordingChoice): Promise<RecordedCpu> {
    const { json, name, notes, before, after } = await this.#recordings.record(choice);
    const captureKey = await this.profiles.add(json, name, { origin: 'CPU recording', notes });
    return { captureKey, before, after };
  }

  stopRecording(): void {
    this.#recordings.stop();
  }

  clearTraps(): void {
    this.#traps.clear();
  }

  cancelTask(id: number): void {
    this.#tasks.cancel(id);
  }

  trapAsText(trapKey: string, format: 'traceback' | 'markdown'): string {
    return trapText(this.#state, trapKey, format);
  }

  #update(change: Partial<SessionState>): void {
    const next = { ...this.#state, ...change };
    this.#state = { ...next, emptyReason: emptyReason(next, this.#reportsSeen) };
    for (const listener of this.#listeners) listener();
  }

  #receive(update: PageUpdate): void {
    switch (update.type) {
      case 'navigated':
        this.#instances = [];
        this.#reportsSeen = false;
        this.#sources.forget();
        this.#snapshots.navigated();
        this.#modules.navigated();
        this.#traps.navigated();
        this.#update({ pageUrl: update.url, instances: [], access: this.#page.access() });
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
    this.#traps.take(report.traps);
    if (report.modules.some(({ origin }) => origin === 'debugger')) this.#traps.retry();
  }

  #refreshInstances(): void {
    this.#update({
      instances: this.#instances.map((instance): InstanceState => {
        const module = this.#state.modules.find((known) => known.key === instance.moduleKey);
        return instanceState(instance, module, this.#traps.trapped(instance.key));
      }),
    });
  }

  /** The goroutines of a program as they were when it died. */
  async #snapshotAtDeath(trapKey: string): Promise<string> {
    const memory = this.#traps.memoryOf(trapKey);
    const module = this.#state.modules.find((known) => known.key === memory?.trap.moduleKey);
    if (memory === null) throw new Error('the memory of this death could not be had');
    if (module?.report?.toolchain !== 'go') throw new Error('only programs of standard Go have goroutines');
    const snapshotKey = await this.#snapshots.takeAtDeath(memory);
    this.#traps.setSnapshot(trapKey, snapshotKey);
    return snapshotKey;
  }
}

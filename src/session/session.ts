import type { RequestOptions } from '../protocol/endpoint.ts';
import type { AnalysisRequests, PageRequests } from '../protocol/requests.ts';
import type { OpenResult, PastedStack, SessionClient, SourceExcerpt } from './client.ts';
import { GoroutineSnapshots } from './goroutine-snapshots.ts';
import { Goroutines } from './goroutines.ts';
import { Language } from './language.ts';
import { moduleAt } from './module-at.ts';
import { OpenedFiles } from './opened-files.ts';
import { ModuleLoader } from './module-loader.ts';
import { NO_STORE, type CaptureStore } from './captures-state.ts';
import type { PageInstance, PageReport } from './page-events.ts';
import { parseTarget } from './memory-target.ts';
import type { PagePort, PageUpdate } from './page-port.ts';
import { CpuRecordings, type RecordedCpu, type RecordingChoice } from './recording.ts';
import { BreakpointCalls } from './breakpoint-calls.ts';
import { AllocationProfiling } from './allocation-profiling.ts';
import { GoSteps } from './go-steps.ts';
import { Heaps } from './heap.ts';
import { Memories } from './memories.ts';
import { References } from './references.ts';
import { Samples } from './samples.ts';
import { Profiles } from './profiles.ts';
import { RemoteProfiles } from './remote-profiles.ts';
import { DEFAULT_SETTINGS, readSettings, type SettingsStore } from './settings.ts';
import { ScriptMaps } from './script-maps.ts';
import { NO_FOLDERS, SourceFolders, type FolderStore } from './source-folders.ts';
import { SourceMaps } from './source-maps.ts';
import { missingTexts, SourceTexts, type TextContext } from './source-texts.ts';
import type { DebugFilesClient } from './debug-files.ts';
import { emptyReason, instanceState } from './derived-state.ts';
import type { InstanceState, SessionState, Settings } from './state.ts';
import { textContext } from './text-context.ts';
import { suggestedRootsOf } from './suggested-roots.ts';
import { Stops } from './stops.ts';
import { TaskList } from './tasks.ts';
import { trapText } from './trap-text.ts';
import { Traps } from './traps.ts';
import { VariableNames } from './variable-names.ts';

/** A change of one of these makes other maps. */
const MAP_SETTINGS = ['sourceRoots', 'attachMaps', 'mapsOff', 'ignoreStandard', 'ignoredPackages'] as const;

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
  readonly #scripts: ScriptMaps;
  readonly #traps: Traps;
  readonly stops: Stops;
  readonly #breakpointCalls: BreakpointCalls;
  readonly steps: GoSteps;
  readonly #language: Language;
  readonly #names: VariableNames;
  readonly #sources: SourceTexts;
  readonly #maps: SourceMaps;
  readonly #openedFiles: OpenedFiles;
  readonly #tasks: TaskList;
  readonly #snapshots: GoroutineSnapshots;
  readonly #recordings: CpuRecordings;
  readonly folders: SourceFolders;
  readonly debugFiles: DebugFilesClient;
  readonly goroutines: Goroutines;
  readonly heap: Heaps;
  readonly allocations: AllocationProfiling;
  readonly memory: Memories;
  readonly references: References;
  readonly samples: Samples;
  readonly profiles: Profiles;
  readonly remote: RemoteProfiles;
  #state: SessionState;
  #instances: readonly PageInstance[] = [];
  #reportsSeen = false;
  /** What was changed of the settings while they were being loaded; null: they are. */
  #early: Partial<Settings> | null = {};

  constructor(
    page: PagePort,
    analysis: Analysis,
    store: SettingsStore,
    captures: CaptureStore = NO_STORE,
    folders: FolderStore = NO_FOLDERS,
  ) {
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
      heaps: [],
      captures: [],
      tasks: [],
      settings: DEFAULT_SETTINGS,
      breakpointCall: null,
      sourceMaps: [],
      folders: [],
      emptyReason: 'starting',
    };
    this.#tasks = new TaskList((tasks) => {
      this.#update({ tasks });
    });
    this.#modules = new ModuleLoader(
      page,
      analysis,
      this.#tasks,
      (modules) => {
        this.#update({ modules });
        this.#refreshInstances();
        this.#maps.take(modules);
        this.#breakpointCalls.again();
        this.profiles.nameFunctions();
      },
      (moduleKey) => {
        this.#maps.renew(moduleKey);
        this.#traps.retry(moduleKey);
      },
    );
    this.debugFiles = this.#modules.debugFiles;
    this.#snapshots = new GoroutineSnapshots(
      page,
      analysis,
      this.#tasks,
      () => this.#state,
      (listener) => this.subscribe(listener),
      (snapshots) => {
        this.#update({ snapshots });
        this.heap.follow(snapshots);
      },
    );
    this.#recordings = new CpuRecordings({
      recorder: page.recorder,
      analysis,
      tasks: this.#tasks,
      subscribe: (listener) => this.subscribe(listener),
      state: () => this.#state,
      takeSnapshot: async (instanceKey, copied) => {
        const snapshotKey = await this.#snapshots.takeLive(instanceKey, { copied });
        this.#snapshots.pin(snapshotKey, true);
        return snapshotKey;
      },
      changed: (recording) => {
        this.#update({ recording });
      },
    });
    this.heap = new Heaps(analysis, this.#tasks, this.#snapshots, (heaps) => {
      this.#update({ heaps });
    });
    this.#names = new VariableNames({
      analysis,
      textOf: (moduleKey, file) => this.#sources.wanted(moduleKey, file, 1),
      directoryOf: (moduleKey, file) => this.#sources.directoryOfAny([moduleKey], file),
    });
    this.memory = new Memories(
      analysis,
      this.#tasks,
      page,
      this.#names,
      () => this.#state,
      (memoryCopies) => {
        this.#update({ memoryCopies });
      },
    );
    this.allocations = new AllocationProfiling(
      page,
      analysis,
      (instanceKey) => this.#state.instances.find(({ key }) => key === instanceKey),
      (allocationProfiling) => {
        this.#update({ allocationProfiling });
      },
    );
    this.references = new References(page, analysis, this.#tasks, () => this.#state.instances);
    this.samples = new Samples(page, analysis, () => this.#state);
    this.profiles = new Profiles(page, analysis, this.#tasks, captures, {
      state: () => this.#state,
      changed: (all) => {
        this.#update({ captures: all });
      },
      goroutines: async (instanceKey) =>
        (await this.goroutines.asPprof(await this.#snapshots.takeLive(instanceKey))).blob,
      hasSource: (moduleKey, file, line) => this.#sources.has(moduleKey, file, line),
    });
    this.remote = new RemoteProfiles(page.remote, this.#tasks, this.profiles);
    this.#scripts = new ScriptMaps(page, analysis);
    this.#traps = new Traps(analysis, {
      modules: this.#modules,
      instances: () => this.#instances,
      mapScripts: (stacks) => this.#scripts.apply(stacks),
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
    this.folders = new SourceFolders(folders, (all) => {
      this.#update({ folders: all });
      this.#lookForSourcesAgain();
    });
    this.stops = new Stops({
      state: () => this.#state,
      modulesSettled: () => this.#modules.settled(null),
      ownerOf: (stack, candidates) => analysis.request('stack.owner', { stack, candidates }),
      takeSnapshot: (instanceKey, stack) => this.#snapshots.takeLive(instanceKey, { stack }),
      threads: page.stoppedThreads,
      tasks: this.#tasks,
      takeStopped: (memory) => this.#snapshots.takeStopped(memory),
      drop: (snapshotKey) => {
        this.#snapshots.drop(snapshotKey);
      },
      changed: (stop) => {
        this.#update({ stop });
      },
    });
    this.#breakpointCalls = new BreakpointCalls({
      modulesSettled: () => this.#modules.settled(null),
      symbolize: (stack) => this.symbolizeText(null, stack),
      open: (moduleKey, file, line) => this.#sources.open(moduleKey, file, line),
      changed: (breakpointCall) => {
        if (this.#state.breakpointCall !== breakpointCall) this.#update({ breakpointCall });
      },
    });
    this.steps = new GoSteps({
      driver: page.steps,
      analysis,
      state: () => this.#state,
      modulesSettled: () => this.#modules.settled(null),
      changed: (step) => {
        this.#update({ step });
      },
    });
    const contextOf = (moduleKey: string | null): TextContext => textContext(this.#state, moduleKey);
    this.#sources = new SourceTexts(
      page,
      this.folders,
      contextOf,
      (moduleKey) => this.#maps.attached(moduleKey),
      (moduleKey) => {
        this.#maps.renew(moduleKey);
      },
    );
    this.goroutines = new Goroutines({
      analysis,
      tasks: this.#tasks,
      snapshots: this.#snapshots,
      sources: this.#sources,
      takeAtDeath: (trapKey) => this.#snapshotAtDeath(trapKey),
      droppedOf: (trapKey) => {
        this.#traps.setSnapshot(trapKey, null);
      },
      titleOf: (snapshotKey) => this.heap.nameOf(snapshotKey),
    });
    this.#language = new Language({
      analysis,
      textOf: async (file) => {
        await this.#modules.settled(null);
        return this.#sources.wantedOfAny(this.#keysOfGo(), file);
      },
      // Without waiting: the page may be stopped.
      directoryOf: (file) => this.#sources.directoryOfAny(this.#keysOfGo(), file),
      moduleAt: (url, signal) => moduleAt(this, url, signal),
      added: () => {
        this.#maps.again();
      },
      memoryBytes: () => Math.max(...this.#state.instances.map((one) => one.memoryBytes ?? 0), 1 << 16),
    });
    this.#maps = new SourceMaps({
      page,
      analysis,
      state: () => this.#state,
      texts: (moduleKey, files, found) => this.#sources.texts(moduleKey, files, found),
      hasValues: () => this.#state.values === true,
      missing: (moduleKey) =>
        missingTexts(contextOf(moduleKey), this.#state.folders, this.#sources.wasAskedInVain(moduleKey)),
      changed: (sourceMaps) => {
        this.#update({
          sourceMaps,
          suggestedRoots: suggestedRootsOf(this.#state, sourceMaps, this.#sources.foundUnder()),
        });
      },
    });
    this.#openedFiles = new OpenedFiles(this.#maps, this.#sources);
  }

  /** Loads the settings and starts to listen to the page. */
  async start(): Promise<void> {
    const loaded = readSettings(await this.#store.load());
    const early = this.#early ?? {};
    this.#early = null;
    this.#update({ settings: loaded });
    // The panel may be there before: what was chosen in it goes before what was kept, and the rest of that stays.
    if (Object.keys(early).length > 0) this.setSettings(early);
    this.#page.setCaptureText(this.#state.settings.captureText);
    void this.profiles.start();
    // Folders that the browser lets nobody read are a matter of their own.
    this.folders.start().catch(() => undefined);
    this.#page.subscribe((update) => {
      this.#receive(update);
    });
  }

  /** Answers the worker's requests for memory; handed to the endpoint. */
  readMemory(params: PageRequests['memory.read']['params']): Promise<readonly Uint8Array[]> {
    return (
      this.#snapshots.readMemory(params.target, params.ranges) ??
      this.#language.readMemory(params.target, params.ranges) ??
      this.steps.readMemory(params.target, params.ranges) ??
      this.#page.readMemory(parseTarget(params.target), params.ranges)
    );
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

  async reload(): Promise<void> {
    const { hookWorkers, captureText } = this.#state.settings;
    await this.#page.reload({ workers: hookWorkers, captureText });
    this.#update({ values: false });
  }

  async reloadWithValues(): Promise<void> {
    const { hookWorkers, captureText } = this.#state.settings;
    await this.#page.reload({ workers: hookWorkers, captureText, values: this.#language });
    this.#update({ values: true });
    this.#maps.take(this.#state.modules);
  }

  async stopValues(): Promise<void> {
    await this.#page.stopValues();
    this.#update({ values: false });
    this.#maps.again();
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

  requestFiles(): Promise<boolean> {
    return this.#page.requestFiles();
  }

  setSettings(change: Partial<Settings>): void {
    const settings = { ...this.#state.settings, ...change };
    this.#update({ settings });
    if (change.sourceRoots !== undefined) this.#lookForSourcesAgain();
    else if (MAP_SETTINGS.some((name) => change[name] !== undefined)) this.#maps.again();
    this.#page.setCaptureText(settings.captureText);
    if (this.#early === null) void this.#store.save(settings);
    else this.#early = { ...this.#early, ...change };
  }

  async addModuleFile(name: string, bytes: ArrayBuffer): Promise<void> {
    if (await this.#modules.debugFiles.offer(this.#state.modules, name, bytes)) return;
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

  /** Folders or source roots have changed. */
  #lookForSourcesAgain(): void {
    this.#sources.forget();
    this.#maps.again();
    this.#language.lookForTexts();
  }

  /** Modules of standard Go. */
  #keysOfGo(): readonly string[] {
    return this.#state.modules.flatMap(({ key, report }) => (report?.toolchain === 'go' ? [key] : []));
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
        this.#openedFiles.navigated();
        this.references.navigated();
        this.samples.navigated();
        this.#snapshots.navigated();
        this.memory.navigated();
        this.allocations.navigated();
        this.#modules.navigated();
        this.#scripts.navigated();
        this.#traps.navigated();
        this.stops.take(null);
        this.#breakpointCalls.take(null);
        this.steps.navigated();
        this.#update({ pageUrl: update.url, instances: [], access: this.#page.access() });
        break;
      case 'access': {
        const { access, settings } = this.#state;
        this.#update({ access: update.access });
        const hasFileRoots = settings.sourceRoots.some(({ to }) => to.startsWith('file:'));
        if (access.files === update.access.files || !hasFileRoots) break;
        this.#lookForSourcesAgain();
        break;
      }
      case 'map':
        this.#maps.told(update.moduleKey, update.attachment);
        break;
      case 'stopped':
        this.#openedFiles.stopped(update.stop !== null);
        this.stops.take(update.stop);
        this.#breakpointCalls.take(update.stop);
        this.steps.take(update.stop);
        if (update.stop === null) this.#language.lookForTexts();
        break;
      case 'frame-stopped':
        this.steps.takeFrame(update.stop);
        break;
      case 'shown':
        this.steps.takeShown(update.place);
        break;
      case 'opened':
        this.#openedFiles.take(update.url);
        this.#breakpointCalls.looked(update.url);
        break;
      case 'report':
        this.#reportsSeen = true;
        this.#take(update.report);
        break;
    }
  }

  #take(report: PageReport): void {
    this.#modules.add(report.modules);
    if (report.modules.length > 0) this.#language.lookForTexts();
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
    if (module?.report == null || module.report.toolchain === 'other')
      throw new Error('only programs of Go and TinyGo have goroutines');
    const snapshotKey = await this.#snapshots.takeAtDeath(memory);
    this.#traps.setSnapshot(trapKey, snapshotKey);
    return snapshotKey;
  }
}

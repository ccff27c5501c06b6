import { GO_SCHEME } from '../base/go-source-url.ts';
import type { PageReport } from '../session/page-events.ts';
import type { PageReferences, PageSample, SampleRequest } from '../session/page-references.ts';
import type {
  AccessState,
  GatheredMemory,
  GatherRequest,
  HeldMemory,
  MemoryRange,
  MapAttachment,
  MemoryTarget,
  WordWrite,
  ModuleBytes,
  PagePort,
  PageUpdate,
  ReloadOptions,
} from '../session/page-port.ts';
import { AttachedMaps } from './attached-maps.ts';
import { createCpuRecorder } from './cpu-recorder.ts';
import { debuggerAvailable } from './debugger-connection.ts';
import { EarlyBreakpoints } from './early-breakpoints.ts';
import { readPollAnswer } from './hook-answer.ts';
import { type HookOptions, type HookRequest, type PollAnswer } from './hook-protocol.ts';
import { hookText, loadHookScript } from './hook-text.ts';
import { HookedReload } from './hooked-reload.ts';
import { LanguagePlugin } from './language-plugin.ts';
import { lookIntoPage } from './late-attach.ts';
import { moduleBytes } from './module-bytes.ts';
import { askForFiles, fileAccess, watchFileAccess } from './file-access.ts';
import { downloadOfLength, newestDownload } from './network-log.ts';
import { MemoryLines } from './memory-lines.ts';
import { PageAccess } from './page-access.ts';
import { PageEval, PageGoneError, type RegistryAnswer } from './page-eval.ts';
import { PageMemory } from './page-memory.ts';
import { PageModel, type ListedWasm } from './page-model.ts';
import { PageResources } from './page-resources.ts';
import { PageStop, type PolledStop } from './page-stop.ts';
import { PageTexts } from './page-texts.ts';
import { ReferencesOfPage } from './page-references.ts';
import { LineOpener } from './line-opener.ts';
import { watchOpenedSources } from './opened-sources.ts';
import { PluginSources } from './plugin-sources.ts';
import { QuietWorkers } from './quiet-workers.ts';
import { RegistryClient, type RealmAddress } from './registry-client.ts';
import { createRemoteFetcher } from './remote-fetcher.ts';
import { ShownStops } from './shown-stops.ts';
import { isSite } from './site-access.ts';
import { SiteOptIn } from './site-opt-in.ts';
import { createStepDriver } from './step-driver.ts';
import { createStoppedThreads } from './stopped-threads.ts';
import { untilAborted } from './until-aborted.ts';
import { lengthsOfScript } from './wasm-script-url.ts';

/** Between two polls while the page has wasm or a hook, and while it has neither. */
const POLL_MS = 250;
const IDLE_POLL_MS = 1500;
/** How long a worker that was given a hook may take to tell what it has; a busy one is not waited for any longer. */
const HAND_OVER_MS = 5000;
/** A page that was just opened is looked at often: its scripts are about to come. */
const START_POLLS = 12;
/** Frames of other origins without a hook are asked once in so many polls. */
const FRAME_POLLS = 4;
/** How long a poll of a frame may take. What it would have told comes with a later one. */
const FRAME_PATIENCE_MS = 5000;

export interface PagePortOptions {
  /** `chrome.permissions` of the page in which the user clicks; this page's own when not given. */
  readonly permissions?: () => typeof chrome.permissions;
}

/** The inspected page of this DevTools window. Made once, by the devtools page. */
export function createPagePort(options: PagePortOptions = {}): PagePort & { close(): void } {
  return new InspectedPage(options.permissions ?? (() => chrome.permissions));
}

class InspectedPage implements PagePort {
  readonly #tabId = chrome.devtools.inspectedWindow.tabId;
  readonly #eval = new PageEval();
  /** A site that was opted in, and a page that runs: there content scripts can carry bytes. */
  readonly #lines = new MemoryLines(this.#tabId, () => this.#site.origin !== null && !this.#stop.isStopped);
  readonly #client = new RegistryClient(this.#eval, this.#lines);
  readonly #memory = new PageMemory(this.#client, () => this.#model);
  readonly #references = new ReferencesOfPage(this.#client, () => this.#model, this.#tabId);
  readonly #texts = new PageTexts(this.#client, () => this.#pageRegistry());
  readonly #listeners = new Set<(event: PageUpdate) => void>();
  readonly #reloads: HookedReload;
  readonly #resources: PageResources;
  readonly #maps: AttachedMaps;
  /** Downloads that scripts without a URL came from (null: none is known), by the name that V8 gives them. */
  #located = new Map<string, string | null>();
  readonly #permissions: () => typeof chrome.permissions;
  readonly #site: SiteOptIn;
  readonly #script: Promise<string> = loadHookScript();
  #navigation = 0;
  /** Null until the page has answered for the first time. */
  #pageUrl: string | null = null;
  #model = new PageModel(0);
  readonly #access: PageAccess = new PageAccess(
    () => ({
      capturing: this.#model.capturing,
      attached: this.#attached,
      site: this.#site.origin,
      siteNotes: this.#site.notes,
    }),
    (access) => {
      this.#emit({ type: 'access', access });
    },
  );
  #attached = false;
  /** Whether text of fd 2 may be kept; null: as the hook was started. */
  #captureText: boolean | null = null;
  #polls = 0;
  readonly #pluginSources = new PluginSources();
  readonly #plugin = new LanguagePlugin({
    taken: (url) => {
      this.#maps.own(url);
    },
    answered: () => {
      this.#schedule(0);
    },
    released: (url) => {
      this.#maps.disown(url);
    },
  });
  readonly #starts = new EarlyBreakpoints({
    progress: () => this.#plugin.progress,
    turn: () => this.#eval.turn(),
    goOn: () => this.#goOn(),
  });
  /** Frames that cannot be looked into from the page, at the last poll. */
  #closedFrames = 0;
  #polling = false;
  readonly #stop = new PageStop((stop) => {
    this.#emit({ type: 'stopped', stop });
  });
  /** Stops of frames of other origins, by their URL. */
  #frameStops = new Map<string, PageStop>();
  readonly #quiet = new QuietWorkers(
    () => this.#pollNow(),
    () => {
      this.#emit({ type: 'shown', place: null });
    },
  );
  readonly #shownStops = new ShownStops({
    isQuiet: () => this.#quiet.look(),
    isPageStopped: () => this.#stop.isStopped,
    found: (place) => {
      this.#emit({ type: 'shown', place });
    },
  });
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Aborted when DevTools closes: the debugger is detached then. */
  readonly #closing = new AbortController();
  #problemTold = false;
  readonly steps = debuggerAvailable() ? createStepDriver(this.#tabId, this.#closing.signal) : null;
  readonly #lineOpener = new LineOpener((url, line) => this.#resources.open(url, line));
  readonly stoppedThreads = debuggerAvailable()
    ? createStoppedThreads(this.#tabId, this.#closing.signal)
    : null;
  readonly recorder = createCpuRecorder(this.#tabId, this.#closing.signal);
  readonly remote = createRemoteFetcher({
    pageOrigin: () => this.#access.pageOrigin,
    permissions: () => this.#permissions(),
  });

  constructor(permissions: () => typeof chrome.permissions) {
    this.#permissions = permissions;
    this.#site = new SiteOptIn(permissions, () => {
      this.#access.update();
    });
    this.#reloads = new HookedReload({
      tabId: this.#tabId,
      evaluator: this.#eval,
      script: this.#script,
      closing: this.#closing.signal,
      note: (notes) => {
        this.#access.note('workers', notes);
      },
    });
    this.#resources = new PageResources(() => {
      // A hook tells first which module the script is of.
      if (!this.#model.capturing) void this.#maps.look();
      this.#schedule(0);
    });
    this.#maps = new AttachedMaps({
      modules: () => this.#model.modules,
      scripts: () => this.#resources.scripts(),
      newestDownload,
      changed: (moduleKey, attachment) => {
        this.#emit({ type: 'map', moduleKey, attachment });
      },
      renewed: (moduleKey) => {
        this.#tell(this.#model.renewResource(moduleKey));
      },
    });
    watchOpenedSources((place) => {
      this.#shownStops.shown(place);
      const { url, line } = place;
      if (!url.startsWith(GO_SCHEME)) return;
      this.#lineOpener.looked(url, line);
      this.#emit({ type: 'opened', url });
    });
    const filesChanged = (): void => {
      void fileAccess().then((files) => {
        this.#access.files = files;
      });
    };
    watchFileAccess(filesChanged);
    filesChanged();
    chrome.devtools.network.onNavigated.addListener((url) => {
      this.#navigated(url);
    });
    this.#schedule(0);
  }

  subscribe(listener: (event: PageUpdate) => void): () => void {
    this.#listeners.add(listener);
    // Who comes later hears what was told before.
    if (this.#pageUrl !== null) {
      listener({ type: 'navigated', url: this.#pageUrl });
      listener({ type: 'report', report: this.#model.everything() });
    }
    return () => {
      this.#listeners.delete(listener);
    };
  }

  access(): AccessState {
    return this.#access.state;
  }

  /** Stops polling and detaches the debugger where it is attached; hooks in the page become inert when their leases run out. */
  close(): void {
    this.#closing.abort(new Error('DevTools was closed'));
    void this.#plugin.unregister();
    clearTimeout(this.#timer);
    this.#site.close();
    this.#lines.close();
  }

  async stopValues(): Promise<void> {
    await this.#plugin.unregister();
  }

  async reload(options: ReloadOptions): Promise<void> {
    if (options.values === undefined) await this.stopValues();
    else await this.#plugin.register(options.values);
    this.#captureText = options.captureText;
    await this.#reloads.run(options, { url: this.#pageUrl, closedFrames: this.#closedFrames });
  }

  async attachDebugger(signal?: AbortSignal): Promise<void> {
    if (!debuggerAvailable()) throw new Error('This build of the extension cannot attach the debugger.');
    const closing = this.#closing.signal;
    const end = signal === undefined ? closing : AbortSignal.any([closing, signal]);
    await untilAborted(this.#stop.over(), end);
    const navigation = this.#navigation;
    const channel = crypto.randomUUID();
    const options: HookOptions = { capture: false, captureText: false, channel, wrapWorkers: false };
    // The page's own hook comes first: those in workers answer to it.
    await untilAborted(this.#pageRegistry(), end);
    const listen: HookRequest = { op: 'listen', channel };
    await untilAborted(this.#eval.ask(JSON.stringify(listen), null), end);
    const findings = await lookIntoPage(this.#tabId, end, hookText(await this.#script, options));
    if (navigation !== this.#navigation) throw new Error('The page has navigated meanwhile.');
    this.#attached = true;
    this.#access.note('debugger', findings.notes);
    // Workers answer with a poll after the one that asks them, when their threads come to it.
    const latest = performance.now() + HAND_OVER_MS;
    for (let i = 0; i < 3 || (!this.#model.hasTold(findings.instances) && performance.now() < latest); i++) {
      await this.#pollNow();
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (navigation !== this.#navigation) return;
      if (end.aborted) break;
    }
    // The console's history has what Go printed too.
    const withoutText = findings.traps.map((trap) => ({ ...trap, text: '' }));
    const allowed = this.#captureText === false ? { ...findings, traps: withoutText } : findings;
    this.#tell(this.#model.takeFindings(allowed));
    this.#access.update();
  }

  setCaptureText(keep: boolean): void {
    this.#captureText = keep;
    if (!keep) this.#model.dropTexts();
    // The hooks hear of it with the next poll.
    this.#schedule(0);
  }

  requestSite(): Promise<boolean> {
    return this.#site.request(this.#access.pageOrigin);
  }

  async forgetSite(): Promise<void> {
    this.#lines.close();
    await this.#site.forget(this.#access.state.siteOptIn ?? this.#access.pageOrigin);
    this.#access.update();
  }

  requestFiles(): Promise<boolean> {
    return askForFiles(this.#permissions());
  }

  async moduleBytes(moduleKey: string): Promise<ModuleBytes> {
    const { modules } = this.#model;
    const module = modules.get(moduleKey);
    if (module === undefined) throw new Error('this module is gone with its page');
    // Before they are read: what comes later is another download.
    if (module.page.url !== null) module.download = await newestDownload(module.page.url);
    const found = await moduleBytes(module, {
      client: this.#client,
      tabId: this.#tabId,
      closing: this.#closing.signal,
      debuggerWanted: this.#attached,
      pageRegistry: () => this.#pageRegistry(),
    });
    // By now the page may have told more of it.
    const known = modules.get(moduleKey);
    if (known !== undefined) known.length = found.bytes.byteLength;
    return found;
  }

  readMemory(target: MemoryTarget, ranges: readonly MemoryRange[]): Promise<readonly Uint8Array[]> {
    return this.#memory.read(target, ranges);
  }

  holdMemory(target: MemoryTarget): Promise<HeldMemory> {
    return this.#memory.hold(target);
  }

  releaseMemory(heldKey: string): void {
    this.#memory.release(heldKey);
  }

  gatherMemory(target: MemoryTarget, request: GatherRequest): Promise<GatheredMemory> {
    return this.#memory.gather(target, request);
  }

  writeWords(instanceKey: string, words: readonly WordWrite[]): Promise<void> {
    return this.#memory.write(instanceKey, words);
  }

  readReferences(instanceKey: string): Promise<PageReferences> {
    return this.#references.read(instanceKey);
  }

  async inspectReferences(instanceKey: string, signal: AbortSignal): Promise<PageReferences> {
    if (!debuggerAvailable()) throw new Error('This build of the extension cannot attach the debugger.');
    const end = AbortSignal.any([this.#closing.signal, signal]);
    await untilAborted(this.#stop.over(), end);
    return this.#references.inspect(instanceKey, end);
  }

  sample(instanceKey: string, request: SampleRequest): Promise<PageSample> {
    return this.#references.sample(instanceKey, request);
  }

  fetchText(url: string): Promise<string | null> {
    return this.#texts.fetchOwn(url, this.#access.pageOrigin);
  }

  fetchAsPage(url: string): Promise<string> {
    return this.#texts.fetchAny(url);
  }

  fetchDebugFile(url: string): Promise<ArrayBuffer> {
    return this.#texts.fetchOwnBytes(url);
  }

  openResource(url: string, line: number): Promise<boolean> {
    // Only of Go files the cursor is told.
    return url.startsWith(GO_SCHEME) ? this.#lineOpener.open(url, line) : this.#resources.open(url, line);
  }

  attachSourceMap(moduleKey: string, dataUrl: string): Promise<MapAttachment> {
    return this.#maps.attach(moduleKey, dataUrl);
  }

  giveTexts(texts: ReadonlyMap<string, string>): void {
    this.#pluginSources.give(texts);
  }

  #navigated(url: string): void {
    this.#navigation++;
    this.#pageUrl = url;
    this.#model = new PageModel(this.#navigation);
    this.#eval.navigated();
    this.#lines.close();
    this.#memory.navigated();
    this.#references.navigated();
    this.#resources.navigated();
    this.#maps.navigated();
    this.#frameStops = new Map();
    this.#starts.navigated();
    this.#quiet.navigated();
    this.#shownStops.navigated();
    this.#located = new Map();
    this.#pluginSources.navigated();
    this.#attached = false;
    this.#polls = 0;
    this.#access.forget('page');
    this.#access.forget('debugger');
    this.#emit({ type: 'navigated', url });
    this.#schedule(0);
  }

  /** DevTools was opened on a page that is there already. */
  #opened(url: string): void {
    this.#pageUrl = url;
    this.#emit({ type: 'navigated', url });
  }

  #schedule(ms: number): void {
    if (this.#closing.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      void this.#pollNow().finally(() => {
        const often = this.#model.active || this.#polls < START_POLLS;
        this.#schedule(often ? POLL_MS : IDLE_POLL_MS);
      });
    }, ms);
  }

  /** One poll of the page and of the frames that it cannot look into. None begins while another is under way. */
  async #pollNow(): Promise<void> {
    if (this.#polling) return;
    this.#polling = true;
    try {
      await this.#poll();
    } catch (error) {
      if (error instanceof PageGoneError) this.#access.pageOrigin = null;
      else if (!this.#problemTold) {
        // The next polls would most likely say the same.
        this.#problemTold = true;
        reportError(error);
      }
    } finally {
      this.#polling = false;
    }
  }

  async #poll(): Promise<void> {
    const model = this.#model;
    const { origin, url, closedFrames, answer, stack } = await this.#pollDocument(null, this.#quiet.asked());
    if (model !== this.#model) return;
    if (this.#pageUrl === null) this.#opened(url);
    if (answer !== null) {
      this.#tell(model.take(answer, null));
      this.#quiet.take(answer);
    }
    this.#stop.take(answer?.stop ?? stopOf(stack));
    if (isSite(origin) && this.#access.pageOrigin !== origin) await this.#site.resume(origin);
    this.#closedFrames = answer?.closedFrames ?? closedFrames;
    if (this.#closedFrames > 0) await this.#pollFrames(model);
    else for (const stop of this.#frameStops.values()) stop.take(null);
    if (model !== this.#model) return;
    this.#starts.told(model.starts);
    this.#access.note('page', [...(answer?.notes ?? []), ...model.notes, ...this.#frameNotes(model)]);
    if (!model.active) this.#resources.refresh();
    const listed = await this.#listed();
    if (model !== this.#model) return;
    this.#tell(model.takeResources(listed, url));
    void this.#maps.look();
    // The first report of a page comes even when it is empty: it says that there is nothing.
    if (this.#polls++ === 0) this.#emit({ type: 'report', report: NOTHING });
    this.#access.pageOrigin = origin === 'null' ? null : origin;
  }

  /** The wasm that DevTools lists; a script that was compiled from bytes with the download that brought as many. */
  async #listed(): Promise<readonly ListedWasm[]> {
    const located = this.#located;
    const urls = this.#resources.wasmUrls();
    for (const url of urls) {
      const lengths = lengthsOfScript(url);
      if (lengths.length > 0 && !located.has(url)) located.set(url, await downloadOfLength(lengths));
    }
    return urls.map((url) => ({ url, download: located.get(url) ?? null }));
  }

  /** Frames of other origins can only be named by their URL: of several with the same one, the first answers. */
  async #pollFrames(model: PageModel): Promise<void> {
    const hooked = model.hookedFrameUrls();
    const [page, ...others] = this.#resources.documentUrls();
    for (const url of others) {
      if (url === page || (!hooked.has(url) && this.#polls % FRAME_POLLS !== 0)) continue;
      try {
        const { answer, stack } = await this.#pollDocument(url);
        if (model !== this.#model) return;
        if (answer !== null) this.#tell(model.take(answer, url));
        // One that shares the page's thread is stopped with it.
        this.#stopOfFrame(url).take(this.#stop.isStopped ? null : (answer?.stop ?? stopOf(stack)));
      } catch (error) {
        // A frame that is gone does not end the poll of the others.
        if (!(error instanceof PageGoneError)) throw error;
        this.#stopOfFrame(url).take(null);
      }
      if (model !== this.#model) return;
    }
  }

  #stopOfFrame(url: string): PageStop {
    const known = this.#frameStops.get(url);
    if (known !== undefined) return known;
    const made = new PageStop((stop) => {
      this.#emit({ type: 'frame-stopped', stop });
    });
    this.#frameStops.set(url, made);
    return made;
  }

  /** Lets programs start that hooks hold. */
  async #goOn(): Promise<void> {
    const request = JSON.stringify({ op: 'goOn' } satisfies HookRequest);
    const frames = [...this.#model.hookedFrameUrls()];
    for (const url of [null, ...frames]) await this.#eval.ask(request, url).catch(() => undefined);
  }

  #frameNotes(model: PageModel): string[] {
    if (!model.capturing || this.#closedFrames === 0 || model.hookedFrameUrls().size > 0) return [];
    return [
      debuggerAvailable()
        ? 'This page has frames of other origins without the hook: reload once more, so that the debugger puts it there.'
        : 'This page has frames of other origins: without the debugger the hook cannot be put there.',
    ];
  }

  async #pollDocument(
    frameUrl: string | null,
    n?: number,
  ): Promise<
    Omit<RegistryAnswer, 'answer'> & { readonly answer: PollAnswer | null; readonly stack: string | null }
  > {
    const since = this.#model.since();
    const captureText = this.#captureText;
    const request: HookRequest = { op: 'poll', since, captureText, ...(n === undefined ? {} : { n }) };
    // A frame that goes while it is asked never answers, and must not hold up the page's own polls.
    const patience = frameUrl === null ? undefined : FRAME_PATIENCE_MS;
    const said = await this.#eval.ask(JSON.stringify(request), frameUrl, patience);
    return {
      ...said,
      answer: said.answer === null ? null : readPollAnswer(said.answer),
      stack: said.answer?.startsWith('s') === true ? said.answer.slice(1) : null,
    };
  }

  /** The registry of the page itself; one that only answers questions is put there when there is none. */
  async #pageRegistry(): Promise<RealmAddress> {
    const poll: HookRequest = { op: 'poll', since: {}, captureText: null };
    for (let attempt = 0; attempt < 2; attempt++) {
      const { answer } = await this.#eval.ask(JSON.stringify(poll), null);
      const found = answer === null ? null : readPollAnswer(answer);
      const own = found?.realms[0];
      if (own !== undefined) return { realm: own.realm, frameUrl: null };
      const options: HookOptions = { capture: false, captureText: false, channel: null, wrapWorkers: false };
      await this.#eval.run(hookText(await this.#script, options), null);
    }
    throw new Error('nothing can be run in this page');
  }

  #tell(report: PageReport): void {
    if (report.modules.length + report.instances.length + report.traps.length === 0) return;
    this.#emit({ type: 'report', report });
  }

  #emit(event: PageUpdate): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}

/** The stop that a document without a hook has told by its stack. */
const stopOf = (stack: string | null): PolledStop | null => (stack === null ? null : { stack, digest: null });

const NOTHING: PageReport = { modules: [], instances: [], traps: [] };

import type { PageReport } from '../session/page-events.ts';
import type {
  AccessLevel,
  AccessState,
  GatheredMemory,
  GatherRequest,
  HeldMemory,
  MemoryRange,
  MemoryTarget,
  ModuleBytes,
  PagePort,
  PageUpdate,
  ReloadOptions,
} from '../session/page-port.ts';
import { createCpuRecorder } from './cpu-recorder.ts';
import { allowsBlobWorkers } from './csp.ts';
import { debuggerAvailable } from './debugger-connection.ts';
import { reloadThroughDebugger } from './debugger-reload.ts';
import { readPollAnswer } from './hook-answer.ts';
import { type HookOptions, type HookRequest, type PollAnswer } from './hook-protocol.ts';
import { hookText, loadHookScript } from './hook-text.ts';
import { lookIntoPage } from './late-attach.ts';
import { moduleBytes } from './module-bytes.ts';
import { loggedPolicies } from './network-log.ts';
import { PageEval, PageGoneError, type RegistryAnswer } from './page-eval.ts';
import { PageMemory } from './page-memory.ts';
import { PageModel } from './page-model.ts';
import { RegistryClient, type RealmAddress } from './registry-client.ts';
import { askForSite, giveSiteBack, hasSite, isSite, SiteRegistration } from './site-access.ts';
import { createRemoteFetcher } from './remote-fetcher.ts';
import { PageResources } from './wasm-resources.ts';

/** Between two polls while the page has wasm or a hook, and while it has neither. */
const POLL_MS = 250;
const IDLE_POLL_MS = 1500;
/** A page that was just opened is looked at often: its scripts are about to come. */
const START_POLLS = 12;
/** Frames of other origins without a hook are asked once in so many polls. */
const FRAME_POLLS = 4;
/** Longest source text that is fetched, in bytes. */
const MAX_SOURCE = 4 << 20;

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
  readonly #client = new RegistryClient(this.#eval);
  readonly #memory = new PageMemory(this.#client, () => this.#model);
  readonly #listeners = new Set<(event: PageUpdate) => void>();
  readonly #resources: PageResources;
  readonly #permissions: () => typeof chrome.permissions;
  readonly #script: Promise<string> = loadHookScript();
  #navigation = 0;
  /** Null until the page has answered for the first time. */
  #pageUrl: string | null = null;
  #model = new PageModel(0);
  #access: AccessState = {
    active: [],
    debuggerAvailable: debuggerAvailable(),
    siteOptIn: null,
    pageOrigin: null,
    notes: [],
  };
  /** Reasons and conditions to be told, by who told them. */
  readonly #notes = new Map<string, readonly string[]>();
  #attached = false;
  #site: { registration: SiteRegistration; registered: boolean } | null = null;
  /** Whether text of fd 2 may be kept; null: as the hook was started. */
  #captureText: boolean | null = null;
  #polls = 0;
  /** Frames that cannot be looked into from the page, at the last poll. */
  #closedFrames = 0;
  #polling = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Aborted when DevTools closes: the debugger is detached then. */
  readonly #closing = new AbortController();
  #problemTold = false;
  readonly recorder = createCpuRecorder(this.#tabId, this.#closing.signal);
  readonly remote = createRemoteFetcher({
    pageOrigin: () => this.#access.pageOrigin,
    permissions: () => this.#permissions(),
  });

  constructor(permissions: () => typeof chrome.permissions) {
    this.#permissions = permissions;
    this.#resources = new PageResources(() => {
      this.#schedule(0);
    });
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
    return this.#access;
  }

  /** Stops polling and detaches the debugger where it is attached; hooks in the page become inert when their leases run out. */
  close(): void {
    this.#closing.abort(new Error('DevTools was closed'));
    clearTimeout(this.#timer);
    this.#site?.registration.close();
  }

  async reload({ workers, captureText }: ReloadOptions): Promise<void> {
    const script = await this.#script;
    this.#captureText = captureText;
    // Chrome injects into the main frame only. The hook reaches frames of its origin from there; others need the debugger, as workers do.
    const useDebugger = debuggerAvailable() && (workers || this.#closedFrames > 0);
    const why = workers && !useDebugger ? await this.#whyNoWrap() : null;
    this.#note('workers', why === null ? [] : [why]);
    const options: HookOptions = {
      capture: true,
      captureText,
      channel: workers && why === null ? randomName() : null,
      wrapWorkers: workers && !useDebugger && why === null,
    };
    const injectedScript = hookText(script, options);
    const reload = (): void => {
      chrome.devtools.inspectedWindow.reload({ injectedScript });
    };
    if (!useDebugger) {
      reload();
      return;
    }
    await new Promise<void>((resolve) => {
      let reloading = false;
      const attached = (): void => {
        reloading = true;
        this.#note('workers', [
          'The debugger is attached while the page loads, so that its frames and workers are hooked before they start.',
        ]);
        resolve();
      };
      const { signal } = this.#closing;
      reloadThroughDebugger(this.#tabId, signal, injectedScript, reload, attached).then(
        () => {
          this.#note('workers', []);
        },
        (error: unknown) => {
          if (signal.aborted) return;
          const what = reloading ? 'Later workers and frames' : 'Workers and frames';
          this.#note('workers', [`${what} of other origins could not be hooked: ${messageOf(error)}`]);
          if (!reloading) reload();
          resolve();
        },
      );
    });
  }

  async attachDebugger(signal?: AbortSignal): Promise<void> {
    if (!debuggerAvailable()) throw new Error('This build of the extension cannot attach the debugger.');
    const navigation = this.#navigation;
    const channel = randomName();
    const options: HookOptions = { capture: false, captureText: false, channel, wrapWorkers: false };
    const closing = this.#closing.signal;
    const end = signal === undefined ? closing : AbortSignal.any([closing, signal]);
    // The page's own hook comes first: those in workers answer to it.
    await untilAborted(this.#pageRegistry(), end);
    const listen: HookRequest = { op: 'listen', channel };
    await untilAborted(this.#eval.ask(JSON.stringify(listen), null), end);
    const findings = await lookIntoPage(this.#tabId, end, hookText(await this.#script, options));
    if (navigation !== this.#navigation) throw new Error('The page has navigated meanwhile.');
    this.#attached = true;
    this.#note('debugger', findings.notes);
    // Workers answer with the poll after the one that asks them.
    for (let i = 0; i < 3; i++) {
      await this.#pollNow();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    if (navigation !== this.#navigation) return;
    // The console's history has what Go printed too.
    const withoutText = findings.traps.map((trap) => ({ ...trap, text: '' }));
    const allowed = this.#captureText === false ? { ...findings, traps: withoutText } : findings;
    this.#tell(this.#model.takeFindings(allowed));
    this.#updateAccess({});
  }

  setCaptureText(keep: boolean): void {
    this.#captureText = keep;
    if (!keep) this.#model.dropTexts();
    // The hooks hear of it with the next poll.
    this.#schedule(0);
  }

  async requestSite(): Promise<boolean> {
    const origin = this.#access.pageOrigin;
    if (!isSite(origin)) return false;
    if (!(await hasSite(origin)) && !(await askForSite(origin, this.#permissions()))) return false;
    this.#openSite(origin);
    return true;
  }

  async forgetSite(): Promise<void> {
    const origin = this.#access.siteOptIn ?? this.#access.pageOrigin;
    this.#closeSite();
    if (isSite(origin)) await giveSiteBack(origin);
    this.#updateAccess({});
  }

  moduleBytes(moduleKey: string): Promise<ModuleBytes> {
    const module = this.#model.modules.get(moduleKey);
    if (module === undefined) return Promise.reject(new Error('this module is gone with its page'));
    return moduleBytes(module, {
      client: this.#client,
      tabId: this.#tabId,
      closing: this.#closing.signal,
      debuggerWanted: this.#attached,
      pageRegistry: () => this.#pageRegistry(),
    });
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

  async fetchText(url: string): Promise<string | null> {
    const origin = this.#access.pageOrigin;
    if (!isSite(origin) || !URL.canParse(url) || new URL(url).origin !== origin) return null;
    const at = await this.#pageRegistry();
    const request = { url, limit: MAX_SOURCE, cache: 'default', sameOrigin: true } as const;
    try {
      return new TextDecoder().decode(await this.#client.fetch(at, request));
    } catch {
      return null;
    }
  }

  openResource(url: string, line: number): Promise<boolean> {
    return new Promise((resolve) => {
      const open = chrome.devtools.panels.openResource as (
        url: string,
        line: number,
        callback: (answer?: { isError?: boolean }) => void,
      ) => void;
      // DevTools counts lines from 0.
      open(url, Math.max(0, line - 1), (answer) => {
        resolve(answer?.isError !== true);
      });
    });
  }

  attachSourceMap(moduleKey: string, mapJson: string): Promise<boolean> {
    const page = this.#model.modules.get(moduleKey)?.page;
    const url = page?.scriptUrl ?? page?.url ?? null;
    return url === null ? Promise.resolve(false) : this.#resources.attachSourceMap(url, mapJson);
  }

  #navigated(url: string): void {
    this.#navigation++;
    this.#pageUrl = url;
    this.#model = new PageModel(this.#navigation);
    this.#eval.navigated();
    this.#memory.navigated();
    this.#resources.navigated();
    this.#attached = false;
    this.#polls = 0;
    this.#notes.delete('page');
    this.#notes.delete('debugger');
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
      if (error instanceof PageGoneError) this.#updateAccess({ pageOrigin: null });
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
    const { origin, url, closedFrames, answer } = await this.#pollDocument(null);
    if (model !== this.#model) return;
    if (this.#pageUrl === null) this.#opened(url);
    if (answer !== null) this.#tell(model.take(answer, null));
    if (isSite(origin) && this.#access.pageOrigin !== origin) await this.#resumeSite(origin);
    this.#closedFrames = answer?.closedFrames ?? closedFrames;
    if (this.#closedFrames > 0) await this.#pollFrames(model);
    if (model !== this.#model) return;
    this.#note('page', [...(answer?.notes ?? []), ...model.notes, ...this.#frameNotes(model)]);
    if (!model.active) this.#resources.refresh();
    this.#tell(model.takeResources(this.#resources.wasmUrls(), url));
    // The first report of a page comes even when it is empty: it says that there is nothing.
    if (this.#polls++ === 0) this.#emit({ type: 'report', report: NOTHING });
    this.#updateAccess({ pageOrigin: origin === 'null' ? null : origin });
  }

  /** Frames of other origins can only be named by their URL: of several with the same one, the first answers. */
  async #pollFrames(model: PageModel): Promise<void> {
    const hooked = model.hookedFrameUrls();
    const [page, ...others] = this.#resources.documentUrls();
    for (const url of others) {
      if (url === page || (!hooked.has(url) && this.#polls % FRAME_POLLS !== 0)) continue;
      try {
        const { answer } = await this.#pollDocument(url);
        if (answer !== null && model === this.#model) this.#tell(model.take(answer, url));
      } catch (error) {
        // A frame that is gone does not end the poll of the others.
        if (!(error instanceof PageGoneError)) throw error;
      }
      if (model !== this.#model) return;
    }
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
  ): Promise<Omit<RegistryAnswer, 'answer'> & { readonly answer: PollAnswer | null }> {
    const since = this.#model.since();
    const request: HookRequest = { op: 'poll', since, captureText: this.#captureText };
    const said = await this.#eval.ask(JSON.stringify(request), frameUrl);
    return { ...said, answer: said.answer === null ? null : readPollAnswer(said.answer) };
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

  /** Why workers are not wrapped; null when the page's policy allows it. */
  async #whyNoWrap(): Promise<string | null> {
    // The log has no fragments.
    const pageUrl = this.#pageUrl?.split('#')[0];
    const headers = pageUrl === undefined ? null : await loggedPolicies(pageUrl);
    if (headers === null) {
      return 'Workers are not hooked: DevTools has not seen the headers of this page. Reload once, then reload with the hook again.';
    }
    const metas = await this.#eval.metaPolicies().catch(() => null);
    if (metas === null) return 'Workers are not hooked: this page cannot be looked into.';
    return allowsBlobWorkers([...headers, ...metas])
      ? null
      : 'Workers are not hooked: the Content-Security-Policy of this page forbids blob: workers. The build with the debugger can hook them.';
  }

  /** Registers the hook again for a site that was opted in before. */
  async #resumeSite(origin: string): Promise<void> {
    if (this.#site !== null && this.#site.registration.origin !== origin) this.#closeSite();
    if (this.#site === null && (await hasSite(origin))) this.#openSite(origin);
  }

  #openSite(origin: string): void {
    this.#closeSite();
    const site = {
      registered: false,
      registration: new SiteRegistration(origin, (registered, why) => {
        site.registered = registered;
        this.#note('site', why === null ? [] : [`The hook could not be registered for ${origin}: ${why}`]);
        this.#updateAccess({});
      }),
    };
    this.#site = site;
  }

  #closeSite(): void {
    this.#site?.registration.close();
    this.#site = null;
    this.#notes.delete('site');
  }

  #note(from: string, notes: readonly string[]): void {
    this.#notes.set(from, notes);
    this.#updateAccess({});
  }

  #updateAccess(change: Partial<AccessState>): void {
    const pageOrigin = change.pageOrigin === undefined ? this.#access.pageOrigin : change.pageOrigin;
    const active: AccessLevel[] = pageOrigin === null ? [] : ['resources'];
    if (this.#model.capturing) active.push('hook');
    if (this.#attached) active.push('debugger');
    const site = this.#site?.registered === true ? this.#site.registration.origin : null;
    if (site !== null) active.push('site');
    const access: AccessState = {
      ...this.#access,
      pageOrigin,
      active,
      siteOptIn: site,
      notes: [...this.#notes.values()].flat(),
    };
    if (JSON.stringify(access) === JSON.stringify(this.#access)) return;
    this.#access = access;
    this.#emit({ type: 'access', access });
  }

  #tell(report: PageReport): void {
    if (report.modules.length + report.instances.length + report.traps.length === 0) return;
    this.#emit({ type: 'report', report });
  }

  #emit(event: PageUpdate): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}

const NOTHING: PageReport = { modules: [], instances: [], traps: [] };

/** The promise's outcome, unless the signal is aborted before. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', abort);
    });
  });
}

const randomName = (): string => crypto.randomUUID();

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

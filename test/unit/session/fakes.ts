// A page and a worker that say what a test wants, and a session over them.

import type { DebugFile, DebugFilesAnswer } from '../../../src/protocol/debug-files.ts';
import type { HeapFacts } from '../../../src/protocol/heap.ts';
import type { GoroutineDetail } from '../../../src/protocol/goroutines.ts';
import type { GoroutineSample } from '../../../src/protocol/recording.ts';
import type { SamplePlan } from '../../../src/protocol/references.ts';
import type { AnalysisRequests, DeathEvidence, DeathReport } from '../../../src/protocol/requests.ts';
import type { PageReport } from '../../../src/session/page-events.ts';
import type { CpuRecorder, RecordedTrace } from '../../../src/session/cpu-recorder.ts';
import type { StepPlan, StepStop } from '../../../src/protocol/steps.ts';
import type { StoppedThreads } from '../../../src/session/stopped-threads.ts';
import type { StepDriver } from '../../../src/session/step-driver.ts';
import type { RemoteAnswer, RemoteFetcher, RemoteRequest } from '../../../src/session/remote-fetch.ts';
import type { AccessState, MapAttachment, PagePort, PageUpdate } from '../../../src/session/page-port.ts';
import type { MappedFile, ShownFiles } from '../../../src/protocol/source-map.ts';
import { Session, type Analysis } from '../../../src/session/session.ts';
import { originalPositions } from '../../../src/sourcemap/read/original-positions.ts';
import type { StackTrace } from '../../../src/stack/stack-trace.ts';
import type { ModuleReport } from '../../../src/symbols/module-report.ts';
import { facts, heapFacts, profileFacts, report, stack } from './fake-facts.ts';

export class FakePage implements PagePort {
  listener: ((update: PageUpdate) => void) | undefined;
  readonly files = new Map<string, string>();
  readonly known = new Set<string>();
  attached: string[] = [];
  bytes: () => Promise<ArrayBuffer> = () => Promise.resolve(new ArrayBuffer(8));
  subscribe(listener: (update: PageUpdate) => void): () => void {
    this.listener = listener;
    return () => undefined;
  }
  tell(part: Partial<PageReport>): void {
    this.listener?.({ type: 'report', report: { modules: [], instances: [], traps: [], ...part } });
  }
  navigate(url = 'http://app.test/'): void {
    this.listener?.({ type: 'navigated', url });
  }
  access(): AccessState {
    return {
      active: ['hook'],
      debuggerAvailable: true,
      siteOptIn: null,
      pageOrigin: 'http://app.test',
      files: 'off' as const,
      notes: [],
    };
  }
  reload = () => Promise.resolve();
  /** A Go file is looked at in Sources. */
  open(url: string): void {
    this.listener?.({ type: 'opened', url });
  }
  attachDebugger = () => Promise.resolve();
  readonly captureText: boolean[] = [];
  setCaptureText(keep: boolean): void {
    this.captureText.push(keep);
  }
  requestSite = () => Promise.resolve(true);
  forgetSite = () => Promise.resolve();
  requestFiles = () => Promise.resolve(true);
  moduleBytes = async () => ({ bytes: await this.bytes(), from: 'network log', verified: true });
  readMemory = () => Promise.resolve([]);
  readonly released: string[] = [];
  /** Why no memory can be held; null when it can. */
  holdError: string | null = null;
  #holds = 0;
  holdMemory = () =>
    this.holdError === null
      ? Promise.resolve({ key: `h${++this.#holds}`, byteLength: 1 << 20, sp: 4096, time: 5000, pauseMs: 12 })
      : Promise.reject(new Error(this.holdError));
  releaseMemory = (key: string) => {
    this.released.push(key);
  };
  readonly written: unknown[] = [];
  writeWords = (instanceKey: string, words: readonly unknown[]) => {
    this.written.push([instanceKey, words]);
    return Promise.resolve();
  };
  gatherMemory = () => Promise.reject(new Error('nothing is gathered here'));
  fetchAsPage = (url: string) => {
    const text = this.files.get(url);
    return text === undefined ? Promise.reject(new Error('the server answered 404')) : Promise.resolve(text);
  };
  /** Files with debug information that were asked for. */
  readonly debugFiles: string[] = [];
  fetchDebugFile = (url: string) => {
    this.debugFiles.push(url);
    const text = this.files.get(url);
    return text === undefined
      ? Promise.reject(new Error('HTTP 404'))
      : Promise.resolve(new TextEncoder().encode(text).buffer);
  };
  readReferences = () => Promise.reject(new Error('there are no references here'));
  inspectReferences = () => Promise.reject(new Error('there is no debugger here'));
  sample: PagePort['sample'] = () => Promise.reject(new Error('nothing is sampled here'));
  fetchText = (url: string) => Promise.resolve(this.files.get(url) ?? null);
  openResource = (url: string) => Promise.resolve(this.known.has(url));
  /** What is recorded; null: recording is not possible. */
  recorded: RecordedTrace | null = null;
  steps: StepDriver | null = null;
  stoppedThreads: StoppedThreads | null = null;
  readonly recorder: CpuRecorder = {
    available: true,
    record: async (_options, { stop, cancel, started, reading }) => {
      if (this.recorded === null) throw new Error('Tracing has already been started');
      started();
      await new Promise<void>((resolve, reject) => {
        stop.addEventListener('abort', () => {
          resolve();
        });
        cancel.addEventListener('abort', () => {
          reject(new Error('detached'));
        });
      });
      reading(this.recorded.json.byteLength);
      return this.recorded;
    },
  };
  /** What a server answers. */
  answer: RemoteAnswer = { status: 200, contentType: 'application/octet-stream', bytes: new ArrayBuffer(3) };
  readonly fetched: RemoteRequest[] = [];
  readonly remote: RemoteFetcher = {
    access: ({ origin }) => Promise.resolve(origin === 'http://app.test' ? 'page' : 'ask'),
    ask: () => Promise.resolve(true),
    fetch: (request, { signal, received }) => {
      this.fetched.push(request);
      if (request.url.includes('slow')) {
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(new Error('aborted'));
          });
        });
      }
      if (request.url.includes('down')) return Promise.reject(new TypeError('Failed to fetch'));
      received(1, this.answer.bytes.byteLength);
      return Promise.resolve(this.answer);
    },
  };
  /** What becomes of a map. */
  attachment: MapAttachment = { attached: true, why: '' };
  /** Texts of the language plugin's files, by URL. */
  readonly given = new Map<string, string>();
  giveTexts = (texts: ReadonlyMap<string, string>) => {
    for (const [url, text] of texts) this.given.set(url, text);
  };
  stopValues = () => Promise.resolve();
  attachSourceMap = (_key: string, map: string) => {
    this.attached.push(map);
    this.known.add('go:///app/main.go');
    return Promise.resolve(this.attachment);
  };
}

export class FakeAnalysis {
  /** What `sourcemap.files` answers, and what maps were built. */
  mapFiles: readonly MappedFile[] = [];
  /** What is shown of the language plugin's files; null where none are its. */
  shown: (params: AnalysisRequests['language.shown']['params']) => ShownFiles | null = () => null;
  readonly built: AnalysisRequests['sourcemap.build']['params'][] = [];
  evidence: DeathEvidence[] = [];
  /** Why the next module cannot be read. */
  loadError: string | null = null;
  report: ModuleReport = report;
  /** The stack of the next deaths. */
  stack: StackTrace = stack;
  /** The source map that modules name. */
  sourceMapUrl: string | null = null;
  /** The files with debug information that modules name. */
  debugFiles: readonly DebugFile[] = [];
  /** What comes of such files: nothing has any use for them. */
  takeDebugFiles: (given: AnalysisRequests['module.debugFiles']['params']) => DebugFilesAnswer = ({
    moduleKey,
    files,
  }) => ({
    report: this.report,
    files: this.debugFiles,
    moduleKeys: [moduleKey],
    refused: files.map(({ name }) => ({ name, why: 'it is of another build' })),
  });
  /** What was had of source maps. */
  readonly sourceMaps: ({ readonly text: string } | { readonly why: string })[] = [];
  /** The module that stacks are of, of those asked for; null: none fits. */
  owner: string | null = 'm1';
  /** Which module has the symbols of which other. */
  readonly shared: [string, string][] = [];
  /** Requests about snapshots, in their order. */
  readonly snapshots: [string, unknown][] = [];
  /** What comes of reading a heap. */
  heap: (snapshotKey: string) => Promise<{ facts: HeapFacts; dropped: string[] }> = () =>
    Promise.resolve({ facts: heapFacts, dropped: [] });
  /** What is known of a goroutine; null: there is none. */
  detail: GoroutineDetail | null = null;
  /** What a sample reads. */
  plan: SamplePlan = { request: { words: [], goroutines: null }, words: [], missing: [] };
  /** What a look at goroutines finds. */
  sample: () => Promise<GoroutineSample> = () => Promise.reject(new Error('nothing to look at'));
  /** Recordings that were completed. */
  readonly completed: AnalysisRequests['recording.complete']['params'][] = [];
  /** Where a debugger has stopped, and how the step goes on. */
  stepPlace: StepStop | null = null;
  stepPlan: StepPlan = { kind: 'stay' };
  /** Where it has stopped with a stack, where that is elsewhere. */
  readonly stepPlaces = new Map<string, StepStop>();
  /** Where the steps began of which a plan was asked. */
  readonly stepsBegun: unknown[] = [];
  /** Why no snapshot can be read; null when it can. */
  snapshotError: string | null = null;
  /** What reading goroutines waits for. */
  snapshotHeld: Promise<void> | null = null;
  readonly request: Analysis['request'] = (name: keyof AnalysisRequests, params: unknown) => {
    switch (name) {
      case 'module.load':
        return this.loadError === null
          ? Promise.resolve({
              hash: 'h',
              report: this.report,
              sourceMapUrl: this.sourceMapUrl,
              debugFiles: this.debugFiles,
            })
          : Promise.reject(new Error(this.loadError));
      case 'module.debugFiles': {
        const given = params as AnalysisRequests['module.debugFiles']['params'];
        return Promise.resolve(this.takeDebugFiles(given));
      }
      case 'module.sourceMap': {
        const { map } = params as AnalysisRequests['module.sourceMap']['params'];
        this.sourceMaps.push(map);
        if ('text' in map && map.text === 'damaged')
          return Promise.reject(new Error('source map at offset 0x0: damaged'));
        return Promise.resolve({ ...this.report, notes: ['why' in map ? map.why : 'with its source map'] });
      }
      case 'script.originals': {
        const { map, mapUrl, positions } = params as AnalysisRequests['script.originals']['params'];
        return originalPositions(map, mapUrl, positions);
      }
      case 'death.analyze': {
        const evidence = params as DeathEvidence;
        this.evidence.push(evidence);
        const death: DeathReport = {
          kind: 'panic',
          title: evidence.text.trim() || 'panic: from memory',
          goroutine: { id: 1, state: 'running' },
          stack: this.stack,
          otherStacks: [],
          notes: [],
        };
        return Promise.resolve(death);
      }
      case 'stack.owner': {
        const { candidates } = params as AnalysisRequests['stack.owner']['params'];
        const fits = this.owner !== null && candidates.includes(this.owner);
        return Promise.resolve({
          moduleKey: fits ? this.owner : null,
          why: fits ? 'offsets fit' : 'offsets fit none',
          scriptUrl: null,
        });
      }
      case 'module.share': {
        const { moduleKey, from } = params as AnalysisRequests['module.share']['params'];
        this.shared.push([moduleKey, from]);
        return Promise.resolve(this.report);
      }
      case 'sourcemap.files':
        return Promise.resolve(this.mapFiles);
      case 'sourcemap.build': {
        const built = params as AnalysisRequests['sourcemap.build']['params'];
        this.built.push(built);
        return Promise.resolve({ dataUrl: `data:${built.moduleKey}`, mappings: 1, files: this.mapFiles });
      }
      case 'step.place':
        return Promise.resolve(
          this.stepPlaces.get((params as AnalysisRequests['step.place']['params']).stack) ?? this.stepPlace,
        );
      case 'step.plan':
        this.stepsBegun.push((params as AnalysisRequests['step.plan']['params']).before);
        return Promise.resolve(this.stepPlan);
      case 'language.shown':
        return Promise.resolve(this.shown(params as AnalysisRequests['language.shown']['params']));
      case 'language.add':
      case 'language.remove':
      case 'language.texts':
      case 'language.unlisted':
      case 'language.listed':
      case 'language.beside':
      case 'language.variables':
      case 'language.stores':
      case 'language.place':
      case 'language.frames':
      case 'language.ranges':
      case 'language.lines':
      case 'language.inlined':
      case 'language.evaluate':
      case 'language.parts':
        return Promise.reject(new Error('no module was given to a language plugin'));
      case 'module.index':
        return Promise.resolve(this.report);
      case 'snapshot.read':
      case 'snapshot.stacks':
        this.snapshots.push([name, params]);
        return this.snapshotError === null
          ? (this.snapshotHeld ?? Promise.resolve()).then(() => ({ facts, verdict: null }))
          : Promise.reject(new Error(this.snapshotError));
      case 'snapshot.open':
        return Promise.resolve({ facts, verdict: null, moduleKey: 'm1', time: 7, title: '' });
      case 'snapshot.save':
      case 'snapshot.pprof':
        return Promise.resolve(new Blob(['bytes']));
      case 'snapshot.drop':
        this.snapshots.push([name, params]);
        return Promise.resolve(null);
      case 'profile.files':
        return Promise.resolve([]);
      case 'snapshot.goroutine':
        return this.detail === null ? Promise.reject(new Error('no detail')) : Promise.resolve(this.detail);
      case 'snapshot.arguments':
        this.snapshots.push([name, params]);
        return Promise.resolve([]);
      case 'snapshot.rows':
        return Promise.resolve({ totalRows: 0, matched: 0, changes: null, rows: [] });
      case 'sample.plan':
        return Promise.resolve(this.plan);
      case 'recording.sample':
        return this.sample();
      case 'recording.complete': {
        const given = params as AnalysisRequests['recording.complete']['params'];
        this.completed.push(given);
        return Promise.resolve({ json: given.json, notes: [] });
      }
      case 'snapshot.find':
      case 'snapshot.waitObject':
      case 'snapshot.text':
      case 'module.unload':
      case 'text.symbolize':
        return Promise.resolve(null);
      case 'profile.open':
        return Promise.resolve(profileFacts);
      case 'profiling.find':
        return Promise.resolve({ rateAt: 64, rate: 0, nextSampleAt: [128] });
      case 'variable.wanted':
        return Promise.resolve({ texts: [], unlisted: [] });
      case 'variable.listed':
        return Promise.resolve([]);
      case 'variable.texts':
      case 'variable.beside':
      case 'variable.conclude':
      case 'variable.at':
        return Promise.resolve(null);
      case 'heap.read':
        return this.heap((params as { snapshotKey: string }).snapshotKey);
      case 'heap.objects':
      case 'heap.object':
      case 'heap.diff':
      case 'heap.keeps':
      case 'heap.value':
      case 'heap.forget':
        this.snapshots.push([name, params]);
        return Promise.resolve(null);
      case 'memory.bytes':
      case 'memory.map':
      case 'memory.regions':
      case 'memory.inspect':
      case 'memory.value':
      case 'memory.find':
      case 'memory.search':
      case 'memory.diff':
      case 'memory.save':
      case 'references.funcs':
      case 'profile.memory':
      case 'profile.kept':
      case 'profile.save':
      case 'profile.drop':
      case 'profile.summary':
      case 'profile.flame':
      case 'profile.top':
      case 'profile.calls':
      case 'profile.peek':
      case 'profile.source':
        return Promise.resolve(null);
    }
  };
}

export async function started(stored: unknown = {}) {
  const page = new FakePage();
  const analysis = new FakeAnalysis();
  const saved: unknown[] = [];
  const session = new Session(page, analysis, {
    load: () => Promise.resolve(stored),
    save: (settings) => {
      saved.push(settings);
      return Promise.resolve();
    },
  });
  await session.start();
  page.navigate();
  return { page, analysis, session, saved };
}

export async function until(session: Session, holds: () => boolean): Promise<void> {
  if (holds()) return;
  await new Promise<void>((resolve) => {
    const stop = session.subscribe(() => {
      if (!holds()) return;
      stop();
      resolve();
    });
  });
}

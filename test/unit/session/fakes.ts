// A page and a worker that say what a test wants, and a session over them.

import { EXACT } from '../../../src/base/confidence.ts';
import type { GoroutineDetail, GoroutineFacts } from '../../../src/protocol/goroutines.ts';
import type { ProfileFacts } from '../../../src/protocol/profiles.ts';
import type { AnalysisRequests, DeathEvidence, DeathReport } from '../../../src/protocol/requests.ts';
import type {
  PageInstance,
  PageModule,
  PageReport,
  PageTrap,
  Realm,
} from '../../../src/session/page-events.ts';
import type { CpuRecorder, RecordedTrace } from '../../../src/session/cpu-recorder.ts';
import type { RemoteAnswer, RemoteFetcher, RemoteRequest } from '../../../src/session/remote-fetch.ts';
import type { AccessState, PagePort, PageUpdate } from '../../../src/session/page-port.ts';
import { Session, type Analysis } from '../../../src/session/session.ts';
import type { StackTrace } from '../../../src/stack/stack-trace.ts';
import type { ModuleReport } from '../../../src/symbols/module-report.ts';

export const realm: Realm = { id: 'page', kind: 'page', url: 'http://app.test/' };
export const module: PageModule = {
  key: 'm1',
  realm,
  origin: 'hook',
  url: 'http://app.test/app.wasm',
  scriptUrl: null,
  byteLength: 8,
  buildId: null,
  imports: ['gojs'],
  exports: ['run', 'resume', 'getsp', 'mem'],
};
export const instance: PageInstance = {
  key: 'i1',
  moduleKey: 'm1',
  realm,
  memoryBytes: 1 << 20,
  times: {
    fetchStart: 0,
    fetchEnd: 1,
    compileStart: 0,
    compileEnd: null,
    instantiateStart: null,
    instantiateEnd: 2,
    firstGoCode: 3,
  },
  state: 'running',
};
export const exit: PageTrap = {
  key: 't1',
  instanceKey: 'i1',
  realm,
  time: 1000,
  via: 'exit',
  exitCode: 2,
  error: null,
  text: 'panic: boom\n',
  exitStack: 'Error\n    at runtime.wasmExit',
  sp: 4096,
  memory: { kind: 'kept', bytes: 1 << 20 },
};
export const stack: StackTrace = {
  source: 'memory',
  note: 'the true stack',
  header: 'goroutine 1 [running]:',
  frames: [
    {
      function: 'main.main',
      file: 'app/main.go',
      line: 2,
      lineEnd: null,
      inlined: false,
      language: 'go',
      args: '',
      pcOffset: 5,
      moduleOffset: 64,
      raw: null,
      confidence: EXACT,
      fold: null,
    },
  ],
  createdBy: null,
};
export const report: ModuleReport = {
  toolchain: 'go',
  goVersion: 'go1.27.3',
  producers: [],
  module: { path: 'app', main: 'app', mainVersion: null, deps: [] },
  settings: [],
  buildId: null,
  functionCount: 1,
  byteLength: 8,
  symbols: [],
  sections: [],
  packages: [],
  diagnostics: [],
  notes: [],
};

export const facts: GoroutineFacts = {
  total: 3,
  user: 2,
  system: 1,
  running: 0,
  runnable: 0,
  waiting: 3,
  reading: 'copied',
  consistent: true,
  pauseMs: 12,
  confidence: EXACT,
  notes: [],
};

const profileFacts: ProfileFacts = {
  ...{ format: 'Chrome trace', sampleTypes: [{ type: 'cpu', unit: 'nanoseconds', total: 1 }] },
  ...{ defaultSampleType: 0, samples: 1, time: null, durationMs: null, threads: ['CrRendererMain'] },
  ...{ lines: false, labels: [], kinds: [], notes: ['read'] },
};

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
  navigate(): void {
    this.listener?.({ type: 'navigated', url: 'http://app.test/' });
  }
  access(): AccessState {
    return {
      active: ['hook'],
      debuggerAvailable: true,
      siteOptIn: null,
      pageOrigin: 'http://app.test',
      notes: [],
    };
  }
  reload = () => Promise.resolve();
  attachDebugger = () => Promise.resolve();
  readonly captureText: boolean[] = [];
  setCaptureText(keep: boolean): void {
    this.captureText.push(keep);
  }
  requestSite = () => Promise.resolve(true);
  forgetSite = () => Promise.resolve();
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
  gatherMemory = () => Promise.reject(new Error('nothing is gathered here'));
  fetchText = (url: string) => Promise.resolve(this.files.get(url) ?? null);
  openResource = (url: string) => Promise.resolve(this.known.has(url));
  /** What is recorded; null: recording is not possible. */
  recorded: RecordedTrace | null = null;
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
  attachSourceMap = (_key: string, map: string) => {
    this.attached.push(map);
    for (const url of JSON.parse(map) as string[]) this.known.add(url);
    return Promise.resolve(true);
  };
}

export class FakeAnalysis {
  evidence: DeathEvidence[] = [];
  /** Why the next module cannot be read. */
  loadError: string | null = null;
  report: ModuleReport = report;
  /** The module that stacks are of, of those asked for; null: none fits. */
  owner: string | null = 'm1';
  /** Which module has the symbols of which other. */
  readonly shared: [string, string][] = [];
  /** Requests about snapshots, in their order. */
  readonly snapshots: [string, unknown][] = [];
  /** What is known of a goroutine; null: there is none. */
  detail: GoroutineDetail | null = null;
  /** Recordings that were completed. */
  readonly completed: AnalysisRequests['recording.complete']['params'][] = [];
  /** Why no snapshot can be read; null when it can. */
  snapshotError: string | null = null;
  readonly request: Analysis['request'] = (name: keyof AnalysisRequests, params: unknown) => {
    switch (name) {
      case 'module.load':
        return this.loadError === null
          ? Promise.resolve({ hash: 'h', report: this.report })
          : Promise.reject(new Error(this.loadError));
      case 'death.analyze': {
        const evidence = params as DeathEvidence;
        this.evidence.push(evidence);
        const death: DeathReport = {
          kind: 'panic',
          title: evidence.text.trim() || 'panic: from memory',
          goroutine: { id: 1, state: 'running' },
          stack,
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
      case 'sourcemap.write': {
        const { sources } = params as AnalysisRequests['sourcemap.write']['params'];
        return Promise.resolve(JSON.stringify([...sources.values()].map(({ url }) => url)));
      }
      case 'module.index':
        return Promise.resolve(this.report);
      case 'snapshot.read':
      case 'snapshot.stacks':
        this.snapshots.push([name, params]);
        return this.snapshotError === null
          ? Promise.resolve({ facts, verdict: null })
          : Promise.reject(new Error(this.snapshotError));
      case 'snapshot.open':
        return Promise.resolve({ facts, verdict: null, moduleKey: 'm1', time: 7 });
      case 'snapshot.save':
      case 'snapshot.pprof':
        return Promise.resolve(new Blob(['bytes']));
      case 'snapshot.drop':
        this.snapshots.push([name, params]);
        return Promise.resolve(null);
      case 'snapshot.goroutine':
        return this.detail === null ? Promise.reject(new Error('no detail')) : Promise.resolve(this.detail);
      case 'snapshot.arguments':
        this.snapshots.push([name, params]);
        return Promise.resolve([]);
      case 'snapshot.rows':
        return Promise.resolve({ totalRows: 0, matched: 0, changes: null, rows: [] });
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
      case 'heap.read':
      case 'heap.objects':
      case 'heap.object':
      case 'heap.diff':
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

import { expect, test } from 'vitest';
import { EXACT } from '../../../src/base/confidence.ts';
import type { GoroutineFacts } from '../../../src/protocol/goroutines.ts';
import type { AnalysisRequests, DeathEvidence, DeathReport } from '../../../src/protocol/requests.ts';
import type {
  PageInstance,
  PageModule,
  PageReport,
  PageTrap,
  Realm,
} from '../../../src/session/page-events.ts';
import type { AccessState, PagePort, PageUpdate } from '../../../src/session/page-port.ts';
import { Session, type Analysis } from '../../../src/session/session.ts';
import type { StackTrace } from '../../../src/stack/stack-trace.ts';
import type { ModuleReport } from '../../../src/symbols/module-report.ts';

const realm: Realm = { id: 'page', kind: 'page', url: 'http://app.test/' };
const module: PageModule = {
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
const instance: PageInstance = {
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
const exit: PageTrap = {
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
const stack: StackTrace = {
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
const report: ModuleReport = {
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

const facts: GoroutineFacts = {
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

class FakePage implements PagePort {
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
  /** Memory is not held while this is an error's text. */
  holdError: string | null = null;
  #holds = 0;
  holdMemory = () =>
    this.holdError === null
      ? Promise.resolve({
          key: `h${++this.#holds}`,
          byteLength: 1 << 20,
          sp: 4096,
          time: 5000,
          pauseMs: 12,
        })
      : Promise.reject(new Error(this.holdError));
  releaseMemory = (key: string) => {
    this.released.push(key);
  };
  gatherMemory = () => Promise.reject(new Error('nothing is gathered here'));
  fetchText = (url: string) => Promise.resolve(this.files.get(url) ?? null);
  openResource = (url: string) => Promise.resolve(this.known.has(url));
  attachSourceMap = (_key: string, map: string) => {
    this.attached.push(map);
    for (const url of JSON.parse(map) as string[]) this.known.add(url);
    return Promise.resolve(true);
  };
}

class FakeAnalysis {
  evidence: DeathEvidence[] = [];
  loadError: string | null = null;
  /** Requests about snapshots, in their order. */
  readonly snapshots: [string, unknown][] = [];
  snapshotError: string | null = null;
  readonly request: Analysis['request'] = (name: keyof AnalysisRequests, params: unknown) => {
    switch (name) {
      case 'module.load':
        return this.loadError === null
          ? Promise.resolve({ hash: 'h', report })
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
      case 'stack.owner':
        return Promise.resolve({ moduleKey: 'm1', why: 'offsets fit', scriptUrl: null });
      case 'sourcemap.write': {
        const { sources } = params as AnalysisRequests['sourcemap.write']['params'];
        return Promise.resolve(JSON.stringify([...sources.values()].map(({ url }) => url)));
      }
      case 'module.index':
        return Promise.resolve(report);
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
      case 'snapshot.rows':
      case 'snapshot.find':
      case 'snapshot.goroutine':
      case 'snapshot.waitObject':
      case 'snapshot.text':
      case 'module.unload':
      case 'text.symbolize':
        return Promise.resolve(null);
    }
  };
}

async function started(stored: unknown = {}) {
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

async function until(session: Session, holds: () => boolean): Promise<void> {
  if (holds()) return;
  await new Promise<void>((resolve) => {
    const stop = session.subscribe(() => {
      if (!holds()) return;
      stop();
      resolve();
    });
  });
}

test('an exit becomes a trap with the stack that the worker found', async () => {
  const { page, session, analysis } = await started();
  page.tell({ modules: [module], instances: [instance], traps: [exit] });
  await until(session, () => session.state().traps[0]?.status === 'ready');
  const trap = session.state().traps[0];
  expect(trap).toMatchObject({
    kind: 'panic',
    title: 'panic: boom',
    moduleKey: 'm1',
    surfaced: ['exit code 2'],
  });
  expect(trap?.stack?.frames[0]).toMatchObject({ function: 'main.main', line: 2 });
  expect(analysis.evidence[0]).toMatchObject({ memory: { target: 'trap t1' }, sp: 4096, exitCode: 2 });
  expect(session.state().instances[0]).toMatchObject({
    label: 'app.wasm · go1.27.3 · page',
    state: 'running',
  });
});

test('an error without an instance finds its module by its stack, and marks the instance as trapped', async () => {
  const { page, session } = await started();
  const error = { name: 'RuntimeError', message: 'unreachable', stack: 'at wasm-function[1]:0x10' };
  page.tell({
    modules: [module],
    instances: [instance],
    traps: [{ ...exit, via: 'error', instanceKey: null, exitCode: null, error, text: '' }],
  });
  await until(session, () => session.state().traps[0]?.status === 'ready');
  expect(session.state().traps[0]).toMatchObject({ instanceKey: 'i1', moduleKey: 'm1' });
  expect(session.state().instances[0]?.state).toBe('trapped');
});

test('a module that cannot be read says so, and its trap is kept', async () => {
  const { page, session, analysis } = await started();
  analysis.loadError = 'Code section at offset 0x40: expected 12 more bytes';
  page.tell({ modules: [module], instances: [instance], traps: [exit] });
  await until(session, () => session.state().traps[0]?.status === 'ready');
  expect(session.state().modules[0]).toMatchObject({ status: 'failed', error: analysis.loadError });
  expect(session.state().traps[0]?.notes.join()).toContain('offset 0x40');
});

test('a navigation drops live data, and answers that come late', async () => {
  const { page, session } = await started();
  let give = (_bytes: ArrayBuffer): void => undefined;
  page.bytes = () =>
    new Promise((resolve) => {
      give = resolve;
    });
  page.tell({ modules: [module], instances: [instance], traps: [exit] });
  await until(session, () => session.state().traps.length === 1);
  page.navigate();
  give(new ArrayBuffer(8));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(session.state()).toMatchObject({ traps: [], instances: [], modules: [], emptyReason: 'starting' });
});

test('empty states: no wasm, loaded before, and neither once there is an instance', async () => {
  const { page, session } = await started();
  expect(session.state().emptyReason).toBe('starting');
  page.tell({});
  expect(session.state().emptyReason).toBe('no-wasm');
  page.tell({ modules: [{ ...module, key: 'r1', origin: 'resource' }] });
  expect(session.state().emptyReason).toBe('loaded-before');
  page.tell({ modules: [module], instances: [instance] });
  expect(session.state().emptyReason).toBe(null);
  expect(session.state().modules.map(({ key }) => key)).toEqual(['m1']);
});

test('source text comes from the page, and Sources learns of it through an attached map', async () => {
  const { page, session } = await started();
  page.tell({ modules: [module], instances: [instance] });
  await until(session, () => session.state().modules[0]?.status === 'ready');
  expect(await session.sourceExcerpt('m1', 'app/main.go', 2, 1)).toMatchObject({
    ok: false,
    file: 'app/main.go',
  });
  page.navigate();
  page.tell({ modules: [module], instances: [instance] });
  await until(session, () => session.state().modules[0]?.status === 'ready');
  page.files.set('http://app.test/main.go', 'package main\n\nfunc main() {}\n');
  expect(await session.sourceExcerpt('m1', 'app/main.go', 3, 1)).toEqual({
    ok: true,
    url: 'http://app.test/main.go',
    firstLine: 2,
    lines: ['', 'func main() {}', ''],
  });
  expect(await session.openSource('m1', 'app/main.go', 3)).toEqual({
    ok: true,
    url: 'http://app.test/main.go',
  });
  expect(page.attached).toHaveLength(1);
});

test('settings are read with care and saved', async () => {
  const { session, saved } = await started({
    captureText: 'no',
    hookWorkers: false,
    sourceRoots: [{ from: '' }, { from: 'a', to: 'b' }],
  });
  expect(session.state().settings).toEqual({
    captureText: true,
    hookWorkers: false,
    foldRuntime: true,
    sourceRoots: [{ from: 'a', to: 'b' }],
  });
  session.setSettings({ foldRuntime: false });
  expect(saved).toHaveLength(1);
});

// What a page and a worker say, where a test does not care.
import { EXACT } from '../../../src/base/confidence.ts';
import type { GoroutineFacts } from '../../../src/protocol/goroutines.ts';
import type { HeapFacts } from '../../../src/protocol/heap.ts';
import type { ProfileFacts } from '../../../src/protocol/profiles.ts';
import type { PageInstance, PageModule, PageTrap, Realm } from '../../../src/session/page-events.ts';
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

export const profileFacts: ProfileFacts = {
  ...{ format: 'Chrome trace', sampleTypes: [{ type: 'cpu', unit: 'nanoseconds', total: 1 }] },
  ...{ defaultSampleType: 0, samples: 1, time: null, durationMs: null, threads: ['CrRendererMain'] },
  ...{ lines: false, unnamed: 0, labels: [], kinds: [], notes: ['read'] },
};

export const heapFacts = {
  goroutines: 3,
  notes: [],
  reachable: { objects: 2, bytes: 64 },
} as unknown as HeapFacts;

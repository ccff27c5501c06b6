import { CancelledError, type Handlers } from '../protocol/endpoint.ts';
import type { AnalysisRequests, GatheredAnswer, PageRequests } from '../protocol/requests.ts';
import type { FetchRanges } from '../memory/with-pages.ts';
import { originalPositions } from '../sourcemap/read/original-positions.ts';
import { analyzeDeath } from './death.ts';
import { analyzeModule } from './analyze-module.ts';
import { goroutineHandlers } from './goroutines.ts';
import { languageHandlers } from './language.ts';
import { linesAreRead } from './lines-of.ts';
import { ModuleStore } from './module-store.ts';
import { ownerOfStack, type OwnerCandidate } from './owner.ts';
import { nextTask } from '../base/next-task.ts';
import { profileHandlers } from './profiles.ts';
import { profilingHandlers } from './profiling-switch.ts';
import { recordingHandlers } from './recording.ts';
import { referenceHandlers } from './references.ts';
import { symbolizePastedText } from './pasted-text.ts';
import { sourceMapHandlers } from './source-map.ts';
import { stepHandlers } from './steps.ts';
import { variableHandlers } from './variables.ts';

/** Reads memory that the session names `target`. */
export interface AskForMemory {
  read(target: string, ranges: Parameters<FetchRanges>[0]): ReturnType<FetchRanges>;
  /** Follows pointers in the page. */
  gather(params: PageRequests['memory.gather']['params']): Promise<GatheredAnswer>;
}

/** The index is built in steps of this length, so that other requests are answered in between. Milliseconds. */
const STEP_MS = 20;

/** Answers the session's requests; owns modules and symbols. Runs in the worker, and in tests without one. */
export function createAnalysis(ask: AskForMemory): Handlers<AnalysisRequests> {
  const store = new ModuleStore();
  const candidatesOf = (keys: readonly string[]): OwnerCandidate[] =>
    keys.flatMap((moduleKey) => {
      const module = store.find(moduleKey);
      return module === undefined ? [] : [{ moduleKey, symbolizer: module.symbolizer, hash: module.hash }];
    });
  return {
    'module.load': async ({ moduleKey, bytes }) => {
      const hash = await sha256(bytes);
      const module = store.cached(hash) ?? analyzeModule(new Uint8Array(bytes), hash);
      store.add(moduleKey, module);
      const { sourceMapUrl } = module;
      return { hash, report: module.report(), sourceMapUrl, debugFiles: module.debugFiles() };
    },
    'module.debugFiles': ({ moduleKey, files }) => {
      const module = store.get(moduleKey);
      const refused = files.flatMap(({ name, from, bytes }) => {
        const why = module.addDebugFile(new Uint8Array(bytes), from);
        return why === null ? [] : [{ name, why }];
      });
      return {
        report: module.report(),
        files: module.debugFiles(),
        moduleKeys: store.keysOf(module),
        refused,
      };
    },
    'module.sourceMap': async ({ moduleKey, map }) => {
      const module = store.get(moduleKey);
      await module.addSourceMap(map);
      return module.report();
    },
    'script.originals': ({ map, mapUrl, positions }) => originalPositions(map, mapUrl, positions),
    'module.index': async ({ moduleKey }, { signal, progress }) => {
      let stepStart = performance.now();
      const module = store.get(moduleKey);
      for (const done of module.index()) {
        if (performance.now() - stepStart < STEP_MS) continue;
        progress(done);
        await nextTask();
        // Who sets breakpoints waits for the lines, and what they need of the index they build.
        await linesAreRead(module);
        // A module that was unloaded meanwhile needs no index.
        if (signal.aborted || store.find(moduleKey) !== module) throw new CancelledError();
        stepStart = performance.now();
      }
      return module.report();
    },
    'module.share': ({ moduleKey, from }) => {
      const module = store.get(from);
      store.add(moduleKey, module);
      return module.report();
    },
    'module.unload': ({ moduleKey }) => {
      store.remove(moduleKey);
      return null;
    },
    'stack.owner': ({ stack, candidates: keys }) => ownerOfStack(stack, candidatesOf(keys)),
    'death.analyze': (evidence) =>
      analyzeDeath(store.get(evidence.moduleKey), evidence, (ranges) => {
        if (evidence.memory === null) throw new Error('there is no memory to read');
        return ask.read(evidence.memory.target, ranges);
      }),
    ...goroutineHandlers(store, ask),
    ...languageHandlers(store, ask),
    ...profileHandlers(store, ask),
    ...profilingHandlers(store, ask),
    ...referenceHandlers(store, ask),
    ...recordingHandlers(store, ask),
    'text.symbolize': ({ moduleKey, text, candidates: keys }) =>
      symbolizePastedText(text, moduleKey, candidatesOf(keys)),
    ...sourceMapHandlers(store),
    ...variableHandlers(store),
    ...stepHandlers(store, ask, candidatesOf),
  };
}

async function sha256(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

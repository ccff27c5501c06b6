import { heapProfile } from '../profile/heap-profile.ts';
import { gzip } from '../profile/gzip.ts';
import { writeProfile } from '../profile/write-profile.ts';
import { readMemoryProfile } from '../go/runtime/memory-profile.ts';
import type { Handlers } from '../protocol/endpoint.ts';
import type { ProfileQuery } from '../protocol/profiles.ts';
import type { AnalysisRequests } from '../protocol/requests.ts';
import type { AskForMemory } from './analysis.ts';
import { FarSnapshotMemory } from './goroutines-memory.ts';
import type { ModuleStore } from './module-store.ts';
import { captureOf, openCapture, type Capture } from './profile-capture.ts';
import { sourceFiles } from './profile-files.ts';
import { saveCapture } from './profile-save.ts';
import { ProfileView } from './profile-view.ts';

type ProfileRequests = Pick<AnalysisRequests, Extract<keyof AnalysisRequests, `profile.${string}`>>;

/** Views that are kept: what is shown, the one with lines beside it, and the one before. */
const KEPT_VIEWS = 4;
/** Nodes of all views together that are kept besides the one that was asked for last; each takes about 50 bytes. */
const KEPT_NODES = 4_000_000;
/** Rows of one answer. */
const MAX_ROWS = 5000;

/** What Go says of runtime.MemProfile: its counts come with a collection. */
const AS_OF =
  'As in pprof.WriteHeapProfile, counts are those of the last completed garbage collection: what was allocated or freed since is not in them; before the first collection everything is.';

/** Answers requests about profiles, which it keeps. */
export function profileHandlers(store: ModuleStore, ask: AskForMemory): Handlers<ProfileRequests> {
  const captures = new Map<string, Capture>();
  /** Newest first. */
  let views: {
    readonly key: string;
    readonly base: string | null;
    readonly of: string;
    view: ProfileView;
  }[] = [];
  const get = (key: string): Capture => {
    const found = captures.get(key);
    if (found === undefined) throw new Error('this profile is gone');
    return found;
  };
  const viewOf = (key: string, query: ProfileQuery): ProfileView => {
    const of = JSON.stringify([key, query]);
    let known = views.find((one) => one.of === of);
    known ??= {
      ...{ key, base: query.base, of },
      view: new ProfileView(get(key), query.base === null ? null : get(query.base), query),
    };
    const used = known;
    let nodes = 0;
    views = [used, ...views.filter((one) => one !== used)]
      .slice(0, KEPT_VIEWS)
      .filter(({ view }, index) => index === 0 || (nodes += view.nodes) <= KEPT_NODES);
    return used.view;
  };
  const forget = (key: string): void => {
    views = views.filter((one) => one.key !== key && one.base !== key);
  };

  return {
    'profile.open': async ({ captureKey, bytes, modules }) => {
      const candidates = modules.flatMap(({ moduleKey, name }) => {
        const module = store.find(moduleKey);
        return module === undefined ? [] : [{ name, module }];
      });
      const capture = await openCapture(new Uint8Array(bytes), candidates);
      captures.set(captureKey, capture);
      // It may have been open before, without the names that it has now.
      forget(captureKey);
      return capture.facts;
    },

    'profile.memory': async ({ captureKey, type, source }) => {
      const { moduleKey, moment, target, kind, about } = source;
      const module = store.get(moduleKey);
      const { runtime } = module;
      if (!('value' in runtime)) throw new Error(`The profile cannot be read: ${runtime.why}.`);
      if (type === 'goroutine') throw new Error('goroutine profiles are made of snapshots');
      const memory = new FarSnapshotMemory(runtime.value, moment.byteLength, kind !== 'running', (ranges) =>
        ask.read(target, ranges),
      );
      const recorded = await memory.walk((loaded) => readMemoryProfile(runtime.value, loaded));
      const profile = heapProfile(runtime.value.program, recorded, {
        type,
        module: { file: about.moduleName, buildId: module.hash },
        timeNanos: BigInt(Math.round(moment.time)) * 1_000_000n,
      });
      const kept = (): ReturnType<typeof gzip> => gzip(writeProfile(profile));
      const capture = captureOf(profile, 'pprof', kept, [...recorded.notes, AS_OF]);
      captures.set(captureKey, capture);
      return capture.facts;
    },

    'profile.kept': async ({ captureKey }) => {
      const { buffer, byteOffset, byteLength } = await get(captureKey).kept();
      return buffer.slice(byteOffset, byteOffset + byteLength);
    },

    'profile.save': ({ captureKey, format, sources }) => saveCapture(get(captureKey), format, sources),

    'profile.files': ({ captureKey }) => sourceFiles(get(captureKey).shown),

    'profile.drop': ({ captureKey }) => {
      captures.delete(captureKey);
      forget(captureKey);
      return null;
    },

    'profile.summary': ({ captureKey, query }) => viewOf(captureKey, query).summary,

    'profile.flame': ({ captureKey, query, shape }) => viewOf(captureKey, query).flame(shape),

    'profile.top': ({ captureKey, query, filter, sort, from, count }) =>
      viewOf(captureKey, query).top(filter, sort, from, Math.min(count, MAX_ROWS)),

    'profile.calls': ({ captureKey, query, direction, open, from, count }) =>
      viewOf(captureKey, query).calls[direction].rows(open, from, Math.min(count, MAX_ROWS)),

    'profile.peek': ({ captureKey, query, frame }) => viewOf(captureKey, query).peek(frame),

    'profile.source': ({ captureKey, query, function: name }) =>
      viewOf(captureKey, { ...query, granularity: 'lines' }).lines(name),
  };
}

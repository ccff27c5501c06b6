import { address } from '../base/units.ts';
import type { GoRuntime } from '../go/runtime/runtime.ts';
import { CancelledError, type Handlers } from '../protocol/endpoint.ts';
import { answerQuery, findRow, readGoneKey, rowsOf, type QueryAnswer } from '../protocol/goroutine-query.ts';
import type { GoroutineQuery, GoroutineRow, GoroutineRows } from '../protocol/goroutines.ts';
import type {
  AnalysisRequests,
  GatheredAnswer,
  SnapshotSource,
  SnapshotSummary,
} from '../protocol/requests.ts';
import { gzip } from '../profile/gzip.ts';
import type { AskForMemory } from './analysis.ts';
import { argumentsOf } from './goroutines-arguments.ts';
import { detailOf } from './goroutines-detail.ts';
import { openDump, writeDump } from './goroutines-dump.ts';
import { profileOf, tracebackOf } from './goroutines-export.ts';
import { factsOf, readingText, type Reading } from './goroutines-facts.ts';
import { FarSnapshotMemory, WholeSnapshotMemory } from './goroutines-memory.ts';
import { GoroutineSnapshot, type Entry } from './goroutines-snapshot.ts';
import { ownCode } from './goroutines-stacks.ts';
import { heapHandlers, type HeapSource } from './heap.ts';
import type { AnalyzedModule, ModuleStore } from './module-store.ts';

type SnapshotRequests = Pick<
  AnalysisRequests,
  Extract<keyof AnalysisRequests, `snapshot.${string}` | `heap.${string}`>
>;

/** A snapshot and what it was read from. */
interface Kept {
  readonly snapshot: GoroutineSnapshot;
  readonly reading: Reading;
  readonly source: Omit<SnapshotSource, 'snapshotKey'> & {
    readonly hash: string;
    readonly goVersion: string;
  };
  /** Reads a part of the memory. */
  readonly bytes: (from: number, length: number) => Promise<Uint8Array>;
  /** The last answers, newest first. */
  answers: { readonly of: string; readonly answer: QueryAnswer }[];
  /** For its heap; null until that is asked for. */
  heap: HeapSource | null;
}

/** More goroutines than a program in a browser has. */
const MAX_GOROUTINES = 1 << 20;
/** Rows of one answer. */
const MAX_ROWS = 5000;
/** Rows whose stacks are read before they are given out; a window shows fewer. */
const MAX_ENSURED = 200;
const KEPT_ANSWERS = 3;
/** The fields of runtime.g that the list needs (src/go/runtime/goroutine.ts). */
const FIELDS = [
  '_panic',
  'm',
  'syscallsp',
  'syscallpc',
  'atomicstatus',
  'goid',
  'waitsince',
  'waitreason',
  'gopc',
  'startpc',
  'waiting',
  'parentGoid',
  'lockedm',
  'timer',
  'sleepWhen',
  'runningCleanups',
  'labels',
  'bubble',
  'syncGroup',
] as const;

/** Answers requests about snapshots, which it keeps. */
export function goroutineHandlers(store: ModuleStore, ask: AskForMemory): Handlers<SnapshotRequests> {
  const kept = new Map<string, Kept>();
  const get = (key: string): Kept => {
    const found = kept.get(key);
    if (found === undefined) throw new Error('this snapshot is gone');
    return found;
  };
  const answerOf = (key: string, query: GoroutineQuery): QueryAnswer => {
    const one = get(key);
    const base = query.base === null ? null : get(query.base);
    const of = JSON.stringify([query, one.snapshot.version, base?.snapshot.version]);
    const known = one.answers.find((answer) => answer.of === of);
    if (known !== undefined) return known.answer;
    const answer = answerQuery(one.snapshot.items(), query, base?.snapshot.items() ?? null);
    one.answers = [{ of, answer }, ...one.answers].slice(0, KEPT_ANSWERS);
    return answer;
  };

  /** A goroutine by the key of its row, in the snapshot that it is in: the base for one that is gone. */
  const goroutineOf = (
    snapshotKey: string,
    key: string,
  ): { readonly snapshot: GoroutineSnapshot; readonly entry: Entry; readonly gone: boolean } => {
    const gone = readGoneKey(key);
    const { snapshot } = get(gone?.base ?? snapshotKey);
    const entry = snapshot.find(gone?.key ?? key);
    if (entry === undefined) throw new Error('this goroutine is not in the snapshot');
    return { snapshot, entry, gone: gone !== null };
  };

  const { forget, ...heaps } = heapHandlers((key) => {
    const one = get(key);
    const { runtime, memory, at } = one.snapshot;
    const { size, consistent } = memory;
    return (one.heap ??= { runtime, sp: at.sp, size, consistent, bytes: one.bytes });
  });

  return {
    ...heaps,
    'snapshot.read': async (source) => {
      const module = store.get(source.moduleKey);
      const { memory, moment, reading } = await openMemory(runtimeOf(module), source, ask);
      const snapshot = await GoroutineSnapshot.read(
        runtimeOf(module),
        memory,
        {
          sp: moment.sp === null ? null : address(moment.sp),
          now: clockOf(moment.time),
          ended: source.kind === 'still',
        },
        ownOf(module),
      );
      const one: Kept = {
        snapshot,
        reading,
        source: { ...source, moment, ...identityOf(module) },
        bytes: async (from, length) => {
          const [bytes] = await ask.read(source.target, [{ address: address(from), length }]);
          if (bytes?.length !== length) throw new Error('the page gave fewer bytes than were asked for');
          return bytes;
        },
        answers: [],
        heap: null,
      };
      kept.set(source.snapshotKey, one);
      return summaryOf(one);
    },

    'snapshot.open': async ({ snapshotKey, name, bytes, moduleKey, candidates }) => {
      const { header, memory } = await openDump(new Uint8Array(bytes));
      const key = moduleOfDump(store, header?.module ?? null, moduleKey, candidates);
      const module = store.get(key);
      const notes: string[] = [];
      if (header !== null && header.module.sha256 !== module.hash) {
        notes.push(
          `The dump is of another module, ${header.module.name} with the SHA-256 ${header.module.sha256}: what is shown may be wrong.`,
        );
      }
      if (header?.consistent === false) notes.push('The program ran on while this dump was written.');
      const sp = header?.sp ?? null;
      const time = header?.time ?? null;
      const snapshot = await GoroutineSnapshot.read(
        runtimeOf(module),
        new WholeSnapshotMemory(memory),
        {
          sp: sp === null ? null : address(sp),
          now: time === null ? null : clockOf(time),
          ended: header?.origin === 'trap',
        },
        ownOf(module),
      );
      const one: Kept = {
        snapshot,
        reading: { text: `Read from the file ${name}.`, pauseMs: null, notes },
        source: {
          moduleKey: key,
          kind: 'still',
          target: '',
          moment: { byteLength: memory.length, sp, time: time ?? 0, pauseMs: null },
          about: {
            moduleName: header?.module.name ?? '',
            url: header?.url ?? '',
            title: header?.title ?? '',
          },
          ...identityOf(module),
        },
        bytes: (from, length) => Promise.resolve(memory.subarray(from, from + length)),
        answers: [],
        heap: null,
      };
      kept.set(snapshotKey, one);
      return { ...summaryOf(one), moduleKey: key, time };
    },

    'snapshot.stacks': async ({ snapshotKey }, { signal, progress }) => {
      const one = get(snapshotKey);
      const { snapshot } = one;
      await snapshot.ensure(snapshot.entries, signal, (fraction) => {
        if (kept.get(snapshotKey) !== one) throw new CancelledError();
        progress(fraction);
      });
      await snapshot.judge();
      return summaryOf(one);
    },

    'snapshot.rows': async ({ snapshotKey, query, from, count }) => {
      const wanted = rowsOf(answerOf(snapshotKey, query), from, Math.min(count, MAX_ROWS));
      return withStacks(wanted, get(snapshotKey).snapshot);
    },

    'snapshot.find': ({ snapshotKey, query, which }) => {
      const base = query.base === null ? null : get(query.base).snapshot.items();
      const items = get(snapshotKey).snapshot.items();
      return findRow(answerOf(snapshotKey, query), { items, base, query }, which);
    },

    'snapshot.goroutine': async ({ snapshotKey, key }) => {
      const { snapshot, entry, gone } = goroutineOf(snapshotKey, key);
      const detail = await detailOf(snapshot, entry);
      if (!gone) return detail;
      const note = 'It is gone: this is how it was in the earlier snapshot.';
      return { ...detail, key, notes: [note, ...detail.notes] };
    },

    'snapshot.arguments': ({ snapshotKey, key, sources }) => {
      const { snapshot, entry } = goroutineOf(snapshotKey, key);
      return argumentsOf(snapshot, entry, sources);
    },

    'snapshot.waitObject': async ({ snapshotKey, address: at }) => {
      const { snapshot } = get(snapshotKey);
      const object = await snapshot.waitObject(at);
      if (object === undefined) throw new Error(`no goroutine waits on 0x${at.toString(16)}`);
      return object;
    },

    'snapshot.text': async ({ snapshotKey, query }, { signal, progress }) => {
      const flat: GoroutineQuery = { ...query, groupBy: 'none', open: [] };
      const found = answerOf(snapshotKey, flat).entries.flatMap((entry) =>
        'item' in entry ? [goroutineOf(snapshotKey, entry.item.row.key)] : [],
      );
      // Those that are gone come last, out of their own snapshot.
      const texts: string[] = [];
      for (const snapshot of new Set([get(snapshotKey).snapshot, ...found.map((one) => one.snapshot)])) {
        const entries = found.filter((one) => one.snapshot === snapshot).map(({ entry }) => entry);
        texts.push(await tracebackOf(snapshot, entries, signal, progress));
      }
      return texts.filter((text) => text !== '').join('\n');
    },

    'snapshot.pprof': async ({ snapshotKey }, { signal }) => {
      const { snapshot, source } = get(snapshotKey);
      const about = { name: source.about.moduleName, hash: source.hash, time: source.moment.time };
      const profile = await profileOf(snapshot, about, signal);
      return new Blob([await gzip(profile)], { type: 'application/octet-stream' });
    },

    'snapshot.save': ({ snapshotKey }, { progress }) => {
      const { snapshot, source, bytes } = get(snapshotKey);
      const { moment, about, kind } = source;
      return writeDump(
        {
          module: { sha256: source.hash, name: about.moduleName },
          goVersion: source.goVersion,
          url: about.url,
          time: moment.time === 0 ? null : moment.time,
          sp: moment.sp,
          origin: kind === 'still' ? 'trap' : 'live',
          title: about.title,
          memoryBytes: snapshot.memory.size,
          consistent: snapshot.memory.consistent,
        },
        bytes,
        progress,
      );
    },

    'snapshot.drop': ({ snapshotKey }) => {
      kept.delete(snapshotKey);
      forget(snapshotKey);
      return null;
    },
  };
}

function runtimeOf({ runtime }: AnalyzedModule): GoRuntime {
  if ('value' in runtime) return runtime.value;
  throw new Error(`Goroutines cannot be read: ${runtime.why}.`);
}

function ownOf(module: AnalyzedModule): (name: string) => boolean {
  const { main, deps } = module.report().module;
  return ownCode([...(main === null ? [] : [main]), ...deps.map(({ path }) => path)]);
}

const identityOf = (module: AnalyzedModule): { hash: string; goVersion: string } => ({
  hash: module.hash,
  goVersion: module.report().goVersion ?? '',
});

/** The runtime's clock is wasm_exec.js's: nanoseconds since the epoch. */
const clockOf = (time: number): number | null => (time === 0 ? null : time * 1e6);

const summaryOf = ({ snapshot, reading }: Kept): SnapshotSummary => ({
  facts: factsOf(snapshot, reading),
  verdict: snapshot.verdict,
});

/** The memory of a program in the page, with the list gathered where that can be done. */
async function openMemory(
  runtime: GoRuntime,
  source: SnapshotSource,
  ask: AskForMemory,
): Promise<Pick<SnapshotSource, 'moment'> & { memory: FarSnapshotMemory; reading: Kept['reading'] }> {
  const { kind, target } = source;
  const { gathered, words, why } = await gatherList(runtime, target, ask);
  // The list of a running program and its SP are of one moment.
  const moment = kind === 'running' && gathered !== null ? gathered : source.moment;
  const memory = new FarSnapshotMemory(runtime, moment.byteLength, kind !== 'running', (ranges) =>
    ask.read(target, ranges),
  );
  if (gathered !== null) memory.take({ ...gathered, list: listAddress(runtime), words });
  const pauses = [source.moment.pauseMs, gathered?.pauseMs ?? null].filter((pause) => pause !== null);
  const pauseMs = kind === 'still' || pauses.length === 0 ? null : Math.max(...pauses);
  const notes = why === null ? [] : [`The list was read page by page: ${why}.`];
  return { memory, moment, reading: { text: readingText(kind, moment.byteLength, pauseMs), pauseMs, notes } };
}

const listAddress = (runtime: GoRuntime): number => runtime.globals.allgs.address ?? 0;

async function gatherList(
  runtime: GoRuntime,
  target: string,
  ask: AskForMemory,
): Promise<{ gathered: GatheredAnswer | null; words: readonly number[]; why: string | null }> {
  const { g, gobuf, stack } = runtime.layouts.layouts;
  const offsets = [
    ...FIELDS.map((field) => g[field]),
    ...[gobuf.sp, gobuf.pc].map((offset) => g.sched + offset),
    ...[stack.lo, stack.hi].map((offset) => g.stack + offset),
  ];
  const words = [
    ...new Set(offsets.filter((offset) => offset !== undefined).map((offset) => offset - (offset % 8))),
  ].sort((a, b) => a - b);
  if (runtime.globals.allgs.address === undefined) return { gathered: null, words, why: null };
  try {
    const params = { target, list: listAddress(runtime), limit: MAX_GOROUTINES, words };
    return { gathered: await ask.gather(params), words, why: null };
  } catch (error) {
    return { gathered: null, words, why: error instanceof Error ? error.message : String(error) };
  }
}

/** The module of a dump: the one with its hash, else the chosen one. */
function moduleOfDump(
  store: ModuleStore,
  module: { readonly sha256: string; readonly name: string } | null,
  chosen: string | null,
  candidates: readonly string[],
): string {
  if (module !== null) {
    const fitting = [chosen, ...candidates].find(
      (key) => key !== null && store.find(key)?.hash === module.sha256,
    );
    if (fitting != null) return fitting;
  }
  if (chosen !== null) return chosen;
  throw new Error(
    module === null
      ? 'This file is raw memory: choose the module that it belongs to.'
      : `The module of this dump is not here: ${module.name}, SHA-256 ${module.sha256}. Drop its file in first.`,
  );
}

/** The rows as they are once the stacks of those that are shown have been read. */
async function withStacks(rows: GoroutineRows, snapshot: GoroutineSnapshot): Promise<GoroutineRows> {
  const entryOf = (row: GoroutineRow): Entry | undefined => snapshot.find(row.key);
  const shown = rows.rows
    .filter((row) => row.kind === 'goroutine')
    .filter((row) => row.change !== 'gone')
    .slice(0, MAX_ENSURED);
  const unread = shown.map(entryOf).filter((entry) => entry?.stack === null);
  if (unread.length === 0) return rows;
  try {
    await snapshot.ensure(unread.filter((entry) => entry !== undefined));
  } catch {
    // The list stands without them; the background work tells why.
    return rows;
  }
  return {
    ...rows,
    rows: rows.rows.map((row) => {
      const entry = row.kind === 'goroutine' && row.change !== 'gone' ? entryOf(row) : undefined;
      return row.kind === 'group' || entry === undefined
        ? row
        : { ...snapshot.itemOf(entry).row, group: row.group, change: row.change };
    }),
  };
}

import { address } from '../base/units.ts';
import { CancelledError, type Handlers } from '../protocol/endpoint.ts';
import {
  answerQuery,
  findRow,
  readGoneKey,
  rowsOf,
  type QueryAnswer,
  type QueryItem,
} from '../protocol/goroutine-query.ts';
import type { GoroutineQuery, GoroutineRow, GoroutineRows } from '../protocol/goroutines.ts';
import type { AnalysisRequests, SnapshotSource, SnapshotSummary } from '../protocol/requests.ts';
import { gzip } from '../profile/gzip.ts';
import type { AskForMemory } from './analysis.ts';
import { openDump } from '../memory/open-dump.ts';
import { writeDump } from './goroutines-dump.ts';
import type { Reading } from './goroutines-facts.ts';
import { openSnapshot, snapshotOfDump } from './goroutines-open.ts';
import type { HeapSource } from './heap.ts';
import { heapsOfAll } from './heaps.ts';
import { memoryHandlers } from './memory.ts';
import { addressRanges, type OpenedMemory } from './memory-open.ts';
import { GoSnapshot } from './go-snapshot.ts';
import type { Snapshot } from './snapshot.ts';
import { SnapshotBytes } from './snapshot-bytes.ts';
import type { AnalyzedModule, ModuleStore } from './module-store.ts';

type SnapshotRequests = Pick<
  AnalysisRequests,
  Extract<keyof AnalysisRequests, `snapshot.${string}` | `heap.${string}` | `memory.${string}`>
>;

/** A snapshot and what it was read from. */
interface Kept {
  readonly snapshot: Snapshot;
  readonly reading: Reading;
  readonly source: Omit<SnapshotSource, 'snapshotKey'> & {
    readonly hash: string;
    readonly goVersion: string;
  };
  readonly bytes: SnapshotBytes;
  /** The last answers, newest first. */
  answers: { readonly of: string; readonly answer: QueryAnswer }[];
  /** For its heap; null until that is asked for. */
  heap: HeapSource | null;
  /** For the view of its memory; null until that is asked for. */
  opened: OpenedMemory | null;
}

/** Rows of one answer. */
const MAX_ROWS = 5000;
/** Rows whose stacks are read before they are given out; a window shows fewer. */
const MAX_ENSURED = 200;
const KEPT_ANSWERS = 3;

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
  ): { readonly snapshot: Snapshot; readonly own: string; readonly gone: boolean } => {
    const gone = readGoneKey(key);
    const { snapshot } = get(gone?.base ?? snapshotKey);
    const own = gone?.key ?? key;
    if (snapshot.item(own) === undefined) throw new Error('this goroutine is not in the snapshot');
    return { snapshot, own, gone: gone !== null };
  };

  const { dropped, ...heaps } = heapsOfAll(
    (key) => get(key).snapshot,
    (key) => {
      const one = get(key);
      if (!(one.snapshot instanceof GoSnapshot)) throw new Error('this snapshot is not of standard Go');
      const { runtime, memory, at } = one.snapshot.of;
      const { size, consistent } = memory;
      return (one.heap ??= { runtime, sp: at.sp, size, consistent, bytes: one.bytes });
    },
  );

  let openings = 0;
  const memories = memoryHandlers(store, ask, (snapshotKey) => {
    const one = get(snapshotKey);
    const { snapshot } = one;
    return (one.opened ??= {
      key: `snapshot ${++openings}`,
      module: store.get(one.source.moduleKey),
      size: snapshot.memory.size,
      live: false,
      read: (ranges) => one.bytes.read(addressRanges(ranges)),
      walk: (work) => snapshot.memory.walk(work),
      stacks: () => snapshot.stacks(),
    });
  });

  return {
    ...heaps,
    ...memories,
    'snapshot.read': async (source) => {
      const module = store.get(source.moduleKey);
      const bytes = new SnapshotBytes((ranges) => ask.read(source.target, ranges));
      const { snapshot, moment, reading } = await openSnapshot(module, source, bytes, ask);
      const one: Kept = {
        snapshot,
        reading,
        source: { ...source, moment, ...identityOf(module) },
        bytes,
        answers: [],
        heap: null,
        opened: null,
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
      const source = {
        ...{ moduleKey: key, kind: 'still' as const, target: '' },
        moment: { byteLength: memory.length, sp, time: time ?? 0, pauseMs: null },
        about: {
          moduleName: header?.module.name ?? '',
          url: header?.url ?? '',
          title: header?.title ?? '',
          ...(header?.stack === undefined ? {} : { stack: header.stack }),
        },
      };
      const snapshot = await snapshotOfDump(module, memory, source, header?.origin === 'trap');
      const one: Kept = {
        snapshot,
        reading: { text: `Read from the file ${name}.`, pauseMs: null, notes },
        source: { ...source, ...identityOf(module) },
        bytes: new SnapshotBytes(() => Promise.reject(new Error('a dump is read whole')), memory),
        answers: [],
        heap: null,
        opened: null,
      };
      kept.set(snapshotKey, one);
      return { ...summaryOf(one), moduleKey: key, time, title: header?.title ?? '' };
    },

    'snapshot.stacks': async ({ snapshotKey }, { signal, progress }) => {
      const one = get(snapshotKey);
      const { snapshot } = one;
      await snapshot.ensure(null, signal, (fraction) => {
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
      const { snapshot, own, gone } = goroutineOf(snapshotKey, key);
      const detail = await snapshot.detail(own);
      if (!gone) return detail;
      const note = 'It is gone: this is how it was in the earlier snapshot.';
      return { ...detail, key, notes: [note, ...detail.notes] };
    },

    'snapshot.arguments': ({ snapshotKey, key, sources }) => {
      const { snapshot, own } = goroutineOf(snapshotKey, key);
      return snapshot.arguments(own, sources);
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
        const keys = found.filter((one) => one.snapshot === snapshot).map(({ own }) => own);
        texts.push(await snapshot.text(keys, signal, progress));
      }
      return texts.filter((text) => text !== '').join('\n');
    },

    'snapshot.pprof': async ({ snapshotKey }, { signal }) => {
      const { snapshot, source } = get(snapshotKey);
      const about = { name: source.about.moduleName, hash: source.hash, time: source.moment.time };
      const profile = await snapshot.profile(about, signal);
      return new Blob([await gzip(profile)], { type: 'application/octet-stream' });
    },

    'snapshot.save': ({ snapshotKey, title }, { progress }) => {
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
          title: title ?? about.title,
          ...(about.stack === undefined ? {} : { stack: about.stack }),
          memoryBytes: snapshot.memory.size,
          consistent: snapshot.memory.consistent,
        },
        async (from, length) => {
          const [part] = await bytes.read([{ address: address(from), length }]);
          if (part?.length !== length) throw new Error('the page gave fewer bytes than were asked for');
          return part;
        },
        progress,
      );
    },

    'snapshot.drop': ({ snapshotKey }) => {
      kept.delete(snapshotKey);
      dropped(snapshotKey);
      return null;
    },
  };
}

const identityOf = (module: AnalyzedModule): { hash: string; goVersion: string } => ({
  hash: module.hash,
  goVersion: module.report().goVersion ?? '',
});

const summaryOf = ({ snapshot, reading }: Kept): SnapshotSummary => ({
  facts: snapshot.facts(reading),
  verdict: snapshot.verdict,
});

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
async function withStacks(rows: GoroutineRows, snapshot: Snapshot): Promise<GoroutineRows> {
  const itemOf = (row: GoroutineRow): QueryItem | undefined => snapshot.item(row.key);
  const shown = rows.rows
    .filter((row) => row.kind === 'goroutine')
    .filter((row) => row.change !== 'gone')
    .slice(0, MAX_ENSURED);
  const unread = shown.filter((row) => itemOf(row)?.stack === null).map(({ key }) => key);
  if (unread.length === 0) return rows;
  try {
    await snapshot.ensure(unread);
  } catch {
    // The list stands without them; the background work tells why.
    return rows;
  }
  return {
    ...rows,
    rows: rows.rows.map((row) => {
      const item = row.kind === 'goroutine' && row.change !== 'gone' ? itemOf(row) : undefined;
      return row.kind === 'group' || item === undefined
        ? row
        : { ...item.row, group: row.group, change: row.change };
    }),
  };
}

import { MemoryDiff } from '../memory/diff.ts';
import {
  REGION_KINDS,
  paintRegions,
  regionAt,
  sumNames,
  sumRegions,
  type RegionKind,
} from '../memory/regions.ts';
import { Search, type Needle } from '../memory/search.ts';
import { CancelledError, type Handlers, type RequestContext } from '../protocol/endpoint.ts';
import type { MemoryRequests, MemorySource, SearchMatch } from '../protocol/memory.ts';
import type { AskForMemory } from './analysis.ts';
import { findPlaces } from './memory-find.ts';
import { inspect, nameAt, wordOf } from './memory-inspect.ts';
import { readMap, type ReadMap } from './memory-map.ts';
import { openInPage, type OpenedMemory } from './memory-open.ts';
import { valueAt } from './memory-value.ts';
import type { ModuleStore } from './module-store.ts';
import { nextTask } from '../base/next-task.ts';

/** Bytes of one answer. */
const MAX_BYTES = 1 << 20;
/** Bytes that are gone through at a time, and that are saved at a time. */
const STEP = 4 << 20;
/** Places that a search gives, ranges that a diff gives, rows of one answer. */
const MAX_MATCHES = 2000;
const MAX_ROWS = 1000;
/** Size classes, with and without pointers, and large objects. */
const MAX_CLASSES = 200;
/** Bytes shown of a place that was found. */
const PREVIEW = 16;
/** Maps that are kept, and parts of a picture. */
const KEPT_MAPS = 4;
const MAX_PARTS = 4096;

/** Answers requests about memories. `open`: the memory of a snapshot; it throws where there is none. */
export function memoryHandlers(
  store: ModuleStore,
  ask: AskForMemory,
  open: (snapshotKey: string) => OpenedMemory,
): Handlers<MemoryRequests> {
  const opened = (source: MemorySource): OpenedMemory =>
    source.kind === 'snapshot' ? open(source.snapshotKey) : openInPage(store, ask, source);
  /** Newest first. */
  let maps: { readonly key: string; readonly size: number; readonly map: ReadMap }[] = [];
  const keep = async (memory: OpenedMemory): Promise<ReadMap> => {
    const map = await readMap(memory);
    const others = maps.filter(({ key }) => key !== memory.key);
    maps = [{ key: memory.key, size: memory.size, map }, ...others].slice(0, KEPT_MAPS);
    return map;
  };
  const mapOf = async (memory: OpenedMemory): Promise<ReadMap> =>
    maps.find(({ key }) => key === memory.key)?.map ?? keep(memory);

  return {
    'memory.bytes': async ({ source, ranges }) => {
      if (ranges.reduce((sum, { length }) => sum + length, 0) > MAX_BYTES) {
        throw new RangeError('more bytes than one answer has');
      }
      const parts = await opened(source).read(ranges);
      // A view of a whole memory would be sent with all of it.
      return parts.map((part) => part.slice());
    },

    'memory.map': async ({ source, parts }) => {
      const memory = opened(source);
      const { table, arenas, notes } = memory.live ? await keep(memory) : await mapOf(memory);
      return {
        size: memory.size,
        moduleHash: memory.module.hash,
        word: wordOf(memory),
        sums: sumRegions(table),
        regions: table.count,
        classes: sumNames(table, 'heap', MAX_CLASSES),
        arenas,
        picture: paintRegions(table, Math.min(parts, MAX_PARTS)),
        kinds: REGION_KINDS,
        notes,
      };
    },

    'memory.regions': async ({ source, kind, name, from, count }) => {
      const { table } = await mapOf(opened(source));
      const wanted = kind === null ? -1 : REGION_KINDS.indexOf(kind satisfies RegionKind);
      const named = name === null ? -1 : table.names.indexOf(name);
      const rows = [];
      let seen = 0;
      for (let i = 0; i < table.count; i++) {
        if (wanted >= 0 && table.kind[i] !== wanted) continue;
        if (name !== null && table.name[i] !== named) continue;
        if (seen >= from && rows.length < Math.min(count, MAX_ROWS)) rows.push(regionAt(table, i));
        seen++;
      }
      return { count: seen, rows };
    },

    'memory.inspect': async ({ source, address }) => {
      const memory = opened(source);
      if (address < 0 || address >= memory.size) {
        throw new RangeError(`0x${address.toString(16)} is beyond the end of the memory`);
      }
      return inspect(memory, await mapOf(memory), address);
    },

    'memory.value': ({ source, address, of }) => valueAt(opened(source), address, of),

    'memory.find': async ({ source, text }) => {
      const memory = opened(source);
      return findPlaces(memory, await mapOf(memory), text);
    },

    'memory.search': async ({ source, query }, context) => {
      const memory = opened(source);
      const map = await mapOf(memory);
      const needle: Needle = query.kind === 'bytes' ? query : { ...query, word: wordOf(memory) };
      const search = new Search(needle);
      const found: number[] = [];
      let searched = 0;
      await goThrough(memory.size, context, async (from, length) => {
        const [bytes] = await memory.read([{ address: from, length }]);
        if (bytes === undefined || bytes.length === 0) return false;
        searched = from + bytes.length;
        // One more than are given out: then it is known that there are more.
        return search.feed(from, bytes, (at) => found.push(at) <= MAX_MATCHES);
      });
      const shown = found.slice(0, MAX_MATCHES);
      const previews = await memory.read(shown.map((address) => ({ address, length: PREVIEW })));
      const matches = shown.map((address, i): SearchMatch => ({
        address,
        region: nameAt(map.table, address),
        // Not a view of the whole memory, which would be sent with it.
        bytes: (previews[i] ?? new Uint8Array(0)).slice(),
      }));
      return { matches, more: found.length > MAX_MATCHES, searched };
    },

    'memory.diff': async ({ source, base }, context) => {
      const after = opened(source);
      const before = opened(base);
      const map = await mapOf(after);
      const diff = new MemoryDiff(MAX_MATCHES);
      const common = Math.min(after.size, before.size);
      await goThrough(common, context, async (from, length) => {
        const range = [{ address: from, length }];
        const [[was], [is]] = await Promise.all([before.read(range), after.read(range)]);
        if (was?.length !== length || is?.length !== length) throw new Error('the memory is not what it was');
        diff.feed(from, was, is);
        return true;
      });
      diff.feedOnly(common, Math.max(after.size, before.size) - common);
      const ranges = diff.finish();
      return {
        ranges,
        regions: ranges.map(({ start }) => nameAt(map.table, start)),
        count: diff.ranges,
        changedBytes: diff.changedBytes,
        size: after.size,
        baseSize: before.size,
      };
    },

    'memory.save': async ({ source, from, length }, context) => {
      const memory = opened(source);
      const end = Math.min(memory.size, from + length);
      const parts: BlobPart[] = [];
      await goThrough(Math.max(0, end - from), context, async (at, step) => {
        const [bytes] = await memory.read([{ address: from + at, length: step }]);
        if (bytes?.length !== step) throw new Error('the page gave fewer bytes than were asked for');
        parts.push(bytes.slice());
        return true;
      });
      return new Blob(parts, { type: 'application/octet-stream' });
    },
  };
}

/** Calls `work` for one part after the other until it gives false, and lets other requests be answered in between. */
async function goThrough(
  size: number,
  { signal, progress }: RequestContext,
  work: (from: number, length: number) => Promise<boolean>,
): Promise<void> {
  for (let from = 0; from < size; from += STEP) {
    if (signal.aborted) throw new CancelledError();
    if (!(await work(from, Math.min(STEP, size - from)))) return;
    progress(Math.min(1, (from + STEP) / size));
    await nextTask();
  }
}

import { FormatError } from '../../base/format-error.ts';
import { address, type Address } from '../../base/units.ts';
import type { Memory } from '../../memory/memory.ts';
import type { Goroutine } from './goroutine.ts';
import { readString } from './print.ts';
import type { GoRuntime } from './runtime.ts';

/** More labels than a goroutine has. */
const MAX_LABELS = 1000;
/** hmap (Go src/runtime/map.go, up to 1.23): count 0, B 9, buckets 16, oldbuckets 24. */
const HMAP = { count: 0, b: 9, buckets: 16, oldBuckets: 24 };
const SLOTS = 8;
/** A bucket of map[string]string: 8 bytes of hashes, 8 keys, 8 values, the next bucket. */
const BUCKET = { keys: 8, values: 8 + SLOTS * 16, next: 8 + SLOTS * 32, size: 16 + SLOTS * 32 };
/** A byte of hashes below this says that the slot is empty, or moved to where the map grows to. */
const FIRST_HASH = 5;
const MAX_B = 10;

/**
 * A goroutine's labels (pprof.Do, Go src/runtime/pprof/label.go), by key: since 1.24 a list of pairs of strings, before that a pointer
 * to a map[string]string. What cannot be read is left out. Throws only NeedPages.
 */
export function readLabels(
  { program }: GoRuntime,
  memory: Memory,
  { labels }: Goroutine,
): readonly (readonly [string, string])[] {
  if (labels === 0) return [];
  const pairs: [string, string][] = [];
  const add = (key: number, value: number): void => {
    const name = readString(memory, address(key));
    const text = readString(memory, address(value));
    if (name !== undefined && text !== undefined && pairs.length < MAX_LABELS) pairs.push([name, text]);
  };
  try {
    if (program.minor >= 24) readList(memory, labels, add);
    else readMap(memory, address(memory.word(labels)), add);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
  return pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

type Add = (key: number, value: number) => void;

function readList(memory: Memory, slice: Address, add: Add): void {
  const list = memory.word(slice);
  const count = Math.min(memory.word(address(slice + 8)), MAX_LABELS);
  for (let i = 0; i < count; i++) add(list + i * 32, list + i * 32 + 16);
}

function readMap(memory: Memory, map: Address, add: Add): void {
  if (map === 0 || memory.word(address(map + HMAP.count)) > MAX_LABELS) return;
  const b = memory.u8(address(map + HMAP.b));
  if (b > MAX_B) throw new FormatError('map[string]string', map, `2^${b} buckets`, true);
  const readBuckets = (at: number, count: number): void => {
    for (let i = 0; at !== 0 && i < count; i++) {
      let bucket = at + i * BUCKET.size;
      for (let length = 0; bucket !== 0 && length < MAX_LABELS; length++) {
        for (let slot = 0; slot < SLOTS; slot++) {
          if (memory.u8(address(bucket + slot)) < FIRST_HASH) continue;
          add(bucket + BUCKET.keys + slot * 16, bucket + BUCKET.values + slot * 16);
        }
        bucket = memory.word(address(bucket + BUCKET.next));
      }
    }
  };
  readBuckets(memory.word(address(map + HMAP.buckets)), 1 << b);
  readBuckets(memory.word(address(map + HMAP.oldBuckets)), 1 << Math.max(0, b - 1));
}

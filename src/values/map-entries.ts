import { FormatError } from '../base/format-error.ts';
import { address, type Address } from '../base/units.ts';
import { Kind } from '../go/runtime/types.ts';
import type { Memory } from '../memory/memory.ts';
import type { ValueType } from './value-type.ts';

// Maps. Up to 1.23 (Go src/runtime/map.go): hmap {count 0, flags 8, B 9, noverflow 10, hash0 12, buckets 16, oldbuckets 24, nevacuate 32};
// a bucket is a struct {topbits [8]uint8, keys [8]K, elems [8]V, overflow}. Since 1.24 (Go src/internal/runtime/maps): Map {used 0, seed 8,
// dirPtr 16, dirLen 24}; dirLen 0: dirPtr is the one group; else an array of *table {used 0, capacity 2, growthLeft 4, localDepth 6,
// index 8, groups {data 16, lengthMask 24}}; a group is a struct {ctrl uint64, slots [8]struct{key K, elem V}} or, where keys and values
// stand apart (GOEXPERIMENT=mapsplitgroup), {ctrl, keys [8]K, elems [8]V}. The offsets in buckets and groups are those that the module
// describes. Keys and values of more than 128 bytes stand elsewhere, and their address here, in all versions.

const SLOTS = 8;
const MAX_INLINE = 128;
const TABLE_SIZE = 32;
/** B of the old maps; 2 to this power are more buckets than memory has. */
const MAX_B = 32;
/** topbits of a slot: smaller ones mean empty, or moved to the new buckets (Go src/runtime/map.go, minTopHash, evacuatedX). */
const MIN_TOP_HASH = 5;
const EMPTY_SLOTS = [0, 1];
/** hmap.flags: the map grows into as many buckets as it had. */
const SAME_SIZE_GROW = 8;
/** Groups, buckets and tables that are looked at for one answer. */
const MAX_VISITED = 1 << 16;

/** Where a key and its value stand. */
export interface MapEntry {
  readonly key: Address;
  readonly value: Address;
}

/** Where the eight keys and values stand in a bucket or group. */
interface SlotLayout {
  readonly swiss: boolean;
  readonly size: number;
  readonly keys: number;
  readonly keyStride: number;
  readonly values: number;
  readonly valueStride: number;
  readonly overflow: number;
  readonly indirectKey: boolean;
  readonly indirectValue: boolean;
}

/** How many entries the map whose header is at `header` has; throws a FormatError where that is absurd. */
export function mapCount(memory: Memory, header: Address): number {
  const count = header === 0 ? 0 : memory.word(header);
  if (count > memory.size) throw new FormatError('map', header, `${count} entries`, true);
  return count;
}

/**
 * Up to `limit` entries from the `skip`th on, in the order in which they stand. `header`: what the map's word holds. Throws NeedPages, and
 * a FormatError where it is damaged; work is bounded by the memory's size and by the answer.
 */
export function mapEntries(
  memory: Memory,
  type: ValueType,
  header: Address,
  skip: number,
  limit: number,
): MapEntry[] {
  const found: MapEntry[] = [];
  if (header === 0) return found;
  const layout = layoutOf(type);
  const wanted = Math.min(limit, Math.max(0, mapCount(memory, header) - skip));
  if (wanted === 0) return found;
  let passed = 0;
  for (const slots of layout.swiss ? groupsOf(memory, layout, header) : bucketsOf(memory, layout, header)) {
    for (const slot of slots.full) {
      if (passed++ < skip) continue;
      const key = address(slots.at + layout.keys + slot * layout.keyStride);
      const value = address(slots.at + layout.values + slot * layout.valueStride);
      found.push({
        key: layout.indirectKey ? address(memory.word(key)) : key,
        value: layout.indirectValue ? address(memory.word(value)) : value,
      });
      if (found.length === wanted) return found;
    }
  }
  return found;
}

interface Slots {
  readonly at: number;
  /** Numbers of the slots that hold something. */
  readonly full: readonly number[];
}

function* groupsOf(memory: Memory, layout: SlotLayout, header: Address): Generator<Slots> {
  const directory = memory.word(address(header + 16));
  const tables = memory.word(address(header + 24));
  let visited = 0;
  const group = (at: number): Slots => {
    const full: number[] = [];
    // A control byte of a slot that is empty or was deleted has its highest bit set.
    for (let i = 0; i < SLOTS; i++) if (memory.u8(address(at + i)) < 0x80) full.push(i);
    return { at, full };
  };
  if (tables === 0) {
    yield group(directory);
    return;
  }
  let before = 0;
  for (let i = 0; i < tables && visited < MAX_VISITED; i++, visited++) {
    // A table that has not been split stands several times in a row.
    const table = memory.word(address(directory + i * 8));
    if (table === before) continue;
    before = table;
    if (table + TABLE_SIZE > memory.size)
      throw new FormatError('map', table, 'a table outside the memory', true);
    const data = memory.word(address(table + 16));
    const groups = memory.word(address(table + 24)) + 1;
    for (let k = 0; k < groups && visited < MAX_VISITED; k++, visited++) yield group(data + k * layout.size);
  }
}

function* bucketsOf(memory: Memory, layout: SlotLayout, header: Address): Generator<Slots> {
  const flags = memory.u8(address(header + 8));
  const b = memory.u8(address(header + 9));
  if (b > MAX_B) throw new FormatError('map', header, `2 to the ${b} buckets`, true);
  const buckets = memory.word(address(header + 16));
  const old = memory.word(address(header + 24));
  let visited = 0;
  function* chain(first: number): Generator<Slots> {
    for (let at = first; at !== 0 && visited < MAX_VISITED; visited++) {
      const full: number[] = [];
      for (let i = 0; i < SLOTS; i++) if (memory.u8(address(at + i)) >= MIN_TOP_HASH) full.push(i);
      yield { at, full };
      at = memory.word(address(at + layout.overflow));
    }
  }
  if (old !== 0) {
    const count = (flags & SAME_SIZE_GROW) === 0 ? 2 ** Math.max(0, b - 1) : 2 ** b;
    for (let i = 0; i < count && visited < MAX_VISITED; i++) {
      const at = old + i * layout.size;
      // The first slot of a bucket that was moved says so.
      const top = memory.u8(address(at));
      if (top < MIN_TOP_HASH && !EMPTY_SLOTS.includes(top)) continue;
      yield* chain(at);
    }
  }
  if (buckets === 0) return;
  for (let i = 0; i < 2 ** b && visited < MAX_VISITED; i++) yield* chain(buckets + i * layout.size);
}

const layouts = new WeakMap<ValueType, SlotLayout>();

function layoutOf(type: ValueType): SlotLayout {
  let layout = layouts.get(type);
  if (layout === undefined) layouts.set(type, (layout = readLayout(type)));
  return layout;
}

function readLayout(type: ValueType): SlotLayout {
  const storage = type.storage();
  const fields = storage.fields();
  const [first, second, third] = fields;
  const damaged = (): FormatError =>
    new FormatError(
      'type descriptor',
      type.descriptor ?? 0,
      `the slots of ${type.name} are not as known`,
      true,
    );
  if (first === undefined || second?.type.kind !== Kind.array) throw damaged();
  const common = {
    size: storage.size,
    keys: second.offset,
    indirectKey: type.key().size > MAX_INLINE,
    indirectValue: type.element().size > MAX_INLINE,
  };
  if (first.name === 'ctrl' && third === undefined) {
    const slot = second.type.element();
    const [key, value] = slot.fields();
    if (key === undefined || value === undefined) throw damaged();
    return {
      ...common,
      swiss: true,
      keyStride: slot.size,
      values: second.offset + value.offset,
      valueStride: slot.size,
      overflow: 0,
    };
  }
  if (third?.type.kind !== Kind.array) throw damaged();
  return {
    ...common,
    swiss: first.name === 'ctrl',
    keyStride: second.type.element().size,
    values: third.offset,
    valueStride: third.type.element().size,
    overflow: fields.at(-1)?.offset ?? 0,
  };
}

import type { GoRuntime } from '../runtime.ts';
import type { MemoryProfile } from '../memory-profile.ts';
import type { HeapSummary } from './summary.ts';

/** How much of something there was before and after. */
export interface Growth {
  readonly name: string;
  readonly objectsBefore: number;
  readonly objectsAfter: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

export interface HeapDiff {
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** Those that differ, most growth of bytes first, what has shrunk last. */
  readonly types: readonly Growth[];
  /** The name is the size of the class in bytes; `large` for objects above 32 KiB. */
  readonly classes: readonly Growth[];
}

interface Amount {
  readonly name: string;
  readonly objects: number;
  readonly bytes: number;
}

/** What has grown from one heap to a later one, of the same module or of another build of it: types are told apart by name. */
export function diffHeaps(before: HeapSummary, after: HeapSummary): HeapDiff {
  const classes = ({ classes: rows }: HeapSummary): Amount[] =>
    rows.map(({ size, objects, bytes }) => ({ name: size === 0 ? 'large' : String(size), objects, bytes }));
  return {
    bytesBefore: before.bytes,
    bytesAfter: after.bytes,
    types: grown(before.types, after.types),
    classes: grown(classes(before), classes(after)),
  };
}

/**
 * What has grown by the stack that allocated it, by the memory profile: what it sampled, as counted up to the last collections. The name has a
 * line for each call, innermost first: function, file and line.
 */
export function diffProfiles(
  before: { readonly runtime: GoRuntime; readonly profile: MemoryProfile },
  after: { readonly runtime: GoRuntime; readonly profile: MemoryProfile },
): readonly Growth[] {
  const amounts = ({ runtime, profile }: typeof before): Amount[] =>
    profile.records.map((record) => ({
      name: record.stack
        .map((pc) => {
          const call = runtime.program.callBefore(pc);
          return call === undefined ? `0x${pc.toString(16)}` : `${call.function} ${call.file}:${call.line}`;
        })
        .join('\n'),
      objects: record.allocObjects - record.freeObjects,
      bytes: record.allocBytes - record.freeBytes,
    }));
  return grown(amounts(before), amounts(after));
}

function grown(before: readonly Amount[], after: readonly Amount[]): Growth[] {
  const rows = new Map<string, { -readonly [Key in keyof Growth]: Growth[Key] }>();
  const rowOf = (name: string) => {
    let row = rows.get(name);
    if (row === undefined) {
      row = { name, objectsBefore: 0, objectsAfter: 0, bytesBefore: 0, bytesAfter: 0 };
      rows.set(name, row);
    }
    return row;
  };
  for (const { name, objects, bytes } of before) {
    const row = rowOf(name);
    row.objectsBefore += objects;
    row.bytesBefore += bytes;
  }
  for (const { name, objects, bytes } of after) {
    const row = rowOf(name);
    row.objectsAfter += objects;
    row.bytesAfter += bytes;
  }
  const growth = (row: Growth): number => row.bytesAfter - row.bytesBefore;
  return [...rows.values()]
    .filter((row) => growth(row) !== 0 || row.objectsAfter !== row.objectsBefore)
    .sort((a, b) => growth(b) - growth(a) || (a.name < b.name ? -1 : 1));
}

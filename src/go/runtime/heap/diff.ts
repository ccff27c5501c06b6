import type { HeapSummary } from '../../../memory/heap-rows.ts';

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

/** How much there is of something that has a name. */
export interface Amount {
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

/** Amounts of the same name added up and compared: those that differ, most growth of bytes first, what has shrunk last. */
export function grown(before: readonly Amount[], after: readonly Amount[]): Growth[] {
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

import type { HookSample, RealmRequest } from '../hook-protocol.ts';
import { PREDEFINED, type Glue } from './glue.ts';
import type { Natives } from './natives.ts';

type SampleRequest = Extract<RealmRequest, { op: 'sample' }>;

/** Words of one sample. */
const MAX_WORDS = 32;

/** A few numbers of a program's memory and of its tables, read in one task. What is outside the memory is null. */
export function takeSample(
  bytes: Uint8Array,
  { words, goroutines }: SampleRequest,
  glue: Glue | undefined,
  natives: Natives,
): HookSample {
  const start = natives.now();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number): number | null =>
    at >= 0 && at + 8 <= view.byteLength
      ? view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x100000000
      : null;
  const tables = glue?.tables() ?? null;
  return {
    bytes: view.byteLength,
    words: words.slice(0, MAX_WORDS).map(({ at, through }) => {
      if (through === null) return word(at);
      const pointer = word(at);
      return pointer === null || pointer === 0 ? null : word(pointer + through);
    }),
    goroutines: goroutines === null ? null : countGoroutines(view, word, goroutines),
    references: tables === null ? null : tables.values.length - tables.pool.length - PREDEFINED,
    time: natives.epoch(),
    pauseMs: natives.now() - start,
  };
}

/** Goroutines of the list (its array's address and length stand at `list`) that have not ended; null where there are more than `limit`. */
function countGoroutines(
  view: DataView,
  word: (at: number) => number | null,
  { list, limit, status, dead }: NonNullable<SampleRequest['goroutines']>,
): number | null {
  const array = word(list);
  const length = word(list + 8);
  if (array === null || length === null || length > limit || array + length * 8 > view.byteLength)
    return null;
  let living = 0;
  for (let i = 0; i < length; i++) {
    const at = (word(array + i * 8) ?? 0) + status;
    if (at + 4 > view.byteLength) return null;
    if (view.getUint32(at, true) !== dead) living++;
  }
  return living;
}

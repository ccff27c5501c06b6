import { PAGE_SIZE, SIZE_CLASSES } from './spans.ts';

// Go src/runtime/msize.go and malloc.go: what an object of some bytes takes.

const LARGEST_CLASS = 32768;
/** Values without pointers below this size share a block of this size (the tiny allocator). */
export const TINY_SIZE = 16;
const HEADER = 8;
const MAX_BITS_SIZE = 512;

/** For each multiple of 8 bytes the class's size. */
const BY_EIGHT: Uint16Array = ((): Uint16Array => {
  const table = new Uint16Array(LARGEST_CLASS / 8 + 1);
  let sizeClass = 1;
  for (let i = 1; i < table.length; i++) {
    if (i * 8 > (SIZE_CLASSES[sizeClass] ?? 0)) sizeClass++;
    table[i] = SIZE_CLASSES[sizeClass] ?? 0;
  }
  return table;
})();

/** Bytes of the place that an allocation of `bytes` gets. `headers`: larger objects with pointers begin with their type (since Go 1.22). */
export function allocatedSize(bytes: number, pointers: boolean, headers: boolean): number {
  if (!pointers && bytes < TINY_SIZE) return TINY_SIZE;
  const header = headers && pointers && bytes > MAX_BITS_SIZE ? HEADER : 0;
  // Room for the header is kept free below the largest class, whether the object has one or not.
  const largest = headers ? LARGEST_CLASS - HEADER : LARGEST_CLASS;
  if (bytes > largest) return Math.ceil(bytes / PAGE_SIZE) * PAGE_SIZE;
  return BY_EIGHT[Math.ceil((bytes + header) / 8)] ?? 0;
}

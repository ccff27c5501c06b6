import fc from '../../support/fast-check.ts';
import { expect, test } from 'vitest';
import { memoryEnd } from '../../../src/session/memory-end.ts';

const PAGE = 65536;

/** Memory of so many pages, read as DevTools reads it at a stop; counts the reads. */
function memoryOf(pages: number) {
  const counted = { reads: 0 };
  const read = (address: number, length: number): Promise<ArrayBuffer> => {
    counted.reads++;
    if (address + length > pages * PAGE) return Promise.reject(new RangeError('invalid typed array length'));
    return Promise.resolve(new ArrayBuffer(length));
  };
  return { counted, read };
}

test('what was told is right: one read', async () => {
  const { counted, read } = memoryOf(300);
  expect(await memoryEnd(read, 300 * PAGE)).toBe(300 * PAGE);
  expect(counted.reads).toBe(1);
});

test('a memory that has grown since, to 4 GiB', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 65536 }),
      fc.integer({ min: 0, max: 65536 }),
      async (pages, before) => {
        const { counted, read } = memoryOf(pages);
        const told = Math.min(before, pages) * PAGE;
        expect(await memoryEnd(read, told)).toBe(pages * PAGE);
        expect(counted.reads).toBeLessThanOrEqual(34);
      },
    ),
  );
});

test('a smaller memory than was told, and one that cannot be read', async () => {
  expect(await memoryEnd(memoryOf(20).read, 300 * PAGE)).toBe(300 * PAGE);
  expect(await memoryEnd(() => Promise.reject(new Error('gone')), 5 * PAGE)).toBe(5 * PAGE);
  expect(await memoryEnd(() => Promise.resolve(new ArrayBuffer(0)), 0)).toBe(PAGE);
});

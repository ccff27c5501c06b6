import { describe, expect, test } from 'vitest';
import { address } from '../../../../src/base/units.ts';
import { readJsFuncs } from '../../../../src/go/runtime/js-funcs.ts';
import { WholeMemory } from '../../../../src/memory/whole-memory.ts';
import { heapFixtures, heapsOf } from './heap/heaps.ts';

// The program registers 10 and then 1000 functions, and releases none.

describe.each(heapFixtures)('Go %s', (_, fixture) => {
  test('every function that js.FuncOf registered is there, with its Go function', async () => {
    const heaps = await heapsOf(fixture, 'callbacks');
    expect(heaps).toHaveLength(2);
    for (const [i, { runtime, memory }] of heaps.entries()) {
      const { funcs, missing } = readJsFuncs(runtime, memory);
      expect(missing).toBeNull();
      const own = funcs.filter((one) => one.function === 'main.subscribe.func1');
      expect(own).toHaveLength(i === 0 ? 10 : 1010);
      expect(new Set(funcs.map(({ id }) => id)).size).toBe(funcs.length);
      expect(own[0]?.file).toMatch(/heap\/big\.go$/);
      expect(own.every(({ line }) => line === own[0]?.line && line > 40)).toBe(true);
      expect(Math.max(...own.map(({ id }) => id))).toBeGreaterThanOrEqual(own.length);
    }
  });

  test('a damaged map ends in what is valid, and says so', async () => {
    const [, heap] = await heapsOf(fixture, 'callbacks');
    if (heap === undefined) throw new Error('there is no heap');
    const { runtime, memory } = heap;
    const at = runtime.globals.jsFuncs.address;
    if (at === undefined) throw new Error('the map was not found');
    const map = memory.word(at);
    const words = [map, map + 8, map + 16, map + 24, memory.word(address(map + 16)) + 16];
    for (const word of words) {
      for (const value of [0n, 0xffffffffn, 0xffffffffffffffffn, BigInt(map)]) {
        const bytes = memory.bytes(address(0), memory.size).slice();
        new DataView(bytes.buffer).setBigUint64(word, value, true);
        const { funcs, missing } = readJsFuncs(runtime, new WholeMemory(bytes));
        if (funcs.length !== 1010) expect(missing ?? 'empty').toMatch(/could be read|were found|empty/);
      }
    }
  });
});

import fc from '../../../support/fast-check.ts';
import { expect, test } from 'vitest';
import { HexPages } from '../../../../panel/views/memory/hex-pages.ts';
import {
  HEX_ROW,
  hexScale,
  lastTop,
  moveCursor,
  ROW_BYTES,
  rowAtScroll,
  scrollOfRow,
  topToReveal,
} from '../../../../panel/views/memory/hex-scale.ts';
import { queryOf } from '../../../../panel/views/memory/search-query.ts';
import {
  asciiRow,
  byteAtHexColumn,
  bytesAsText,
  hexColumn,
  hexRow,
  runsOf,
} from '../../../../panel/views/memory/hex-text.ts';

test('4 GiB fit a space that browsers can scroll, from the first row to the last', () => {
  const rows = 2 ** 32 / ROW_BYTES;
  const scale = hexScale(rows, 600);
  expect(scale.scaled).toBe(true);
  expect(scale.space).toBeLessThan(2 ** 25);
  expect(rowAtScroll(scale, 0)).toBe(0);
  expect(rowAtScroll(scale, scale.space - 600)).toBe(lastTop(scale));
  expect((lastTop(scale) + scale.page) * ROW_BYTES).toBe(2 ** 32);
});

test('every row can be scrolled to and stays where it is', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 28 }),
      fc.integer({ min: 20, max: 2000 }),
      fc.nat(),
      (rows, height, n) => {
        const scale = hexScale(rows, height);
        const row = n % (lastTop(scale) + 1);
        if (scale.space > height) expect(rowAtScroll(scale, scrollOfRow(scale, row))).toBe(row);
        const top = topToReveal(scale, n % 7, row);
        expect(top).toBeGreaterThanOrEqual(0);
        expect(top).toBeLessThanOrEqual(lastTop(scale));
        expect(row).toBeGreaterThanOrEqual(top);
        expect(row).toBeLessThan(top + scale.page);
      },
    ),
  );
  const small = hexScale(10, 100 * HEX_ROW);
  expect([small.scaled, small.space, rowAtScroll(small, 50), scrollOfRow(small, 3)]).toEqual([
    false,
    160,
    0,
    0,
  ]);
});

test('keys move the cursor inside the memory, in the upper half of the address space too', () => {
  const size = 2 ** 32;
  const move = (key: string, cursor: number, control = false): number | null =>
    moveCursor(key, control, cursor, size, 10);
  expect(move('ArrowRight', 0x7fffffff)).toBe(0x80000000);
  expect(move('ArrowRight', size - 1)).toBe(size - 1);
  expect(move('ArrowDown', 0xfffffff5)).toBe(0xfffffff5);
  expect(move('ArrowDown', 0xffffffe5)).toBe(0xfffffff5);
  expect(move('PageUp', 0x80000001)).toBe(0x80000001 - 160);
  expect(move('PageUp', 0x21)).toBe(1);
  expect(move('PageDown', 0xfffffff1)).toBe(0xfffffff1);
  expect(move('PageDown', 0xffffff81)).toBe(0xfffffff1);
  expect(move('Home', 0x80000005)).toBe(0x80000000);
  expect(move('End', 0x80000005)).toBe(0x8000000f);
  expect(move('End', 5, true)).toBe(size - 1);
  expect(move('Home', 5, true)).toBe(0);
  expect(move('x', 5)).toBeNull();
});

test('rows are written as hexdump does, and a place in them leads back to its byte', () => {
  const bytes = Uint8Array.from({ length: 16 }, (_, i) => 0x3a + i);
  const byte = (i: number): number | null => (i === 3 ? null : (bytes[i] ?? null));
  expect(hexRow(16, byte)).toBe('3a 3b 3c ·· 3e 3f 40 41  42 43 44 45 46 47 48 49');
  expect(asciiRow(16, byte)).toBe(':;< >?@ABCDEFGHI');
  expect(asciiRow(3, () => 0x80)).toBe('...');
  for (let i = 0; i < 16; i++) {
    expect(hexRow(16, (at) => bytes[at] ?? null).slice(hexColumn(i), hexColumn(i) + 2)).toBe(
      (0x3a + i).toString(16),
    );
    expect([byteAtHexColumn(hexColumn(i)), byteAtHexColumn(hexColumn(i) + 1.9)]).toEqual([i, i]);
  }
  expect(runsOf(6, (i) => ['', 'a', 'a', 'b', '', 'b'][i] ?? '')).toEqual([
    { from: 1, to: 3, mark: 'a' },
    { from: 3, to: 4, mark: 'b' },
    { from: 5, to: 6, mark: 'b' },
  ]);
});

test('bytes are copied as hex, as a dump, as arrays of Go and JavaScript, as text', () => {
  const bytes = new TextEncoder().encode('é "Go" 0123456789');
  expect(bytesAsText(bytes.subarray(0, 3), 'hex', 0)).toBe('c3 a9 20');
  expect(bytesAsText(bytes.subarray(0, 3), 'go', 0)).toBe('[]byte{0xc3, 0xa9, 0x20}');
  expect(bytesAsText(bytes.subarray(0, 3), 'js', 0)).toBe('Uint8Array.of(0xc3, 0xa9, 0x20)');
  expect(bytesAsText(bytes, 'text', 0)).toBe('é "Go" 0123456789');
  expect(bytesAsText(bytes, 'dump', 0x80000000)).toBe(
    '80000000  c3 a9 20 22 47 6f 22 20  30 31 32 33 34 35 36 37  |.. "Go" 01234567|\n' +
      `80000010  38 39${' '.repeat(43)}  |89|\n`,
  );
});

test('pages are fetched when they are seen, once, and what changes has an age', async () => {
  const memory = new Uint8Array(3 * 4096 + 100);
  const base = 2 ** 32 - 4096 * 4;
  const reads: number[] = [];
  let draws = 0;
  let fails = false;
  const pages = new HexPages(
    (ranges) => {
      if (fails) return Promise.reject(new Error('the page is gone'));
      for (const { address } of ranges) reads.push(address);
      return Promise.resolve(
        ranges.map(({ address, length }) => memory.slice(address - base, address - base + length)),
      );
    },
    () => draws++,
  );
  pages.show(base + 10, base + 5000);
  pages.show(base + 10, base + 5000);
  await pages.refresh();
  expect(pages.byte(base + 20)).toBe(0);
  expect(pages.byte(base + 9000)).toBeNull();
  expect(reads).toEqual([base, base + 4096]);
  memory[20] = 7;
  await pages.refresh();
  expect([pages.byte(base + 20), pages.age(base + 20), pages.age(base + 21)]).toEqual([7, 0, null]);
  await pages.refresh();
  expect(pages.age(base + 20)).toBe(1);
  const before = draws;
  fails = true;
  await pages.refresh();
  expect([pages.failure, draws]).toEqual(['the page is gone', before + 1]);
  fails = false;
  await pages.refresh();
  expect(pages.failure).toBeNull();
  // The last page is short.
  pages.show(base + 3 * 4096, base + 4 * 4096);
  await pages.refresh();
  expect([pages.byte(base + 3 * 4096 + 99), pages.byte(base + 3 * 4096 + 100)]).toEqual([0, null]);
});

test('what is searched for is read as people write it', () => {
  const bytes = Uint8Array.of(0xde, 0xad, 0xbe, 0xef);
  for (const text of [
    'de ad be ef',
    'DEADBEEF',
    '0xde, 0xad, 0xbe, 0xef',
    '\\xde\\xad\\xbe\\xef',
    'de:ad-be_ef',
  ]) {
    expect(queryOf('hex', text)).toEqual({ query: { kind: 'bytes', bytes }, width: 4 });
  }
  for (const text of ['', 'd', 'dea', 'xy', '0x']) expect(queryOf('hex', text)).toHaveProperty('why');
  expect(queryOf('text', 'é')).toEqual({
    query: { kind: 'bytes', bytes: Uint8Array.of(0xc3, 0xa9) },
    width: 2,
  });
  expect(queryOf('text', 'x'.repeat(4097))).toHaveProperty('why');
  expect(queryOf('pointer', '0xf0000000')).toMatchObject({ query: { from: 0xf0000000, to: 0xf0000001 } });
  expect(queryOf('pointer', '16..0x1f')).toMatchObject({ query: { kind: 'pointer', from: 16, to: 32 } });
  for (const text of ['', 'x', '0x100000000', '32..16'])
    expect(queryOf('pointer', text)).toHaveProperty('why');
});

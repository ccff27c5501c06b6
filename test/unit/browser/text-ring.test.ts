import fc from '../../support/fast-check.ts';
import { expect, test } from 'vitest';
import { TextRing } from '../../../src/browser/hook/text-ring.ts';

const RING = 64 << 10;
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

test('holds what was written, up to 64 KiB of the newest', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 12 }), (lengths) => {
      const ring = new TextRing();
      let all = '';
      lengths.forEach((length, i) => {
        const piece = String.fromCharCode(97 + (i % 26)).repeat(length);
        ring.write(encode(piece));
        all += piece;
      });
      expect(ring.text()).toBe(all.slice(-RING));
    }),
  );
});

test('one write that is longer than the ring', () => {
  const ring = new TextRing();
  ring.write(encode('abc'));
  ring.write(encode(`${'x'.repeat(RING)}end`));
  expect(ring.text()).toBe(`${'x'.repeat(RING - 3)}end`);
});

test('keeps the reason of a death whose stacks do not fit', () => {
  const ring = new TextRing();
  ring.write(encode('earlier output\n'));
  ring.write(encode('panic: '));
  ring.write(encode('the reason\n\n'));
  for (let i = 0; i < 5000; i++) ring.write(encode(`goroutine ${i} [select]:\nmain.worker()\n`));
  const text = ring.text();
  expect(text).toMatch(/^panic: the reason\n\ngoroutine 0 \[select\]:\n/);
  expect(text).toMatch(/\n\.\.\. \d+ bytes left out \.\.\.\n/);
  expect(text).toMatch(/goroutine 4999 \[select\]:\nmain\.worker\(\)\n$/);
  expect(text.length).toBeLessThan(RING);
});

test('a short death keeps what was printed before it', () => {
  const ring = new TextRing();
  ring.write(encode('runtime: goroutine stack exceeds 1000000000-byte limit\n'));
  ring.write(encode('fatal error: '));
  ring.write(encode('stack overflow\n'));
  expect(ring.text()).toBe(
    'runtime: goroutine stack exceeds 1000000000-byte limit\nfatal error: stack overflow\n',
  );
  ring.clear();
  expect(ring.text()).toBe('');
});

import { expect, test } from 'vitest';
import { isDump, readDump, writeDumpHeader, type DumpHeader } from '../../../src/memory/dump.ts';

const header: DumpHeader = {
  module: { sha256: 'ab'.repeat(32), name: 'app.wasm' },
  goVersion: 'go1.27.3',
  url: 'http://app.test/',
  time: 1_700_000_000_000,
  sp: 4096,
  origin: 'trap',
  title: 'panic: “boom”',
  memoryBytes: 65536,
  consistent: true,
};

test('a header is read as it was written, and what follows is the content', () => {
  const written = writeDumpHeader(header);
  const file = new Uint8Array([...written, 1, 2, 3]);
  expect(isDump(file)).toBe(true);
  expect(readDump(file)).toEqual({ header, content: Uint8Array.of(1, 2, 3) });
});

test('other bytes are refused with section and offset', () => {
  const good = writeDumpHeader(header);
  const changed = (at: number, value: number): Uint8Array => {
    const bytes = good.slice();
    bytes[at] = value;
    return bytes;
  };
  expect(isDump(Uint8Array.of(0, 97, 115, 109))).toBe(false);
  expect(() => readDump(new Uint8Array())).toThrow('memory dump at offset 0x0');
  expect(() => readDump(changed(8, 2))).toThrow('memory dump at offset 0x8: version 2');
  expect(() => readDump(changed(14, 0xff))).toThrow('memory dump at offset 0xc');
  expect(() => readDump(changed(16, 0))).toThrow('no JSON');
  const without = writeDumpHeader({ ...header, module: { sha256: 'short', name: '' } });
  expect(() => readDump(without)).toThrow('SHA-256');
  expect(() => readDump(writeDumpHeader({ ...header, memoryBytes: 2 ** 40 }))).toThrow('memoryBytes');
  for (let length = 0; length < good.length; length++) {
    expect(() => readDump(good.subarray(0, length))).toThrow('memory dump');
  }
});

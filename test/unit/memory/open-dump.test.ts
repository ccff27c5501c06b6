import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { writeDumpHeader, type DumpHeader } from '../../../src/memory/dump.ts';
import { openDump } from '../../../src/memory/open-dump.ts';

const memory = Uint8Array.from({ length: 100_000 }, (_, i) => (i >> 4) & 0xff);
const header: DumpHeader = {
  module: { sha256: 'ab'.repeat(32), name: 'app.wasm' },
  goVersion: 'go1.27.3',
  url: '',
  time: null,
  sp: null,
  origin: 'live',
  title: '',
  memoryBytes: memory.length,
  consistent: true,
};
const dumpOf = (bytes: Uint8Array, memoryBytes = bytes.length): Uint8Array =>
  Buffer.concat([writeDumpHeader({ ...header, memoryBytes }), gzipSync(bytes)]);

describe('memory in a file', () => {
  test('is what was written: a dump, packed, plain', async () => {
    expect(await openDump(dumpOf(memory))).toEqual({ header, memory });
    expect(await openDump(gzipSync(memory))).toEqual({ header: null, memory });
    expect(await openDump(memory)).toEqual({ header: null, memory });
  });

  test('is refused where a dump holds another number of bytes than it says', async () => {
    await expect(openDump(dumpOf(memory, memory.length - 1))).rejects.toThrow(
      'it holds more than the 99999 bytes that it says',
    );
    await expect(openDump(dumpOf(memory, memory.length + 1))).rejects.toThrow(
      'the dump ends after 100000 of 100001 bytes of memory that it says',
    );
    // So much cannot come out of so little: it is not even made room for.
    await expect(openDump(dumpOf(memory, 2 ** 32))).rejects.toThrow(
      'the dump ends long before the 4294967296 bytes of memory that it says',
    );
  });

  test('is refused where it is cut', async () => {
    const dump = dumpOf(memory);
    await expect(openDump(dump.subarray(0, dump.length - 20))).rejects.toThrow(
      'the memory cannot be unpacked',
    );
  });
});

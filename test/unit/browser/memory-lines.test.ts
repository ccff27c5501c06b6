import { expect, test } from 'vitest';
import type { HookRequest, RealmRequest } from '../../../src/browser/hook-protocol.ts';
import type { MemoryLine } from '../../../src/browser/memory-lines.ts';
import { RegistryClient } from '../../../src/browser/registry-client.ts';

// Bytes that a hook sends as a buffer, and what happens where they do not come: they are taken as text then.

const MEMORY = Uint8Array.from({ length: 1 << 17 }, (_, at) => at * 7);
const AT = { realm: 'r', frameUrl: null };
const RANGES = [
  { address: 0, length: 1 << 16 },
  { address: 1 << 16, length: 1 << 20 },
];
/** As many bytes of each as the memory has. */
const WANTED = [MEMORY.subarray(0, 1 << 16), MEMORY.subarray(1 << 16)];

/** As text: arrays of bytes are compared slowly. */
const texts = (parts: readonly Uint8Array[]): string[] =>
  parts.map((part) => Buffer.from(part).toString('hex'));

/** A page whose registry has one memory, and tells what it was asked. `lengths`: what it says that it sent. */
function page(lengths: unknown = [1 << 16, 1 << 16]) {
  const asked: RealmRequest['op'][] = [];
  const answer = (request: RealmRequest): string => {
    asked.push(request.op);
    if (request.op === 'send') return `j${JSON.stringify(lengths)}`;
    if (request.op !== 'read') return 'eit cannot do that';
    const parts = request.ranges.map(({ address, length }) => MEMORY.subarray(address, address + length));
    return `b${parts.map(({ length }) => length).join(',')};${Buffer.concat(parts).toString('base64')}`;
  };
  const ask = (text: string) => {
    const request = JSON.parse(text) as HookRequest;
    const said = request.op === 'to' ? answer(request.request) : 'eno';
    return Promise.resolve({ origin: '', url: '', closedFrames: 0, answer: said });
  };
  return { asked, ask };
}

/** A line on which these bytes come; null: none. */
function line(bytes: Uint8Array<ArrayBuffer> | null) {
  const send: MemoryLine['send'] = async (ask) => {
    try {
      await ask(1);
    } catch {
      return null;
    }
    return bytes;
  };
  return { of: () => Promise.resolve({ send }) };
}

test('many bytes come over the line, one message for all ranges', async () => {
  const { ask, asked } = page();
  const client = new RegistryClient({ ask }, line(MEMORY.slice()));
  expect(texts(await client.read(AT, { instance: 1 }, RANGES))).toEqual(texts(WANTED));
  expect(asked).toEqual(['send']);
});

test('few bytes are taken as text', async () => {
  const { ask, asked } = page();
  const client = new RegistryClient({ ask }, line(MEMORY.slice()));
  const read = await client.read(AT, { instance: 1 }, [{ address: 16, length: 64 }]);
  expect(read).toEqual([MEMORY.slice(16, 80)]);
  expect(asked).toEqual(['read']);
});

test.each([
  ['nothing comes', [1 << 16, 1 << 16], null],
  ['less comes than was said', [1 << 16, 1 << 16], MEMORY.slice(1)],
  ['more is said than was asked for', [1 << 17, 0], MEMORY.slice()],
  ['what is said is no answer', 'many', MEMORY.slice()],
  ['of too few ranges', [1 << 17], MEMORY.slice()],
])('where %s, they are taken as text', async (_name, lengths, bytes) => {
  const { ask, asked } = page(lengths);
  const client = new RegistryClient({ ask }, line(bytes));
  expect(texts(await client.read(AT, { instance: 1 }, RANGES))).toEqual(texts(WANTED));
  expect(asked).toEqual(['send', 'read']);
});

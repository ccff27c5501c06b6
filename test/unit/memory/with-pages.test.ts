import { expect, test } from 'vitest';
import { address } from '../../../src/base/units.ts';
import { expectBytes, type AddressRange, type Memory } from '../../../src/memory/memory.ts';
import { PageStore } from '../../../src/memory/page-store.ts';
import { PageLimitError, withPages } from '../../../src/memory/with-pages.ts';

/** A chain of pointers, one a page: each walk along it needs a round a link. */
const memory = new Uint8Array(20 * 4096);
const view = new DataView(memory.buffer);
for (let page = 0; page < 19; page++) view.setUint32(page * 4096, (page + 1) * 4096, true);

function walk(from: Memory, links: number): number {
  let at = 0;
  for (let i = 0; i < links; i++) at = from.word(address(at));
  return at;
}

async function fetch(ranges: readonly AddressRange[]): Promise<Uint8Array[]> {
  return Promise.resolve(ranges.map((range) => memory.slice(range.address, range.address + range.length)));
}

test('fetches until the walk is done, and says what it cost', async () => {
  const { result, cost } = await withPages(new PageStore(memory.length), fetch, (store) => walk(store, 5));
  expect(result).toBe(5 * 4096);
  expect(cost).toEqual({ rounds: 5, bytes: 5 * 4096 });
});

test('a walk that announces what it will read needs one round', async () => {
  const { result, cost } = await withPages(new PageStore(memory.length), fetch, (store) => {
    expectBytes(store, address(0), memory.length);
    return walk(store, 19);
  });
  expect(result).toBe(19 * 4096);
  expect(cost.rounds).toBe(1);
});

test('what is loaded is not fetched again', async () => {
  const store = new PageStore(memory.length);
  await withPages(store, fetch, (pages) => walk(pages, 3));
  const { cost } = await withPages(store, fetch, (pages) => walk(pages, 3));
  expect(cost).toEqual({ rounds: 0, bytes: 0 });
});

test('rounds and bytes are bounded', async () => {
  const store = (): PageStore => new PageStore(memory.length);
  const work = (pages: Memory): number => walk(pages, 19);
  await expect(withPages(store(), fetch, work, { maxRounds: 4 })).rejects.toThrow(PageLimitError);
  await expect(withPages(store(), fetch, work, { maxBytes: 8192 })).rejects.toThrow(PageLimitError);
});

test('fewer bytes than asked for is an error that names the address', async () => {
  const short = async (): Promise<Uint8Array[]> => Promise.resolve([new Uint8Array(10)]);
  await expect(withPages(new PageStore(memory.length), short, (pages) => walk(pages, 1))).rejects.toThrow(
    'memory at address 0x0: 4096 bytes were asked for, 10 came',
  );
});

test('errors of the walk and of the reading come through', async () => {
  const store = new PageStore(memory.length);
  const failing = async (): Promise<Uint8Array[]> => Promise.reject(new Error('the page is gone'));
  await expect(withPages(store, failing, (pages) => walk(pages, 1))).rejects.toThrow('the page is gone');
  const work = (): never => {
    throw new Error('a mistake');
  };
  await expect(withPages(store, fetch, work)).rejects.toThrow('a mistake');
});

import { expect, test } from 'vitest';
import { CancelledError } from '../../../src/protocol/endpoint.ts';
import { heapFacts, instance, module } from './fake-facts.ts';
import { started } from './fakes.ts';

// The timeline of heaps as the session keeps it.

/** A session with one running program. */
async function running() {
  const made = await started();
  made.page.tell({ modules: [module], instances: [{ ...instance, memoryBytes: 1 << 20 }] });
  await settle();
  return made;
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

test('heaps are kept in the order in which they were read; the page lets its copy go', async () => {
  const { session, page } = await running();
  const first = await session.heap.take('i1');
  expect(page.released).toEqual(['h1']);
  const second = await session.heap.take('i1');
  // Pinned by that: the first is not replaced by the second.
  expect(session.state().snapshots.map(({ key, pinned }) => [key, pinned])).toEqual([
    [second, true],
    [first, true],
  ]);
  expect(session.state().heaps).toMatchObject([
    { snapshotKey: first, instanceKey: 'i1', status: 'ready', facts: heapFacts, figuresOnly: null },
    { snapshotKey: second, status: 'ready', taskId: null },
  ]);
  session.heap.rename(first, '  before  ');
  session.heap.rename(second, ' ');
  expect(session.state().heaps.map(({ name }) => name)).toEqual([
    'before',
    session.state().snapshots[0]?.label,
  ]);
});

test('what the worker dropped, and what goes with its page, leaves its figures', async () => {
  const { session, page, analysis } = await running();
  const first = await session.heap.take('i1');
  analysis.heap = () => Promise.resolve({ facts: heapFacts, dropped: [first] });
  const second = await session.heap.take('i1');
  expect(session.state().snapshots.map(({ key }) => key)).toEqual([second]);
  expect(session.state().heaps[0]).toMatchObject({ facts: heapFacts, status: 'ready' });
  expect(session.state().heaps[0]?.figuresOnly).toContain('1.5 GiB');
  page.navigate();
  await settle();
  expect(session.state().snapshots).toEqual([]);
  expect(session.state().heaps.map(({ figuresOnly }) => figuresOnly !== null)).toEqual([true, true]);
  session.heap.remove(first);
  expect(session.state().heaps.map(({ snapshotKey }) => snapshotKey)).toEqual([second]);
  expect(analysis.snapshots).toContainEqual(['heap.forget', { snapshotKey: first }]);
});

test('what fails says so; what is cancelled is gone', async () => {
  const { session, analysis } = await running();
  analysis.heap = () => Promise.reject(new Error('no heap is there'));
  const key = await session.goroutines.take({ instanceKey: 'i1' });
  await expect(session.heap.read(key)).rejects.toThrow('no heap is there');
  expect(session.state().heaps).toMatchObject([{ status: 'failed', error: 'no heap is there' }]);
  analysis.heap = () => Promise.reject(new CancelledError());
  await expect(session.heap.read(key)).rejects.toThrow('cancelled');
  expect(session.state().heaps).toEqual([]);
  expect(session.state().tasks).toEqual([]);
});

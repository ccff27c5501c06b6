import { expect, test } from 'vitest';
import { instance, module } from './fake-facts.ts';
import { started } from './fakes.ts';

// Switching the memory profile of a program on: what is written to its memory, and when.

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

async function running(state: 'running' | 'exited' = 'running') {
  const made = await started();
  made.page.tell({ modules: [module], instances: [{ ...instance, memoryBytes: 1 << 20, state }] });
  await settle();
  return made;
}

test('the rate is written where it was found, with what counts down to the next sample', async () => {
  const { session, page } = await running();
  expect(await session.allocations.state('i1')).toEqual({ available: true, rate: 0, at: 64 });
  expect(page.written).toEqual([]);
  await session.allocations.set('i1', 4096);
  expect(page.written).toEqual([
    [
      'i1',
      [
        { address: 64, was: 0, value: 4096 },
        { address: 128, was: null, value: 0 },
      ],
    ],
  ]);
  expect(session.state().allocationProfiling).toMatchObject([{ instanceKey: 'i1', rate: 4096 }]);
  await session.allocations.set('i1', 0);
  expect(page.written[1]).toEqual(['i1', [{ address: 64, was: 0, value: 0 }]]);
  expect(session.state().allocationProfiling).toEqual([]);
});

test('a program that does not run is not written to', async () => {
  const { session, page } = await running('exited');
  expect(await session.allocations.state('i1')).toEqual({
    available: false,
    why: 'the program has ended',
  });
  await expect(session.allocations.set('i1', 1)).rejects.toThrow('has ended');
  await expect(session.allocations.set('i9', 1)).rejects.toThrow('gone with its page');
  expect(page.written).toEqual([]);
});

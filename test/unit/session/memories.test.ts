import { expect, test } from 'vitest';
import { instance, module } from './fake-facts.ts';
import { started, until } from './fakes.ts';

// Copies of memories: kept while their page is there, the last four; released in the page when they go.

const ready = async (memoryBytes: number) => {
  const all = await started();
  all.page.tell({ modules: [module], instances: [{ ...instance, memoryBytes }] });
  await until(all.session, () => all.session.state().instances.length > 0);
  let held = 0;
  const released: string[] = [];
  all.page.holdMemory = () =>
    Promise.resolve({ key: `h${++held}`, byteLength: memoryBytes, sp: 0, time: 0, pauseMs: 1 });
  all.page.releaseMemory = (key) => released.push(key);
  return { ...all, released };
};

test('the last four copies are kept, and go with their page', async () => {
  const { page, session, released } = await ready(1 << 20);
  for (let i = 0; i < 5; i++) await session.memory.copy('i1');
  expect(session.state().memoryCopies?.map(({ label }) => label.slice(0, 2))).toEqual([
    '#5',
    '#4',
    '#3',
    '#2',
  ]);
  expect(released).toEqual(['h1']);
  await expect(session.memory.bytes({ copyKey: 'copy:1' }, [])).rejects.toThrow(
    'this copy of the memory is gone',
  );
  await expect(session.memory.bytes({ copyKey: 'copy:5' }, [])).resolves.toBeNull();
  page.navigate();
  expect(session.state().memoryCopies).toEqual([]);
  await expect(session.memory.map({ instanceKey: 'i1' }, 16)).rejects.toThrow(
    'this program is gone with its page',
  );
});

test('a memory that is too large, or not seen, says so', async () => {
  const { session } = await ready(3 * 2 ** 30);
  await expect(session.memory.copy('i1')).rejects.toThrow('too large');
  await expect(session.memory.copy('i9')).rejects.toThrow('gone with its page');
  await expect(session.memory.map({ instanceKey: 'i1' }, 16)).resolves.toBeNull();
});

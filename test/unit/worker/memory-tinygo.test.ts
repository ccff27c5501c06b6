import { expect, test } from 'vitest';
import type { MemorySource } from '../../../src/protocol/memory.ts';
import { createAnalysis } from '../../../src/worker/analysis.ts';
import { context, FarMemories } from '../../support/goroutine-worker.ts';
import { llvmModule } from '../../support/llvm-fixtures.ts';
import { tinyGoMemory } from '../../support/tinygo.ts';

// What lies where in the memory of a TinyGo program, and of a module that nothing is known of.

test('a TinyGo program: stacks, data, the heap by objects, and variables by name', async () => {
  const far = new FarMemories();
  const analysis = createAnalysis(far);
  const module = 'tinygo.wasm.1';
  await analysis['module.load']({ moduleKey: 'm', bytes: llvmModule(module).buffer }, context());
  const memory = await tinyGoMemory(module, 'deadlock');
  far.memories.set('instance i1', memory);
  const source: MemorySource = { kind: 'copy', moduleKey: 'm', target: 'instance i1', size: memory.length };
  const map = await analysis['memory.map']({ source, parts: 64 }, context());
  expect(map.notes).toEqual([]);
  expect(map.word).toBe(4);
  expect(map.sums.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(memory.length);
  const { rows } = await analysis['memory.regions'](
    { source, kind: null, name: null, from: 0, count: 1000 },
    context(),
  );
  expect(rows[0]).toMatchObject({ start: 0, kind: 'stack', name: 'stack of the program (C stack)' });
  expect(rows.filter(({ name }) => name.startsWith('stack of the goroutine at 0x')).length).toBe(1);
  expect(rows.map(({ kind }) => kind)).not.toContain('unknown');
  expect(rows.at(-1)).toMatchObject({ kind: 'runtime', end: memory.length });
  // The variable that says where the collector's bits begin.
  const [found] = await analysis['memory.find']({ source, text: 'runtime.metadataStart' }, context());
  const at = found?.address ?? 0;
  const place = await analysis['memory.inspect']({ source, address: at }, context());
  expect(place.pointer?.address).toBe(rows.at(-1)?.start);
  expect(place.region?.kind).toMatch(/^(?:data|bss)$/);
  const value = await analysis['memory.value']({ source, address: at, of: { name: '*uint32' } }, context());
  expect(value).toMatchObject({ type: '*uint32', size: 4, total: 1 });
  expect(value.parts[0]).toMatchObject({ type: 'uint32', address: rows.at(-1)?.start });
  await expect(
    analysis['memory.value']({ source, address: at, of: { name: 'nowhere' } }, context()),
  ).rejects.toThrow('has no type nowhere');
});

test('an unknown module: its data segments', async () => {
  const far = new FarMemories();
  const analysis = createAnalysis(far);
  // (module (memory 1) (data (i32.const 16) "abc"))
  const bytes = Uint8Array.of(
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[5, 3, 1, 0, 1],
    ...[11, 9, 1, 0, 0x41, 16, 0x0b, 3, 97, 98, 99],
  );
  await analysis['module.load']({ moduleKey: 'm', bytes: bytes.buffer }, context());
  far.memories.set('instance i1', new Uint8Array(65536));
  const source: MemorySource = { kind: 'live', moduleKey: 'm', target: 'instance i1', size: 65536 };
  const { rows } = await analysis['memory.regions'](
    { source, kind: 'data', name: null, from: 0, count: 10 },
    context(),
  );
  expect(rows).toEqual([{ start: 16, end: 19, kind: 'data', name: 'data segment 0' }]);
  const { notes } = await analysis['memory.map']({ source, parts: 4 }, context());
  expect(notes.join(' ')).toContain('is not known');
});

// gowasm heap of TinyGo modules: the same command, options and JSON as for standard Go.
import { beforeAll, describe, expect, it } from 'vitest';
import { llvmModule } from '../../support/llvm-fixtures.ts';
import { tinyGoStates } from '../../support/tinygo.ts';
import { runCli, type CliRun } from '../../support/run-cli.ts';

const files = new Map<string, Uint8Array>();

const gowasm = (...args: string[]): Promise<CliRun> => runCli(files, args);

interface HeapJson {
  readonly inUseBytes: number;
  readonly objects: number;
  readonly reachableObjects: number;
  readonly totals: { readonly mallocs: number; readonly frees: number; readonly heapIdle: number };
  readonly types: readonly { readonly name: string; readonly objects: number; readonly confidence: string }[];
  readonly goroutines: number;
  readonly growth?: { readonly percent: number; readonly exceeded: boolean };
}

describe.each(['states.wasm.z', 'states.wasm.0', 'states.wasip1.z'])('%s', (module) => {
  beforeAll(async () => {
    files.set('m.wasm', llvmModule(module));
    for (const name of ['idle', 'grow']) files.set(name, (await tinyGoStates(module, name)).memory);
  });

  it('counts objects as the runtime does, and those that are kept', async () => {
    const { text } = await tinyGoStates(module, 'idle');
    const [inUseBytes, , mallocs = 0, frees = 0] =
      /^heap \d+ (\d+) (\d+) (\d+) (\d+)/m.exec(text)?.slice(1).map(Number) ?? [];
    const { code, out } = await gowasm('heap', 'm.wasm', 'idle', '--json');
    expect(code).toBe(0);
    const heap = JSON.parse(out) as HeapJson;
    expect(heap).toMatchObject({ inUseBytes, objects: mallocs - frees, goroutines: 15 });
    const kinds = Object.fromEntries(heap.types.map((type) => [type.name, type]));
    expect(kinds['internal/task.Task']).toMatchObject({ objects: 15, confidence: 'inferred' });
    expect(kinds['goroutine stack']?.objects).toBe(15);
    // 150 nodes are in a list; of 150 others few may be pointed to, by what is left in registers and stacks.
    const nodes = kinds['unknown, 32 bytes'];
    expect(nodes?.confidence).toBe('unavailable');
    expect(nodes?.objects).toBeGreaterThanOrEqual(300);
    const dead = heap.objects - heap.reachableObjects;
    expect(dead).toBeGreaterThan(130);
    expect(dead).toBeLessThan(160);
  });

  it('tells growth, and fails when it is too much', async () => {
    // At -opt=0 the collection between the two freed goroutines, whose stacks are larger than all that was made.
    const grew = module !== 'states.wasm.0';
    const { code, out, err } = await gowasm(
      'heap',
      'm.wasm',
      'grow',
      '--base',
      'idle',
      '--fail-growth',
      '1',
      '--json',
    );
    if (grew) expect([code, err]).toEqual([3, expect.stringMatching(/has grown by [\d.]+ %, more than 1 %/)]);
    else expect(code).toBe(0);
    const { growth } = JSON.parse(out) as HeapJson;
    expect(growth?.exceeded).toBe(grew);
    expect((growth?.percent ?? 0) > 1).toBe(grew);
    const text = await gowasm('heap', 'm.wasm', 'grow', '--base', 'idle', '--fail-growth', '50');
    expect(text.code).toBe(0);
    expect(text.out).toMatch(/^in use .*\nreachable .*\nfree .*the largest stretch/);
    expect(text.out).toMatch(/unknown, 32 bytes\s+\+1,\d{3}/);
    expect(text.err).toContain('TinyGo notes no types');
  });
});

it('tells which words of objects are pointers where the module was built with -gc=precise', async () => {
  files.set('m.wasm', llvmModule('states.wasm.precise'));
  files.set('idle', (await tinyGoStates('states.wasm.precise', 'idle')).memory);
  const { out } = await gowasm('heap', 'm.wasm', 'idle', '--json');
  const { types } = JSON.parse(out) as HeapJson;
  // type node struct { next *node; value [5]int32 }
  expect(types.find(({ name }) => name === 'unknown, 32 bytes, pointers at 0 of every 24')?.objects).toBe(
    300,
  );
});

it.each([
  ['tinygo.wasm.z.nodebug', /without -no-debug/],
  ['states.wasm.leaking', /-gc=leaking/],
])('of %s says what to change in the build', async (name, advice) => {
  files.set('m.wasm', llvmModule(name));
  files.set('memory', new Uint8Array(1 << 16));
  const { code, err } = await gowasm('heap', 'm.wasm', 'memory');
  expect(code).toBe(1);
  expect(err).toMatch(advice);
});

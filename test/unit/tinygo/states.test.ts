// Goroutines in every kind of waiting, of fixtures/programs/tinygo/states: their states and stacks are the ones that the program's source says, and
// the heap is the one that the runtime counted.
import { describe, expect, it } from 'vitest';
import { WholeMemory } from '../../../src/memory/whole-memory.ts';
import { chooseSymbols } from '../../../src/symbols/choose.ts';
import { Symbolizer } from '../../../src/symbols/symbolizer.ts';
import { TinyGoHeap } from '../../../src/tinygo/heap.ts';
import { readTasks, TinyGoRuntime, type Task } from '../../../src/tinygo/tasks.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { goSource } from '../../support/fixtures.ts';
import { llvmModule, stateFixtures } from '../../support/llvm-fixtures.ts';
import { tinyGoStates } from '../../support/tinygo.ts';

const SOURCE = goSource('tinygo/states/main.go').split('\n');

/** The line that a comment marks. */
function marked(mark: string): number {
  const at = SOURCE.findIndex((line) => line.endsWith(`// ${mark}`));
  if (at < 0) throw new Error(`no line is marked with ${mark}`);
  return at + 1;
}

/** The lines of channel operations, by the line of the function: TinyGo gives them that one, or their own where the optimizer moved it there. */
const OPERATIONS: ReadonlyMap<number, number> = new Map(
  SOURCE.flatMap((line, i) => {
    const name = /\/\/ on: (\w+)$/.exec(line)?.[1];
    if (name === undefined) return [];
    const declaration = new RegExp(String.raw`^func (?:\(q \*queue\) )?${name}\(`);
    return [[SOURCE.findIndex((one) => declaration.test(one)) + 1, i + 1]];
  }),
);

const at = (name: string): string => `main.${name}:${marked(`at: ${name}`)}`;
const through = (name: string, mark = name): string => `main.${name}:${marked(`go: ${mark}`)}`;
const channel = (name: string): string => `main.${name}:${marked(`on: ${name}`)}`;

/** By the function that a goroutine began in: its state, and its frames of package main, innermost first. */
const WAITING: Readonly<Record<string, readonly [string, ...string[]]>> = {
  'runtime.run$1': ['chan receive', channel('rest'), through('main')],
  'main.finished': ['finished'],
  'main.sender': ['chan send', channel('sender')],
  'main.receiver': [
    'chan receive',
    `(*main.queue).next:${marked('on: next')}`,
    through('inner', 'next'),
    through('walk', 'inner'),
    through('walk'),
    through('walk'),
    through('receiver'),
  ],
  'main.caller': ['chan receive', channel('first'), through('second'), through('caller')],
  'main.selecting': ['select', channel('selecting')],
  'main.sleeper': ['sleep', at('sleeper')],
  'main.locker': ['sync.Mutex.Lock', at('locker')],
  'main.reader': ['sync.RWMutex.RLock', at('reader')],
  'main.writer': ['sync.RWMutex.Lock', at('writer')],
  'main.waiter': ['sync.WaitGroup.Wait', at('waiter')],
  'main.condition': ['sync.Cond.Wait', at('condition')],
  // Of select {} the module has no line at all.
  'main.forever': ['select (no cases)', 'main.forever:0'],
  'main.unopen': ['chan receive (nil chan)', channel('unopen')],
  'main.woken': ['chan receive', channel('woken')],
};

/** What is different once one of them has died: it has woken a goroutine and started another. */
const AT_DEATH: typeof WAITING = {
  ...WAITING,
  'main.woken': ['runnable', channel('woken')],
  'main.crash': ['running'],
  'main.later': ['runnable'],
};

function open(module: string): { readonly runtime: TinyGoRuntime; readonly symbolizer: Symbolizer } {
  const wasm = readModule(llvmModule(module));
  const symbols = chooseSymbols(wasm);
  if (symbols.dwarf === undefined) throw new Error(`${module} has no DWARF`);
  return {
    runtime: new TinyGoRuntime(wasm, symbols.dwarf.dwarf),
    symbolizer: new Symbolizer(symbols.sources),
  };
}

const collecting = stateFixtures
  .map(({ name }) => name)
  .filter((name) => name.startsWith('states.') && !name.endsWith('.leaking'));

describe.each(collecting)('%s', (module) => {
  const { runtime, symbolizer } = open(module);
  const described = (task: Task): [string, string[]] => {
    const frames = task.frames
      .flatMap(({ call }) => {
        if (call === undefined) return [];
        const { frames: all, confidence } = symbolizer.locate(call);
        if (confidence.kind !== 'inferred') return all;
        return all.map((frame) => ({ ...frame, line: OPERATIONS.get(frame.line) ?? frame.line }));
      })
      .filter((frame) => /^\(?\*?main\./.test(frame.function) && !frame.function.endsWith('$gowrapper'))
      .map((frame) => `${frame.function}:${frame.line}`);
    return [runtime.nameOf(task.entry).replace('$gowrapper', ''), [task.state, ...frames]];
  };

  it.each([
    ['idle', WAITING],
    ['die', AT_DEATH],
  ] as const)('%s: every goroutine, its state and its stack', async (name, expected) => {
    const { memory } = await tinyGoStates(module, name);
    const tasks = readTasks(runtime, new WholeMemory(memory));
    expect(Object.fromEntries(tasks.map(described))).toEqual(expected);
    expect(tasks).toHaveLength(Object.keys(expected).length);
    for (const { state, left, launched, notes } of tasks) {
      // No byte of a suspended stack is left over.
      if (launched) expect([left, notes]).toEqual([0, []]);
      else expect(['running', 'runnable']).toContain(state);
    }
  });

  it.each(['idle', ...(module.endsWith('.precise') ? [] : ['grow'])])(
    '%s: the heap is the one that the runtime counted',
    async (name) => {
      const { memory, text } = await tinyGoStates(module, name);
      const counted = /^heap (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)$/m.exec(text)?.slice(1).map(Number) ?? [];
      const [heapBytes, inUseBytes, freeBytes, mallocs = 0, frees = 0, totalAlloc = 0] = counted;
      const heap = new TinyGoHeap(new WholeMemory(memory), runtime.globals, runtime.precise);
      expect(heap.totals()).toEqual({
        ...{ heapBytes, inUseBytes, freeBytes, objects: mallocs - frees },
        ...{ mallocs: BigInt(mallocs), frees: BigInt(frees), totalAlloc: BigInt(totalAlloc) },
      });
      expect(heap.largestFree).toBeLessThanOrEqual(freeBytes ?? 0);
      // An object of the program's own: the head of its list, a pointer and five numbers.
      const kept = Number(/kept (0x[0-9a-f]+)/.exec(text)?.[1]);
      const node = heap.find(kept);
      expect([heap.addressOf(node), heap.roomOf(node)]).toEqual([kept, 32]);
      if (name === 'grow') expect(frees).toBeGreaterThan(1400);
    },
  );
});

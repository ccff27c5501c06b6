// Goroutines and heap of TinyGo programs out of their memory, against what the program's source says and what the runtime counted.
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/base/format-error.ts';
import { WholeMemory } from '../../../src/memory/whole-memory.ts';
import { chooseSymbols } from '../../../src/symbols/choose.ts';
import { Symbolizer } from '../../../src/symbols/symbolizer.ts';
import { TinyGoHeap } from '../../../src/tinygo/heap.ts';
import { readTasks, TinyGoRuntime, type Task } from '../../../src/tinygo/tasks.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { goSource } from '../../support/fixtures.ts';
import { llvmModule } from '../../support/llvm-fixtures.ts';
import { tinyGoMemory } from '../../support/tinygo.ts';

interface Opened {
  readonly runtime: TinyGoRuntime;
  readonly symbolizer: Symbolizer;
}

function open(module: string): Opened {
  const wasm = readModule(llvmModule(module));
  const symbols = chooseSymbols(wasm);
  if (symbols.dwarf === undefined) throw new Error(`${module} has no DWARF`);
  return {
    runtime: new TinyGoRuntime(wasm, symbols.dwarf.dwarf),
    symbolizer: new Symbolizer(symbols.sources),
  };
}

/** `main.go:7`, of the only line of a source file that has this text. */
function lineOf(file: string, text: string): string {
  const lines = goSource(`tinygo/${file}`).split('\n');
  const found = lines.flatMap((line, i) => (line.includes(text) ? [i + 1] : []));
  if (found.length !== 1) throw new Error(`${found.length} lines of ${file} have ${JSON.stringify(text)}`);
  return `${file}:${found[0] ?? 0}`;
}

/** The functions of package main on a stack, inlined ones too, innermost first, with their places. */
const ownFrames = ({ symbolizer }: Opened, task: Task): string[] =>
  task.frames
    .flatMap(({ call }) => (call === undefined ? [] : symbolizer.locate(call).frames))
    .filter((frame) => frame.function.startsWith('main.'))
    .map((frame) => `${frame.function} ${frame.file.split('/').pop() ?? ''}:${frame.line}`);

const OUTER = [
  `main.middle ${lineOf('main.go', 'concurrent(name)')}`,
  `main.outer ${lineOf('main.go', '\tmiddle(name)')}`,
  `main.main ${lineOf('main.go', 'outer(chosen())')}`,
];

describe.each(['z', '1', '0'])('a program at -opt=%s', (opt) => {
  const module = `tinygo.wasm.${opt}`;
  const opened = open(module);

  it('that is blocked for ever has one goroutine, its stack whole', async () => {
    const [task, ...others] = readTasks(
      opened.runtime,
      new WholeMemory(await tinyGoMemory(module, 'deadlock')),
    );
    if (task === undefined) throw new Error('no goroutine was found');
    expect(others).toEqual([]);
    expect([task.state, task.left, task.launched, task.notes]).toEqual(['chan receive', 0, true, []]);
    expect(ownFrames(opened, task)).toEqual([
      // TinyGo gives the call of a receive the line of its function's declaration.
      `main.waitForever ${lineOf('concurrent.go', 'func waitForever()')}`,
      `main.concurrent ${lineOf('concurrent.go', '\twaitForever()')}`,
      ...OUTER,
    ]);
    const { nameOf } = opened.runtime;
    expect(nameOf(task.frames.at(-1)?.function ?? task.entry)).toBe('runtime.run$1$gowrapper');
  });

  it('that died in a goroutine has that one running, and the one that waits for it', async () => {
    const tasks = readTasks(opened.runtime, new WholeMemory(await tinyGoMemory(module, 'goroutine')));
    const { nameOf } = opened.runtime;
    expect(tasks.map(({ state, left, entry }) => [nameOf(entry), state, left])).toEqual([
      ['runtime.run$1$gowrapper', 'chan receive', 0],
      ['main.worker$gowrapper', 'running', null],
    ]);
    expect(tasks.map((task) => ownFrames(opened, task))).toEqual([
      [
        `main.inGoroutine ${lineOf('concurrent.go', 'func inGoroutine()')}`,
        `main.concurrent ${lineOf('concurrent.go', '\tinGoroutine()')}`,
        ...OUTER,
      ],
      [],
    ]);
    expect(tasks[1]?.notes).toEqual([expect.stringMatching(/^It runs: its stack is /)]);
  });

  it('has the objects in its heap that the runtime counted', async () => {
    for (const name of ['deadlock', 'goroutine', 'index', 'fine']) {
      const memory = new WholeMemory(await tinyGoMemory(module, name));
      const totals = new TinyGoHeap(memory, opened.runtime.globals, false).totals();
      const { objects, inUseBytes, totalAlloc, mallocs, frees } = totals;
      expect([name, frees, BigInt(objects)]).toEqual([name, 0n, mallocs]);
      // Each object takes whole blocks: nothing was freed, so that is what was asked for, rounded up.
      expect(BigInt(inUseBytes)).toBeGreaterThanOrEqual(totalAlloc ?? 1n << 60n);
      expect(inUseBytes - Number(totalAlloc)).toBeLessThan(16 * objects);
      expect(inUseBytes + totals.freeBytes).toBe(totals.heapBytes);
    }
  });

  it('with damaged memory ends in an error or in fewer goroutines', async () => {
    const whole = await tinyGoMemory(module, 'goroutine');
    for (let seed = 1; seed < 200; seed++) {
      const damaged = whole.slice(0, seed % 3 === 0 ? (whole.length * seed) >> 8 : undefined);
      let at = (seed * 2654435761) >>> 0;
      for (let i = 0; i < 400; i++) {
        at = (Math.imul(at, 1664525) + 1013904223) >>> 0;
        // Where variables, tasks and the lower part of stacks are, and the heap's metadata.
        const to = i % 4 === 0 ? 258000 + (at % 4000) : 65536 + (at % 72000);
        if (to < damaged.length) damaged[to] = at >>> 24;
      }
      try {
        for (const task of readTasks(opened.runtime, new WholeMemory(damaged))) {
          expect(task.frames.length).toBeLessThan(20_000);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
  });
});

it('says what to change in the build where goroutines cannot be read', () => {
  expect(() => open('tinygo.unknown.z')).toThrow(/-scheduler=asyncify/);
  const wasm = readModule(llvmModule('tinygo.wasm.z.nodebug'));
  const { dwarf } = chooseSymbols(readModule(llvmModule('c.dwarf5.o2')));
  if (dwarf === undefined) throw new Error('c.dwarf5.o2 has no DWARF');
  expect(() => new TinyGoRuntime(wasm, dwarf.dwarf)).toThrow(/without -no-debug/);
});

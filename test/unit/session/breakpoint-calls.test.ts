import { expect, test, vi } from 'vitest';
import { BreakpointCalls, type BreakpointCall } from '../../../src/session/breakpoint-calls.ts';
import type { StackFrame } from '../../../src/stack/stack-trace.ts';
import { stack } from './fake-facts.ts';

function follow(functions: readonly string[], moduleKey: () => string | null = () => 'm1') {
  const told: (BreakpointCall | null)[] = [];
  const opened: unknown[] = [];
  const [known] = stack.frames;
  if (known === undefined) throw new Error('no frame');
  const frames: StackFrame[] = functions.map((name, i) => ({
    ...known,
    ...{ function: name, line: i + 1 },
    ...(name === 'runtime.breakpoint' ? { file: 'runtime/asm_wasm.s' } : {}),
  }));
  const script: StackFrame = { ...known, function: 'eval', language: 'javascript' };
  const calls = new BreakpointCalls({
    modulesSettled: () => Promise.resolve(),
    symbolize: () =>
      Promise.resolve({
        title: '',
        stacks: [{ ...stack, frames: [script, ...frames] }],
        moduleKey: moduleKey(),
        notes: [],
      }),
    open: (...place) => {
      opened.push(place);
      return Promise.resolve();
    },
    changed: (call) => told.push(call),
  });
  return { calls, told, opened };
}

const settled = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve));

test('the caller of runtime.Breakpoint() is told and opened', async () => {
  const { calls, told, opened } = follow([
    'runtime.breakpoint',
    'runtime.Breakpoint',
    'main.stop',
    'main.main',
  ]);
  calls.take({ stack: 'Error', isSame: false });
  await settled();
  expect(told).toEqual([null, { function: 'main.stop', file: 'app/main.go', line: 3 }]);
  expect(opened).toEqual([['m1', 'app/main.go', 3]]);
  calls.take(null);
  expect(told.at(-1)).toBeNull();
});

test('a stop in a program of which nothing is known yet is looked at again', async () => {
  let isKnown = false;
  const { calls, opened } = follow(['runtime.Breakpoint', 'main.stop'], () => (isKnown ? 'm1' : null));
  calls.take({ stack: 'Error', isSame: false });
  await settled();
  expect(opened).toEqual([]);
  isKnown = true;
  calls.again();
  calls.again();
  await settled();
  expect(opened).toEqual([['m1', 'app/main.go', 2]]);
});

test('other stops are left alone, and so are stops that are over', async () => {
  const other = follow(['main.stop', 'runtime.Breakpoint']);
  other.calls.take({ stack: 'Error', isSame: false });
  const over = follow(['runtime.Breakpoint', 'main.stop']);
  over.calls.take({ stack: 'Error', isSame: false });
  over.calls.take(null);
  await settled();
  expect([...other.opened, ...over.opened]).toEqual([]);
  expect([...other.told, ...over.told]).toEqual([null, null, null]);
});

test('a stop of which more is known now is opened once', async () => {
  let isKnown = true;
  const { calls, told, opened } = follow(['runtime.Breakpoint', 'main.stop'], () => (isKnown ? 'm1' : null));
  calls.take({ stack: 'Error', isSame: false });
  await settled();
  calls.take({ stack: 'Error of the hook', isSame: true });
  await settled();
  expect(opened).toHaveLength(1);
  expect(told.at(-1)).not.toBeNull();
  // The next stop at the same place, of which nothing is known at first.
  isKnown = false;
  calls.take({ stack: 'Error', isSame: false });
  await settled();
  isKnown = true;
  calls.take({ stack: 'Error of the hook', isSame: true });
  await settled();
  expect(opened).toHaveLength(2);
});

test('the caller is opened again, once, where DevTools went to the trap after it', async () => {
  vi.useFakeTimers();
  try {
    const [trap, caller, other] = ['go:///runtime/asm_wasm.s', 'go:///app/main.go', 'go:///app/other.go'];
    const stopped = async () => {
      const one = follow(['runtime.breakpoint', 'runtime.Breakpoint', 'main.stop']);
      one.calls.take({ stack: 'Error', isSame: false });
      // What DevTools went to before the caller was opened.
      one.calls.looked(trap);
      await vi.advanceTimersByTimeAsync(0);
      expect(one.opened).toHaveLength(1);
      return one;
    };
    const late = await stopped();
    for (const url of [caller, trap, caller, trap]) late.calls.looked(url);
    await vi.advanceTimersByTimeAsync(2000);
    expect(late.opened).toEqual([
      ['m1', 'app/main.go', 3],
      ['m1', 'app/main.go', 3],
    ]);
    late.calls.looked(trap);
    await vi.advanceTimersByTimeAsync(2000);
    expect(late.opened).toHaveLength(2);

    // Who goes there later, or looks elsewhere meanwhile, or lets the program go on, is left alone.
    const muchLater = await stopped();
    await vi.advanceTimersByTimeAsync(10_000);
    muchLater.calls.looked(trap);
    const elsewhere = await stopped();
    for (const url of [trap, other, trap]) elsewhere.calls.looked(url);
    const over = await stopped();
    over.calls.looked(trap);
    over.calls.take(null);
    await vi.advanceTimersByTimeAsync(2000);
    for (const { opened } of [muchLater, elsewhere, over]) expect(opened).toHaveLength(1);
  } finally {
    vi.useRealTimers();
  }
});

import { expect, it } from 'vitest';
import { address, funcIndex } from '../../../src/base/units.ts';
import { goroutineProfile } from '../../../src/profile/goroutine-profile.ts';
import { traceOfTask } from '../../../src/stack/from-tasks.ts';
import { profiledFramesOf } from '../../../src/stack/profiled-frames.ts';
import { chooseSymbols } from '../../../src/symbols/choose.ts';
import { Symbolizer } from '../../../src/symbols/symbolizer.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { llvmModule } from '../../support/llvm-fixtures.ts';

const symbolizer = new Symbolizer(chooseSymbols(readModule(llvmModule('states.wasm.0'))).sources);
const named = (name: string) => {
  const symbol = symbolizer.functions().find((one) => one.name === name);
  if (symbol === undefined) throw new Error(`there is no ${name}`);
  return symbol;
};

it('goroutines that have not begun are told apart by the function that they begin in', () => {
  const stacks = ['main.sender', 'main.waiter', 'main.waiter'].map((name, i) => {
    const { funcIndex: entry } = named(name);
    const task = {
      ...{ address: address(4096 + 48 * i), state: 'runnable', entry, launched: false },
      ...{
        frames: [{ function: entry, call: undefined }],
        left: null,
        wakes: null,
        next: 0,
        stack: 0,
        notes: [],
      },
    } as const;
    return { frames: profiledFramesOf(traceOfTask(task as never, symbolizer), entry, symbolizer), count: 1 };
  });
  for (const [i, name] of ['main.sender', 'main.waiter'].entries()) {
    const { bodyStart, startLine } = named(name);
    expect(startLine).toBeGreaterThan(0);
    expect(stacks[i]?.frames).toMatchObject([{ function: name, line: 0, startLine, pc: bodyStart + 1 }]);
  }
  const { samples } = goroutineProfile(stacks, { module: { file: 'm', buildId: '' }, timeNanos: 0n });
  expect([...samples.values]).toEqual([2, 1]);
});

it('inlined calls have no line of a declaration, and frames of JavaScript are left out', () => {
  const frame = {
    ...{ function: 'f', file: 'f.go', line: 3, lineEnd: null, args: null, pcOffset: null, raw: null },
    ...{ confidence: { kind: 'exact' }, fold: null },
  } as const;
  const { funcIndex: entry, bodyStart } = named('main.waiter');
  const trace = {
    ...{ source: 'memory', note: '', header: '', createdBy: null },
    frames: [
      { ...frame, language: 'go', inlined: true, moduleOffset: bodyStart },
      { ...frame, language: 'js', inlined: false, moduleOffset: null },
    ],
  };
  expect(profiledFramesOf(trace as never, entry, symbolizer)).toEqual([
    { function: 'f', file: 'f.go', line: 3, startLine: 0, inlined: true, pc: bodyStart + 1 },
  ]);
  expect(profiledFramesOf({ ...trace, frames: [] } as never, funcIndex(0), symbolizer)).toEqual([]);
});

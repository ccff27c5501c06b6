import { expect, it } from 'vitest';
import { classifyDeath } from '../../../src/stack/classify.ts';
import { symbolizeJsStack } from '../../../src/stack/from-js.ts';
import { parseJsStack } from '../../../src/stack/js-stack.ts';
import { chooseSymbols } from '../../../src/symbols/choose.ts';
import { Symbolizer } from '../../../src/symbols/symbolizer.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { llvmModule } from '../../support/llvm-fixtures.ts';
import { tinygoEnds, tinyGoStates } from '../../support/tinygo.ts';

// The ways to end that need a program of their own: fixtures/programs/tinygo/ends.

it.each(tinygoEnds.map((one) => [`${one.module} ${one.name}`, one] as const))(
  '%s',
  async (_name, expected) => {
    const symbolizer = new Symbolizer(chooseSymbols(readModule(llvmModule(expected.module))).sources);
    const { death } = await tinyGoStates(expected.module, expected.name);
    if (death === null) throw new Error('it did not die');
    const { frames } = symbolizeJsStack(parseJsStack(death.stack), symbolizer);
    const functions = frames.map((frame) => frame.function);
    const error = { name: death.name, message: death.message };
    const { kind, title } = classifyDeath({ error, text: death.text, exitCode: null, functions });
    expect([kind, title]).toEqual([expected.kind, expected.title]);
    const dead = frames.find(({ function: name }) => name.startsWith('main.'));
    // A deadlock is found on the scheduler's stack: it names no goroutine.
    expect(dead?.function).toBe(expected.function === '' ? undefined : expected.function);
    if (dead?.confidence.kind === 'exact')
      expect([dead.file, dead.line]).toEqual([expected.file, expected.line]);
  },
);

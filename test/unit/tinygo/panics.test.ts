import { describe, expect, it } from 'vitest';
import { classifyDeath } from '../../../src/stack/classify.ts';
import { symbolizeJsStack } from '../../../src/stack/from-js.ts';
import { parseJsStack } from '../../../src/stack/js-stack.ts';
import { chooseSymbols } from '../../../src/symbols/choose.ts';
import { Symbolizer } from '../../../src/symbols/symbolizer.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { llvmModule } from '../../support/llvm-fixtures.ts';
import { runTinyGo, tinygoCases } from '../../support/tinygo.ts';

describe.each(['tinygo.wasm.z', 'tinygo.wasm.1', 'tinygo.wasm.0'])('%s', (module) => {
  const symbolizer = new Symbolizer(chooseSymbols(readModule(llvmModule(module))).sources);

  it.each(tinygoCases.map((one) => [one.name, one] as const))('%s', async (_name, expected) => {
    const death = await runTinyGo(module, expected.name);
    const { frames } = symbolizeJsStack(parseJsStack(death.stack), symbolizer);
    const functions = frames.map((frame) => frame.function);
    const error = { name: death.name, message: death.message };

    expect(classifyDeath({ error, text: death.text, exitCode: null, functions })).toEqual({
      kind: 'panic',
      title: expected.title,
    });
    // Without what it printed: what was given to panic() is not known, nor which of the two ways a channel was closed wrong.
    const quiet = classifyDeath({ error, text: '', exitCode: null, functions });
    expect(quiet.kind).toBe('panic');
    if (expected.name === 'string' || expected.name === 'error') expect(quiet.title).toBe('panic');
    else if (expected.name === 'close')
      expect(['panic: runtime error: close of a closed or nil channel', 'panic: runtime error']).toContain(
        quiet.title,
      );
    else expect(quiet.title).toBe(expected.title);

    const own = frames.filter(({ function: name }) => /^\(?\*?main\./.test(name));
    const [dead] = own.filter(({ fold }) => fold === null);
    expect(dead?.function).toBe(expected.function);
    expect(dead?.file).toBe(expected.file);
    if (dead?.confidence.kind === 'exact') expect(dead.line).toBe(expected.line);
    else expect(['inferred', 'unavailable']).toContain(dead?.confidence.kind);
    // Unless wasm-opt damaged it, only what TinyGo itself gives the line of its function is not exact.
    if (module === 'tinygo.wasm.0' && !['nilmap', 'closed'].includes(expected.name))
      expect(dead?.confidence).toEqual({ kind: 'exact' });
    // The way from JavaScript to the goroutine is folded.
    const below = frames.slice(frames.findIndex(({ function: name }) => name.endsWith('$gowrapper')));
    expect(below.length).toBeGreaterThan(2);
    expect(below.filter(({ fold, language }) => fold === null && language === 'go')).toEqual([]);
  });
});

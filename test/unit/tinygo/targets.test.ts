import { expect, it } from 'vitest';
import { chooseSymbols } from '../../../src/symbols/choose.ts';
import { Symbolizer } from '../../../src/symbols/symbolizer.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { symbolizePastedText } from '../../../src/worker/pasted-text.ts';
import { llvmModule } from '../../support/llvm-fixtures.ts';
import { runCli } from '../../support/run-cli.ts';
import { tinygoCases, tinyGoStates } from '../../support/tinygo.ts';

// The text of a trap, pasted into the panel and given to `gowasm symbolize`, of the targets without JavaScript's glue.

const index = tinygoCases.find(({ name }) => name === 'index');

/** wasm-unknown: its cases have numbers, and it imports nothing. */
function dieAlone(module: string): string {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(llvmModule(module)), {});
  const call = (name: string, ...values: number[]): void => {
    const called = exports[name];
    if (typeof called === 'function') (called as (...values: number[]) => void)(...values);
  };
  call('_initialize');
  try {
    call('die', 0);
  } catch (error) {
    if (error instanceof Error) return error.stack ?? '';
  }
  throw new Error('it did not die');
}

it.each(['tinygo.wasip1.z', 'tinygo.wasip1.0', 'tinygo.unknown.z', 'tinygo.unknown.0'])(
  '%s',
  async (module) => {
    const bytes = llvmModule(module);
    const { death } = module.includes('wasip1') ? await tinyGoStates(module, 'index') : { death: null };
    const stack = death?.stack ?? dieAlone(module);
    const text = `${death?.text ?? ''}\n${stack}`;
    const symbolizer = new Symbolizer(chooseSymbols(readModule(bytes)).sources);
    const pasted = symbolizePastedText(text, null, [{ moduleKey: 'm', symbolizer, hash: 'h' }]);
    expect(pasted.moduleKey).toBe('m');
    const own = pasted.stacks[0]?.frames.filter(({ function: name }) => name.startsWith('main.')) ?? [];
    expect(own.map((frame) => frame.function).slice(0, 3)).toEqual(['main.at', 'main.middle', 'main.outer']);
    // At -opt=z what was inlined into `at` there, the end of the program, has lost its entry: the line is of that.
    const place = module === 'tinygo.unknown.z' ? {} : { file: index?.file, line: index?.line };
    expect(own[0]).toMatchObject(place);
    expect(own[1]?.inlined).toBe(module.endsWith('.z'));

    const files = new Map([['app.wasm', bytes]]);
    const cli = await runCli(files, ['symbolize', 'app.wasm', '--stack', '-', '--json'], { stdin: text });
    expect(cli.code).toBe(0);
    const entries = JSON.parse(cli.out) as {
      confidence: string;
      frames: { function: string; file: string; line: number }[];
    }[];
    const dead = entries.find(({ frames }) => frames.some((frame) => frame.function === 'main.at'));
    expect(dead?.frames.find((frame) => frame.function === 'main.at')).toMatchObject(place);
    if (module === 'tinygo.unknown.z') expect(dead?.confidence).toBe('inferred');
  },
);

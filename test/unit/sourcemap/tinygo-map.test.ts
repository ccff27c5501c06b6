// The map of a TinyGo module says of each place on the stack of a death what the module's own debug information says.
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { expect, it } from 'vitest';
import type { CliIo } from '../../../src/cli/io.ts';
import { run } from '../../../src/cli/main.ts';
import { moduleOffset } from '../../../src/base/units.ts';
import { parseJsStack } from '../../../src/stack/js-stack.ts';
import { chooseSymbols } from '../../../src/symbols/choose.ts';
import { Symbolizer } from '../../../src/symbols/symbolizer.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { llvmModule } from '../../support/llvm-fixtures.ts';
import { tinyGoStates } from '../../support/tinygo.ts';

it.each(['states.wasm.z', 'states.wasm.0', 'states.wasip1.z'])('%s', async (name) => {
  let map = '';
  const io: CliIo = {
    readFile: () => Promise.resolve(llvmModule(name)),
    readStdin: () => Promise.resolve(new Uint8Array(0)),
    writeFile: (_path, bytes) => {
      map = typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes);
      return Promise.resolve();
    },
    stdout: () => undefined,
    stderr: () => undefined,
  };
  expect(await run(['sourcemap', 'm.wasm', '-o', 'm.map'], io, '1.2.3')).toBe(0);
  const traced = new TraceMap(map);
  const symbolizer = new Symbolizer(chooseSymbols(readModule(llvmModule(name))).sources);
  const { death } = await tinyGoStates(name, 'die');
  const places = parseJsStack(death?.stack ?? '').frames.flatMap((frame) => frame.moduleOffset ?? []);
  let compared = 0;
  for (const column of places) {
    const { frames, confidence } = symbolizer.locate(moduleOffset(column));
    const [innermost] = frames;
    if (innermost === undefined || confidence.kind !== 'exact') continue;
    const { source, line } = originalPositionFor(traced, { line: 1, column });
    expect([source?.split('/').pop(), line]).toEqual([innermost.file.split('/').pop(), innermost.line]);
    compared++;
  }
  expect(compared).toBeGreaterThan(2);
});

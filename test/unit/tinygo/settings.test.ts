// How TinyGo modules were built, against the commands that built them: nothing is said that is not so, and each has what says it.
import { expect, it } from 'vitest';
import { inspectModule } from '../../../src/symbols/inspect.ts';
import { llvmFixtures, llvmModule, stateFixtures } from '../../support/llvm-fixtures.ts';

const modules = [...llvmFixtures, ...stateFixtures].filter(({ name }) => /^(?:tinygo|states)\./.test(name));

it.each(modules.map((one) => [one.name, one] as const))('%s', (name, { command }) => {
  const flag = (key: string): string | undefined => new RegExp(String.raw` -${key}=(\S+)`).exec(command)?.[1];
  const { settings } = inspectModule(llvmModule(name));
  const told = Object.fromEntries(settings.map(({ key, value }) => [key, value]));
  const debug = !command.includes(' -no-debug');
  expect(told['TinyGo']).toBe('0.33.0');
  expect(told['-target']).toBe(flag('target'));
  expect(told['-scheduler']).toBe(flag('target') === 'wasm-unknown' ? 'none' : 'asyncify');
  // wasm-unknown's own is leaking, that of the others conservative.
  const gc = flag('gc') ?? (flag('target') === 'wasm-unknown' ? 'leaking' : 'conservative');
  if (debug) expect(told['-gc']).toBe(gc);
  else expect(['conservative or precise', 'not told']).toContain(told['-gc']);
  const opt = flag('opt') === '0' ? '0' : '1, 2, s or z';
  expect(told['-opt']).toBe(debug ? opt : 'not told');
  expect(told['-no-debug']).toBe(debug ? 'no' : 'yes, or stripped');
  for (const { from } of settings) expect(from).toMatch(/^[A-Z].*\.$/);
});

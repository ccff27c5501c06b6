// Runs the committed programs to their death, once each, and reads the modules' runtimes.
import type { GoModule } from '../../../../src/go/go-module.ts';
import { readGoModule } from '../../../../src/go/go-module.ts';
import type { KnownPlace } from '../../../../src/go/runtime/frames.ts';
import { readRuntime, type GoRuntime } from '../../../../src/go/runtime/runtime.ts';
import { address, moduleOffset, type Address } from '../../../../src/base/units.ts';
import { functionAtOffset, readModule } from '../../../../src/wasm/module.ts';
import { fixtureBytes, type Fixture, type FixtureCase } from '../../../support/fixtures.ts';
import { runGo, runWasip1, type Death, type GoRun } from '../../../support/run-go.ts';

const runtimes = new Map<string, GoRuntime>();

/** What the module of a fixture says of its runtime. */
export function runtimeOf(fixture: Fixture): GoRuntime {
  let runtime = runtimes.get(fixture.name);
  if (runtime === undefined) {
    const module = readGoModule(readModule(fixtureBytes(fixture)));
    if (module === undefined) throw new Error(`${fixture.name} is not Go`);
    runtime = readRuntime(module);
    runtimes.set(fixture.name, runtime);
  }
  return runtime;
}

export interface Ended extends GoRun {
  readonly death: Death;
  readonly sp: Address | null;
}

/** Runs a case to its death, with the crash text at its most detailed. */
export async function runCase(fixture: Fixture, name: string): Promise<Ended> {
  const options = { args: [name], env: { GOTRACEBACK: 'system' } };
  const run = fixture.goos === 'js' ? await runGo(fixture, options) : await runWasip1(fixture, options);
  if (run.death === null) throw new Error(`${fixture.name} ${name} did not die`);
  return { ...run, death: run.death, sp: fixture.goos === 'js' ? address(run.death.sp) : null };
}

/** Those of a family's cases that die. */
export function dyingCases(cases: readonly FixtureCase[]): readonly FixtureCase[] {
  return cases.filter((one) => one.ends !== 'blocked');
}

/** The wasm frames of the engine's stack, symbolized by call sites alone. */
export function placesOf(module: GoModule, stack: string): KnownPlace[] {
  return [...stack.matchAll(/wasm-function\[\d+\]:0x([0-9a-f]+)/g)].flatMap(([, hex = '']): KnownPlace[] => {
    const offset = moduleOffset(parseInt(hex, 16));
    const funcIndex = functionAtOffset(module.wasm, offset);
    if (funcIndex === undefined) return [];
    const pc = module.callSites.at(offset)?.returnPc;
    const body = module.bodyOf(funcIndex);
    const levels = body === undefined || pc === undefined ? [] : module.frames(body.fn, module.lookupPc(pc));
    const frames = levels.map(({ name, file, line, inlined }) => ({ function: name, file, line, inlined }));
    return [{ funcIndex, pc, confidence: { kind: 'exact' }, frames }];
  });
}

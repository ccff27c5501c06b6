import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { address } from '../../../../src/base/units.ts';
import { readGoModule } from '../../../../src/go/go-module.ts';
import { StackReader } from '../../../../src/go/runtime/goroutine-stack.ts';
import { readRuntime } from '../../../../src/go/runtime/runtime.ts';
import { WholeMemory } from '../../../../src/memory/whole-memory.ts';
import { readModule } from '../../../../src/wasm/module.ts';
import { casesOf, fixtures } from '../../../support/fixtures.ts';
import { runEsbuild } from '../../../support/run-esbuild.ts';
import { runGo, type GoroutineSnapshot } from '../../../support/run-go.ts';
import { compared, distinct, expectCrash, expectStackText, Reading, type Moment } from './against-go.ts';
import { readCrashText } from './crash-text.ts';
import { dyingCases, runCase, runtimeOf } from './programs.ts';

// Every goroutine that memory shows against Go's own text of the same moment, over the committed programs of every Go version.

const families = ['panics', 'traps', 'exits'] as const;
const dying = families.flatMap((family) => fixtures({ family, goos: 'js', stripped: true }));

describe.each(dying.map((fixture) => [fixture.name, fixture] as const))('%s', (_, fixture) => {
  const printing = dyingCases(casesOf(fixture.family)).filter(
    (one) => one.ends === 'panic' || one.ends === 'fatal',
  );
  test.each(printing.map((one) => one.name))('%s: every goroutine of the crash', async (name) => {
    const run = await runCase(fixture, name);
    const { memory, sp } = run.death;
    expectCrash({ runtime: runtimeOf(fixture), memory, sp: address(sp), now: null }, run.stderr);
  });
});

describe.each(fixtures({ family: 'goroutines' }).map((one) => [one.name, one] as const))(
  '%s',
  (_, fixture) => {
    const moment = (snapshot: GoroutineSnapshot): Moment => ({
      runtime: runtimeOf(fixture),
      memory: snapshot.memory,
      sp: address(snapshot.sp),
      now: snapshot.now,
    });

    test('running, and idle', async () => {
      const run = await runGo(fixture, { args: ['idle'] });
      const [running, idle] = run.snapshots;
      if (running === undefined || idle === undefined) throw new Error('the program told nothing');
      const first = expectStackText(moment(running), running.text, null);
      expect(first.stacks.idle).toBe(false);
      expect(first.byId(1).state).toBe('running');
      // The text was taken in a call of the page: by the goroutine that waited for it.
      const handler = readCrashText(idle.text)[0]?.id ?? 0;
      const second = expectStackText(moment(idle), idle.text, handler);
      expect(second.stacks.idle).toBe(true);
      expect(second.stacks.running?.id).toBe(handler);
      const waiting = second.stacks.read(second.byId(handler));
      expect(waiting.frames.map((frame) => frame.function)).toEqual([
        'runtime.handleAsyncEvent',
        'runtime.goexit',
      ]);
      expect(waiting.complete).toBe(true);
      const withoutSp = new StackReader(second.runtime, new WholeMemory(idle.memory), { sp: null });
      expect(withoutSp.idle).toBe(true);
      expect(withoutSp.read(second.byId(handler)).frames).toEqual(waiting.frames);
    });

    test('dead', async () => {
      const run = await runCase(fixture, 'panic');
      const now = run.snapshots[0]?.now ?? null;
      const { memory, sp } = run.death;
      expectCrash({ runtime: runtimeOf(fixture), memory, sp: address(sp), now }, run.stderr);
    });
  },
);

describe('esbuild as npm ships it: stripped, and built by others', () => {
  const file = (name: string): Buffer =>
    readFileSync(createRequire(import.meta.url).resolve(`esbuild-wasm/${name}`));
  const bytes = new Uint8Array(file('esbuild.wasm'));
  const module = readGoModule(readModule(bytes));
  if (module === undefined) throw new Error('esbuild is no module of Go');
  const runtime = readRuntime(module);

  test('every goroutine after a panic, and after os.Exit', async () => {
    // Reads of its service get more bytes than there is room for: a slice out of range, in the middle of its goroutines.
    const died = await runEsbuild(bytes, file('wasm_exec.js').toString(), ['--service=0.28.2'], 1 << 20);
    expect(died.exitCode).toBe(2);
    expect(died.text).toContain('slice bounds out of range');
    const before = { ...compared };
    expectCrash({ runtime, ...died, now: null }, died.text);
    expect(compared.goroutines - before.goroutines).toBeGreaterThan(5);
    expect(compared.frames - before.frames).toBeGreaterThan(25);

    const ended = await runEsbuild(bytes, file('wasm_exec.js').toString(), ['--no-such-flag'], 0);
    expect(ended.exitCode).toBe(1);
    const reading = new Reading({ runtime, ...ended, now: null });
    expect(reading.notes).toEqual([]);
    const main = reading.byId(1);
    const { frames, complete } = reading.stacks.read(main);
    expect(complete).toBe(true);
    const names = frames.filter(({ wrapper }) => !wrapper).map((frame) => frame.function);
    expect(names.slice(-3)).toEqual(['main.main', 'runtime.main', 'runtime.goexit']);
    expect(names).toContain('os.Exit');
    for (const one of reading.all) expect(reading.stacks.read(one).complete, String(one.id)).toBe(true);
  });
});

test('as many goroutines and frames as the committed programs have', () => {
  console.log(
    `goroutines against Go's text: ${compared.goroutines} goroutines, ${compared.frames} frames, ${compared.created} created-by lines; ` +
      `${distinct.frames.size} distinct (version, function, PC), ${distinct.states.size} states, ${distinct.stacks.size} distinct stacks`,
  );
  expect(compared.goroutines).toBeGreaterThan(1000);
  expect(distinct.frames.size).toBeGreaterThan(1000);
  expect(distinct.stacks.size).toBeGreaterThan(100);
  expect(distinct.states.size).toBeGreaterThanOrEqual(20);
});

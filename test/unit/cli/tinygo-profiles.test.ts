// gowasm pprof of TinyGo modules: the goroutine profile out of memory, and a recording of V8.
import { gunzipSync } from 'node:zlib';
import { Session } from 'node:inspector/promises';
import { describe, expect, it } from 'vitest';
import type { Profile } from '../../../src/profile/profile.ts';
import { readProfile } from '../../../src/profile/read-profile.ts';
import { stackOf } from '../../../src/profile/transform.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { goSource } from '../../support/fixtures.ts';
import { llvmModule } from '../../support/llvm-fixtures.ts';
import { runCli } from '../../support/run-cli.ts';
import { runTinyGo, tinyGoStates } from '../../support/tinygo.ts';

const SOURCE = goSource('tinygo/states/main.go').split('\n');

/** The line at which a function of states is declared. */
const declared = (name: string): number =>
  SOURCE.findIndex((line) => new RegExp(String.raw`^func (?:\(\w+ \*\w+\) )?${name}\(`).test(line)) + 1;

/** The line that a comment marks. */
const marked = (mark: string): number => SOURCE.findIndex((line) => line.endsWith(`// ${mark}`)) + 1;

interface Line {
  readonly name: string;
  readonly file: string;
  readonly startLine: number;
  readonly line: number;
  readonly address: number;
}

/** The stacks of a profile, innermost first, each with what it counts. */
function stacksOf(profile: Profile): { readonly count: number; readonly lines: readonly Line[] }[] {
  const { samples, locations, functions, strings } = profile;
  return Array.from({ length: samples.count }, (_, row) => ({
    count: samples.values[row] ?? 0,
    lines: [...stackOf(samples, row)].flatMap((location) => {
      const lines: Line[] = [];
      for (let i = locations.lineStart[location] ?? 0; i < (locations.lineStart[location + 1] ?? 0); i++) {
        const at = locations.lineFunction[i] ?? 0;
        lines.push({
          name: strings[functions.name[at] ?? 0] ?? '',
          file: strings[functions.file[at] ?? 0] ?? '',
          startLine: functions.startLine[at] ?? 0,
          line: locations.lineNumber[i] ?? 0,
          address: Number(locations.address[location]),
        });
      }
      return lines;
    }),
  }));
}

async function pprof(files: ReadonlyMap<string, Uint8Array>, ...args: string[]): Promise<Profile> {
  const { code, written } = await runCli(files, ['pprof', ...args, '-o', 'out.pb.gz']);
  expect(code).toBe(0);
  return readProfile(gunzipSync(written.get('out.pb.gz') ?? new Uint8Array()));
}

describe.each(['states.wasm.z', 'states.wasm.0', 'states.wasip1.z'])('goroutines of %s', (module) => {
  it.each([
    // Of 15 goroutines one is finished; at the death one more runs, whose stack is not in memory, and one has not begun.
    ['idle', 14],
    ['die', 15],
  ])('%s: each has its stack, with lines of calls and declarations', async (name, goroutines) => {
    const wasm = readModule(llvmModule(module));
    const { memory } = await tinyGoStates(module, name);
    const files = new Map([
      ['m.wasm', llvmModule(module)],
      ['memory', memory],
    ]);
    const profile = await pprof(files, '--memory', 'memory', '--module', 'm.wasm', '--type', 'goroutine');
    expect(profile.sampleTypes).toEqual([{ type: 'goroutine', unit: 'count' }]);
    expect(profile.mappings[0]?.buildId).toMatch(/^[0-9a-f]{64}$/);
    const stacks = stacksOf(profile);
    expect(stacks.reduce((sum, { count }) => sum + count, 0)).toBe(goroutines);
    const of = (function_: string): readonly Line[] =>
      stacks.find(({ lines }) => lines.some((line) => line.name === function_))?.lines ?? [];
    // The walk is recursive: three frames, and `inner` inlined into it or not.
    const walk = of('main.walk').filter((line) => line.name === 'main.walk');
    expect(walk.map(({ line }) => line)).toEqual([
      marked('go: inner'),
      marked('go: walk'),
      marked('go: walk'),
    ]);
    const own = ['walk', 'receiver', 'sleeper', 'locker', 'second', 'caller'];
    for (const function_ of own) {
      const found = of(`main.${function_}`).find((line) => line.name === `main.${function_}`);
      expect(found).toMatchObject({ startLine: declared(function_) });
      expect(found?.file).toMatch(/programs\/tinygo\/states\/main\.go$/);
      // The call itself: call or call_indirect.
      expect(wasm.bytes[found?.address ?? 0]).toSatisfy((opcode: number) => [0x10, 0x11].includes(opcode));
    }
    if (name === 'die') {
      const [later] = of('main.later$gowrapper');
      expect(later?.line).toBe(0);
      expect([...wasm.bodyStart]).toContain(later?.address);
    }
  });
});

describe('a recording of V8', () => {
  it('names the functions of the module, with file and line of the declaration', async () => {
    const session = new Session();
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: 100 });
    const record = async (): Promise<string> => {
      await session.post('Profiler.start');
      await runTinyGo('ends.wasm.z', 'overflow');
      return JSON.stringify((await session.post('Profiler.stop')).profile);
    };
    // A recursion until the engine's stack ends: a sample falls into it sooner or later.
    let recording = await record();
    while (!recording.includes('main.deep')) recording = await record();
    session.disconnect();
    const files = new Map([
      ['m.wasm', llvmModule('ends.wasm.z')],
      ['r.cpuprofile', new TextEncoder().encode(recording)],
    ]);
    const profile = await pprof(files, 'r.cpuprofile', '--module', 'm.wasm');
    const line = goSource('tinygo/ends/main.go').split('\n').indexOf('func deep(n int) int {') + 1;
    const deep = stacksOf(profile)
      .flatMap(({ lines }) => lines)
      .find(({ name }) => name === 'main.deep');
    expect(deep).toMatchObject({ startLine: line });
    expect(deep?.file).toMatch(/programs\/tinygo\/ends\/main\.go$/);
  });
});

// Runs the program of fixtures/profiles/wasm in Node.
import { Session } from 'node:inspector/promises';
import { createContext, runInContext } from 'node:vm';
import { profiledWasm } from '../../fixtures/profiles/wasm/read.mjs';
import { funcIndex } from '../../src/base/units.ts';
import { chooseSymbols } from '../../src/symbols/choose.ts';
import { Symbolizer } from '../../src/symbols/symbolizer.ts';
import { readModule } from '../../src/wasm/module.ts';
import { wasmExec, type GoVersion } from './fixtures.ts';

/** The module, as `go build -trimpath -ldflags="-s -w"` made it. */
export function profiledModule(version: GoVersion): Uint8Array<ArrayBuffer> {
  const module = profiledWasm(version);
  if (module === undefined) throw new Error(`there is no module of Go ${version}`);
  return module;
}

/** What program `heap` says of one moment. */
export interface ProfiledMoment {
  /** Linear memory and stack pointer, when the profiles were taken. */
  readonly memory: Uint8Array<ArrayBuffer>;
  readonly sp: number;
  /** What runtime/pprof wrote: `heap`, `allocs`, `goroutine`. */
  readonly profiles: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

interface Glue {
  argv: string[];
  env: Record<string, string>;
  importObject: WebAssembly.Imports;
  run(instance: WebAssembly.Instance): Promise<void>;
}

interface Running {
  readonly done: Promise<void>;
  readonly moment: () => ProfiledMoment;
  readonly truth: readonly number[];
}

async function start(version: GoVersion, what: string): Promise<Running> {
  let over = false;
  // Go leaves timers behind when it exits.
  const later = (callback: () => void, ms: number) => setTimeout(() => over || callback(), ms);
  const globals = {
    console,
    TextEncoder,
    TextDecoder,
    performance,
    crypto,
    setTimeout: later,
    clearTimeout,
    WebAssembly,
    Uint8Array,
  };
  const realm = createContext(globals);
  runInContext(wasmExec(version), realm, { filename: 'wasm_exec.js' });
  const fs = runInContext('fs', realm) as { writeSync: (fd: number, bytes: Uint8Array) => number };
  fs.writeSync = (_, bytes) => bytes.length;
  const Go = runInContext('Go', realm) as new () => Glue;
  const go = new Go();
  go.argv = ['program', what];
  // From the first allocation on.
  go.env = { GODEBUG: 'memprofilerate=512' };
  const { instance } = await WebAssembly.instantiate(profiledModule(version), go.importObject);
  const { mem, getsp } = instance.exports as unknown as { mem: WebAssembly.Memory; getsp: () => number };
  let memory = new Uint8Array();
  let sp = 0;
  const truth: number[] = [];
  realm['fixtureTruth'] = (...nanos: number[]) => truth.push(...nanos);
  const profiles = new Map<string, Uint8Array<ArrayBuffer>>();
  realm['fixtureMemory'] = () => {
    memory = new Uint8Array(mem.buffer).slice();
    sp = getsp() >>> 0;
  };
  realm['fixtureProfile'] = (name: string, bytes: Uint8Array) => profiles.set(name, new Uint8Array(bytes));
  const done = go.run(instance).finally(() => (over = true));
  return { done, moment: () => ({ memory, sp, profiles }), truth };
}

/** Runs program `heap`. */
export async function profiledMoment(version: GoVersion): Promise<ProfiledMoment> {
  const running = await start(version, 'heap');
  await running.done;
  return running.moment();
}

/** A .cpuprofile of program `hot`, and what the program itself says of its functions: nanoseconds of five, three, one and switched. */
export interface HotRecording {
  readonly profile: unknown;
  readonly truth: readonly number[];
}

/** Runs program `hot` under V8's profiler. */
export async function cpuProfileOfHot(version: GoVersion): Promise<HotRecording> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 1000 });
  await session.post('Profiler.start');
  const running = await start(version, 'hot');
  await running.done;
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  return { profile, truth: running.truth };
}

/** A .cpuprofile of two samples in one function of the program, with the bare name that V8 gives it, as somebody else records it. */
export function bareRecording(version: GoVersion, name: string): Uint8Array<ArrayBuffer> {
  const module = readModule(profiledModule(version));
  const symbolizer = new Symbolizer(chooseSymbols(module).sources);
  const last = module.importedFunctionCount + module.functionCount;
  let index = module.importedFunctionCount;
  while (index < last && symbolizer.functionAt(funcIndex(index))?.name !== name) index++;
  const symbol = symbolizer.functionAt(funcIndex(index));
  if (symbol === undefined) throw new Error(`the program has no ${name}`);
  const callFrame = (functionName: string, url: string, columnNumber: number): object => ({
    ...{ functionName, url, columnNumber, scriptId: '7', lineNumber: 0 },
  });
  const nodes = [
    { id: 1, callFrame: callFrame('(root)', '', -1), children: [2] },
    { id: 2, callFrame: callFrame(`wasm-function[${index}]`, 'http://x/app.wasm', symbol.bodyStart) },
  ];
  const samples = { startTime: 0, endTime: 2000, samples: [2, 2], timeDeltas: [0, 1000] };
  return new TextEncoder().encode(JSON.stringify({ nodes, ...samples }));
}

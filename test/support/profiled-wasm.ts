// Runs the program of fixtures/profiles/wasm in Node.
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { brotliDecompressSync } from 'node:zlib';
import { wasmExec } from './fixtures.ts';

/** Versions of Go that the program was built with. */
export const profiledVersions = ['1.21.13', '1.23.12', '1.24.13', '1.26.10', '1.27.3'] as const;
export type ProfiledVersion = (typeof profiledVersions)[number];

const directory = fileURLToPath(new URL('../../fixtures/profiles/wasm/', import.meta.url));

/** The module, as `go build -trimpath -ldflags="-s -w"` made it. */
export function profiledModule(version: ProfiledVersion): Uint8Array<ArrayBuffer> {
  return new Uint8Array(brotliDecompressSync(readFileSync(`${directory}go${version}.wasm.br`)));
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

async function start(version: ProfiledVersion, what: string): Promise<Running> {
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
export async function profiledMoment(version: ProfiledVersion): Promise<ProfiledMoment> {
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
export async function cpuProfileOfHot(version: ProfiledVersion): Promise<HotRecording> {
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

// How fast and how large the DWARF reader is beside the engine of Chrome's C/C++ extension (npm @vscode/dwarf-debugging) and llvm-symbolizer: a module is
// loaded and 1,000 places are looked up, each in a process of its own.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { moduleOffset } from '../../src/base/units.ts';
import { chooseSymbols } from '../../src/symbols/choose.ts';
import { Symbolizer } from '../../src/symbols/symbolizer.ts';
import { readModule } from '../../src/wasm/module.ts';
import { llvmModule } from '../support/llvm-fixtures.ts';
import { peakOfGrowth, type PeakOfGrowth } from './peak.ts';

const MODULE = 'tinygo.wasip1.0';
const LOOKUPS = 1000;
const RUNS = 5;

/** One engine over the module. Times in milliseconds, memory in bytes. */
export interface DwarfRun {
  readonly load: number;
  readonly lookups: number;
  /** What the process grew by at most, from before the engine was there: Node itself and the module's bytes are not in it. */
  readonly memory: number;
  /** Places of which it named a function. */
  readonly named: number;
}

export interface DwarfMeasured {
  readonly bytes: number;
  readonly debugBytes: number;
  readonly ours: DwarfRun;
  readonly peer: DwarfRun;
  /** llvm-symbolizer, its process included; or why it was not measured. */
  readonly llvm: { readonly time: number; readonly version: string; readonly same: number } | string;
}

/** The same places in every process. */
function offsets(bytes: Uint8Array): number[] {
  const { bodyStart, bodySize, codeStart } = readModule(bytes);
  const first = (bodyStart[0] ?? 0) - codeStart;
  const last = (bodyStart.at(-1) ?? 0) + (bodySize.at(-1) ?? 0) - codeStart;
  let seed = 12345;
  return Array.from({ length: LOOKUPS }, () => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return first + Math.floor((seed / 2 ** 32) * (last - first));
  });
}

/** Runs one engine in this process; to be called once in a process. */
export async function runDwarf(engine: string): Promise<DwarfRun> {
  const bytes = llvmModule(MODULE);
  const places = offsets(bytes);
  const peak = peakOfGrowth();
  return engine === 'ours' ? runOurs(bytes, places, peak) : runPeer(bytes, places, peak);
}

function runOurs(bytes: Uint8Array, places: readonly number[], peak: PeakOfGrowth): DwarfRun {
  const start = performance.now();
  const wasm = readModule(bytes);
  const symbolizer = new Symbolizer(chooseSymbols(wasm).sources);
  const load = performance.now() - start;
  peak.look();
  const resumed = performance.now();
  let named = 0;
  for (const place of places)
    if (symbolizer.locate(moduleOffset(wasm.codeStart + place)).frames.length > 0) named++;
  return { load, lookups: performance.now() - resumed, memory: peak.bytes(), named };
}

/** What is used of the peer. */
interface Peer {
  spawn(host: object): {
    readonly rpc: { sendMessage(method: string, ...parameters: unknown[]): Promise<unknown> };
    dispose(): Promise<void>;
  };
}

async function runPeer(bytes: Uint8Array, places: readonly number[], peak: PeakOfGrowth): Promise<DwarfRun> {
  const { spawn } = createRequire(import.meta.url)('@vscode/dwarf-debugging') as Peer;
  const start = performance.now();
  const { rpc, dispose } = spawn({});
  await rpc.sendMessage('hello', [], false);
  const code = new Uint8Array(bytes).buffer;
  await rpc.sendMessage('addRawModule', 'module', '', { url: 'file:///module.wasm', code });
  const load = performance.now() - start;
  peak.look();
  const resumed = performance.now();
  let named = 0;
  for (const codeOffset of places) {
    const location = { rawModuleId: 'module', codeOffset, inlineFrameIndex: 0 };
    await rpc.sendMessage('rawLocationToSourceLocation', location);
    const found = (await rpc.sendMessage('getFunctionInfo', location)) as { frames?: unknown[] };
    if ((found.frames ?? []).length > 0) named++;
  }
  const run = { load, lookups: performance.now() - resumed, memory: peak.bytes(), named };
  await dispose();
  return run;
}

/** Measures all engines; `script`: this bundle, which runs one of them when it is started with `--dwarf ENGINE`. */
export function measureDwarf(script: string): DwarfMeasured {
  const bytes = llvmModule(MODULE);
  const once = (engine: string): DwarfRun => {
    const out = execFileSync(process.execPath, ['--expose-gc', script, '--dwarf', engine], {
      encoding: 'utf8',
    });
    return JSON.parse(out.slice(out.lastIndexOf('{'))) as DwarfRun;
  };
  // Time: of the fastest run; memory: in the middle of all.
  const best = (engine: string): DwarfRun => {
    const runs = Array.from({ length: RUNS }, () => once(engine));
    const fastest = runs.reduce((a, b) => (a.load + a.lookups <= b.load + b.lookups ? a : b));
    const memory = runs.map((run) => run.memory).sort((a, b) => a - b);
    return { ...fastest, memory: memory[RUNS >> 1] ?? 0 };
  };
  const debugBytes = readModule(bytes)
    .sections.filter(({ name }) => name.startsWith('.debug_'))
    .reduce((sum, { size }) => sum + size, 0);
  return {
    bytes: bytes.length,
    debugBytes,
    ours: best('ours'),
    peer: best('peer'),
    llvm: measureLlvm(bytes),
  };
}

function measureLlvm(bytes: Uint8Array): DwarfMeasured['llvm'] {
  const tool = ['llvm-symbolizer', 'llvm-symbolizer-19', 'llvm-symbolizer-16'].find(
    (name) => spawnSync(name, ['--version']).status === 0,
  );
  if (tool === undefined) return 'llvm-symbolizer is not installed';
  const version = /LLVM version (\S+)/.exec(spawnSync(tool, ['--version'], { encoding: 'utf8' }).stdout)?.[1];
  const directory = mkdtempSync(join(tmpdir(), 'gowasm-bench-'));
  try {
    const file = join(directory, 'module.wasm');
    writeFileSync(file, bytes);
    const places = offsets(bytes);
    const input = places.map((place) => `0x${place.toString(16)}\n`).join('');
    const parameters = [`--obj=${file}`, '--inlines', '--no-demangle', '--output-style=JSON'];
    let time = Infinity;
    let said = '';
    for (let i = 0; i < RUNS; i++) {
      const start = performance.now();
      said = execFileSync(tool, parameters, { input, encoding: 'utf8', maxBuffer: 2 ** 28 });
      time = Math.min(time, performance.now() - start);
    }
    return { time, version: version ?? '', same: countSame(bytes, places, said) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** How many of the places have the frames, files and lines that llvm-symbolizer said. */
function countSame(bytes: Uint8Array, places: readonly number[], said: string): number {
  const dwarf = chooseSymbols(readModule(bytes)).dwarf?.dwarf;
  return said
    .trim()
    .split('\n')
    .filter((line, i) => {
      const { Symbol: frames } = JSON.parse(line) as {
        Symbol?: { FunctionName: string; FileName: string; Line: number }[];
      };
      const theirs = (frames ?? [])
        .map((frame) => `${frame.FunctionName} ${frame.FileName}:${frame.Line}`)
        .filter((text) => text !== ' :0');
      const ours = (dwarf?.framesAt(places[i] ?? 0) ?? [])
        .map(({ facts, file, line: at }) => `${facts.linkageName || facts.name} ${file}:${at}`)
        .filter((text) => text !== ' :0');
      return ours.join('|') === theirs.join('|');
    }).length;
}

/** The measurements as text. Goals: ten times as fast as the peer and a tenth of its memory, at most twice the time of llvm-symbolizer. */
export function dwarfText({ bytes, debugBytes, ours, peer, llvm }: DwarfMeasured): string {
  const total = ({ load, lookups }: DwarfRun): number => load + lookups;
  const mib = (n: number): string => `${(n / 2 ** 20).toFixed(0)} MiB`;
  const row = (what: string, run: DwarfRun, more: string): string =>
    `  ${what.padEnd(44)}${`${total(run).toFixed(0)} ms`.padStart(9)}  load ${run.load.toFixed(0)} ms, ${LOOKUPS} look-ups ${run.lookups.toFixed(0)} ms, its process grows by ${mib(run.memory)} at most; ${run.named} named${more}`;
  const ratio = `${(total(peer) / total(ours)).toFixed(1)} x as long (goal 10), ${(peer.memory / Math.max(1, ours.memory)).toFixed(1)} x the memory (goal 10)`;
  const beside =
    typeof llvm === 'string'
      ? `  llvm-symbolizer: not measured, ${llvm}`
      : `  ${`llvm-symbolizer ${llvm.version}, its process`.padEnd(44)}${`${llvm.time.toFixed(0)} ms`.padStart(9)}  ours takes ${(total(ours) / llvm.time).toFixed(2)} x (goal 2 at most); the same answer for ${llvm.same} of ${LOOKUPS}`;
  return [
    `DWARF of ${(debugBytes / 1e6).toFixed(1)} MB in a module of ${(bytes / 1e6).toFixed(1)} MB:`,
    row('loaded, looked up', ours, ''),
    row('by @vscode/dwarf-debugging', peer, `; ${ratio}`),
    beside,
    '',
  ].join('\n');
}

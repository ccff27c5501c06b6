// `npm run bench`: how long it takes to read all goroutines of a program (goroutines.ts) and heaps of 64 MB, 256 MB and 1 GB (heaps.ts); and how long it takes to symbolize a frame of a module that was never seen, and to index it whole, with the memory that
// both take. Each run is a fresh worker, as in the extension: nothing is compiled or cached. Times stand beside the time that V8 takes to
// compile the same bytes in the same worker, so that figures of different machines can be compared.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { dwarfText, measureDwarf, runDwarf } from './dwarf.ts';
import { measureGoroutines, type GoroutinesMeasured } from './goroutines.ts';
import { measureHeap, type HeapMeasured } from './heaps.ts';
import { measure, type Measured } from './measure.ts';
import { measureProfiles, type ProfilesMeasured } from './profiles.ts';

const RUNS = 7;
/** Milliseconds, on two cores. */
const BUDGET = { firstFrame: 150, fullIndex: 400 };
const GOROUTINES = [10_000, 100_000];
/** Megabytes of heaps. */
const HEAPS = [64, 256, 1024];
/** Time a megabyte in the largest heap, as a multiple of that in the smallest: what is linear stays below. */
const LINEAR = 2.5;

async function main(): Promise<void> {
  const path = process.argv[2] ?? createRequire(import.meta.url).resolve('esbuild-wasm/esbuild.wasm');
  const bytes = readFileSync(path);
  const runs: Measured[] = [];
  for (let i = 0; i < RUNS; i++) runs.push(await runOnce(bytes));
  const best = (of: (run: Measured) => number): number => Math.min(...runs.map(of));
  const [{ functions, calls, share } = { functions: 0, calls: 0, share: 0 }] = runs;
  const compile = best((run) => run.compile);
  const first = best((run) => run.firstFrame);
  const full = best((run) => run.fullIndex);
  const row = (what: string, ms: number, budget?: number): string =>
    [
      what.padEnd(24),
      `${ms.toFixed(0)} ms`.padStart(8),
      `${(ms / compile).toFixed(2)} x compile`.padStart(15),
      budget === undefined ? '' : `budget ${budget} ms: ${ms <= budget ? 'kept' : 'EXCEEDED'}`,
    ]
      .join('  ')
      .trimEnd();
  const mib = (n: number): string => `${(n / 2 ** 20).toFixed(1)} MiB`;
  process.stdout.write(
    [
      `${(bytes.length / 1e6).toFixed(1)} MB, ${functions} functions, ${calls} call sites, ${(share * 100).toFixed(1)} % of calls exact; best of ${RUNS} fresh workers`,
      row('V8 compiles the module', compile),
      row('first symbolized frame', first, BUDGET.firstFrame),
      row('full index', full, BUDGET.fullIndex),
      `memory beside the bytes: ${mib(best((run) => run.memoryFirst))} after the first frame, ${mib(best((run) => run.memoryFull))} with the full index`,
      '',
    ].join('\n'),
  );
  if (first > BUDGET.firstFrame || full > BUDGET.fullIndex) process.exitCode = 1;
  process.stdout.write(dwarfText(measureDwarf(script)));
  process.stdout.write(profilesText(measureProfiles()));
  for (const count of GOROUTINES) process.stdout.write(goroutinesText(await measureGoroutines(count)));
  let smallest: number | undefined;
  for (const megabytes of HEAPS) {
    const measured = await measureHeap(megabytes);
    smallest ??= perMegabyte(measured);
    process.stdout.write(heapText(measured, smallest));
  }
}

/** Milliseconds for each megabyte in use. */
function perMegabyte({ walk, graph, dominators, diff, inUse }: HeapMeasured): number {
  return (walk + graph + dominators + diff) / (inUse / 1e6);
}

function heapText(measured: HeapMeasured, smallest: number): string {
  const { memory, inUse, objects, pointers, walk, graph, dominators, diff, longest, held } = measured;
  const ratio = perMegabyte(measured) / smallest;
  if (ratio > LINEAR) process.exitCode = 1;
  const row = (what: string, ms: number): string =>
    `  ${what.padEnd(44)}${`${ms.toFixed(0)} ms`.padStart(9)}${`${(ms / (inUse / 1e6)).toFixed(2)} ms a MB`.padStart(16)}`;
  return [
    `heap of ${(inUse / 1e6).toFixed(0)} MB in ${(memory / 1e6).toFixed(0)} MB of memory, ${objects} objects, ${pointers} pointers:`,
    row('spans, objects, roots and types', walk),
    row('who points to whom', graph),
    row('dominators and retained sizes', dominators),
    row('two summaries and their difference', diff),
    `  ${(held / 1e6).toFixed(0)} MB held beside the memory; ${ratio.toFixed(2)} x the time a MB of the smallest; ${longest.toFixed(0)} ms at most until a cancel is seen`,
    '',
  ].join('\n');
}

/** A large profile beside another reader. */
function profilesText(measured: ProfilesMeasured): string {
  const { bytes, samples, decode, peerDecode, write, trace, traceBytes } = measured;
  const { memory, peerMemory, traceMemory } = measured;
  const row = (what: string, ms: number, more: string): string =>
    `  ${what.padEnd(44)}${`${ms.toFixed(0)} ms`.padStart(9)}  ${more}`;
  const speed = (ms: number): string => `${(bytes / 1000 / ms).toFixed(0)} MB/s`;
  const mib = (n: number): string => `${(n / 2 ** 20).toFixed(1)} MiB`;
  return [
    `profile of ${(bytes / 1e6).toFixed(1)} MB, ${samples} samples:`,
    row('decoded', decode, `${speed(decode)}, holds ${mib(memory)}`),
    row(
      'by pprof-format',
      peerDecode,
      `${(peerDecode / decode).toFixed(1)} x as long (goal 2), holds ${mib(peerMemory)}`,
    ),
    row('written', write, speed(write)),
    row(
      'as a Chrome trace',
      trace,
      `${speed(trace)} of the profile, ${(traceBytes / 1000 / trace).toFixed(0)} MB/s of JSON, holds ${mib(traceMemory)}`,
    ),
    '',
  ].join('\n');
}

/** Reading all goroutines beside Go's own way, in the same program at the same moment; to be at least as fast. */
function goroutinesText(measured: GoroutinesMeasured): string {
  const { goroutines, frames, go, text, first, best, list, groups, distinct } = measured;
  if (first > go) process.exitCode = 1;
  const row = (what: string, ms: number, more: string): string =>
    `  ${what.padEnd(44)}${`${ms.toFixed(0)} ms`.padStart(9)}${`${((ms / goroutines) * 1000).toFixed(1)} µs each`.padStart(16)}  ${more}`.trimEnd();
  return [
    `${goroutines} goroutines, ${frames} frames:`,
    row('Go: pprof.Lookup("goroutine").WriteTo(w, 2)', go, `${(text / 1e6).toFixed(1)} MB of text`),
    row('all goroutines with their stacks, first time', first, `${(go / first).toFixed(1)} x as fast as Go`),
    row('the same again', best, `${(go / best).toFixed(1)} x as fast as Go`),
    row('only the list', list, ''),
    row('put together by identical stacks', groups, `${distinct} distinct`),
    '',
  ].join('\n');
}

function runOnce(bytes: Uint8Array): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: bytes.slice() });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

const [, script = '', flag, engine = ''] = process.argv;
if (isMainThread && flag === '--dwarf') process.stdout.write(JSON.stringify(await runDwarf(engine)));
else if (isMainThread) await main();
else parentPort?.postMessage(measure(workerData as Uint8Array<ArrayBuffer>));

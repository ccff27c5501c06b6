import { address, type Address } from '../base/units.ts';
import { readGoModule } from '../go/go-module.ts';
import { StackReader } from '../go/runtime/goroutine-stack.ts';
import { listGoroutines } from '../go/runtime/goroutines.ts';
import { readLabels } from '../go/runtime/labels.ts';
import { readMemoryProfile } from '../go/runtime/memory-profile.ts';
import { readRuntime, type GoRuntime } from '../go/runtime/runtime.ts';
import type { Memory } from '../memory/memory.ts';
import { WholeMemory } from '../memory/whole-memory.ts';
import type { ProfiledModule } from '../profile/go-locations.ts';
import { goroutineProfile, profiledFrames } from '../profile/goroutine-profile.ts';
import { gzip } from '../profile/gzip.ts';
import { heapProfile } from '../profile/heap-profile.ts';
import type { Profile } from '../profile/profile.ts';
import { recordingProfile } from '../profile/recording-profile.ts';
import { writeProfile } from '../profile/write-profile.ts';
import { syntheticAxisOf, traceTime } from '../trace/read-trace.ts';
import { readModule } from '../wasm/module.ts';
import { parseAddress } from './goroutines.ts';
import { InputError, UsageError, type CliIo } from './io.ts';
import { doubtsOf, readMemoryFile } from './memory-file.ts';
import { readModuleFile } from './module-file.ts';
import { openTold } from './open-module.ts';
import { NOT_GO } from './open-runtime.ts';
import { tinyGoProfile } from './tinygo-pprof.ts';
import {
  baseName,
  buildIdOf,
  moduleOf,
  readProfileFile,
  writeOutput,
  type ConvertOptions,
} from './profile-file.ts';

/** gowasm pprof INPUT */
export async function pprof(
  { inputPath, modulePath, outputPath }: ConvertOptions,
  io: CliIo,
): Promise<number> {
  const input = await readProfileFile(inputPath, io);
  if (input.kind === 'pprof' && modulePath !== null) {
    io.stderr('gowasm: the profile has its own names: --module is not used\n');
  }
  const module = input.kind === 'pprof' ? undefined : await moduleOf(modulePath, input.threads, io);
  const timeNanos = input.kind === 'pprof' ? undefined : traceTime(input.json);
  const synthetic = input.kind === 'pprof' ? undefined : syntheticAxisOf(input.json);
  const profile =
    input.kind === 'pprof'
      ? input.profile
      : recordingProfile(input.threads, {
          ...(module === undefined ? {} : { modules: [module] }),
          ...(timeNanos === undefined ? {} : { timeNanos }),
          synthetic,
        });
  if (synthetic !== undefined) io.stderr(`gowasm: ${inputPath}: synthetic axis: ${synthetic}\n`);
  await writeOutput(outputPath, await gzip(writeProfile(profile)), io);
  return 0;
}

export interface MemoryOptions {
  /** A raw dump of linear memory; it may be packed. */
  readonly memoryPath: string;
  readonly modulePath: string;
  /** As typed. */
  readonly type: string;
  /** SP at the moment of the dump (the exported getsp), as typed; null when not given. */
  readonly sp: string | null;
  /** Null for standard output. */
  readonly outputPath: string | null;
}

/** gowasm pprof --memory MEMORY --module MODULE --type TYPE */
export async function memoryPprof(options: MemoryOptions, io: CliIo): Promise<number> {
  const { memoryPath, modulePath, type, outputPath } = options;
  if (type !== 'heap' && type !== 'allocs' && type !== 'goroutine') {
    throw new UsageError(`${JSON.stringify(type)} is no type: heap, allocs or goroutine`);
  }
  const givenSp = options.sp === null ? null : parseAddress(options.sp);
  const bytes = await readModuleFile(modulePath, io);
  const wasm = readModule(bytes);
  const go = readGoModule(wasm);
  if (go === undefined) {
    const { symbols } = await openTold(modulePath, io);
    if (symbols.toolchain !== 'tinygo') throw new InputError(`${modulePath}: ${NOT_GO}`);
    const file = await readMemoryFile(memoryPath, io);
    const note = (text: string): void => io.stderr(`gowasm: ${memoryPath}: ${text}\n`);
    doubtsOf(file, bytes).forEach(note);
    const module = { file: baseName(modulePath), buildId: buildIdOf(bytes) };
    const paths = { module: modulePath, memory: memoryPath };
    const profile = tinyGoProfile(symbols, type, module, paths, file.bytes, note);
    await writeOutput(outputPath, await gzip(writeProfile(profile)), io);
    return 0;
  }
  const runtime = readRuntime(go);
  const file = await readMemoryFile(memoryPath, io);
  const memory = new WholeMemory(file.bytes);
  const sp = givenSp ?? (file.header?.sp == null ? null : address(file.header.sp));
  const module = { file: baseName(modulePath), buildId: buildIdOf(bytes) };
  const note = (text: string): void => io.stderr(`gowasm: ${memoryPath}: ${text}\n`);
  doubtsOf(file, bytes).forEach(note);
  const profile =
    type === 'goroutine'
      ? goroutinesOf(runtime, memory, module, sp, note)
      : heapOf(runtime, memory, type, module, note);
  await writeOutput(outputPath, await gzip(writeProfile(profile)), io);
  return 0;
}

function heapOf(
  runtime: GoRuntime,
  memory: Memory,
  type: 'heap' | 'allocs',
  module: ProfiledModule,
  note: (text: string) => void,
): Profile {
  const recorded = readMemoryProfile(runtime, memory);
  recorded.notes.forEach(note);
  return heapProfile(runtime.program, recorded, { type, module, timeNanos: 0n });
}

function goroutinesOf(
  runtime: GoRuntime,
  memory: Memory,
  module: ProfiledModule,
  sp: Address | null,
  note: (text: string) => void,
): Profile {
  const { goroutines, notes } = listGoroutines(runtime, memory);
  notes.forEach(note);
  const stacks = new StackReader(runtime, memory, { sp });
  const counted = goroutines
    .filter(({ system }) => !system)
    .map((goroutine) => ({
      frames: profiledFrames(runtime, stacks.read(goroutine).frames),
      count: 1,
      labels: readLabels(runtime, memory, goroutine).map(([key, value]) => ({ key, value })),
    }));
  if (counted.length === 0) note('no goroutine of the module is in this memory.');
  return goroutineProfile(counted, { module, timeNanos: 0n });
}

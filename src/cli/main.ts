import { parseArgs } from 'node:util';
import { FormatError } from '../base/format-error.ts';
import { goroutines } from './goroutines.ts';
import { heap } from './heap.ts';
import { inspect } from './inspect.ts';
import { InputError, UsageError, type CliIo } from './io.ts';
import { memoryPprof, pprof } from './pprof.ts';
import { sourcemap } from './sourcemap.ts';
import { symbolize } from './symbolize.ts';
import { trace } from './trace.ts';

const HELP = `gowasm reads Go programs that were built for WebAssembly, as they are shipped.

usage:
  gowasm inspect    MODULE [--json]
  gowasm symbolize  MODULE [--json] [--stack FILE|-] [OFFSET ...]
  gowasm goroutines MODULE MEMORY [--json] [--sp ADDRESS] [--source DIR] [--variables]
  gowasm heap       MODULE MEMORY [--json] [--base MEMORY0 [--base-module MODULE0]]
                    [--fail-growth PERCENT]
  gowasm sourcemap  MODULE [-o FILE] [--sources DIR]
  gowasm sourcemap  MODULE --embed URL [-o FILE]
  gowasm pprof      INPUT [--module MODULE] [-o FILE]
  gowasm pprof      --memory MEMORY --module MODULE --type heap|allocs|goroutine
                    [--sp ADDRESS] [-o FILE]
  gowasm trace      INPUT [--module MODULE] [-o FILE]
  gowasm --help | --version

inspect     says what the module is: toolchain and Go version, main module and dependencies, build settings,
            where its symbols come from and how good they are, and the size of its sections.
symbolize   turns places into Go functions, files and lines.
            OFFSET: bytes from the start of the module, 0x.. or decimal, as browsers print them
            (wasm-function[12]:0x1b2c). --stack: a file, or - for standard input, with the stack of a JavaScript
            error (Chrome, Node, Firefox, Safari, a log of them) or with Go's own crash text.
goroutines  prints every goroutine of a running, idle or dead program with its stack, as Go would.
            MEMORY: a dump that the panel saved, or the bytes of its linear memory (exports.mem.buffer). --sp: what
            exports.getsp() gave at that moment, which a dump knows; without it the stack of a goroutine that was
            running may be missing. --source: the folder of the main module's Go source, for the arguments by name,
            type and value. --variables: those of a module of TinyGo, out of its own debug information.
heap        says what is in the heap: totals as runtime.MemStats has them, objects by size class and by type. --base: an
            earlier memory of the program; what has grown since, by type, size class and allocation, and what keeps it.
            --base-module: the module of that memory, where it was another build. --fail-growth: a leak check for CI;
            the exit code is 3 when what is reachable has grown by more than PERCENT.
sourcemap   writes a source map of the whole module, for error trackers and DevTools: the exact lines of its code, with
            the function. --sources: the folder of the main module's source, whose text goes into the map. --embed: writes the
            module instead, with the URL of its map in a sourceMappingURL section. -o: the file; standard output without it.
pprof       turns a CPU recording into a profile that go tool pprof reads, with Go's functions and files.
            INPUT: .cpuprofile (Chrome, Node), Chrome trace, pprof, the text that runtime/pprof writes with
            debug=1, or what go test prints (-v, -json, -bench: the times of tests). --module: the module whose
            functions are named. -o: the file; standard output without it.
            --memory: heap, allocs and goroutine profiles out of the program's memory, as runtime/pprof would
            have written them at that moment.
trace       turns INPUT into a Chrome trace that the Performance panel and Perfetto load. A profile has no order
            in time: the trace says that its axis is synthetic. Of a Chrome trace with --module, all stays but the
            names of the module's functions.

MODULE and MEMORY may be packed with gzip, or with brotli when the name ends in .br.
--json prints JSON for machines; errors go to standard error.

exit codes: 0 done, 1 bad input, 2 bad usage, 3 a threshold was exceeded
`;

const COMMANDS: readonly string[] = ['inspect', 'symbolize', 'goroutines', 'heap'];

/** Runs the command line on the arguments after the program's name; resolves to the exit code. Never rejects. */
export async function run(argv: readonly string[], io: CliIo, version: string): Promise<number> {
  try {
    const { values, positionals } = parse(argv);
    if (values.help === true) {
      io.stdout(HELP);
      return 0;
    }
    if (values.version === true) {
      io.stdout(`gowasm ${version}\n`);
      return 0;
    }
    const [command, modulePath, ...rest] = positionals;
    if (command === undefined) throw new UsageError('no command was given');
    const { base, 'base-module': baseModule, 'fail-growth': failGrowth } = values;
    if (command !== 'heap' && [base, baseModule, failGrowth].some((value) => value !== undefined)) {
      throw new UsageError(`${command} takes no --base, --base-module and --fail-growth`);
    }
    if (values.sources !== undefined || values.embed !== undefined) {
      if (command !== 'sourcemap') throw new UsageError(`${command} takes no --sources and --embed`);
    }
    if (command === 'sourcemap') return await map(positionals, values, io);
    if (command === 'pprof' || command === 'trace') return await convert(command, positionals, values, io);
    if (!COMMANDS.includes(command)) throw new UsageError(`unknown command ${quote(command)}`);
    if (modulePath === undefined) throw new UsageError(`${command} needs a MODULE`);
    const json = values.json === true;
    const { module, memory, type, output } = values;
    if ([module, memory, type, output].some((value) => value !== undefined)) {
      throw new UsageError(`${command} takes no --module, --memory, --type and -o`);
    }
    if (values.stack !== undefined && command !== 'symbolize')
      throw new UsageError(`${command} takes no --stack`);
    if (values.sp !== undefined && command !== 'goroutines') throw new UsageError(`${command} takes no --sp`);
    if ((values.source !== undefined || values.variables === true) && command !== 'goroutines') {
      throw new UsageError(`${command} takes no --source and --variables`);
    }
    if (command === 'heap') {
      const [memoryPath, extra] = rest;
      if (memoryPath === undefined) throw new UsageError('heap needs a MEMORY');
      if (extra !== undefined)
        throw new UsageError(`heap takes one MODULE and one MEMORY: what is ${quote(extra)}?`);
      const compared = { basePath: base ?? null, baseModulePath: baseModule ?? null };
      return await heap({ modulePath, memoryPath, json, ...compared, failGrowth: failGrowth ?? null }, io);
    }
    if (command === 'symbolize') {
      return await symbolize({ modulePath, json, stackPath: values.stack ?? null, offsets: rest }, io);
    }
    if (command === 'goroutines') {
      const [memoryPath, extra] = rest;
      if (memoryPath === undefined) throw new UsageError('goroutines needs a MEMORY');
      if (extra !== undefined)
        throw new UsageError(`goroutines takes one MODULE and one MEMORY: what is ${quote(extra)}?`);
      const { sp = null, source = null, variables = false } = values;
      return await goroutines({ modulePath, memoryPath, json, sp, source, variables }, io);
    }
    const [extra] = rest;
    if (extra !== undefined) throw new UsageError(`inspect takes one MODULE: what is ${quote(extra)}?`);
    return await inspect({ modulePath, json }, io);
  } catch (error) {
    return report(error, io);
  }
}

async function map(
  [, modulePath, extra]: readonly string[],
  values: ReturnType<typeof parse>['values'],
  io: CliIo,
): Promise<number> {
  if (modulePath === undefined) throw new UsageError('sourcemap needs a MODULE');
  if (extra !== undefined) throw new UsageError(`sourcemap takes one MODULE: what is ${quote(extra)}?`);
  const { sources = null, embed = null, output = null, ...others } = values;
  const [other] = Object.keys(others);
  if (other !== undefined) throw new UsageError(`sourcemap takes no --${other}`);
  if (embed !== null && sources !== null)
    throw new UsageError('--sources goes into the map, not with --embed');
  return await sourcemap({ modulePath, outputPath: output, sourcesPath: sources, embed }, io);
}

async function convert(
  command: 'pprof' | 'trace',
  [, inputPath, extra]: readonly string[],
  values: ReturnType<typeof parse>['values'],
  io: CliIo,
): Promise<number> {
  const { memory, type } = values;
  if (values.source !== undefined || values.variables === true)
    throw new UsageError(`${command} takes no --source and --variables`);
  if (memory !== undefined || type !== undefined) {
    if (command !== 'pprof') throw new UsageError('trace takes no --memory and no --type');
    if (inputPath !== undefined)
      throw new UsageError(`pprof --memory takes no INPUT: what is ${quote(inputPath)}?`);
    if (memory === undefined || type === undefined || values.module === undefined) {
      throw new UsageError('pprof from memory needs --memory, --module and --type');
    }
    const paths = { memoryPath: memory, modulePath: values.module, outputPath: values.output ?? null };
    return await memoryPprof({ ...paths, type, sp: values.sp ?? null }, io);
  }
  if (inputPath === undefined) throw new UsageError(`${command} needs an INPUT`);
  if (values.sp !== undefined) throw new UsageError('--sp goes with --memory');
  if (extra !== undefined) throw new UsageError(`${command} takes one INPUT: what is ${quote(extra)}?`);
  if (values.json === true || values.stack !== undefined) {
    throw new UsageError(`${command} takes no --json and no --stack`);
  }
  const options = { inputPath, modulePath: values.module ?? null, outputPath: values.output ?? null };
  return command === 'pprof' ? await pprof(options, io) : await trace(options, io);
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        stack: { type: 'string' },
        sp: { type: 'string' },
        source: { type: 'string' },
        variables: { type: 'boolean' },
        sources: { type: 'string' },
        embed: { type: 'string' },
        module: { type: 'string' },
        memory: { type: 'string' },
        type: { type: 'string' },
        base: { type: 'string' },
        'base-module': { type: 'string' },
        'fail-growth': { type: 'string' },
        output: { type: 'string', short: 'o' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function report(error: unknown, io: CliIo): number {
  if (error instanceof UsageError) {
    io.stderr(`gowasm: ${error.message}\nTry gowasm --help.\n`);
    return 2;
  }
  if (error instanceof InputError || error instanceof FormatError) {
    io.stderr(`gowasm: ${error.message}\n`);
    return 1;
  }
  // A mistake of this program, not of its input: the stack is what a report of it needs.
  io.stderr(`gowasm: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}

const quote = (text: string): string => JSON.stringify(text);

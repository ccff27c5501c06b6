import { address, type Address } from '../base/units.ts';
import { goroutineHeader, type Goroutine } from '../go/runtime/goroutine.ts';
import type { GoroutineStack } from '../go/runtime/goroutine-stack.ts';
import { readLabels } from '../go/runtime/labels.ts';
import { Moment } from '../go/runtime/moment.ts';
import { waitObject } from '../go/runtime/wait-object.ts';
import { listWaits, type WaitTarget } from '../go/runtime/wait-target.ts';
import { WholeMemory } from '../memory/whole-memory.ts';
import { formatStack, shownFrames } from '../stack/format.ts';
import { framesOfMemory } from '../stack/from-memory.ts';
import type { StackFrame, StackTrace } from '../stack/stack-trace.ts';
import { frameArguments, type FrameArguments } from '../values/typed-arguments.ts';
import { argumentLines, argumentsToJson } from './frame-arguments.ts';
import { InputError, UsageError, type CliIo } from './io.ts';
import { doubtsOf, readMemoryFile } from './memory-file.ts';
import { readModuleFile } from './module-file.ts';
import type { GoRuntime } from '../go/runtime/runtime.ts';
import { openTold } from './open-module.ts';
import { openRuntime } from './open-runtime.ts';
import { chooseSymbols } from '../symbols/choose.ts';
import { readModule } from '../wasm/module.ts';
import { SourceFolder } from './source-folder.ts';
import { tinyGoGoroutines } from './tinygo-goroutines.ts';

export interface GoroutinesOptions {
  readonly modulePath: string;
  /** A dump that the panel saved, or raw linear memory; it may be packed. */
  readonly memoryPath: string;
  readonly json: boolean;
  /** SP at the moment of the dump (the exported getsp), as typed; null when not given. */
  readonly sp: string | null;
  /** Folder of the Go source, for arguments by name and type; null when not given. */
  readonly source: string | null;
  /** Whether the text shows variables that the module's own debug information tells. */
  readonly variables: boolean;
}

interface Entry {
  readonly goroutine: Goroutine;
  readonly state: string;
  readonly stack: GoroutineStack;
  readonly trace: StackTrace;
  /** Null without source. */
  readonly typed: ReadonlyMap<StackFrame, FrameArguments> | null;
}

/** What the JSON calls the state of the goroutine that waits for the page while nothing runs; Go has no word for it. */
const EVENT_HANDLER = 'event handler';

/** gowasm goroutines */
export async function goroutines(options: GoroutinesOptions, io: CliIo): Promise<number> {
  const givenSp = options.sp === null ? null : parseAddress(options.sp);
  const module = await readModuleFile(options.modulePath, io);
  const isTinyGo = chooseSymbols(readModule(module)).tinygo !== undefined;
  const runtime = isTinyGo ? null : openRuntime(options.modulePath, module);
  const file = await readMemoryFile(options.memoryPath, io);
  for (const doubt of doubtsOf(file, module)) io.stderr(`gowasm: ${options.memoryPath}: ${doubt}\n`);
  if (runtime === null) {
    const { symbols } = await openTold(options.modulePath, io);
    return tinyGoGoroutines(symbols, { ...options, memory: file.bytes }, io);
  }
  if (options.variables)
    throw new UsageError('--variables is of TinyGo; of standard Go, --source shows arguments');
  const memory = new WholeMemory(file.bytes);
  const sp = givenSp ?? (file.header?.sp == null ? null : address(file.header.sp));
  const moment = new Moment(runtime, memory, { sp });
  const { goroutines: all, notes, stacks } = moment;
  for (const note of notes) io.stderr(`gowasm: ${options.memoryPath}: ${note}\n`);
  if (all.length === 0) {
    throw new InputError(`${options.memoryPath}: no goroutine of ${options.modulePath} is in this memory`);
  }
  const handler = stacks.idle ? stacks.running?.address : undefined;
  // As Go prints them: the one that runs comes first.
  const ordered = [
    ...all.filter((one) => one.address === stacks.running?.address),
    ...all.filter((one) => one.address !== stacks.running?.address),
  ];
  const folder =
    options.source === null ? null : new SourceFolder(io, options.source, runtime.program.module);
  const entries: Entry[] = [];
  for (const goroutine of ordered) {
    const stack = stacks.read(goroutine);
    for (const note of stack.notes) io.stderr(`gowasm: goroutine ${goroutine.id}: ${note}\n`);
    const state = goroutine.address === handler ? EVENT_HANDLER : goroutine.state;
    const trace = traceOf(goroutine, state, stack);
    const typed = folder === null ? null : await typedOf(runtime, memory, folder, stack, trace);
    entries.push({ goroutine, state, stack, trace, typed });
  }
  if (options.json) {
    const json = entries.map((entry) => entryToJson(moment, entry));
    io.stdout(`${JSON.stringify(json, null, 2)}\n`);
  } else
    io.stdout(
      entries
        .map(({ trace, typed }) => formatStack(trace, (frame) => argumentLines(typed?.get(frame))))
        .join('\n'),
    );
  return 0;
}

/** Reads the ADDRESS of `--sp`; throws a UsageError for what is none. */
export function parseAddress(text: string): Address {
  const value = /^(?:0[xX][0-9a-fA-F]+|\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) {
    throw new UsageError(`${JSON.stringify(text)} is no ADDRESS: 0x.. or decimal`);
  }
  return address(value);
}

function traceOf(goroutine: Goroutine, state: string, stack: GoroutineStack): StackTrace {
  return {
    source: 'memory',
    note: "Read from the program's memory.",
    header: goroutineHeader(goroutine, null, state),
    frames: framesOfMemory(stack.frames, stack.elided),
    createdBy: goroutine.createdBy,
  };
}

/** By line of the stack, for all but those that were left out: the arguments of its frame. */
async function typedOf(
  runtime: GoRuntime,
  memory: WholeMemory,
  folder: SourceFolder,
  { frames }: GoroutineStack,
  trace: StackTrace,
): Promise<Map<StackFrame, FrameArguments>> {
  const typed = new Map<StackFrame, FrameArguments>();
  const lines = trace.frames.filter(({ file }) => file !== '');
  let at = 0;
  for (const frame of frames) {
    if (frame.file === '') continue;
    const line = lines[at++];
    if (line === undefined) break;
    const source = await folder.signaturesOf(frame.file);
    typed.set(line, source.ok ? frameArguments(runtime, memory, frame, source.signatures) : source);
  }
  return typed;
}

function entryToJson(moment: Moment, { goroutine, state, stack, trace, typed }: Entry): object {
  const { id, waitReason, waitSince, createdBy, system, startFunction, lockedThread, sleepUntil } = goroutine;
  const by = createdBy && {
    function: createdBy.function,
    file: createdBy.file,
    line: createdBy.line,
    goroutine: createdBy.goroutine,
  };
  const frames = shownFrames(trace).map((frame) => ({
    function: frame.function === 'runtime.gopanic' ? 'panic' : frame.function,
    file: frame.file,
    line: frame.line,
    pcOffset: frame.pcOffset,
    args: frame.args,
    inlined: frame.inlined,
    ...(typed === null ? {} : { arguments: argumentsToJson(typed.get(frame)) }),
  }));
  return {
    ...{ id, state, waitReason, waitSince, createdBy: by, system, frames },
    ...{ startFunction, lockedThread, sleepUntil, complete: stack.complete },
    labels: Object.fromEntries(readLabels(moment.runtime, moment.memory, goroutine)),
    waitsOn: listWaits(moment, goroutine).targets.map((target) => waitToJson(moment, target)),
  };
}

function waitToJson(moment: Moment, target: WaitTarget): object {
  const object = target.kind === 'channel' ? waitObject(moment, target) : undefined;
  const channel = object && {
    ...{ elementType: object.elementType, length: object.length },
    ...{ capacity: object.capacity, closed: object.closed },
  };
  return { ...target, channel: channel ?? null };
}

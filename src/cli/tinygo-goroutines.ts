import { FormatError } from '../base/format-error.ts';
import { WholeMemory } from '../memory/whole-memory.ts';
import { foldOfGo } from '../stack/fold.ts';
import { formatStack, shownFrames } from '../stack/format.ts';
import type { StackFrame, StackTrace } from '../stack/stack-trace.ts';
import type { ModuleSymbols } from '../symbols/choose.ts';
import type { Location } from '../symbols/symbol-source.ts';
import { Symbolizer } from '../symbols/symbolizer.ts';
import type { TaskFrame } from '../tinygo/task-stack.ts';
import { readTasks, TinyGoRuntime, uncertaintyOf, type Task } from '../tinygo/tasks.ts';
import { InputError, type CliIo } from './io.ts';

export interface TinyGoGoroutinesOptions {
  readonly modulePath: string;
  readonly memoryPath: string;
  readonly json: boolean;
  /** Linear memory. */
  readonly memory: Uint8Array;
}

const UNKNOWN =
  'TinyGo gives goroutines no numbers and notes neither who started them nor since when they wait: they are numbered by address.';

/** gowasm goroutines, of a module of TinyGo. Finished goroutines that wait for the collector are counted, not printed; the JSON has them. */
export function tinyGoGoroutines(
  symbols: ModuleSymbols,
  { modulePath, memoryPath, json, memory }: TinyGoGoroutinesOptions,
  io: CliIo,
): number {
  if (symbols.dwarf === undefined) {
    throw new InputError(
      `${modulePath}: it has no DWARF, which says where its goroutines are: build it without -no-debug, and keep its custom sections`,
    );
  }
  const symbolizer = new Symbolizer(symbols.sources);
  const uncertain = uncertaintyOf(symbols.tinygo?.version ?? null);
  if (uncertain !== null) io.stderr(`gowasm: ${uncertain}\n`);
  const tasks = read(symbols, symbols.dwarf.dwarf, new WholeMemory(memory), modulePath, memoryPath);
  const listed = tasks.map((task, i) => ({ task, id: i + 1, trace: traceOf(task, i + 1, symbolizer) }));
  for (const { task, id } of listed) {
    for (const note of task.notes) io.stderr(`gowasm: goroutine ${id}: ${note}\n`);
  }
  if (json) {
    io.stdout(`${JSON.stringify(listed.map(toJson), null, 2)}\n`);
    return 0;
  }
  io.stderr(`gowasm: ${UNKNOWN}\n`);
  const live = listed.filter(({ task }) => task.state !== 'finished');
  const finished = listed.length - live.length;
  if (finished > 0) io.stderr(`gowasm: ${finished} finished goroutines wait for the garbage collector\n`);
  io.stdout(live.map(({ trace }) => formatStack(trace)).join('\n'));
  return 0;
}

function read(
  { wasm }: ModuleSymbols,
  dwarf: ConstructorParameters<typeof TinyGoRuntime>[1],
  memory: WholeMemory,
  modulePath: string,
  memoryPath: string,
): Task[] {
  const attempt = <Value>(path: string, work: () => Value): Value => {
    try {
      return work();
    } catch (error) {
      if (error instanceof FormatError) throw new InputError(`${path}: ${error.message}`);
      throw error;
    }
  };
  const runtime = attempt(modulePath, () => new TinyGoRuntime(wasm, dwarf));
  const tasks = attempt(memoryPath, () => readTasks(runtime, memory));
  if (tasks.length === 0) {
    throw new InputError(`${memoryPath}: no goroutine of ${modulePath} is in this memory`);
  }
  return tasks;
}

function traceOf(task: Task, id: number, symbolizer: Symbolizer): StackTrace {
  return {
    source: 'memory',
    note: "Read from the program's memory.",
    header: `goroutine ${id} [${task.state}]:`,
    frames: task.frames.flatMap((frame, i) => framesOf(frame, task.frames[i - 1], symbolizer)),
    createdBy: null,
  };
}

/** The lines of one wasm frame. `inner`: the frame that it called. */
function framesOf(frame: TaskFrame, inner: TaskFrame | undefined, symbolizer: Symbolizer): StackFrame[] {
  const place =
    frame.call === undefined ? symbolizer.locateFunction(frame.function) : symbolizer.locate(frame.call);
  if (place === undefined) return [];
  const called = inner === undefined ? '' : (symbolizer.functionAt(inner.function)?.name ?? '');
  return place.frames.map((one, i) => ({
    function: one.function,
    file: one.file,
    line: one.line,
    lineEnd: one.lineEnd ?? null,
    inlined: one.inlined,
    language: 'go',
    args: one.inlined ? '...' : null,
    pcOffset: null,
    moduleOffset: frame.call ?? null,
    raw: null,
    confidence: i === 0 ? confidenceOf(place, called) : place.confidence,
    fold: foldOfGo(one.function, one.inlined ? null : place.role, one.file),
  }));
}

/** TinyGo 0.33 gives calls of these functions of its runtime the line of the function's declaration. */
const WITHOUT_LINE = /^runtime\.(?:chan(?:Recv|Send|Select)|hashmap\w*Set)$/;

function confidenceOf({ confidence }: Location, called: string): StackFrame['confidence'] {
  if (confidence.kind !== 'exact' || !WITHOUT_LINE.test(called)) return confidence;
  return {
    kind: 'inferred',
    why: 'TinyGo gives channel operations and assignments to maps the line of the function that they are in',
  };
}

function toJson({ task, id, trace }: { task: Task; id: number; trace: StackTrace }): object {
  const waits = !['running', 'runnable', 'finished'].includes(task.state);
  return {
    id,
    state: task.state,
    waitReason: waits ? task.state : null,
    waitSince: null,
    createdBy: null,
    system: false,
    frames: shownFrames(trace).map(({ function: name, file, line, args, inlined, confidence }) => ({
      ...{ function: name, file, line, pcOffset: null, args: args ?? '', inlined },
      confidence: confidence.kind,
    })),
    address: task.address,
    finished: task.state === 'finished',
    complete: task.left === 0,
    notes: task.notes,
  };
}

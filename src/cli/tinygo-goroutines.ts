import { WholeMemory } from '../memory/whole-memory.ts';
import { formatStack, shownFrames } from '../stack/format.ts';
import { linesOf, nameOfTask, traceOfTask } from '../stack/from-tasks.ts';
import type { StackFrame, StackTrace } from '../stack/stack-trace.ts';
import type { ModuleSymbols } from '../symbols/choose.ts';
import { dwarfModule } from '../symbols/dwarf-module.ts';
import { Symbolizer } from '../symbols/symbolizer.ts';
import { readTasks, uncertaintyOf, type Task } from '../tinygo/tasks.ts';
import { DwarfProgram } from '../values/dwarf-program.ts';
import { variablesOfTask } from '../values/task-variables.ts';
import type { FrameArguments } from '../values/typed-arguments.ts';
import { argumentLines, argumentsToJson } from './frame-arguments.ts';
import { InputError, type CliIo } from './io.ts';
import { attempt, openTinyGo } from './open-tinygo.ts';

export interface TinyGoGoroutinesOptions {
  readonly modulePath: string;
  readonly memoryPath: string;
  readonly json: boolean;
  /** Whether the text shows variables; the JSON always has them. */
  readonly variables: boolean;
  /** Linear memory. */
  readonly memory: Uint8Array;
}

interface Listed {
  readonly task: Task;
  readonly trace: StackTrace;
  /** Variables by line of the stack. */
  readonly typed: ReadonlyMap<StackFrame, FrameArguments | undefined>;
}

const UNKNOWN =
  'TinyGo gives goroutines no numbers and notes neither who started them nor since when they wait: they are named by the address of their task.';

/** gowasm goroutines, of a module of TinyGo. Finished goroutines that wait for the collector are counted, not printed; the JSON has them. */
export function tinyGoGoroutines(
  symbols: ModuleSymbols,
  { modulePath, memoryPath, json, variables, memory }: TinyGoGoroutinesOptions,
  io: CliIo,
): number {
  const runtime = openTinyGo(modulePath, symbols);
  const symbolizer = new Symbolizer(symbols.sources);
  const uncertain = uncertaintyOf(symbols.tinygo?.version ?? null);
  if (uncertain !== null) io.stderr(`gowasm: ${uncertain}\n`);
  const whole = new WholeMemory(memory);
  const tasks = attempt(memoryPath, () => readTasks(runtime, whole));
  if (tasks.length === 0) {
    throw new InputError(`${memoryPath}: no goroutine of ${modulePath} is in this memory`);
  }
  const read = dwarfModule(symbols, symbolizer);
  const program = read && new DwarfProgram(read);
  const listed = tasks.map((task): Listed => {
    const trace = traceOfTask(task, symbolizer);
    const levels = task.frames.map((frame) => linesOf(frame, symbolizer)?.frames.length ?? 0);
    const found =
      program === undefined || !(json || variables)
        ? []
        : variablesOfTask({ program, runtime, memory: whole }, task, levels);
    return { task, trace, typed: new Map(trace.frames.map((frame, i) => [frame, found[i]])) };
  });
  for (const { task } of listed) {
    for (const note of task.notes) io.stderr(`gowasm: goroutine ${nameOfTask(task)}: ${note}\n`);
  }
  if (json) {
    io.stdout(`${JSON.stringify(listed.map(toJson), null, 2)}\n`);
    return 0;
  }
  io.stderr(`gowasm: ${UNKNOWN}\n`);
  const live = listed.filter(({ task }) => task.state !== 'finished');
  const finished = listed.length - live.length;
  if (finished > 0) io.stderr(`gowasm: ${finished} finished goroutines wait for the garbage collector\n`);
  io.stdout(
    live.map(({ trace, typed }) => formatStack(trace, (frame) => argumentLines(typed.get(frame)))).join('\n'),
  );
  return 0;
}

function toJson({ task, trace, typed }: Listed): object {
  const waits = !['running', 'runnable', 'finished'].includes(task.state);
  return {
    id: task.address,
    state: task.state,
    waitReason: waits ? task.state : null,
    waitSince: null,
    createdBy: null,
    system: false,
    frames: shownFrames(trace).map((frame) => ({
      ...{ function: frame.function, file: frame.file, line: frame.line, pcOffset: null },
      ...{ args: frame.args ?? '', inlined: frame.inlined, arguments: argumentsToJson(typed.get(frame)) },
      confidence: frame.confidence.kind,
    })),
    address: task.address,
    finished: task.state === 'finished',
    complete: task.left === 0,
    notes: task.notes,
  };
}

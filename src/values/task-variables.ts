import { EXACT, type Confidence } from '../base/confidence.ts';
import type { Machine } from '../dwarf/machine.ts';
import { Kind } from '../go/runtime/types.ts';
import type { Memory } from '../memory/memory.ts';
import { SuspendedLocals, type SuspendedValue } from '../tinygo/suspended-locals.ts';
import type { TaskFrame } from '../tinygo/task-stack.ts';
import type { Task, TinyGoRuntime } from '../tinygo/tasks.ts';
import { findValue, frameVariables, type FoundValue, type FrameVariable } from './dwarf-frame.ts';
import type { DwarfProgram } from './dwarf-program.ts';
import { readValue } from './go-value.ts';
import { keptAddress, KeptValues, type KeptValue } from './kept-values.ts';
import { passedParameters, passedValue } from './passed-parameters.ts';
import type { FrameArguments, TypedArgument } from './typed-arguments.ts';

/** What the variables of a suspended goroutine of TinyGo are read by. */
export interface SuspendedProgram {
  readonly program: DwarfProgram;
  readonly runtime: TinyGoRuntime;
  readonly memory: Memory;
}

const AT_CALL =
  'it is what the function was called with; whether the function has changed it since is not known';
const NO_SUCH_CALL =
  'wasm-opt lost where this inlined call begins and ends, and with it the places of its variables. Build with -opt=0 to keep them.';
const MADE = 'The compiler made this function: no source declares variables of it.';
const UNKNOWN = '…';

/**
 * The parameters and variables of all frames of a suspended goroutine, an entry for each line of its stack. `levels`: by frame, how many functions are in each
 * other there. Throws only what reading memory throws.
 */
export function variablesOfTask(
  source: SuspendedProgram,
  task: Task,
  levels: readonly number[],
): FrameArguments[] {
  const locals = new SuspendedLocals(source.runtime, source.memory, task);
  return task.frames.flatMap((frame, at) =>
    suspendedVariables(source, locals, { frame, at, levels: levels[at] ?? 0 }),
  );
}

/**
 * The parameters and variables of one frame of a suspended goroutine, an entry for each of the `levels` functions that are in each other there, innermost first.
 * `at`: which frame, counted from the innermost one. Throws only what reading memory throws.
 */
function suspendedVariables(
  source: SuspendedProgram,
  locals: SuspendedLocals,
  { frame, at, levels }: { readonly frame: TaskFrame; readonly at: number; readonly levels: number },
): FrameArguments[] {
  const { program, runtime } = source;
  const { codeStart } = runtime.wasm;
  const start = runtime.startOf(frame.function);
  if (start === undefined) return Array.from({ length: levels }, () => ({ ok: false, why: MADE }));
  const place = (frame.call ?? start) - codeStart;
  const now: Machine['value'] = (store, index) =>
    store === 'local' ? machineValue(locals.local(at, index)) : { why: WHY_OTHER[store] };
  const passed = (index: number): SuspendedValue => locals.parameter(at, index);
  return Array.from({ length: levels }, (_, i): FrameArguments => {
    const level = levels - 1 - i;
    const found = frameVariables(program, place, level)?.filter(({ scope }) => scope !== 'GLOBAL');
    if (found === undefined) return { ok: false, why: level > 0 ? NO_SUCH_CALL : MADE };
    const entered = level === 0 ? passedParameters(source, frame.function, start - codeStart) : undefined;
    const read = found.map((variable): TypedArgument => {
      const got = textOf(source, variable, now);
      if (('text' in got && got.isWhole) || variable.scope !== 'PARAMETER') return argument(variable, got);
      const leaves = entered?.get(variable.name);
      const kept = leaves && passedValue(variable.type, leaves, passed);
      if (kept === undefined) return argument(variable, got);
      const before = textAt(source, variable, { address: keptAddress(variable.number), kept });
      if ('why' in before) return argument(variable, got);
      return argument(variable, { ...before, confidence: { kind: 'inferred', why: AT_CALL } });
    });
    const isLocal = ({ scope }: FrameVariable): boolean => scope === 'LOCAL';
    const ordered = found.map((variable, n) => ({ isLocal: isLocal(variable), one: read[n] }));
    ordered.sort((a, b) => Number(a.isLocal) - Number(b.isLocal));
    return { ok: true, arguments: ordered.flatMap(({ one }) => (one === undefined ? [] : [one])) };
  });
}

const WHY_OTHER = {
  local: '',
  global: 'it is in a global of WebAssembly, which holds the value of the goroutine that runs',
  operand: 'it was on the operand stack, of which the goroutine kept nothing',
} as const;

const machineValue = (value: SuspendedValue): ReturnType<Machine['value']> => value;

type Text =
  | { readonly text: string; readonly confidence: Confidence; readonly isWhole: boolean }
  | { readonly why: string };

function textOf(source: SuspendedProgram, variable: FrameVariable, value: Machine['value']): Text {
  const found = findValue(source.program, variable, value, source.memory);
  return 'why' in found ? found : textAt(source, variable, found);
}

function textAt(
  { program, memory }: SuspendedProgram,
  variable: FrameVariable,
  found: Exclude<FoundValue, { readonly why: string }>,
): Text {
  const { kept } = found;
  const values = new Map<number, KeptValue>();
  if (kept !== null) values.set(variable.number, kept);
  // A part of a struct or an array is shown; a part of anything else says nothing.
  const { kind } = variable.type;
  const isWhole = kept?.known.includes(0) !== true;
  if (!isWhole && kind !== Kind.struct && kind !== Kind.array) return { why: kept.why };
  const source = { layout: program.layout, memory: new KeptValues(memory, values) };
  const { text, unavailable } = readValue(source, variable.type, found.address);
  if (unavailable !== undefined) return { why: unavailable };
  const { doubt } = variable;
  // Goroutines wait on channels by their address.
  const shown = kind === Kind.chan ? `0x${source.memory.u32(found.address).toString(16)} ${text}` : text;
  return { text: shown, confidence: doubt === null ? EXACT : { kind: 'inferred', why: doubt }, isWhole };
}

function argument({ name, type, scope }: FrameVariable, got: Text): TypedArgument {
  return {
    ...{ name, type: type.name, local: scope === 'LOCAL' },
    ...('text' in got
      ? { text: got.text, confidence: got.confidence }
      : { text: UNKNOWN, confidence: { kind: 'unavailable', why: got.why } }),
  };
}

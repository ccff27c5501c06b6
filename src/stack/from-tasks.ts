import { foldOfGo } from './fold.ts';
import type { StackFrame, StackTrace } from './stack-trace.ts';
import type { Location } from '../symbols/symbol-source.ts';
import type { Symbolizer } from '../symbols/symbolizer.ts';
import type { TaskFrame } from '../tinygo/task-stack.ts';
import type { Task } from '../tinygo/tasks.ts';

/** What a goroutine of TinyGo is called, which gives them no numbers: the address of its task. */
export const nameOfTask = ({ address }: Pick<Task, 'address'>): string => `0x${address.toString(16)}`;

/** The stack of a goroutine of TinyGo, as memory tells it. */
export function traceOfTask(task: Task, symbolizer: Symbolizer): StackTrace {
  return {
    source: 'memory',
    note: "Read from the program's memory.",
    header: `goroutine ${nameOfTask(task)} [${task.state}]:`,
    frames: task.frames.flatMap((frame, i) => framesOf(frame, task.frames[i - 1], symbolizer)),
    createdBy: null,
  };
}

/** What a frame of a goroutine is symbolized as; undefined where nothing is known of it. */
export const linesOf = (
  { call, function: index }: TaskFrame,
  symbolizer: Symbolizer,
): Location | undefined => (call === undefined ? symbolizer.locateFunction(index) : symbolizer.locate(call));

/** The lines of one wasm frame. `inner`: the frame that it called. */
function framesOf(frame: TaskFrame, inner: TaskFrame | undefined, symbolizer: Symbolizer): StackFrame[] {
  const place = linesOf(frame, symbolizer);
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

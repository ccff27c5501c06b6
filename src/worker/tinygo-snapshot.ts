import { EXACT } from '../base/confidence.ts';
import type { Memory } from '../memory/memory.ts';
import { WholeMemory } from '../memory/whole-memory.ts';
import { goroutineProfile } from '../profile/goroutine-profile.ts';
import { writeProfile } from '../profile/write-profile.ts';
import { CancelledError } from '../protocol/endpoint.ts';
import type { QueryItem, QueryStack } from '../protocol/goroutine-query.ts';
import type {
  DeadlockVerdict,
  GoroutineDetail,
  GoroutineFacts,
  GoroutineRow,
  WaitObject,
  WaitTarget,
} from '../protocol/goroutines.ts';
import { formatStack } from '../stack/format.ts';
import { linesOf, nameOfTask, traceOfTask } from '../stack/from-tasks.ts';
import { profiledFramesOf } from '../stack/profiled-frames.ts';
import { symbolizeJsStack } from '../stack/from-js.ts';
import { parseJsStack } from '../stack/js-stack.ts';
import type { StackTrace } from '../stack/stack-trace.ts';
import type { Symbolizer } from '../symbols/symbolizer.ts';
import { isGoroutineWrapper, packageOfTinyGo } from '../tinygo/names.ts';
import { readTasks, uncertaintyOf, type Task } from '../tinygo/tasks.ts';
import { readContent, type HeapContent } from '../tinygo/heap-content.ts';
import { TinyGoHeap } from '../tinygo/heap.ts';
import { TaskWaits } from '../tinygo/waits.ts';
import type { DwarfProgram } from '../values/dwarf-program.ts';
import { variablesOfTask } from '../values/task-variables.ts';
import { lessSure, type FrameArguments } from '../values/typed-arguments.ts';
import type { TinyGoParts } from './death.ts';
import type { Reading } from './goroutines-facts.ts';
import { WholeSnapshotMemory, type SnapshotMemory } from './goroutines-memory.ts';
import type { NamedStack } from '../go/runtime/memory-map.ts';
import type { Snapshot } from './snapshot.ts';
import { tinyGoVerdict } from './tinygo-verdict.ts';
import { waitText, waitTarget } from './tinygo-waits.ts';

/** What a program of TinyGo is read by. */
export interface TinyGoProgram extends TinyGoParts {
  readonly symbolizer: Symbolizer;
  /** What its variables are read by; undefined without debug information. */
  readonly dwarf: DwarfProgram | undefined;
}

export interface TinyGoMoment {
  /** When the memory was as it is, milliseconds since the epoch; null where it is not known. */
  readonly time: number | null;
  readonly ended: boolean;
  readonly consistent: boolean;
  /** JavaScript's stack of the error that ended the program; '' without. */
  readonly stack: string;
}

interface Entry {
  readonly task: Task;
  readonly startFunction: string;
  readonly waits: readonly WaitTarget[];
  readonly item: QueryItem;
}

const NOT_KEPT =
  'TinyGo gives goroutines no numbers and notes neither who started them nor since when they wait: they are named by the address of their task.';
const RAN =
  'This goroutine ran when the program was stopped: its locals are not in memory. At a breakpoint, DevTools shows its variables under Scope.';
const NO_DEBUG_INFORMATION =
  'The module has no debug information, which says where variables are: build it without -no-debug.';
const TRAP_NOTE = 'The stack of the error that ended the program: this goroutine ran.';
const IDLE_STATES = new Set(['running', 'runnable', 'finished']);

/** The goroutines of a TinyGo program at one moment. All of it is read at once: there are few, and their memory is small. */
export class TinyGoSnapshot implements Snapshot {
  readonly memory: SnapshotMemory;
  readonly version = 0;
  readonly heap: TinyGoHeap;
  readonly program: TinyGoProgram;
  #verdict: DeadlockVerdict | null = null;
  readonly #at: TinyGoMoment;
  readonly whole: Memory;
  readonly #tasks: readonly Task[];
  #content: HeapContent | undefined;
  readonly #waits: TaskWaits;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #traces = new Map<string, StackTrace>();

  /** Throws a FormatError where memory holds no heap of this module. */
  constructor(program: TinyGoProgram, bytes: Uint8Array, at: TinyGoMoment) {
    const { runtime } = program;
    const memory = new WholeMemory(bytes);
    const tasks = readTasks(runtime, memory);
    this.program = program;
    this.memory = new WholeSnapshotMemory(bytes, at.consistent);
    this.whole = memory;
    this.#tasks = tasks;
    this.heap = new TinyGoHeap(memory, runtime.globals, runtime.precise);
    this.#at = at;
    this.#waits = new TaskWaits(runtime, memory, this.heap, tasks);
    const stacks = new Map<string, QueryStack & { count: number }>();
    const made = tasks.map((task) => this.#entry(task, stacks));
    this.#entries = new Map(made.map((entry) => [nameOfTask(entry.task), entry]));
  }

  /** What is in its heap. */
  content(): HeapContent {
    const { runtime } = this.program;
    return (this.#content ??= readContent(runtime, this.whole, this.heap, this.#tasks, this.#waits));
  }

  /** The variable at an address; null where none is known. */
  variableAt(at: number): string | null {
    return this.program.runtime.globals.variableAt(at);
  }

  get verdict(): DeadlockVerdict | null {
    return this.#verdict;
  }

  facts({ text, pauseMs, notes }: Reading): GoroutineFacts {
    const tasks = [...this.#entries.values()].map(({ task }) => task);
    const count = (is: (task: Task) => boolean): number => tasks.filter(is).length;
    const uncertain = uncertaintyOf(this.program.version);
    const finished = count(({ state }) => state === 'finished');
    return {
      ...{ total: tasks.length, user: tasks.length, system: 0 },
      running: count(({ state }) => state === 'running'),
      runnable: count(({ state }) => state === 'runnable'),
      waiting: count(({ state }) => !IDLE_STATES.has(state)),
      ...{ reading: text, consistent: this.memory.consistent, pauseMs },
      confidence: uncertain === null ? EXACT : { kind: 'inferred', why: uncertain },
      notes: [
        ...notes,
        NOT_KEPT,
        ...(finished === 0 ? [] : [`${finished} of them have returned and wait for the garbage collector.`]),
      ],
    };
  }

  stacks(): readonly NamedStack[] {
    return [...this.#entries.values()].map(({ task: { address: id, stack } }) => {
      const object = this.heap.find(stack);
      return { id, lo: stack, hi: stack + this.heap.roomOf(object) };
    });
  }

  items(): readonly QueryItem[] {
    return [...this.#entries.values()].map(({ item }) => item);
  }

  item(key: string): QueryItem | undefined {
    return this.#entries.get(key)?.item;
  }

  ensure(): Promise<void> {
    return Promise.resolve();
  }

  judge(): Promise<void> {
    const goroutines = [...this.#entries].map(([key, { task, waits }]) => ({ key, task, waits }));
    this.#verdict ??= tinyGoVerdict(this.program.runtime, this.whole, goroutines, this.#at.ended);
    return Promise.resolve();
  }

  detail(key: string): Promise<GoroutineDetail> {
    const { task, startFunction, waits } = this.#get(key);
    const stack = this.#trace(task);
    const joined = stack.source === 'javascript';
    return Promise.resolve({
      ...{ key, id: task.address, header: stack.header ?? '', stack, waits, labels: [] },
      ...{ lockedThread: false, system: false, startFunction, advice: [] },
      notes: joined ? [] : task.notes,
    });
  }

  arguments(key: string): Promise<readonly FrameArguments[]> {
    const { task } = this.#get(key);
    const trace = this.#trace(task);
    const { dwarf, runtime, symbolizer } = this.program;
    if (trace.source === 'javascript' || dwarf === undefined) {
      const why = trace.source === 'javascript' ? RAN : NO_DEBUG_INFORMATION;
      return Promise.resolve(trace.frames.map(() => ({ ok: false, why })));
    }
    const levels = task.frames.map((frame) => linesOf(frame, symbolizer)?.frames.length ?? 0);
    const lines = variablesOfTask({ program: dwarf, runtime, memory: this.whole }, task, levels);
    const unsure = 'the program ran on while this was read';
    return Promise.resolve(this.memory.consistent ? lines : lines.map((line) => lessSure(line, unsure)));
  }

  waitObject(at: number): Promise<WaitObject | undefined> {
    const waiting = [...this.#entries.values()].flatMap(({ item, waits }) =>
      waits.filter((wait) => wait.address === at).map((wait) => ({ row: item.row, wait })),
    );
    const [first] = waiting;
    if (first === undefined) return Promise.resolve(undefined);
    const channel = this.#waits.channel(at);
    const rows = (direction: WaitTarget['direction']): GoroutineRow[] =>
      waiting.filter(({ wait }) => wait.direction === direction).map(({ row }) => row);
    const text =
      channel === undefined
        ? first.wait.text
        : `chan ${nameOfTask(channel)}, ${channel.length} of ${channel.capacity} values, open, ${channel.elementBytes} bytes each`;
    return Promise.resolve({
      ...{ kind: first.wait.kind, address: at, text, elementType: null, owner: null },
      ...{ length: channel?.length ?? null, capacity: channel?.capacity ?? null },
      closed: channel === undefined ? null : false,
      ...{ senders: rows('send'), receivers: rows('receive'), waiters: rows(null) },
      notes: [
        channel === undefined
          ? 'TinyGo does not note who holds a lock.'
          : 'TinyGo does not note the type of a channel’s values.',
      ],
    });
  }

  text(keys: readonly string[], signal: AbortSignal): Promise<string> {
    if (signal.aborted) return Promise.reject(new CancelledError());
    return Promise.resolve(keys.map((key) => formatStack(this.#trace(this.#get(key).task))).join('\n'));
  }

  profile(about: {
    readonly name: string;
    readonly hash: string;
    readonly time: number;
  }): Promise<Uint8Array<ArrayBuffer>> {
    const stacks = [...this.#entries.values()]
      .filter(({ task }) => task.state !== 'finished')
      .map(({ task }) => ({
        frames: profiledFramesOf(this.#trace(task), task.entry, this.program.symbolizer),
        count: 1,
      }))
      .filter(({ frames }) => frames.length > 0);
    const profile = goroutineProfile(stacks, {
      module: { file: about.name, buildId: about.hash },
      timeNanos: BigInt(Math.round(about.time)) * 1_000_000n,
    });
    return Promise.resolve(writeProfile(profile));
  }

  #get(key: string): Entry {
    const entry = this.#entries.get(key);
    if (entry === undefined) throw new Error('this goroutine is not in the snapshot');
    return entry;
  }

  /** The stack from memory; of the goroutine in which the program died, the one of the error. */
  #trace(task: Task): StackTrace {
    const key = nameOfTask(task);
    const known = this.#traces.get(key);
    if (known !== undefined) return known;
    const own = traceOfTask(task, this.program.symbolizer);
    const trace = (task.state === 'running' ? this.#ofTrap(own, task) : null) ?? own;
    this.#traces.set(key, trace);
    return trace;
  }

  /** The frames of the error's stack down to the function that the goroutine began in; null where that is not on it. */
  #ofTrap(own: StackTrace, { entry }: Task): StackTrace | null {
    const { stack } = this.#at;
    if (stack === '') return null;
    const { symbolizer, runtime } = this.program;
    const { frames } = symbolizeJsStack(parseJsStack(stack), symbolizer);
    const name = runtime.nameOf(entry);
    const end = frames.findIndex((frame) => frame.function === name && !frame.inlined);
    if (end < 0 || !isGoroutineWrapper(name)) return null;
    return {
      ...{ source: 'javascript', note: TRAP_NOTE, header: own.header, createdBy: null },
      frames: frames.slice(0, end + 1),
    };
  }

  #entry(task: Task, stacks: Map<string, QueryStack & { count: number }>): Entry {
    const { runtime } = this.program;
    const waits = this.#waits
      .of(task)
      .map((wait) => waitTarget(wait, task, runtime.ticksAreFloat, this.#at.time));
    const { frames } = this.#trace(task);
    const startFunction = runtime.nameOf(task.entry).replace(/\$gowrapper$/, '');
    const stackKey = frames.map(({ function: name, moduleOffset }) => `${name} ${moduleOffset}`).join('\n');
    const shown =
      frames.find(({ fold, function: name }) => fold === null && isOwn(name)) ??
      frames.find(({ fold }) => fold === null) ??
      frames[0];
    const { function: name = '', file = '', line = 0, lineEnd = null } = shown ?? {};
    const stack = stacks.get(stackKey) ?? {
      key: stackKey,
      title: name === '' ? 'no stack' : `${name} ${file}:${line}, ${frames.length} frames`,
      text: frames.map((frame) => `${frame.function} ${frame.file}:${frame.line}`.toLowerCase()).join('\n'),
      count: 0,
    };
    stacks.set(stackKey, stack);
    stack.count++;
    const waiting = !IDLE_STATES.has(task.state);
    const id = task.address;
    const row = (): GoroutineRow => ({
      ...{ kind: 'goroutine', key: nameOfTask(task), group: null, id, label: nameOfTask(task) },
      ...{ state: task.state, waitedNs: null, system: false, function: name, file, line, lineEnd },
      confidence: shown?.confidence ?? { kind: 'unavailable', why: task.notes.join(' ') },
      ...{ startFunction, createdBy: null, waitsOn: waitText(waits), labels: [], change: null },
      sameStack: stack.count,
    });
    const item: QueryItem = {
      get row() {
        return row();
      },
      ...{ id, system: false, waitReason: waiting ? task.state : null, waiting },
      running: task.state === 'running',
      waitKey: `${task.state} ${task.wakes ?? ''} ${waits.map(({ address: on }) => on).join(' ')}`,
      stack,
    };
    return { task, startFunction, waits, item };
  }
}

/** Whether a function is the program's own: of package main, or of a package outside the standard library, whose path has a dot. */
function isOwn(name: string): boolean {
  const path = packageOfTinyGo(name);
  return path === 'main' || (path.split('/', 1)[0] ?? '').includes('.');
}

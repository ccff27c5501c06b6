import type { StepDriver, StepEnd, StepPoint, StepThreads, StoppedThread } from '../session/step-driver.ts';
import {
  untilFree,
  withDebugger,
  type DebuggerConnection,
  type DebuggerTarget,
  type Params,
} from './debugger-connection.ts';
import { attachBelow } from './late-attach.ts';
import { bytesInFrame, textInFrame } from './wasm-frame.ts';

/** A goroutine that has not come back after this long is not waited for any more. Milliseconds. */
const WAIT_MS = 10 * 60_000;
/** Taking breakpoints away again does not take longer. Milliseconds. */
const END_MS = 60_000;
/** Another use of the debugger is waited for no longer. Milliseconds. */
const FREE_MS = 15_000;
/** How long a thread may take to answer, and to say then that it is stopped. Milliseconds. */
interface Patience {
  readonly answerMs: number;
  readonly tellMs: number;
  /** Whether it is the thread that is stopped; one of several that does not answer is busy. */
  readonly isAlone: boolean;
}
/** DevTools tells of a stop of the page: it answers. */
const PAGE: Patience = { answerMs: 10_000, tellMs: 2000, isAlone: true };
/** One that is stopped answers at once, and says so with its answer; the others are not to be waited for. */
const ELSEWHERE: Patience = { answerMs: 2000, tellMs: 100, isAlone: false };
/** Frames of the engine that are looked at. */
const MAX_FRAMES = 64;

/**
 * Goes on with steps that DevTools cannot follow: attaches the debugger beside DevTools, sets breakpoints that hold for one goroutine at one depth of
 * its stack, lets the page run, and detaches as soon as it is stopped, wherever that is. DevTools shows the stop as one of its own.
 */
export function createStepDriver(tabId: number, closing: AbortSignal): StepDriver {
  return {
    run: async (signal, plan, threads) => {
      // A reload with the hook, or a look into the page, may still be under way.
      await untilFree(tabId, AbortSignal.any([closing, signal]), FREE_MS, true);
      return withDebugger(
        tabId,
        closing,
        (connection) => run(connection, signal, plan, threads),
        WAIT_MS + END_MS,
      );
    },
  };
}

async function run(
  connection: DebuggerConnection,
  signal: AbortSignal,
  plan: Plan,
  threads: StepThreads,
): Promise<StepEnd> {
  if (threads === 'page') {
    const [page] = connection.targets;
    return page === undefined ? 'stayed' : runThread(connection, page.target, signal, plan, PAGE);
  }
  await attachBelow(connection);
  for (const { target } of connection.targets.filter((one) => one.target.sessionId !== undefined)) {
    const end = await runThread(connection, target, signal, plan, ELSEWHERE);
    if (end !== 'stayed') return end;
  }
  return 'stayed';
}

async function runThread(
  connection: DebuggerConnection,
  target: DebuggerTarget,
  signal: AbortSignal,
  plan: Plan,
  { answerMs, tellMs, isAlone }: Patience,
): Promise<StepEnd> {
  const pauses = new Pauses(connection, target);
  const own = new Set<string>();
  let enabled = false;
  try {
    signal.throwIfAborted();
    const first = pauses.next();
    const enabling = connection.send(target, 'Debugger.enable', {}, answerMs);
    enabled = true;
    if (isAlone) await enabling;
    else if (!(await isDone(enabling))) return 'stayed';
    const stopped = await Promise.race([first, new Promise<null>((no) => setTimeout(no, tellMs, null))]);
    if (stopped === null) return 'stayed';
    // Whoever steps or resumes in DevTools meanwhile has the program elsewhere, and what is read from then on is of there.
    const read = async (): Promise<Planned | null> => {
      const thread = await readThread(connection, target, stopped);
      const points = thread === null ? null : await plan(thread.stopped);
      return thread === null || points === null ? null : { scriptId: thread.scriptId, points };
    };
    const planned = await read().catch((error: unknown) => {
      if (pauses.hasMoved()) return null;
      throw error;
    });
    if (pauses.hasMoved()) return 'moved';
    if (planned === null) return 'stayed';
    const { scriptId, points } = planned;
    for (const point of points) {
      const set = await connection.send(target, 'Debugger.setBreakpoint', {
        location: { scriptId, lineNumber: 0, columnNumber: point.offset },
        condition: conditionOf(point),
      });
      own.add(String(set['breakpointId']));
    }
    if (pauses.hasMoved()) return 'moved';
    const next = pauses.next();
    await connection.send(target, 'Debugger.resume');
    if (points.length === 0) return 'ended';
    const hit = list((await orAborted(next, signal))['hitBreakpoints']);
    return hit.some((id) => own.has(String(id))) ? 'reached' : 'elsewhere';
  } finally {
    // V8 keeps breakpoints in wasm that are not taken away one by one.
    for (const breakpointId of own) {
      await connection.send(target, 'Debugger.removeBreakpoint', { breakpointId }).catch(() => undefined);
    }
    // While it is enabled, a step of DevTools would be one of a single instruction.
    if (enabled) await connection.send(target, 'Debugger.disable', {}, answerMs).catch(() => undefined);
  }
}

/** The promise's outcome; rejects when the signal is aborted before, and when that takes too long. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', abort, { once: true });
    const timer = setTimeout(() => {
      reject(new Error(`the goroutine did not come back within ${WAIT_MS / 60_000} minutes`));
    }, WAIT_MS);
    void promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    });
  });
}

const isDone = (promise: Promise<unknown>): Promise<boolean> =>
  promise.then(
    () => true,
    () => false,
  );

type Plan = (thread: StoppedThread) => Promise<readonly StepPoint[] | null>;

/** How a step goes on: the points are in this script. */
interface Planned {
  readonly scriptId: string;
  readonly points: readonly StepPoint[];
}

/** Stops of a thread, one after the other. */
class Pauses {
  #resolve: ((params: Params) => void) | null = null;
  #hasMoved = false;

  constructor(connection: DebuggerConnection, target: DebuggerTarget) {
    connection.on('Debugger.paused', ({ sessionId }, params) => {
      if (sessionId !== target.sessionId) return;
      this.#hasMoved = this.#resolve === null;
      this.#resolve?.(params);
      this.#resolve = null;
    });
    connection.on('Debugger.resumed', ({ sessionId }) => {
      if (sessionId === target.sessionId) this.#hasMoved = true;
    });
  }

  /** Whether the program has left the stop that `next` told of. The names of call frames do not tell: those of the stop after it are the same. */
  hasMoved(): boolean {
    return this.#hasMoved;
  }

  next(): Promise<Params> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }
}

interface CallFrame {
  readonly id: string;
  readonly url: string;
  readonly scriptId: string;
  readonly offset: number;
}

async function readThread(
  connection: DebuggerConnection,
  target: DebuggerTarget,
  paused: Params,
): Promise<{ readonly scriptId: string; readonly stopped: StoppedThread } | null> {
  const frames = list(paused['callFrames']).slice(0, MAX_FRAMES).map(readFrame);
  const [top] = frames;
  if (top === undefined) return null;
  const evaluate = (frame: CallFrame, expression: string): Promise<string> =>
    textInFrame(connection, target, frame.id, expression);
  const facts = await evaluate(
    top,
    "globals[0].value + ' ' + globals[2].value + ' ' + memories[0].buffer.byteLength + ' ' + (stack[0] === undefined ? '' : stack[0].value) + ' ' + (locals[0] === undefined ? '' : locals[0].value)",
  );
  const [sp, g, byteLength, result, pcBlock] = facts.split(' ');
  if (byteLength === undefined || !/^\d+$/.test(byteLength)) return null;
  const below = frames.findIndex(({ scriptId }) => scriptId !== top.scriptId);
  const own = below < 0 ? frames : frames.slice(0, below);
  const [, caller] = own;
  const local =
    caller === undefined ? '' : await evaluate(caller, "locals[1] === undefined ? '' : '' + locals[1].value");
  const stopped: StoppedThread = {
    stack: ['Error', ...own.map(({ url, offset }) => `    at ${url}:0x${offset.toString(16)}`)].join('\n'),
    offsets: own.map(({ offset }) => offset),
    sp: Number(sp) >>> 0,
    g: Number(g),
    byteLength: Number(byteLength),
    result: result === undefined || result === '' ? null : Number(result),
    pcBlock: pcBlock === undefined || pcBlock === '' ? null : Number(pcBlock),
    callerSp: local === '' ? null : Number(local) >>> 0,
    read: (address, length) => bytesInFrame(connection, target, top.id, address, length),
  };
  return { scriptId: top.scriptId, stopped };
}

function readFrame(frame: unknown): CallFrame {
  const { callFrameId, url, location } = frame as {
    callFrameId?: unknown;
    url?: unknown;
    location?: { scriptId?: unknown; columnNumber?: unknown };
  };
  return {
    id: String(callFrameId),
    url: typeof url === 'string' && url !== '' ? url : 'wasm',
    scriptId: String(location?.scriptId),
    offset: typeof location?.columnNumber === 'number' ? location.columnNumber : 0,
  };
}

/** JavaScript in the scope of the wasm frame: the goroutine is that one, and its stack that deep, or less: a function that returns gives up its frame first. */
function conditionOf({ g, stackHiAt, depth }: StepPoint): string {
  const hi = `new DataView(memories[0].buffer).getUint32(${String(stackHiAt)}, true)`;
  return `Number(globals[2].value) === ${String(g)} && ${hi} - (Number(globals[0].value) >>> 0) <= ${String(depth)}`;
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

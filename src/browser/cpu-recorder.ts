import type {
  CpuRecorder,
  RecordedTrace,
  RecorderControl,
  RecorderOptions,
} from '../session/cpu-recorder.ts';
import {
  debuggerAvailable,
  untilDetached,
  withDebugger,
  type DebuggerConnection,
} from './debugger-connection.ts';

/** A recording is ended after this long, in milliseconds: Chrome shows its bar, and V8 samples, all the while. */
const MAX_RECORD_MS = 5 * 60_000;
/** Time for the browser to hand over what it has recorded. */
const READ_MS = 60_000;
/** Bytes of JSON that are taken. */
const MAX_BYTES = 400 << 20;
/** The browser's buffer, in KiB (the size that the Performance panel asks for); nearly full, the recording is ended. */
const BUFFER_KB = 1_200_000;
const NEARLY_FULL = 0.95;
const USAGE_MS = 500;

/**
 * What is recorded: V8's samples, the tasks of threads, garbage collections, memory counters, user timings, and which frames and workers
 * there are (Chromium base/trace_event/builtin_categories.h).
 */
const CATEGORIES = [
  'disabled-by-default-v8.cpu_profiler',
  'devtools.timeline',
  'disabled-by-default-devtools.timeline',
  'v8',
  'v8.execute',
  'blink.user_timing',
];
/** With it V8 samples every 100 µs instead of every 1000. */
const HIGH_RESOLUTION = 'disabled-by-default-v8.cpu_profiler.hires';

/** Records CPU samples of the inspected tab through the debugger's Tracing domain; `closing` is aborted when DevTools goes. */
export function createCpuRecorder(tabId: number, closing: AbortSignal): CpuRecorder {
  return {
    available: debuggerAvailable(),
    record: (options, control) => record(tabId, closing, options, control),
  };
}

async function record(
  tabId: number,
  closing: AbortSignal,
  { intervalMicros }: RecorderOptions,
  control: RecorderControl,
): Promise<RecordedTrace> {
  if (!debuggerAvailable()) {
    throw new Error(
      'This build of the extension cannot record: record in the Performance panel, save the trace there, and open it here.',
    );
  }
  const signal = AbortSignal.any([closing, control.cancel]);
  const limit = MAX_RECORD_MS + READ_MS + 10_000;
  // A reload with the hook keeps it attached for a few seconds.
  await untilDetached(tabId, signal);
  return withDebugger(
    tabId,
    signal,
    (connection) => trace(connection, { tabId }, intervalMicros, control),
    limit,
  );
}

async function trace(
  connection: DebuggerConnection,
  page: { readonly tabId: number },
  intervalMicros: number,
  control: RecorderControl,
): Promise<RecordedTrace> {
  const mainFrame = await mainFrameOf(connection, page);
  const collected = new TraceText(mainFrame.id);
  const notes: string[] = [];
  const complete = new Promise<boolean>((resolve) => {
    connection.on('Tracing.tracingComplete', (_target, params) => {
      resolve(params['dataLossOccurred'] === true);
    });
  });
  let ended = false;
  connection.on('Tracing.dataCollected', (_target, params) => {
    const { value } = params;
    if (Array.isArray(value)) collected.add(value as readonly unknown[]);
    if (ended) control.reading(collected.bytes);
  });
  const end = new Promise<void>((resolve) => {
    const finish = (note?: string): void => {
      if (note !== undefined) notes.push(note);
      resolve();
    };
    if (control.stop.aborted) finish();
    control.stop.addEventListener('abort', () => {
      finish();
    });
    setTimeout(() => {
      finish(`The recording was ended after ${MAX_RECORD_MS / 60_000} minutes.`);
    }, MAX_RECORD_MS);
    connection.on('Tracing.bufferUsage', (_target, params) => {
      const used = Number(params['percentFull'] ?? params['value']) || 0;
      control.bufferFull(Math.min(1, used));
      if (used > NEARLY_FULL) finish("The recording was ended because the browser's buffer was full.");
    });
  });
  await connection.send(page, 'Tracing.start', {
    transferMode: 'ReportEvents',
    bufferUsageReportingInterval: USAGE_MS,
    traceConfig: {
      recordMode: 'recordUntilFull',
      traceBufferSizeInKb: BUFFER_KB,
      excludedCategories: ['*'],
      includedCategories: [...CATEGORIES, ...(intervalMicros < 1000 ? [HIGH_RESOLUTION] : [])],
    },
  });
  const startTime = Date.now();
  control.started();
  await end;
  const durationMs = Date.now() - startTime;
  ended = true;
  control.reading(0);
  await connection.send(page, 'Tracing.end', {}, READ_MS);
  if (await within(complete, READ_MS)) notes.push('The browser lost events: its buffer was full.');
  const source = 'DevTools';
  const metadata = { source, startTime: new Date(startTime).toISOString(), dataOrigin: 'TraceEvents' };
  collected.addFrames(mainFrame);
  const clock = { startTime, durationMs, ...collected.clock() };
  return { json: collected.done(metadata), clock, notes, wasmUrls: [...collected.wasmUrls] };
}

interface MainFrame {
  readonly id: string;
  readonly url: string;
}

async function mainFrameOf(
  connection: DebuggerConnection,
  page: { readonly tabId: number },
): Promise<MainFrame> {
  const { frameTree } = await connection.send(page, 'Page.getFrameTree');
  const { id, url } = (frameTree as { frame?: { id?: unknown; url?: unknown } } | undefined)?.frame ?? {};
  return { id: typeof id === 'string' ? id : '', url: typeof url === 'string' ? url : '' };
}

/** A frame of WebAssembly in the text of a ProfileChunk (V8 src/profiler/profile-generator.cc, BuildNodeValue), and the URL in it. */
const WASM_FRAME = /\{[^{}]*"codeType":"wasm"[^{}]*\}/g;
const FRAME_URL = /"url":"([^"\\]+)"/;

interface TraceEvent {
  readonly name?: unknown;
  readonly pid?: unknown;
  readonly tid?: unknown;
  readonly ts?: unknown;
  readonly args?: { readonly name?: unknown };
}

/** Events as text, so that they do not stay in memory as objects. */
class TraceText {
  readonly #encoder = new TextEncoder();
  readonly #pieces: Uint8Array[] = [];
  readonly #mainFrame: string;
  bytes = 0;
  /** The page's process: one that speaks of the main frame; else one with a main thread. */
  #process: number | null = null;
  #mainThreads = new Map<number, number>();
  #firstTime = Infinity;
  readonly wasmUrls = new Set<string>();
  #hasFrames = false;

  constructor(mainFrame: string) {
    this.#mainFrame = mainFrame;
  }

  add(events: readonly unknown[]): void {
    if (events.length === 0) return;
    const text = events
      .map((value) => {
        const line = JSON.stringify(value);
        this.#look(value as TraceEvent, line);
        return line;
      })
      .join(',\n');
    this.#push(`${this.bytes === 0 ? '' : ',\n'}${text}`);
    if (this.bytes > MAX_BYTES) throw new Error('the recording is too large: record for a shorter time');
  }

  /**
   * Adds the browser's own event that says which frames there are, by which the Performance panel knows the page's process: through
   * chrome.debugger the browser process is not recorded.
   */
  addFrames({ id, url }: MainFrame): void {
    const { pid, tid, startMicros: ts } = this.clock();
    if (this.#hasFrames || this.bytes === 0) return;
    const frames = [
      { frame: id, name: '', url, processId: pid, isInPrimaryMainFrame: true, isOutermostMainFrame: true },
    ];
    const event = {
      ...{ name: 'TracingStartedInBrowser', cat: 'disabled-by-default-devtools.timeline', ph: 'I', s: 't' },
      ...{ pid, tid, ts },
      args: { data: { frameTreeNodeId: 1, persistentIds: true, frames } },
    };
    this.#push(`,\n${JSON.stringify(event)}`);
  }

  /** The page's main thread, and when its samples begin on the trace's clock (microseconds). */
  clock(): { pid: number; tid: number; startMicros: number } {
    const [first = 0] = this.#mainThreads.keys();
    const pid = this.#process ?? first;
    const startMicros = Number.isFinite(this.#firstTime) ? this.#firstTime : 0;
    return { pid, tid: this.#mainThreads.get(pid) ?? pid, startMicros };
  }

  #look({ name, pid, tid, ts, args }: TraceEvent, line: string): void {
    if (typeof pid !== 'number' || typeof tid !== 'number') return;
    if (typeof ts === 'number' && name === 'Profile') this.#firstTime = Math.min(this.#firstTime, ts);
    if (name === 'ProfileChunk') {
      for (const [frame] of line.matchAll(WASM_FRAME)) {
        const url = FRAME_URL.exec(frame)?.[1];
        if (url !== undefined) this.wasmUrls.add(url);
      }
    } else if (name === 'TracingStartedInBrowser') this.#hasFrames = true;
    else if (name === 'thread_name' && args?.name === 'CrRendererMain') this.#mainThreads.set(pid, tid);
    if (this.#process === null && this.#mainFrame !== '' && line.includes(this.#mainFrame))
      this.#process = pid;
  }

  done(metadata: object): ArrayBuffer {
    const head = this.#encoder.encode(`{"metadata":${JSON.stringify(metadata)},\n"traceEvents":[\n`);
    const tail = this.#encoder.encode('\n]}\n');
    const all = new Uint8Array(head.length + this.bytes + tail.length);
    let at = 0;
    for (const piece of [head, ...this.#pieces, tail]) {
      all.set(piece, at);
      at += piece.length;
    }
    return all.buffer;
  }

  #push(text: string): void {
    const piece = this.#encoder.encode(text);
    this.#pieces.push(piece);
    this.bytes += piece.length;
  }
}

function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`the browser did not hand over the recording within ${ms / 1000} s`));
    }, ms);
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}

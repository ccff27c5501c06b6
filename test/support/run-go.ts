// Runs a fixture in Node, in a realm of its own (node:vm) with the wasm_exec.js of its Go version, and tells how it ended. The
// realm looks like a page without a file system: wasm_exec.js brings its own `fs`, whose writeSync is replaced to keep the text.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import type { Context } from 'node:vm';
import { type Fixture, fixtureBytes, fixturesDirectory, wasmExec } from './fixtures.ts';

export interface RunOptions {
  /** Arguments after the program's name: the first chooses the case. */
  readonly args?: readonly string[];
  /** Environment variables, e.g. `{ GOTRACEBACK: 'system' }`. */
  readonly env?: Readonly<Record<string, string>>;
  /** `Error.stackTraceLimit` of the realm; all frames when not given. */
  readonly stackTraceLimit?: number;
  /** Called with the instance after it was made and before Go runs. */
  readonly onInstance?: (instance: GoInstance) => void;
  /** Called by program `goroutines`, case many, while its goroutines wait: what Go itself took to write their stacks. */
  readonly onMeasured?: (milliseconds: number, bytes: number, instance: GoInstance) => void;
  /** Called by program `heap` each time it has told of its heap. */
  readonly onHeap?: (instance: GoInstance) => void;
  /** The page throws the text away, as one does that replaces fs.writeSync; `text` is then empty. */
  readonly quiet?: boolean;
}

/** What stays of an instance after wasm_exec.js has let it go. Exports of GOOS=js modules; wasip1 ones have only `memory`. */
export interface GoInstance {
  readonly exports: WebAssembly.Exports;
  readonly memory: WebAssembly.Memory;
  /** Go's stack pointer, in bytes; undefined where the module exports no getsp (wasip1). */
  readonly getsp: (() => number) | undefined;
}

/** Go's stack text and the JavaScript stack of one moment, by program `stacks`. */
export interface StackPair {
  /** The name of the probe point. */
  readonly name: string;
  /** `runtime.Stack(buf, false)`. */
  readonly go: string;
  /** `new Error().stack` of a function that Go called from the same line. */
  readonly js: string;
  /**
   * The goroutine was switched, or its stack moved, somewhere between the outermost frame and the probe: V8 then lacks the
   * frames below that point.
   */
  readonly switched: boolean;
}

/** Go's text of all goroutines and the memory of one moment, by program `goroutines`. */
export interface GoroutineSnapshot {
  /** `running`: main tells of itself and of the others. `idle`: the memory was kept while nothing ran, the text came after. */
  readonly name: string;
  /** `runtime.Stack(buf, true)`. */
  readonly text: string;
  readonly memory: Uint8Array<ArrayBuffer>;
  /** Go's stack pointer, unsigned. */
  readonly sp: number;
  /** Go's clock, in nanoseconds. */
  readonly now: number;
}

/** The memory of one moment, and what Go itself said of its heap at that moment, by program `heap`. */
export interface HeapSnapshot {
  readonly name: string;
  readonly memory: Uint8Array<ArrayBuffer>;
  /** Go's stack pointer, unsigned. */
  readonly sp: number;
  /** Address of a runtime.MemStats that ReadMemStats has filled. */
  readonly stats: number;
  /** Objects whose type the program knows, a line each: address and size in hex, and the type. */
  readonly objects: string;
}

/** The program at its death: inside the exit import, or where the trap's error arrived. */
export interface Death {
  readonly at: 'exit' | 'trap';
  /** Go's stack pointer, unsigned; 0 where the module exports no getsp (wasip1). */
  readonly sp: number;
  /** A copy of the linear memory of that moment. */
  readonly memory: Uint8Array<ArrayBuffer>;
  /** The JavaScript stack in the exit import, or of the error. */
  readonly stack: string;
}

/** A JavaScript error out of the module. */
export interface ThrownError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  /** `run`: go.run (or _start, or a reactor's function) failed. `callback`: thrown into the event loop, an uncaught error in a page. */
  readonly from: 'run' | 'callback';
}

export interface GoRun {
  /** `exited`: through the exit import. `trapped`: with an error. `blocked`: nothing is left that could make it go on. */
  readonly end: 'exited' | 'trapped' | 'blocked';
  readonly exitCode: number | null;
  /** Text written to file descriptors 1 and 2. */
  readonly stdout: string;
  readonly stderr: string;
  /** The first JavaScript error, also one after the exit. */
  readonly error: ThrownError | null;
  readonly death: Death | null;
  readonly pairs: readonly StackPair[];
  readonly snapshots: readonly GoroutineSnapshot[];
  readonly heaps: readonly HeapSnapshot[];
  readonly instance: GoInstance;
}

type Callback = (...args: unknown[]) => void;

/** The global object of the realm, as far as it is used from outside. */
interface Realm extends Context {
  fs: { writeSync: (fd: number, bytes: Uint8Array) => number };
  Go: new () => GoGlue;
  Error: ErrorConstructor;
  WebAssembly: typeof WebAssembly;
}

/** `Go` of wasm_exec.js. */
interface GoGlue {
  argv: string[];
  env: Record<string, string>;
  importObject: Record<string, Record<string, (...args: never[]) => unknown>>;
  exited: boolean;
  exit: (code: number) => void;
  run(instance: WebAssembly.Instance): Promise<void>;
}

/** A timer that is due so late, in milliseconds, keeps no run waiting. */
const FAR_OFF = 60_000;

/** The realm's timers: they say when nothing is pending that is due soon, and give the errors of callbacks to `onError`. */
class Timers {
  readonly pending = new Map<number, NodeJS.Timeout>();
  readonly #farOff = new Map<number, NodeJS.Timeout>();
  onError: (error: unknown) => void = () => undefined;
  onIdle: () => void = () => undefined;
  private next = 1;

  readonly set = (callback: Callback, ms = 0, ...args: unknown[]): number => {
    const id = this.next++;
    const timers = ms < FAR_OFF ? this.pending : this.#farOff;
    const run = (): void => {
      timers.delete(id);
      try {
        callback(...args);
      } catch (error) {
        this.onError(error);
      }
      this.checkIdle();
    };
    timers.set(id, setTimeout(run, Math.min(ms, 2 ** 31 - 1)));
    return id;
  };

  readonly clear = (id: number): void => {
    for (const timers of [this.pending, this.#farOff]) {
      clearTimeout(timers.get(id));
      timers.delete(id);
    }
  };

  /** Calls `onIdle` when no timer is left after the current jobs. */
  checkIdle(): void {
    setImmediate(() => {
      if (this.pending.size === 0) this.onIdle();
    });
  }

  stop(): void {
    for (const timers of [this.pending, this.#farOff]) {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    }
  }
}

function makeRealm(timers: Timers, options: RunOptions): Realm {
  const realm = createContext({
    console,
    TextEncoder,
    TextDecoder,
    performance,
    crypto,
    setTimeout: timers.set,
    clearTimeout: timers.clear,
  }) as Realm;
  realm.Error = runInContext('Error', realm) as ErrorConstructor;
  realm.WebAssembly = runInContext('WebAssembly', realm) as typeof WebAssembly;
  realm.Error.stackTraceLimit = options.stackTraceLimit ?? Infinity;
  return realm;
}

function keepInstance(instance: WebAssembly.Instance): GoInstance {
  const { exports } = instance;
  const memory = exports['mem'] ?? exports['memory'];
  const getsp = exports['getsp'];
  // The memory belongs to the realm, so `instanceof` of this realm does not know it.
  if (typeof memory !== 'object' || !('buffer' in memory)) throw new Error('the module exports no memory');
  return { exports, memory, getsp: typeof getsp === 'function' ? (getsp as () => number) : undefined };
}

function deathOf(at: Death['at'], instance: GoInstance, stack: string): Death {
  const sp = (instance.getsp?.() ?? 0) >>> 0;
  return { at, sp, memory: new Uint8Array(instance.memory.buffer).slice(), stack };
}

function asThrown(error: unknown, from: ThrownError['from']): ThrownError {
  const { name, message, stack } = error as Partial<Error>;
  return {
    name: name ?? typeof error,
    message: message ?? String(error),
    stack: stack ?? String(error),
    from,
  };
}

/** Collects the text of file descriptors 1 and 2. */
function textSink(): { write: (fd: number, bytes: Uint8Array) => number; text: (fd: 1 | 2) => string } {
  const text = { 1: '', 2: '' };
  const decoder = { 1: new TextDecoder(), 2: new TextDecoder() };
  return {
    write: (fd, bytes) => {
      const to = fd === 1 ? 1 : 2;
      text[to] += decoder[to].decode(bytes, { stream: true });
      return bytes.length;
    },
    text: (fd) => text[fd],
  };
}

/** A run under way: what its realm tells, until `result`. */
class Run {
  readonly timers = new Timers();
  readonly realm: Realm;
  readonly sink = textSink();
  readonly pairs: StackPair[] = [];
  readonly snapshots: GoroutineSnapshot[] = [];
  readonly heaps: HeapSnapshot[] = [];
  instance: GoInstance | null = null;
  exitCode: number | null = null;
  error: ThrownError | null = null;
  death: Death | null = null;
  readonly options: RunOptions;

  constructor(options: RunOptions) {
    this.options = options;
    this.realm = makeRealm(this.timers, options);
  }

  /** Makes the instance and shows it to the caller, before Go runs. */
  async instantiate(of: Fixture, imports: WebAssembly.Imports): Promise<WebAssembly.Instance> {
    const { instance } = await this.realm.WebAssembly.instantiate(fixtureBytes(of), imports);
    this.instance = keepInstance(instance);
    this.options.onInstance?.(this.instance);
    return instance;
  }

  readonly write = (fd: number, bytes: Uint8Array): number =>
    this.options.quiet === true ? bytes.length : this.sink.write(fd, bytes);

  /** To be called inside the exit import. */
  atExit(): void {
    if (this.instance) this.death = deathOf('exit', this.instance, new this.realm.Error().stack ?? '');
  }

  /** An error came out of the module, or out of wasm_exec.js. */
  fail(thrown: unknown, from: ThrownError['from']): void {
    if (this.error) return;
    this.error = asThrown(thrown, from);
    if (!this.death && this.instance) this.death = deathOf('trap', this.instance, this.error.stack);
  }

  result(): GoRun {
    this.timers.stop();
    if (!this.instance) throw new Error('the module was not instantiated');
    const { exitCode, error, death, pairs, snapshots, heaps, instance, sink } = this;
    const end = exitCode !== null ? 'exited' : error ? 'trapped' : 'blocked';
    return {
      end,
      exitCode,
      stdout: sink.text(1),
      stderr: sink.text(2),
      error,
      death,
      pairs,
      snapshots,
      heaps,
      instance,
    };
  }
}

/** Gives the realm the two functions that program `stacks` calls. */
function collectPairs(run: Run): void {
  let captured = '';
  const keep = (stack: string): void => {
    captured = stack;
  };
  // Written in the realm, so that its own Error makes the stack.
  const capture = '(keep) => function fixtureCapture() { keep(new Error().stack); }';
  const makeCapture = runInContext(capture, run.realm) as (to: typeof keep) => () => void;
  run.realm['fixtureCapture'] = makeCapture(keep);
  run.realm['fixtureReport'] = (name: string, go: string, switched: boolean): void => {
    run.pairs.push({ name, go, js: captured, switched });
  };
}

/** Gives the realm the functions that program `goroutines` calls, and a clock that they can put forward. */
function collectSnapshots(run: Run): void {
  const { realm, timers } = run;
  let ahead = 0;
  // Go's clock on js is `timeOrigin + performance.now()`, in milliseconds.
  const clock = { timeOrigin: performance.timeOrigin, now: () => performance.now() + ahead };
  realm['performance'] = clock;
  const moment = (): Omit<GoroutineSnapshot, 'name' | 'text'> => {
    const { instance } = run;
    if (instance === null) throw new Error('there is no instance yet');
    return {
      memory: new Uint8Array(instance.memory.buffer).slice(),
      sp: (instance.getsp?.() ?? 0) >>> 0,
      now: (clock.timeOrigin + clock.now()) * 1e6,
    };
  };
  let idle: ReturnType<typeof moment> | null = null;
  realm['fixtureGoroutines'] = (name: string, text: string): void => {
    run.snapshots.push({ name, text, ...(idle ?? moment()) });
    idle = null;
  };
  realm['fixtureIdle'] = (callback: Callback): void => {
    timers.set(() => {
      idle = moment();
      callback();
    }, 20);
  };
  realm['fixtureMeasured'] = (milliseconds: number, bytes: number): void => {
    if (run.instance !== null) run.options.onMeasured?.(milliseconds, bytes, run.instance);
  };
  realm['fixtureLater'] = (minutes: number): void => {
    ahead += minutes * 60_000;
  };
}

/** Gives the realm the function that program `heap` calls. */
function collectHeaps(run: Run): void {
  run.realm['fixtureHeap'] = (name: string, stats: number, objects: number, length: number): void => {
    const one = run.instance;
    if (one === null) throw new Error('there is no instance yet');
    const memory = new Uint8Array(one.memory.buffer).slice();
    const text = new TextDecoder().decode(memory.subarray(objects, objects + length));
    run.heaps.push({ name, memory, sp: (one.getsp?.() ?? 0) >>> 0, stats, objects: text });
    run.options.onHeap?.(one);
  };
}

/**
 * Runs a GOOS=js fixture until nothing is left that could make anything happen: it has exited or trapped and no timer of the page
 * is pending, or it blocks.
 */
export async function runGo(of: Fixture, options: RunOptions = {}): Promise<GoRun> {
  if (of.goos !== 'js') throw new Error(`${of.name} is not a GOOS=js module`);
  const run = new Run(options);
  const { realm, timers } = run;
  runInContext(wasmExec(of.goVersion), realm, { filename: 'wasm_exec.js' });
  realm.fs.writeSync = run.write;
  collectPairs(run);
  collectSnapshots(run);
  collectHeaps(run);

  const go = new realm.Go();
  go.argv = ['program', ...(options.args ?? [])];
  go.env = { ...options.env };
  const thrower = runInContext("() => { throw new Error('the import failed'); }", realm) as () => never;
  const builtIn = go.importObject['gojs'] ?? go.importObject['go'] ?? {};
  // Before go:wasmimport (Go 1.21) the import is declared in assembly and stands among wasm_exec.js's own.
  builtIn['main.fail'] = thrower;
  go.importObject['fixture'] = { fail: thrower };
  const wasmExit = builtIn['runtime.wasmExit'];
  if (!wasmExit) throw new Error('wasm_exec.js has no runtime.wasmExit');
  builtIn['runtime.wasmExit'] = (sp: never) => {
    run.atExit();
    return wasmExit(sp);
  };
  go.exit = (code) => {
    run.exitCode = code;
  };

  const instance = await run.instantiate(of, go.importObject);
  await new Promise<void>((resolve) => {
    timers.onIdle = resolve;
    timers.onError = (thrown) => {
      run.fail(thrown, 'callback');
    };
    go.run(instance)
      .catch((thrown: unknown) => {
        run.fail(thrown, 'run');
      })
      .finally(() => {
        timers.checkIdle();
      });
    timers.checkIdle();
  });
  return run.result();
}

/** A call of a reactor's exported function. */
export interface ReactorCall {
  readonly export: string;
  readonly args: readonly number[];
}

/** `Wasip1` of fixtures/pages/wasip1.js. */
interface Wasip1Glue {
  readonly importObject: WebAssembly.Imports;
  start(instance: WebAssembly.Instance): number;
  initialize(instance: WebAssembly.Instance): void;
}

/**
 * Runs a GOOS=wasip1 fixture: a command to its end, or a reactor through `calls`, whose results are printed to `stdout`, one a
 * line. Stops at the first call that fails. A reactor that did not fail counts as `blocked`: it waits for calls.
 */
export async function runWasip1(
  of: Fixture,
  options: RunOptions & { readonly calls?: readonly ReactorCall[] } = {},
): Promise<GoRun> {
  if (of.goos !== 'wasip1') throw new Error(`${of.name} is not a GOOS=wasip1 module`);
  const run = new Run(options);
  const glue = readFileSync(join(fixturesDirectory, 'pages', 'wasip1.js'), 'utf8');
  runInContext(glue, run.realm, { filename: 'wasip1.js' });
  const Wasip1 = run.realm['Wasip1'] as new (options: object) => Wasip1Glue;
  const wasi = new Wasip1({
    args: options.args ?? [],
    env: options.env ?? {},
    write: run.write,
    onExit: () => {
      run.atExit();
    },
  });
  const instance = await run.instantiate(of, wasi.importObject);
  try {
    if (of.family !== 'reactor') {
      run.exitCode = wasi.start(instance);
      return run.result();
    }
    wasi.initialize(instance);
    for (const call of options.calls ?? []) {
      const exported = instance.exports[call.export] as ((...args: readonly number[]) => unknown) | undefined;
      if (!exported) throw new Error(`${of.name} exports no function ${call.export}`);
      run.sink.write(1, new TextEncoder().encode(`${String(exported(...call.args))}\n`));
    }
  } catch (thrown) {
    run.fail(thrown, 'run');
  }
  return run.result();
}

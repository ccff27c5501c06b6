// The cases of fixtures/programs/tinygo: what is promised of each, and running them in Node.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { fixturesDirectory, goSource } from './fixtures.ts';
import { llvmModule } from './llvm-fixtures.ts';

/** How a case ends: what the runtime prints, and the function in which the program dies. */
export interface TinyGoCase {
  readonly name: string;
  readonly title: string;
  readonly function: string;
  /** File as the module names it, and line, from the comment `dies: NAME`. */
  readonly file: string;
  readonly line: number;
}

const CASES: readonly (readonly [string, string, string])[] = [
  ['index', 'panic: runtime error: index out of range', 'main.at'],
  ['slice', 'panic: runtime error: slice out of range', 'main.from'],
  ['array', 'panic: runtime error: slice smaller than array', 'main.asArray'],
  ['nilderef', 'panic: runtime error: nil pointer dereference', 'main.age'],
  ['nilmap', 'panic: runtime error: assignment to entry in nil map', 'main.count'],
  ['divide', 'panic: runtime error: divide by zero', 'main.quotient'],
  ['shift', 'panic: runtime error: negative shift', 'main.shifted'],
  ['assert', 'panic: runtime error: type assert failed', 'main.asString'],
  ['closed', 'panic: runtime error: send on closed channel', 'main.sendOnClosed'],
  ['close', 'panic: runtime error: close of closed channel', 'main.closeTwice'],
  ['makechan', 'panic: runtime error: new channel is too big', 'main.makeChannel'],
  ['compare', 'panic: runtime error: comparing un-comparable type', 'main.equal'],
  ['string', 'panic: a string', 'main.give'],
  ['error', 'panic: an error', 'main.giveError'],
  ['method', 'panic: runtime error: divide by zero', '(*main.square).perSide'],
  ['inlined', 'panic: runtime error: index out of range', 'main.pick'],
  ['goroutine', 'panic: runtime error: index out of range', 'main.at'],
];

export const tinygoCases: readonly TinyGoCase[] = CASES.map(([name, title, fn]) => {
  for (const file of ['main.go', 'concurrent.go']) {
    const at = goSource(`tinygo/${file}`)
      .split('\n')
      .findIndex((line) => /\/\/ dies: (.*)$/.exec(line)?.[1]?.split(', ').includes(name));
    if (at >= 0)
      return {
        name,
        title,
        function: fn,
        file: `/opt/gowasm-fixtures/programs/tinygo/${file}`,
        line: at + 1,
      };
  }
  throw new Error(`no line is marked with ${name}`);
});

/** A case of fixtures/programs/tinygo/ends, in the module in which it ends so. */
export interface TinyGoEnd extends TinyGoCase {
  readonly module: string;
  readonly kind: string;
}

const ENDS: readonly (readonly [string, string, string, string, string])[] = [
  ['ends.wasip1.z', 'deadlock', 'deadlock', 'panic: runtime error: deadlocked: no event source', ''],
  ['ends.wasm.z', 'memory', 'out-of-memory', 'panic: runtime error: out of memory', 'main.hoard'],
  ['ends.wasm.z', 'overflow', 'stack-overflow', 'RangeError: Maximum call stack size exceeded', 'main.deep'],
  [
    'ends.wasm.z',
    'unsafe',
    'panic',
    'panic: runtime error: unsafe.Slice/String: len out of range',
    'main.view',
  ],
  ['ends.wasm.z', 'hash', 'panic', 'panic: runtime error: comparing un-comparable type', 'main.enter'],
  ['ends.wasm.z', 'unreachable', 'trap', 'RuntimeError: unreachable', 'main.stop'],
];

export const tinygoEnds: readonly TinyGoEnd[] = ENDS.map(([module, name, kind, title, fn]) => {
  const lines = goSource('tinygo/ends/main.go').split('\n');
  const line = lines.findIndex((text) => text.endsWith(`// dies: ${name}`)) + 1;
  if (line === 0) throw new Error(`no line is marked with ${name}`);
  const file = '/opt/gowasm-fixtures/programs/tinygo/ends/main.go';
  return { ...{ module, name, kind, title, function: fn }, file, line };
});

/** What is seen of a program that died. */
export interface TinyGoDeath {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  /** What it printed to its standard output. */
  readonly text: string;
}

/** Runs a case of a `wasm` module until it dies. */
export async function runTinyGo(module: string, name: string): Promise<TinyGoDeath> {
  const { death } = await runToEnd(module, name);
  if (death === null) throw new Error(`${name} did not die`);
  return death;
}

/** A copy of the memory of a `wasm` module after a case has died, or has nothing left to do. */
export async function tinyGoMemory(module: string, name: string): Promise<Uint8Array> {
  return (await runToEnd(module, name)).memory;
}

/** What is seen of a case of fixtures/programs/tinygo/states: its memory when it has died or come to rest, and what it printed by then. */
export interface TinyGoStates {
  readonly memory: Uint8Array;
  readonly text: string;
  readonly death: TinyGoDeath | null;
}

export function tinyGoStates(module: string, name: string): Promise<TinyGoStates> {
  return module.includes('.wasip1.')
    ? Promise.resolve(runOnWasi(module, name))
    : runToEnd(module, name, (printed) => !module.startsWith('states.') || printed.includes('kept'));
}

/** A host of wasip1 with a clock of its own: it does not wait, and a sleep of more than a minute ends the program. */
function runOnWasi(module: string, name: string): TinyGoStates {
  const rest = new Error('the program rests');
  const args = ['program.wasm', name].map((arg) => new TextEncoder().encode(`${arg}\0`));
  let text = '';
  let clock = 1_000_000_000n;
  const view = (): DataView => new DataView(memoryOf(instance).buffer);
  const wasi = {
    fd_write: (_fd: number, vectors: number, count: number, result: number): number => {
      let total = 0;
      for (let i = 0; i < count; i++) {
        const [at, length] = [
          view().getUint32(vectors + 8 * i, true),
          view().getUint32(vectors + 8 * i + 4, true),
        ];
        text += new TextDecoder().decode(new Uint8Array(view().buffer, at, length));
        total += length;
      }
      view().setUint32(result, total, true);
      return 0;
    },
    clock_time_get: (_id: number, _precision: bigint, result: number): number => {
      view().setBigUint64(result, clock, true);
      return 0;
    },
    // subscription: user data, tag, clock id, timeout at 24 (WASI preview 1).
    poll_oneoff: (subscription: number): number => {
      const timeout = view().getBigUint64(subscription + 24, true);
      if (timeout > 60_000_000_000n) throw rest;
      clock += timeout;
      return 0;
    },
    args_sizes_get: (count: number, size: number): number => {
      view().setUint32(count, args.length, true);
      view().setUint32(
        size,
        args.reduce((sum, arg) => sum + arg.length, 0),
        true,
      );
      return 0;
    },
    args_get: (pointers: number, bytes: number): number => {
      let at = bytes;
      args.forEach((arg, i) => {
        view().setUint32(pointers + 4 * i, at, true);
        new Uint8Array(view().buffer).set(arg, at);
        at += arg.length;
      });
      return 0;
    },
  };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(llvmModule(module)), {
    wasi_snapshot_preview1: wasi,
  });
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 100;
  let death: TinyGoDeath | null = null;
  try {
    (instance.exports['_start'] as () => void)();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { name: kind, message, stack = '' } = error;
    if (error !== rest) death = { name: kind, message, stack, text };
  } finally {
    Error.stackTraceLimit = limit;
  }
  return { memory: new Uint8Array(memoryOf(instance).buffer.slice(0)), text, death };
}

function memoryOf({ exports: { memory } }: WebAssembly.Instance): WebAssembly.Memory {
  if (!(memory instanceof WebAssembly.Memory)) throw new Error('the module exports no memory');
  return memory;
}

/** A program that blocks for ever never resolves. Without `rested` it has come to rest when its first task has ended. */
async function runToEnd(
  module: string,
  name: string,
  rested: (printed: string) => boolean = () => true,
): Promise<TinyGoStates> {
  const lines: string[] = [];
  let thrown: unknown;
  /** The scheduler goes on in timers. What it throws there is a death, too; that of an hour's sleep keeps nothing alive. */
  const later = (run: () => void, ms: number): void => {
    const inTimer = (): void => {
      try {
        run();
      } catch (error) {
        thrown = error;
      }
    };
    setTimeout(inTimer, ms).unref();
  };
  const realm = createContext({
    WebAssembly,
    TextEncoder,
    TextDecoder,
    performance,
    crypto,
    setTimeout: later,
    fixtureCase: name,
    console: { log: (line: string) => lines.push(line), error: (line: string) => lines.push(line) },
  });
  runInContext('Error.stackTraceLimit = 100; globalThis.global = globalThis;', realm);
  runInContext(readFileSync(join(fixturesDirectory, 'wasm_exec', 'tinygo-0.33.0.js'), 'utf8'), realm);
  const go = runInContext('new Go()', realm) as {
    importObject: WebAssembly.Imports;
    run(instance: WebAssembly.Instance): Promise<void>;
  };
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 100;
  const { instance } = await WebAssembly.instantiate(llvmModule(module), go.importObject);
  const copy = (): Uint8Array => new Uint8Array(memoryOf(instance).buffer.slice(0));
  const rest = async (): Promise<void> => {
    do await new Promise<void>((resolve) => setImmediate(resolve));
    while (thrown === undefined && !rested(lines.join('\n')));
    if (thrown instanceof Error) throw thrown;
  };
  try {
    await Promise.race([go.run(instance), rest()]);
    return { death: null, memory: copy(), text: lines.join('\n') };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const death = {
      name: error.name,
      message: error.message,
      stack: error.stack ?? '',
      text: lines.join('\n'),
    };
    return { death, memory: copy(), text: death.text };
  } finally {
    Error.stackTraceLimit = limit;
  }
}

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

async function runToEnd(
  module: string,
  name: string,
): Promise<{ readonly death: TinyGoDeath | null; readonly memory: Uint8Array }> {
  const lines: string[] = [];
  const realm = createContext({
    WebAssembly,
    TextEncoder,
    TextDecoder,
    performance,
    crypto,
    setTimeout,
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
  const copy = (): Uint8Array => {
    const { memory } = instance.exports;
    if (!(memory instanceof WebAssembly.Memory)) throw new Error(`${module} exports no memory`);
    return new Uint8Array(memory.buffer.slice(0));
  };
  // A program that blocks for ever never resolves: it has come to rest when its first task has ended.
  const rest = new Promise<void>((resolve) => setImmediate(resolve));
  try {
    await Promise.race([go.run(instance), rest]);
    return { death: null, memory: copy() };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const death = {
      name: error.name,
      message: error.message,
      stack: error.stack ?? '',
      text: lines.join('\n'),
    };
    return { death, memory: copy() };
  } finally {
    Error.stackTraceLimit = limit;
  }
}

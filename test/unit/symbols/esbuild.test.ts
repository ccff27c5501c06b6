import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createContext, runInContext } from 'node:vm';
import { beforeAll, describe, expect, test } from 'vitest';
import { moduleOffset } from '../../../src/base/units.ts';
import { chooseSymbols } from '../../../src/symbols/choose.ts';
import { inspectModule } from '../../../src/symbols/inspect.ts';
import { Symbolizer } from '../../../src/symbols/symbolizer.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { offsetsOf } from './support.ts';

// esbuild as npm ships it: a large Go program that nobody here built, stripped. It runs with its own wasm_exec.js in a realm that
// looks like a page, and each write to the console keeps the JavaScript stack.

const require = createRequire(import.meta.url);
const bytes = new Uint8Array(readFileSync(require.resolve('esbuild-wasm/esbuild.wasm')));
const wasmExec = readFileSync(require.resolve('esbuild-wasm/wasm_exec.js'), 'utf8');
const symbolizer = new Symbolizer(chooseSymbols(readModule(bytes)).sources);

/** What one run wrote, and the stack of JavaScript at each write. */
interface Writes {
  readonly text: string;
  readonly stacks: readonly string[];
}

interface Realm {
  Error: ErrorConstructor;
  WebAssembly: typeof WebAssembly;
  fs: { writeSync: (fd: number, bytes: Uint8Array) => number };
  Go: new () => {
    argv: string[];
    exit: (code: number) => void;
    importObject: WebAssembly.Imports;
    run(instance: WebAssembly.Instance): Promise<void>;
  };
}

async function run(module: WebAssembly.Module, ...args: readonly string[]): Promise<Writes> {
  const globals = { TextEncoder, TextDecoder, performance, crypto, setTimeout, clearTimeout, console };
  const context = createContext(globals);
  runInContext(
    `${wasmExec}; Error.stackTraceLimit = Infinity; Object.assign(globalThis, { Error, WebAssembly });`,
    context,
  );
  const realm = context as unknown as Realm;
  let text = '';
  const stacks: string[] = [];
  realm.fs.writeSync = (_fd, written) => {
    text += new TextDecoder().decode(written);
    stacks.push(new realm.Error().stack ?? '');
    return written.length;
  };
  const go = new realm.Go();
  go.argv = ['esbuild', ...args];
  go.exit = () => undefined;
  await go.run(await realm.WebAssembly.instantiate(module, go.importObject));
  return { text, stacks };
}

/** Each wasm frame of a stack as `function file:line`, innermost first; inlined calls are frames of their own. */
function symbolized(stack: string): string[][] {
  return offsetsOf(stack).map((offset) =>
    symbolizer
      .locate(moduleOffset(offset))
      .frames.map((frame) => `${frame.function} ${frame.file}:${String(frame.line)}`),
  );
}

const CMD = 'github.com/evanw/esbuild/cmd/esbuild';

test('the report says what it is', () => {
  const report = inspectModule(bytes);
  expect(report).toMatchObject({
    toolchain: 'go',
    goVersion: 'go1.26.5',
    module: { path: CMD },
    functionCount: 5307,
    diagnostics: [],
  });
  expect(report.symbols.map(({ kind }) => kind)).toEqual(['pclntab']);
  const named = symbolizer.functions().filter(({ name }) => !/^wasm-function|^$/.test(name));
  expect(named).toHaveLength(5307);
});

describe('stacks of real runs', () => {
  let version: Writes;
  let failed: Writes;
  beforeAll(async () => {
    const module = await WebAssembly.compile(bytes);
    version = await run(module, '--version');
    failed = await run(module, '--no-such-flag');
  });

  test('of its version, printed by main', () => {
    expect(version.text).toBe('0.28.2\n');
    expect(version.stacks).toHaveLength(1);
    expect(version.stacks.flatMap(symbolized).flat()).toEqual([
      'syscall/js.valueCall syscall/js/js.go:458',
      'syscall/js.Value.Call syscall/js/js.go:433',
      'syscall.fsCall syscall/fs_js.go:551',
      'syscall.Write syscall/fs_js.go:453',
      'internal/poll.ignoringEINTRIO internal/poll/fd_unix.go:738',
      'internal/poll.(*FD).Write internal/poll/fd_unix.go:374',
      'os.(*File).write os/file_posix.go:47',
      'os.(*File).Write os/file.go:215',
      'fmt.Fprintf fmt/print.go:225',
      'fmt.Printf fmt/print.go:233',
      `main.main ${CMD}/main.go:183`,
      'runtime.main runtime/proc.go:290',
      'wasm_pc_f_loop runtime/asm_wasm.s:515',
      'wasm_export_run runtime/rt0_js_wasm.s:21',
    ]);
  });

  test('of a message, printed by a closure of its logger', () => {
    expect(failed.text).toContain('Invalid transform flag: "--no-such-flag"');
    expect(failed.stacks.map((stack) => symbolized(stack).flat())).toEqual([
      expect.arrayContaining([
        'github.com/evanw/esbuild/internal/logger.NewStderrLog.func2 github.com/evanw/esbuild/internal/logger/logger.go:779',
      ]) as string[],
      expect.arrayContaining([
        'github.com/evanw/esbuild/internal/logger.NewStderrLog.func5 github.com/evanw/esbuild/internal/logger/logger.go:816',
        'github.com/evanw/esbuild/internal/logger.PrintMessageToStderr github.com/evanw/esbuild/internal/logger/logger.go:872',
      ]) as string[],
    ]);
  });

  test('every wasm frame has function, file and line', () => {
    const frames = [...version.stacks, ...failed.stacks].flatMap(symbolized);
    expect(frames.length).toBeGreaterThan(30);
    for (const frame of frames) {
      expect(frame.length).toBeGreaterThan(0);
      for (const text of frame) expect(text).toMatch(/^\S+ \S+\.(?:go|s):[1-9]\d*$/);
    }
  });
});

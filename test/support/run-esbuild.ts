// Runs esbuild-wasm in Node, in a realm of its own that looks like a page, until it ends.
import { createContext, runInContext } from 'node:vm';
import { address, type Address } from '../../src/base/units.ts';

export interface EsbuildRun {
  /** What it wrote, both to the output and as errors. */
  readonly text: string;
  readonly exitCode: number;
  /** Of the moment at which it called the exit import. */
  readonly memory: Uint8Array<ArrayBuffer>;
  readonly sp: Address;
}

interface Realm {
  WebAssembly: typeof WebAssembly;
  fs: {
    writeSync: (fd: number, bytes: Uint8Array) => number;
    read: (
      fd: number,
      buffer: Uint8Array,
      offset: number,
      length: number,
      position: number | null,
      callback: (error: unknown, n: number) => void,
    ) => void;
  };
  Go: new () => {
    argv: string[];
    env: Record<string, string>;
    exit: (code: number) => void;
    importObject: Record<string, Record<string, (sp: number) => void>>;
    run(instance: WebAssembly.Instance): Promise<void>;
  };
}

/** `read`: what its reads of the standard input return, bytes. */
export async function runEsbuild(
  bytes: Uint8Array<ArrayBuffer>,
  wasmExec: string,
  args: readonly string[],
  read: number,
): Promise<EsbuildRun> {
  const globals = { TextEncoder, TextDecoder, performance, crypto, setTimeout, clearTimeout, console };
  const context = createContext(globals);
  runInContext(`${wasmExec}; Object.assign(globalThis, { WebAssembly });`, context);
  const realm = context as unknown as Realm;
  let text = '';
  realm.fs.writeSync = (_fd, written) => {
    text += new TextDecoder().decode(written);
    return written.length;
  };
  realm.fs.read = (_fd, _buffer, _offset, _length, _position, callback) => {
    setTimeout(() => callback(null, read), 0);
  };
  const go = new realm.Go();
  go.argv = ['esbuild', ...args];
  go.exit = () => undefined;
  go.env = { GOTRACEBACK: 'system' };
  const imports = go.importObject['gojs'];
  const exit = imports?.['runtime.wasmExit'];
  if (imports === undefined || exit === undefined) throw new Error('esbuild does not import its exit');
  let end: Pick<EsbuildRun, 'exitCode' | 'memory' | 'sp'> | undefined;
  const { instance } = await realm.WebAssembly.instantiate(bytes, {
    ...go.importObject,
    gojs: {
      ...imports,
      'runtime.wasmExit': (sp: number) => {
        const { mem, getsp } = instance.exports as unknown as {
          mem: WebAssembly.Memory;
          getsp: () => number;
        };
        const memory = new Uint8Array(mem.buffer.slice(0));
        const exitCode = new DataView(mem.buffer).getInt32((sp >>> 0) + 8, true);
        end = { exitCode, memory, sp: address(getsp() >>> 0) };
        exit(sp);
      },
    },
  });
  await go.run(instance);
  if (end === undefined) throw new Error('esbuild did not end');
  return { text, ...end };
}

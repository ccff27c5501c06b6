import { moduleOffset } from '../../src/base/units.ts';
import { buildIndex, chooseSymbols } from '../../src/symbols/choose.ts';
import { Symbolizer } from '../../src/symbols/symbolizer.ts';
import { readModule } from '../../src/wasm/module.ts';

/** One run. Times in milliseconds, memory in bytes. */
export interface Measured {
  /** `new WebAssembly.Module` of the same bytes: the peer. */
  readonly compile: number;
  /** From bytes to the first frame with function, file and line. */
  readonly firstFrame: number;
  /** From bytes to call sites, lines and inlined calls of the whole module. */
  readonly fullIndex: number;
  readonly memoryFirst: number;
  readonly memoryFull: number;
  readonly functions: number;
  readonly calls: number;
  /** Share of calls with an exact place, 0..1. */
  readonly share: number;
}

/** Measures in this thread, from nothing; to be called once in a thread. */
export function measure(bytes: Uint8Array<ArrayBuffer>): Measured {
  const before = used();
  const start = performance.now();
  const wasm = readModule(bytes);
  const symbols = chooseSymbols(wasm);
  const symbolizer = new Symbolizer(symbols.sources);
  // A call in the middle of the code: nothing else has touched its function.
  const middle = wasm.importedFunctionCount + (wasm.functionCount >>> 1);
  const offset = callIn(symbols.go?.callSites.ofFunction(middle as never).offset);
  const frame = symbolizer.locate(moduleOffset(offset)).frames[0];
  const firstFrame = performance.now() - start;
  if (frame === undefined || frame.line === 0) throw new Error('the first frame has no line');
  const memoryFirst = used() - before;

  const resumed = performance.now();
  const steps = buildIndex(symbols);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  const fullIndex = firstFrame + performance.now() - resumed;
  const memoryFull = used() - before;
  const calls = step.value ?? { total: 0, exact: 0 };

  const compileStart = performance.now();
  new WebAssembly.Module(bytes);
  const compile = performance.now() - compileStart;
  return {
    compile,
    firstFrame,
    fullIndex,
    memoryFirst,
    memoryFull,
    functions: wasm.functionCount,
    calls: calls.exact,
    share: calls.total === 0 ? 0 : calls.exact / calls.total,
  };
}

function callIn(offsets: Uint32Array | undefined): number {
  const offset = offsets?.[offsets.length >>> 1];
  if (offset === undefined) throw new Error('the middle function calls nothing');
  return offset;
}

/** Bytes that this thread holds. */
function used(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

import { funcIndex, moduleOffset } from '../base/units.ts';
import type { FunctionSymbol } from '../symbols/symbol-source.ts';
import type { Symbolizer } from '../symbols/symbolizer.ts';
import { isWasmFrame, type RecordedFrame } from './recording.ts';

/** The Go function of a recorded frame. */
export interface GoFunction {
  readonly name: string;
  readonly file: string;
  /** Line of the declaration; V8 knows no other. */
  readonly startLine: number;
  /** Module offset of its body. */
  readonly offset: number;
  readonly role: FunctionSymbol['role'];
}

/** Which frames of a recording are of one module, and what they are. */
export interface ModuleFrames {
  /** Undefined for frames that are not of the module. */
  functionOf(frame: RecordedFrame): GoFunction | undefined;
  /** Sentences: scripts that are WebAssembly and not this module. */
  readonly notes: readonly string[];
}

/**
 * Finds the frames of a module among `frames`. A recording names modules by URL, which says nothing about their bytes: a script is taken for
 * the module when the place of every function that was recorded in it is the beginning of that function's body in the module.
 */
export function framesOfModule(symbolizer: Symbolizer, frames: readonly RecordedFrame[]): ModuleFrames {
  const scripts = new Map<string, { agreeing: number; contradicting: number; url: string }>();
  for (const frame of frames) {
    if (!isWasmFrame(frame)) continue;
    const key = scriptOf(frame);
    let script = scripts.get(key);
    if (script === undefined) scripts.set(key, (script = { agreeing: 0, contradicting: 0, url: frame.url }));
    if (find(symbolizer, frame) === undefined) script.contradicting++;
    else script.agreeing++;
  }
  const notes = [...scripts.values()]
    .filter(({ agreeing, contradicting }) => contradicting > 0 || agreeing === 0)
    .map(
      ({ url, contradicting }) =>
        `${url === '' ? 'A WebAssembly module' : url} is another build or another module: ${contradicting} of its functions are not where the given one has them.`,
    );
  return {
    notes,
    functionOf(frame) {
      const script = scripts.get(scriptOf(frame));
      if (script === undefined || script.contradicting > 0 || !isWasmFrame(frame)) return undefined;
      const symbol = find(symbolizer, frame);
      if (symbol === undefined) return undefined;
      const { name, file, startLine, role, bodyStart } = symbol;
      return { name, file, startLine, role, offset: bodyStart };
    },
  };
}

function scriptOf({ url, scriptId }: RecordedFrame): string {
  return `${scriptId} ${url}`;
}

function find(symbolizer: Symbolizer, { wasmIndex, column }: RecordedFrame): FunctionSymbol | undefined {
  const at = column < 0 ? undefined : symbolizer.locate(moduleOffset(column)).funcIndex;
  if (wasmIndex === null) {
    const symbol = at === undefined ? undefined : symbolizer.functionAt(at);
    return symbol?.bodyStart === column ? symbol : undefined;
  }
  const symbol = symbolizer.functionAt(funcIndex(wasmIndex));
  return symbol !== undefined && (column < 0 || symbol.bodyStart === column) ? symbol : undefined;
}

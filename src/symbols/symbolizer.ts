import type { FuncIndex, ModuleOffset } from '../base/units.ts';
import type { CodeLines } from './code-lines.ts';
import { locatedCodeLines } from './located-code-lines.ts';
import { nowhere } from './nowhere.ts';
import type { FunctionSymbol, LinePlace, Location, SymbolQuality, SymbolSource } from './symbol-source.ts';

/** What a stack says of one wasm frame. */
export interface FrameClaim {
  readonly funcIndex: FuncIndex | null;
  readonly moduleOffset: ModuleOffset | null;
}

/** How well a stack's frames fit a module. */
export interface ModuleFit {
  /** No frame contradicts the module, and at least one could be checked. */
  readonly fits: boolean;
  /** Frames whose offset lies inside the function that they name (or, without a name, inside any). */
  readonly agreeing: number;
  /** Frames of which the module says something else. */
  readonly contradicting: number;
  /** Agreeing frames that stand exactly on a call or another place with one PC: what another build rarely has at the same offset. */
  readonly exact: number;
}

/** All symbols of one module as one: each question goes to the sources in order, best first, until one knows. */
export class Symbolizer {
  readonly sources: readonly SymbolSource[];

  constructor(sources: readonly SymbolSource[]) {
    this.sources = sources;
  }

  /**
   * Symbolizes a byte of the module: the offset of a call opcode for a caller's frame, of the trapping instruction for the frame that
   * trapped. Never throws; a place of which nothing is known has no frames and says why.
   */
  locate(offset: ModuleOffset): Location {
    let best: Location | undefined;
    for (const source of this.sources) {
      const location = source.locate(offset);
      if (location.frames.some((frame) => frame.file !== '')) return location;
      if (best === undefined || (best.frames.length === 0 && location.frames.length > 0)) best = location;
    }
    return best ?? nowhere(offset, 'the module has no symbols');
  }

  /** The function of an index; undefined for imports and outside the module. */
  functionAt(index: FuncIndex): FunctionSymbol | undefined {
    let best: FunctionSymbol | undefined;
    for (const source of this.sources) {
      const symbol = source.functionAt(index);
      if (symbol !== undefined && symbol.file !== '') return symbol;
      best ??= symbol;
    }
    return best;
  }

  /**
   * A frame that names only its function, as Safari prints it: the function and its file, no line. Undefined for a function that the
   * symbols do not know.
   */
  locateFunction(index: FuncIndex): Location | undefined {
    const symbol = this.functionAt(index);
    if (symbol === undefined) return undefined;
    return {
      moduleOffset: symbol.bodyStart,
      funcIndex: index,
      pc: undefined,
      pcOffset: undefined,
      role: symbol.role,
      confidence: {
        kind: 'unavailable',
        why: 'the stack names the function only: this browser gives no offset for WebAssembly frames, so line and inlined calls are not known',
      },
      frames: [{ function: symbol.name, file: symbol.file, line: 0, inlined: false }],
    };
  }

  /** Code of a source line, exact places first, from the first source that has any. */
  placesOf(file: string, line: number): readonly LinePlace[] {
    for (const source of this.sources) {
      const places = source.placesOf(file, line);
      if (places.length > 0) return places;
    }
    return [];
  }

  /** Where the place of the code can change, in rising order; see `SymbolSource.edges`. */
  edges(): ModuleOffset[] {
    const all = new Set(this.sources.flatMap((source) => [...source.edges()]));
    return [...all].sort((a, b) => a - b);
  }

  /** All code by line, in steps; yields from time to time. Of a module with Go's own tables from these alone. */
  codeLines(): Generator<unknown, CodeLines> {
    for (const source of this.sources) {
      const lines = source.codeLines?.();
      if (lines !== undefined) return lines;
    }
    return locatedCodeLines(this);
  }

  /** All functions, in code order, from the source that knows the most. */
  functions(): readonly FunctionSymbol[] {
    return longest(this.sources.map((source) => source.functions()));
  }

  /** All source files, sorted. */
  files(): readonly string[] {
    return [...new Set(this.sources.flatMap((source) => source.files()))].sort();
  }

  quality(): readonly SymbolQuality[] {
    return this.sources.map((source) => source.quality());
  }

  /** Whether a stack is of this module: does each frame's offset lie inside the function whose index it names? */
  fits(frames: readonly FrameClaim[]): ModuleFit {
    let agreeing = 0;
    let contradicting = 0;
    let exact = 0;
    for (const { funcIndex, moduleOffset } of frames) {
      if (moduleOffset === null) {
        if (funcIndex === null) continue;
        if (this.functionAt(funcIndex) === undefined) contradicting++;
        else agreeing++;
        continue;
      }
      const location = this.locate(moduleOffset);
      if (location.funcIndex === undefined || (funcIndex !== null && location.funcIndex !== funcIndex)) {
        contradicting++;
        continue;
      }
      agreeing++;
      if (location.confidence.kind === 'exact') exact++;
    }
    return { fits: contradicting === 0 && agreeing > 0, agreeing, contradicting, exact };
  }
}

function longest<Item>(lists: readonly (readonly Item[])[]): readonly Item[] {
  return lists.reduce((best, list) => (list.length > best.length ? list : best), []);
}

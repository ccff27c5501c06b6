import type { FuncIndex, ModuleOffset } from '../base/units.ts';
import { isGenerated } from '../base/generated-code.ts';
import { CodeLinesBuilder, NONE, Stretch, type CodeLines } from './code-lines.ts';
import type { Frame, FunctionSymbol, SymbolSource } from './symbol-source.ts';

/** Edges a step. */
const STEP = 2048;

/**
 * All code of a module by line, in steps, from any symbols: each place between two edges is located. Where the symbols know no exact line, the
 * code has the line that is before it in its function. Yields how many edges are done.
 */
export function* locatedCodeLines(
  symbols: Pick<SymbolSource, 'edges' | 'locate' | 'functions'>,
): Generator<number, CodeLines> {
  const writer = new Writer(symbols.functions());
  let edges = 0;
  for (const offset of symbols.edges()) {
    const { frames, confidence, funcIndex } = symbols.locate(offset);
    writer.add(offset, funcIndex, frames, confidence.kind === 'exact');
    if (++edges % STEP === 0) yield edges;
  }
  return writer.out.finish();
}

class Writer {
  readonly out = new CodeLinesBuilder();
  readonly #functions = new Map<string, number>();
  readonly #starts = new Map<FuncIndex, FunctionSymbol>();
  #inside: FuncIndex | undefined;
  /** The levels of the code before, by how they were reached. */
  #levels = new Map<string, number>();
  #file = NONE;
  #line = 0;

  constructor(functions: readonly FunctionSymbol[]) {
    for (const symbol of functions) this.#starts.set(symbol.funcIndex, symbol);
  }

  add(offset: ModuleOffset, index: FuncIndex | undefined, frames: readonly Frame[], exact: boolean): void {
    if (index === undefined) {
      this.out.add(offset, Stretch.none, NONE, 0, NONE);
      this.#inside = undefined;
      return;
    }
    if (index !== this.#inside) this.#open(offset, index);
    const level = this.#levelOf(frames);
    const [inner] = frames;
    const file = this.out.fileOf(inner?.file ?? '');
    const line = inner?.line ?? 0;
    if (exact && file !== NONE && line > 0 && !isGenerated(inner?.file ?? '')) {
      this.#file = file;
      this.#line = line;
      this.out.add(offset, Stretch.exact, file, line, level);
    } else if (this.#line > 0) this.out.add(offset, Stretch.near, this.#file, this.#line, level);
    else if (offset !== this.#starts.get(index)?.bodyStart)
      this.out.add(offset, Stretch.none, NONE, 0, level);
  }

  #open(offset: ModuleOffset, index: FuncIndex): void {
    this.#inside = index;
    this.#levels = new Map();
    this.#line = 0;
    const symbol = this.#starts.get(index);
    if (symbol === undefined) {
      this.out.add(offset, Stretch.none, NONE, 0, NONE);
      return;
    }
    const { name, startLine } = symbol;
    const file = this.out.fileOf(symbol.file);
    const frame = { function: name, file: symbol.file, line: startLine, inlined: false };
    const level = this.#levelOf([frame]);
    const kind = file === NONE || startLine === 0 ? Stretch.none : Stretch.aside;
    this.out.add(offset, kind, file, startLine, level);
  }

  /** Frames, innermost first, as a level within its function. */
  #levelOf(frames: readonly Frame[]): number {
    let level = NONE;
    let key = '';
    for (let i = frames.length - 1; i >= 0; i--) {
      const frame = frames[i];
      if (frame === undefined) continue;
      const caller = frames[i + 1];
      const callFile = this.out.fileOf(caller?.file ?? '');
      key = `${key}\n${frame.function}\n${String(callFile)}:${String(caller?.line ?? 0)}`;
      const file = this.out.fileOf(frame.file);
      const fn = this.#functionOf(frame.function, file, i === frames.length - 1 ? frame.line : 0);
      this.out.addLine(fn, file, frame.line);
      const known = this.#levels.get(key);
      level = known ?? this.out.addLevel(fn, level, callFile, caller?.line ?? 0);
      this.#levels.set(key, level);
    }
    return level;
  }

  #functionOf(name: string, file: number, line: number): number {
    const key = `${String(file)}\n${name}`;
    const known = this.#functions.get(key);
    if (known !== undefined) return known;
    const fn = this.out.addFunction(name, file, line, line > 0);
    this.#functions.set(key, fn);
    return fn;
  }
}

/**
 * What a stretch of code is. `exact`: the symbols say the line of this very code. `call`: code that was made for a call alone, whose
 * line is the call's. `near`: nothing records the line; it is that of the nearest exact code before, in the same function or inlined call.
 * `aside`: code at which nobody wants to stop for its line: what runs before the function's own (dispatch to resume points, check of the stack's
 * size), with the line of the declaration, and calls that make a run-time error. `exactAside`: the line of such a call is known. `none`: no line at all.
 */
export const Stretch = { none: 0, aside: 1, near: 2, call: 3, exact: 4, exactAside: 5 } as const;

/** No file, no level. */
export const NONE = -1;

/**
 * All code of a module in stretches of one place each, as columns: what a source map of the module is written from. Stretch `i` ends
 * where stretch `i + 1` starts; the first starts before the code of the first function, the last one is the end of the code.
 */
export interface CodeLines {
  readonly count: number;
  /** Module offset of the first byte, rising. */
  readonly start: Uint32Array;
  /** One of `Stretch`. */
  readonly kind: Uint8Array;
  /** Index in `files`; NONE where the kind is `none`. */
  readonly file: Int32Array;
  /** 1-based. */
  readonly line: Uint32Array;
  /** Innermost level: index in `levels`; NONE outside functions. */
  readonly level: Int32Array;
  /** Names of files, as the symbols have them. */
  readonly files: readonly string[];
  readonly levels: LevelColumns;
  readonly functions: FunctionColumns;
}

/** Calls that were inlined, and the functions around them, as they stand in the code. */
export interface LevelColumns {
  readonly count: number;
  /** Index in `functions`. */
  readonly function: Int32Array;
  /** The level around it; NONE for the function of the module itself. */
  readonly parent: Int32Array;
  /** Where the level around it calls; NONE and 0 where that is not to be shown. */
  readonly callFile: Int32Array;
  readonly callLine: Uint32Array;
}

/** Functions by name and file, those included that exist only inlined. */
export interface FunctionColumns {
  readonly count: number;
  readonly names: readonly string[];
  /** Index in `files`; NONE where unknown. */
  readonly file: Int32Array;
  /** Line of the declaration, 1-based; 0 where unknown. */
  readonly declaredLine: Uint32Array;
  /** Lines that are known to be the function's, 1-based; 0 where none is. */
  readonly firstLine: Uint32Array;
  readonly lastLine: Uint32Array;
}

/** Collects stretches and levels. */
export class CodeLinesBuilder {
  readonly files: string[] = [];
  readonly #start = new GrowingInts(1 << 16);
  readonly #kind = new GrowingInts(1 << 16);
  readonly #file = new GrowingInts(1 << 16);
  readonly #line = new GrowingInts(1 << 16);
  readonly #level = new GrowingInts(1 << 16);
  readonly #levelFunction = new GrowingInts(1 << 12);
  readonly #levelParent = new GrowingInts(1 << 12);
  readonly #callFile = new GrowingInts(1 << 12);
  readonly #callLine = new GrowingInts(1 << 12);
  readonly #names: string[] = [];
  readonly #functionFile = new GrowingInts(1 << 12);
  readonly #declaredLine = new GrowingInts(1 << 12);
  readonly #firstLine = new GrowingInts(1 << 12);
  readonly #lastLine = new GrowingInts(1 << 12);
  readonly #fileIndex = new Map<string, number>();

  /** The index of a file's name; NONE for ''. */
  fileOf(name: string): number {
    if (name === '') return NONE;
    const known = this.#fileIndex.get(name);
    if (known !== undefined) return known;
    this.#fileIndex.set(name, this.files.length);
    return this.files.push(name) - 1;
  }

  /** Adds a function; `startLine` 0 where unknown. `declared`: it is that of the `func` keyword for certain. */
  addFunction(name: string, file: number, startLine: number, declared: boolean): number {
    this.#names.push(name);
    this.#functionFile.push(file);
    this.#declaredLine.push(declared ? startLine : 0);
    this.#firstLine.push(startLine);
    return this.#lastLine.push(startLine);
  }

  /** A line that is known to be of a function; in another file than the function's it is left out. */
  addLine(fn: number, file: number, line: number): void {
    if (line <= 0 || file < 0) return;
    const own = this.#functionFile.at(fn);
    if (own === NONE) this.#functionFile.set(fn, file);
    else if (own !== file) return;
    const first = this.#firstLine.at(fn);
    if (first === 0 || line < first) this.#firstLine.set(fn, line);
    if (line > this.#lastLine.at(fn)) this.#lastLine.set(fn, line);
  }

  addLevel(fn: number, parent: number, callFile: number, callLine: number): number {
    this.#levelParent.push(parent);
    this.#callFile.push(callFile);
    this.#callLine.push(callLine);
    return this.#levelFunction.push(fn);
  }

  /** Code from `start` on is this. One that starts where the one before does takes its place; one that says the same is part of it. */
  add(start: number, kind: number, file: number, line: number, level: number): void {
    let last = this.#start.count - 1;
    if (last >= 0 && this.#start.at(last) >= start) {
      for (const column of [this.#start, this.#kind, this.#file, this.#line, this.#level]) column.pop();
      last--;
    }
    if (
      last >= 0 &&
      this.#line.at(last) === line &&
      this.#level.at(last) === level &&
      this.#kind.at(last) === kind &&
      this.#file.at(last) === file
    )
      return;
    this.#start.push(start);
    this.#kind.push(kind);
    this.#file.push(file);
    this.#line.push(line);
    this.#level.push(level);
  }

  finish(): CodeLines {
    return {
      count: this.#start.count,
      start: new Uint32Array(this.#start.finish().buffer),
      kind: Uint8Array.from(this.#kind.finish()),
      file: this.#file.finish(),
      line: new Uint32Array(this.#line.finish().buffer),
      level: this.#level.finish(),
      files: this.files,
      levels: {
        count: this.#levelFunction.count,
        function: this.#levelFunction.finish(),
        parent: this.#levelParent.finish(),
        callFile: this.#callFile.finish(),
        callLine: new Uint32Array(this.#callLine.finish().buffer),
      },
      functions: {
        count: this.#names.length,
        names: this.#names,
        file: this.#functionFile.finish(),
        declaredLine: new Uint32Array(this.#declaredLine.finish().buffer),
        firstLine: new Uint32Array(this.#firstLine.finish().buffer),
        lastLine: new Uint32Array(this.#lastLine.finish().buffer),
      },
    };
  }
}

/** A column that grows. */
class GrowingInts {
  count = 0;
  #values: Int32Array<ArrayBuffer>;

  constructor(capacity: number) {
    this.#values = new Int32Array(capacity);
  }

  at(index: number): number {
    return this.#values[index] ?? 0;
  }

  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  /** Returns the index of what was added. */
  push(value: number): number {
    if (this.count === this.#values.length) {
      const grown = new Int32Array(this.count * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.count] = value;
    return this.count++;
  }

  pop(): void {
    this.count--;
  }

  finish(): Int32Array<ArrayBuffer> {
    return this.#values.slice(0, this.count);
  }
}

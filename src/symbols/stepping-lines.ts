import { ASIDE_COLUMN } from '../base/aside-column.ts';
import { NONE, Stretch, type CodeLines } from './code-lines.ts';

/** A place of a source file as a debugger shows it. */
export interface SteppingPlace {
  /** Name in the symbols. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 0-based: 0, or `ASIDE_COLUMN`. */
  readonly column: number;
}

/** A function at a place of the code: the innermost one, or one into which it was inlined. */
export interface SteppingFrame {
  readonly function: string;
  /** Where it is; undefined where no line is known. */
  readonly place: SteppingPlace | undefined;
}

/** Code from `start` up to `end`, module offsets. */
export interface CodeRange {
  readonly start: number;
  readonly end: number;
}

/** Questions of a debugger about all code of a module, answered as its source map for stepping would. */
export class SteppingLines {
  readonly #lines: CodeLines;
  readonly #fileIndex: ReadonlyMap<string, number>;
  /** By file: the first stretches of places, by line, column and start; made when first asked for. */
  readonly #byFile = new Map<number, Uint32Array>();

  constructor(lines: CodeLines) {
    this.#lines = lines;
    this.#fileIndex = new Map(lines.files.map((file, i) => [file, i]));
  }

  get files(): readonly string[] {
    return this.#lines.files;
  }

  /** The functions at a module offset, innermost first; the last one is the function of the module. */
  frames(offset: number): readonly SteppingFrame[] {
    const { level, levels, functions, files } = this.#lines;
    const at = this.#stretchAt(offset);
    if (at < 0) return [];
    let place = this.#placeOf(at) ?? this.#declarationOf(at);
    const found: SteppingFrame[] = [];
    let isShown = true;
    for (let one = level[at] ?? NONE; one !== NONE; one = levels.parent[one] ?? NONE) {
      if (isShown) found.push({ function: functions.names[levels.function[one] ?? NONE] ?? '', place });
      const callFile = files[levels.callFile[one] ?? NONE];
      // What calls at no place is a wrapper that the compiler made.
      isShown = callFile !== undefined;
      place = isShown ? { file: callFile ?? '', line: levels.callLine[one] ?? 0, column: 0 } : undefined;
    }
    return found;
  }

  /**
   * Code of a line (1-based), or, where it has none, of the next line of the file that has any. `column`: that of a place; a negative
   * one is that at which a breakpoint belongs. Empty behind the last line with code.
   */
  ranges(file: string, line: number, column = -1): readonly CodeRange[] {
    const stretches = this.#stretchesOf(file);
    let first = 0;
    while (first < stretches.length && this.#lineOf(stretches[first]) < line) first++;
    const found = this.#lineOf(stretches[first]);
    const inLine: number[] = [];
    for (let i = first; i < stretches.length && this.#lineOf(stretches[i]) === found; i++) {
      inLine.push(stretches[i] ?? 0);
    }
    const columns = new Set(inLine.map((at) => this.#columnOf(at)));
    const wanted = columns.has(column) && found === line ? column : Math.min(...columns);
    return inLine
      .filter((at) => this.#columnOf(at) === wanted)
      .map((at) => ({ start: this.#lines.start[at] ?? 0, end: this.#endOf(at) }));
  }

  /** Lines of a file (1-based) that have code, rising. */
  mappedLines(file: string): readonly number[] {
    return [...new Set(Array.from(this.#stretchesOf(file), (at) => this.#lineOf(at)))];
  }

  /** The code of the inlined call that is at a module offset; empty outside inlined calls. */
  inlinedCall(offset: number): readonly CodeRange[] {
    const at = this.#stretchAt(offset);
    const level = this.#lines.level[at] ?? NONE;
    if ((this.#lines.levels.parent[level] ?? NONE) === NONE) return [];
    return this.#codeAround(at, (other) => this.#isInside(other, level));
  }

  /** Code of the calls that were inlined into the function, or inlined call, at a module offset. */
  inlinedCallees(offset: number): readonly CodeRange[] {
    const at = this.#stretchAt(offset);
    const level = this.#lines.level[at] ?? NONE;
    if (level === NONE) return [];
    return this.#codeAround(at, (other) => other !== level && this.#isInside(other, level), level);
  }

  /** Runs of stretches that are wanted, in the code of one function, or in that of `within`. */
  #codeAround(at: number, isWanted: (level: number) => boolean, within?: number): CodeRange[] {
    const { count, level, start } = this.#lines;
    const outermost = this.#outermost(level[at] ?? NONE);
    const isOf = (i: number): boolean => {
      const of = level[i] ?? NONE;
      return (
        of !== NONE && (within === undefined ? this.#outermost(of) === outermost : this.#isInside(of, within))
      );
    };
    let [from, to] = [at, at + 1];
    while (from > 0 && isOf(from - 1)) from--;
    while (to < count && isOf(to)) to++;
    const found: { start: number; end: number }[] = [];
    for (let i = from; i < to; i++) {
      if (!isWanted(level[i] ?? NONE)) continue;
      const [begin, end] = [start[i] ?? 0, start[i + 1] ?? 0];
      const last = found.at(-1);
      if (last?.end === begin) last.end = end;
      else found.push({ start: begin, end });
    }
    return found;
  }

  #outermost(level: number): number {
    const { parent } = this.#lines.levels;
    for (let one = level; ; one = parent[one] ?? NONE) if ((parent[one] ?? NONE) === NONE) return one;
  }

  #isInside(level: number, around: number): boolean {
    const { parent } = this.#lines.levels;
    for (let one = level; one !== NONE; one = parent[one] ?? NONE) if (one === around) return true;
    return false;
  }

  /** The stretch with an offset; -1 before the first. */
  #stretchAt(offset: number): number {
    const { count, start } = this.#lines;
    let [low, high] = [0, count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((start[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #placeOf(at: number): SteppingPlace | undefined {
    const file = this.#lines.files[this.#lines.file[at] ?? NONE];
    if (file === undefined || this.#lines.kind[at] === Stretch.none) return undefined;
    return { file, line: this.#lineOf(at), column: this.#columnOf(at) };
  }

  /**
   * Of a function none of whose code has a line, its declaration: a debugger names only what has a place. So it is of the code without a line with which a
   * function ends: there a step comes to its end where a call unwinds the stack, and a debugger goes on by itself where no place is.
   */
  #declarationOf(at: number): SteppingPlace | undefined {
    const { level, levels, functions, files } = this.#lines;
    const of = level[at] ?? NONE;
    const isLast = of !== NONE && this.#outermost(level[at + 1] ?? NONE) !== this.#outermost(of);
    if (of === NONE || !isLast) return undefined;
    const fn = levels.function[of] ?? NONE;
    const file = files[functions.file[fn] ?? NONE];
    const declared = functions.declaredLine[fn] ?? 0;
    const line = declared > 0 ? declared : (functions.firstLine[fn] ?? 0);
    return file === undefined || line === 0 ? undefined : { file, line, column: ASIDE_COLUMN };
  }

  #lineOf(at: number | undefined): number {
    return at === undefined ? 0 : (this.#lines.line[at] ?? 0);
  }

  #columnOf(at: number): number {
    const kind = this.#lines.kind[at];
    return kind === Stretch.aside || kind === Stretch.exactAside ? ASIDE_COLUMN : 0;
  }

  #isSamePlace(a: number, b: number): boolean {
    const { file, kind } = this.#lines;
    return (
      (kind[a] === Stretch.none) === (kind[b] === Stretch.none) &&
      file[a] === file[b] &&
      this.#lineOf(a) === this.#lineOf(b) &&
      this.#columnOf(a) === this.#columnOf(b)
    );
  }

  /** Where the code of one place ends that starts with a stretch. */
  #endOf(at: number): number {
    let next = at + 1;
    while (next < this.#lines.count && this.#isSamePlace(at, next)) next++;
    return this.#lines.start[next] ?? this.#lines.start[at] ?? 0;
  }

  #stretchesOf(file: string): Uint32Array {
    const index = this.#fileIndex.get(file) ?? NONE;
    const known = this.#byFile.get(index);
    if (known !== undefined || index === NONE) return known ?? new Uint32Array(0);
    const found: number[] = [];
    for (let i = 0; i < this.#lines.count; i++) {
      if (this.#lines.file[i] !== index || this.#lines.kind[i] === Stretch.none) continue;
      if (this.#lineOf(i) > 0 && (i === 0 || !this.#isSamePlace(i - 1, i))) found.push(i);
    }
    found.sort((a, b) => this.#lineOf(a) - this.#lineOf(b) || this.#columnOf(a) - this.#columnOf(b) || a - b);
    const stretches = Uint32Array.from(found);
    this.#byFile.set(index, stretches);
    return stretches;
  }
}

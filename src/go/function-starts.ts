import { FormatError } from '../base/format-error.ts';
import type { GoFunc } from './func-table.ts';
import type { GoModule } from './go-module.ts';
import { NO_VALUE } from './pc-value.ts';

/** Functions inside others: closures, bodies of range-over-func loops, wrappers of `go` and `defer` statements. */
const INNER = /\.func\d|-range\d|\.gowrap\d|\.deferwrap\d|-fm$/;

/** Whether the function stands inside another one in the source: a closure or what the compiler makes like one. */
export const isInner = (name: string): boolean => INNER.test(name);

/** On which lines the functions of one file begin. */
interface Starts {
  readonly outer: number[];
  readonly inner: number[];
}

/** On which lines the functions of each file begin, as far as they have code of their own in the module. */
export class FunctionStarts {
  readonly #go: GoModule;
  #byFile: ReadonlyMap<number, Starts> | undefined;

  constructor(go: GoModule) {
    this.#go = go;
  }

  /**
   * The next line after `line` of a file on which a function begins; undefined where none is known. What begins before does not go on
   * there: only closures lie inside functions, and they are left out.
   */
  after(file: string, line: number): number | undefined {
    return least(this.#of(file)?.outer ?? [], line);
  }

  /** The last line of a file on which a closure begins; 0 where none is known. */
  lastInner(file: string): number {
    return Math.max(0, ...(this.#of(file)?.inner ?? []));
  }

  #of(file: string): Starts | undefined {
    const offset = this.#go.files.all().get(file);
    this.#byFile ??= this.#read();
    return offset === undefined ? undefined : this.#byFile.get(offset);
  }

  #read(): ReadonlyMap<number, Starts> {
    const { functions, pcTables, files } = this.#go;
    const fileNumbers = pcTables.reader();
    const lines = pcTables.reader();
    const byFile = new Map<number, Starts>();
    for (let i = 0; i < functions.count; i++) {
      const fn = i as GoFunc;
      try {
        fileNumbers.open(functions.pcTable(fn, 'pcfile'));
        const number = fileNumbers.valueAt(0);
        const file = number < 0 ? NO_VALUE : files.offset(functions.cuOffset(fn), number);
        lines.open(functions.pcTable(fn, 'pcln'));
        // Up to Go 1.19 it is not recorded: the line of the first code is on or after it.
        const start = functions.startLine(fn) || lines.valueAt(0);
        if (file < 0 || start <= 0) continue;
        let starts = byFile.get(file);
        if (starts === undefined) byFile.set(file, (starts = { outer: [], inner: [] }));
        (isInner(functions.name(fn)) ? starts.inner : starts.outer).push(start);
      } catch (error) {
        // A damaged function tells nothing; the others do.
        if (!(error instanceof FormatError)) throw error;
      }
    }
    return byFile;
  }
}

/** The least of the numbers above `bound`. */
function least(numbers: readonly number[], bound: number): number | undefined {
  let found: number | undefined;
  for (const one of numbers) if (one > bound && (found === undefined || one < found)) found = one;
  return found;
}

import { EXACT, type Confidence } from '../base/confidence.ts';
import { moduleOffset, type ModuleOffset } from '../base/units.ts';
import type { Dwarf } from '../dwarf/dwarf.ts';
import { LineFlag, type LineTable } from '../dwarf/line-table.ts';
import { functionAtOffset, type WasmModule } from '../wasm/module.ts';
import type { LinePlace } from './symbol-source.ts';

const NO_STATEMENT: Confidence = {
  kind: 'range',
  why: 'code of this line, but not where a statement of it begins',
};

/** Rows of one file, as columns in the order of lines. */
interface FileRows {
  readonly line: Uint32Array;
  readonly address: Uint32Array;
  /** 1 where a statement begins. */
  readonly statement: Uint8Array;
}

/** From lines of source to code, over all line tables of a module. Built when first asked for. */
export class DwarfLines {
  readonly #wasm: WasmModule;
  readonly #dwarf: Dwarf;
  #tables: Map<string, { table: LineTable; file: number }[]> | undefined;
  readonly #rows = new Map<string, FileRows>();
  #count: number | undefined;

  constructor(wasm: WasmModule, dwarf: Dwarf) {
    this.#wasm = wasm;
    this.#dwarf = dwarf;
  }

  /** Rows with a line in all tables; undefined until the tables were read. */
  get count(): number | undefined {
    return this.#count;
  }

  /** All files that code comes from, sorted. */
  files(): readonly string[] {
    this.#tables ??= this.#readTables();
    return [...this.#tables.keys()].filter((path) => !/^<|[/\\]</.test(path)).sort();
  }

  /** Where rows of the tables begin, in rising order. */
  edges(): ModuleOffset[] {
    this.#tables ??= this.#readTables();
    const edges = new Set<number>();
    for (const { table } of [...this.#tables.values()].flat()) {
      for (let row = 0; row < table.rows.count; row++) {
        const address = table.rows.address[row] ?? 0;
        if (address !== 0) edges.add(this.#wasm.codeStart + address);
      }
    }
    return [...edges].sort((a, b) => a - b).map(moduleOffset);
  }

  /** The code of a line: beginnings of statements first, then other code of the line. */
  placesOf(file: string, line: number): readonly LinePlace[] {
    const { line: lines, address, statement } = this.#rowsOf(file);
    let low = 0;
    let high = lines.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((lines[middle] ?? 0) < line) low = middle + 1;
      else high = middle;
    }
    const places: LinePlace[] = [];
    for (let i = low; i < lines.length && lines[i] === line; i++) {
      const offset = moduleOffset(this.#wasm.codeStart + (address[i] ?? 0));
      const index = functionAtOffset(this.#wasm, offset);
      if (index === undefined) continue;
      places.push({
        moduleOffset: offset,
        funcIndex: index,
        confidence: statement[i] === 1 ? EXACT : NO_STATEMENT,
      });
    }
    const exact = places.filter(({ confidence }) => confidence === EXACT);
    return [...exact, ...places.filter(({ confidence }) => confidence !== EXACT)];
  }

  #rowsOf(path: string): FileRows {
    const known = this.#rows.get(path);
    if (known !== undefined) return known;
    this.#tables ??= this.#readTables();
    const line: number[] = [];
    const address: number[] = [];
    const statement: number[] = [];
    for (const { table, file } of this.#tables.get(path) ?? []) {
      const { rows } = table;
      for (let row = 0; row < rows.count; row++) {
        if (rows.file[row] !== file || rows.line[row] === 0 || (rows.address[row] ?? 0) === 0) continue;
        const flags = rows.flags[row] ?? 0;
        if ((flags & LineFlag.endSequence) !== 0) continue;
        line.push(rows.line[row] ?? 0);
        address.push(rows.address[row] ?? 0);
        statement.push((flags & LineFlag.statement) === 0 ? 0 : 1);
      }
    }
    const order = Uint32Array.from(line, (_, i) => i).sort(
      (a, b) => (line[a] ?? 0) - (line[b] ?? 0) || (address[a] ?? 0) - (address[b] ?? 0),
    );
    const sorted: FileRows = {
      line: Uint32Array.from(order, (i) => line[i] ?? 0),
      address: Uint32Array.from(order, (i) => address[i] ?? 0),
      statement: Uint8Array.from(order, (i) => statement[i] ?? 0),
    };
    this.#rows.set(path, sorted);
    return sorted;
  }

  /** By path, the tables that have rows of the file, each once. */
  #readTables(): Map<string, { table: LineTable; file: number }[]> {
    const files = new Map<string, { table: LineTable; file: number }[]>();
    const seen = new Set<LineTable>();
    let count = 0;
    for (const header of this.#dwarf.codeUnits()) {
      const table = this.#dwarf.lineTable(header);
      if (table === undefined || seen.has(table)) continue;
      seen.add(table);
      const { rows } = table;
      const used = new Set<number>();
      for (let row = 0; row < rows.count; row++) {
        if (rows.line[row] === 0 || ((rows.flags[row] ?? 0) & LineFlag.endSequence) !== 0) continue;
        count++;
        used.add(rows.file[row] ?? 0);
      }
      for (const file of used) {
        const path = this.#dwarf.path(header, file);
        if (path === '') continue;
        const list = files.get(path);
        if (list === undefined) files.set(path, [{ table, file }]);
        else list.push({ table, file });
      }
    }
    this.#count = count;
    return files;
  }
}

import { FormatError } from '../base/format-error.ts';
import { address, goPc, pcFunction, type Address, type GoPc } from '../base/units.ts';
import type { DataImage } from '../wasm/image.ts';
import type { AddressRange, ModuleData } from './moduledata.ts';
import type { PclntabHeader } from './pclntab.ts';
import type { GoLayout } from './versions.ts';

declare const unit: unique symbol;
/** The place of a function in functab, 0 the first. Not a FuncIndex: imports are not in it, and a tool may have moved the code. */
export type GoFunc = number & { readonly [unit]: 'GoFunc' };

/** The fields of a `_func` record before the version-dependent ones (Go src/runtime/runtime2.go). */
const Field = {
  nameOffset: 4,
  args: 8,
  deferReturn: 12,
  pcsp: 16,
  pcfile: 20,
  pcln: 24,
  npcdata: 28,
  cuOffset: 32,
} as const;

/** What the records of functions refer to by number. */
export type PcTableField = 'pcsp' | 'pcfile' | 'pcln';

const NO_FUNCDATA = 0xffffffff;
/** More than any real function has; bounds what a damaged record can ask for. */
const MAX_TABLES = 255;

/**
 * The functions of the pclntab, in the order of their PCs. functab is read at once (two numbers a function), records and names when
 * they are asked for. Methods throw a FormatError with the address when a record lies outside the table.
 */
export class FuncTable {
  readonly count: number;
  readonly #image: DataImage;
  readonly #layout: GoLayout;
  readonly #gofunc: Address;
  readonly #names: AddressRange;
  readonly #records: AddressRange;
  /** PC_F of each function, increasing. */
  readonly #pcFunction: Uint32Array;
  /** Address of each record. */
  readonly #record: Float64Array;
  readonly #nameByOffset = new Map<number, string>();
  /** PC_F less index, where that is the same for all functions, as in every module of Go's linker; NaN otherwise. */
  readonly #step: number;

  constructor(image: DataImage, header: PclntabHeader, moduleData: ModuleData, layout: GoLayout) {
    this.#image = image;
    this.#layout = layout;
    this.#gofunc = moduleData.gofunc;
    this.#names = moduleData.functionNames;
    this.#records = moduleData.functions;
    this.count = header.functionCount;
    this.#pcFunction = new Uint32Array(this.count);
    this.#record = new Float64Array(this.count);
    const base = moduleData.text;
    let step = NaN;
    for (let i = 0; i < this.count; i++) {
      const entry = image.u32(address(header.functions + i * 8));
      const pcF =
        layout.functabEntry === 'pc' ? Math.floor((base + entry) / 65536) : Math.floor(base / 65536) + entry;
      this.#pcFunction[i] = pcF;
      this.#record[i] = header.functions + image.u32(address(header.functions + i * 8 + 4));
      if (i > 0 && pcF <= (this.#pcFunction[i - 1] ?? 0)) {
        throw new FormatError('pclntab', header.functions + i * 8, 'the functions are not in order', true);
      }
      if (i === 0) step = pcF;
      else if (pcF - i !== step) step = NaN;
    }
    this.#step = step;
  }

  /** Where the function's record is in memory. */
  recordAddress(fn: GoFunc): Address {
    return address(this.#record[fn] ?? 0);
  }

  /** PC of the function's entry. */
  entry(fn: GoFunc): GoPc {
    return goPc((this.#pcFunction[fn] ?? 0) * 65536);
  }

  /** PC_F of the function's PCs. */
  pcFunction(fn: GoFunc): number {
    return this.#pcFunction[fn] ?? 0;
  }

  /** The function that a PC belongs to. */
  ofPc(pc: GoPc): GoFunc | undefined {
    return this.ofPcFunction(pcFunction(pc));
  }

  /** The function with this PC_F. */
  ofPcFunction(wanted: number): GoFunc | undefined {
    if (!Number.isNaN(this.#step)) {
      const fn = wanted - this.#step;
      return fn >= 0 && fn < this.count ? (fn as GoFunc) : undefined;
    }
    let low = 0;
    let high = this.count - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const at = this.#pcFunction[middle] ?? 0;
      if (at === wanted) return middle as GoFunc;
      if (at < wanted) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  /** The full name, type arguments included. */
  name(fn: GoFunc): string {
    return this.nameAt(this.nameOffset(fn));
  }

  /** Offset of the name in the table of names. */
  nameOffset(fn: GoFunc): number {
    return this.#u32(fn, Field.nameOffset);
  }

  /** The name at an offset of the table of names. */
  nameAt(offset: number): string {
    const known = this.#nameByOffset.get(offset);
    if (known !== undefined) return known;
    const at = this.#names.start + offset;
    if (offset < 0 || at >= this.#names.end) {
      throw new FormatError('pclntab', at, 'a function name lies outside the table of names', true);
    }
    const name = this.#image.cString(address(at), Math.min(this.#names.end - at, 65536));
    this.#nameByOffset.set(offset, name);
    return name;
  }

  /** The first function of that full name. Decodes no other names. */
  find(name: string): GoFunc | undefined {
    const { start, end } = this.#names;
    const pattern = new TextEncoder().encode(`\0${name}\0`);
    // Every name but the first follows the zero byte of another one.
    let at = this.#image.find(pattern, 1, address(Math.max(0, start - 1)));
    while (at !== undefined && at + pattern.length <= end) {
      const offset = at + 1 - start;
      for (let fn = 0; fn < this.count; fn++) {
        if (this.nameOffset(fn as GoFunc) === offset) return fn as GoFunc;
      }
      at = this.#image.find(pattern, 1, address(at + 1));
    }
    return this.count > 0 && this.name(0 as GoFunc) === name ? (0 as GoFunc) : undefined;
  }

  /** Bytes of arguments and results on the stack; -0x80000000 where unknown (assembly). */
  args(fn: GoFunc): number {
    return this.#u32(fn, Field.args) | 0;
  }

  /** Distance from the entry of the call of runtime.deferreturn, in the units of a PC; 0 when there is none. */
  deferReturn(fn: GoFunc): number {
    return this.#u32(fn, Field.deferReturn);
  }

  /** Offset of one of the three tables that every function has. */
  pcTable(fn: GoFunc, field: PcTableField): number {
    return this.#u32(fn, Field[field]);
  }

  /** First entry of the function's compilation unit in the table of units. */
  cuOffset(fn: GoFunc): number {
    return this.#u32(fn, Field.cuOffset);
  }

  /** Line of the `func` keyword; 0 where the version does not record it (up to 1.19). */
  startLine(fn: GoFunc): number {
    const { startLine } = this.#layout.func;
    return startLine < 0 ? 0 : this.#u32(fn, startLine) | 0;
  }

  /** Marks functions that the runtime knows; the numbers differ between versions. */
  funcId(fn: GoFunc): number {
    return this.#u8(fn, this.#layout.func.funcId);
  }

  /** Bits of `FuncFlag`. */
  flags(fn: GoFunc): number {
    return this.#u8(fn, this.#layout.func.flag);
  }

  /** How many pcdata tables the function has. */
  pcDataCount(fn: GoFunc): number {
    return Math.min(this.#u32(fn, Field.npcdata), MAX_TABLES);
  }

  /** Offset of a pcdata table; 0 when the function has none of that number. */
  pcData(fn: GoFunc, table: number): number {
    if (table >= this.pcDataCount(fn)) return 0;
    return this.#u32(fn, this.#layout.func.arrays + table * 4);
  }

  funcDataCount(fn: GoFunc): number {
    return this.#u8(fn, this.#layout.func.nfuncdata);
  }

  /** Address of funcdata `index`; undefined when the function has none. */
  funcData(fn: GoFunc, index: number): Address | undefined {
    if (index >= this.funcDataCount(fn)) return undefined;
    const offset = this.#u32(fn, this.#layout.func.arrays + (this.pcDataCount(fn) + index) * 4);
    return offset === NO_FUNCDATA ? undefined : address(this.#gofunc + offset);
  }

  #u32(fn: GoFunc, field: number): number {
    return this.#image.u32(this.#field(fn, field, 4));
  }

  #u8(fn: GoFunc, field: number): number {
    return this.#image.u8(this.#field(fn, field, 1));
  }

  #field(fn: GoFunc, field: number, size: number): Address {
    const record = this.#record[fn];
    if (record === undefined)
      throw new RangeError(`there is no function ${fn}, the module has ${this.count}`);
    if (record < this.#records.start || record + field + size > this.#records.end) {
      throw new FormatError('pclntab', record, `the record of function ${fn} lies outside the table`, true);
    }
    return address(record + field);
  }
}

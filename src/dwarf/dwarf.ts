import { FormatError } from '../base/format-error.ts';
import { readAbbreviations, type Abbreviations } from './abbreviations.ts';
import { readArangeSets } from './aranges.ts';
import { Tag, UnitType } from './constants.ts';
import type { DwarfReader } from './dwarf-reader.ts';
import { EntryNames, type EntryFacts } from './entry-names.ts';
import { pathOfFile, readLineHeader } from './line-header.ts';
import { LineTable } from './line-table.ts';
import { firstOwnerIn, ownerAt, paint, type Painted } from './paint.ts';
import { readScopes, type Scopes } from './scopes.ts';
import type { DwarfSections } from './sections.ts';
import { Unit, type UnitContext } from './unit.ts';
import { readUnitHeaders, type UnitHeader } from './unit-headers.ts';

/** A function or inlined call that a code offset is in. */
export interface DwarfFrame {
  /** What the entry says; name '' when it has none. */
  readonly facts: EntryFacts;
  /** Path, line and column of the place in this function; '' and 0 when unknown. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly inlined: boolean;
}

/** Errors that are kept; hostile input has as many as it likes. */
const MAX_DIAGNOSTICS = 100;

/**
 * The DWARF of a module (versions 2 to 5, 32 and 64 bit). The heads of units are read at once, everything else of a unit when it is first
 * asked for. Damage is a diagnostic of its unit. Addresses are code offsets (WebAssembly tool conventions, Debugging.md).
 */
export class Dwarf {
  readonly sections: DwarfSections;
  readonly headers: readonly UnitHeader[];
  readonly #diagnostics: FormatError[] = [];
  readonly #units = new Map<UnitHeader, Unit | undefined>();
  readonly #abbreviations = new Map<number, Abbreviations | FormatError>();
  readonly #scopes = new Map<UnitHeader, Scopes | undefined>();
  readonly #lines = new Map<number, LineTable | undefined>();
  readonly #names: EntryNames;
  readonly #context: UnitContext;
  #map: Painted | undefined;
  /** Entries of range lists that may still be read: each has its place in the sections, and is needed a few times at most. */
  #budget: number;

  constructor(sections: DwarfSections) {
    this.sections = sections;
    this.#budget = 4 * sections.byteLength;
    this.#context = {
      sections,
      abbreviations: (offset) => this.#abbreviationsAt(offset),
      spend: (reader: DwarfReader) => {
        if (--this.#budget < 0)
          throw reader.error('the lists of ranges are read over and over: they are damaged');
      },
    };
    const report = (error: FormatError): void => {
      this.#report(error);
    };
    const info = sections.get('.debug_info');
    this.headers = info === undefined ? [] : readUnitHeaders(info, report);
    this.#names = new EntryNames(
      (position) => this.#headerAt(position),
      (header) => this.unit(header),
    );
  }

  /** What could not be read so far, each naming section and offset. */
  get diagnostics(): readonly FormatError[] {
    return this.#diagnostics;
  }

  /** Units that hold code: compilations, whole or as a skeleton. */
  codeUnits(): UnitHeader[] {
    return this.headers.filter(({ type }) => type !== UnitType.type && type !== UnitType.splitType);
  }

  /** A unit, read when first asked for; undefined when it is damaged. */
  unit(header: UnitHeader): Unit | undefined {
    if (this.#units.has(header)) return this.#units.get(header);
    const unit = this.#attempt(() => new Unit(header, this.#context));
    this.#units.set(header, unit);
    return unit;
  }

  /** The functions and inlined calls of a unit; undefined when it is damaged. */
  scopes(header: UnitHeader): Scopes | undefined {
    if (this.#scopes.has(header)) return this.#scopes.get(header);
    const unit = this.unit(header);
    const scopes = unit && readScopes(unit);
    if (scopes?.damage) this.#report(scopes.damage);
    this.#scopes.set(header, scopes);
    return scopes;
  }

  /** The line table of a unit; undefined when it has none or it is damaged. */
  lineTable(header: UnitHeader): LineTable | undefined {
    const offset = this.unit(header)?.root.lineTable;
    if (offset === undefined) return undefined;
    if (this.#lines.has(offset)) return this.#lines.get(offset);
    const table = this.#attempt(
      () => new LineTable(readLineHeader(this.sections, '.debug_line', offset, header.addressSize)),
    );
    if (table?.damage) this.#report(table.damage);
    this.#lines.set(offset, table);
    return table;
  }

  /** The path of a file of a unit's line table; '' when unknown. */
  path(header: UnitHeader, file: number): string {
    const table = this.lineTable(header);
    if (table === undefined) return '';
    return pathOfFile(table.header, file, this.unit(header)?.root.compDir ?? '') ?? '';
  }

  /** Name and declaration of a function's entry, through what it was made from. */
  facts(header: UnitHeader, entry: number): EntryFacts {
    return this.#attempt(() => this.#names.facts(header, entry)) ?? this.#names.unknown;
  }

  /** The unit whose code an offset is in. */
  unitAt(address: number): UnitHeader | undefined {
    this.#map ??= this.#readMap();
    return this.headers[ownerAt(this.#map, address)];
  }

  /** The scope that an offset is in: number of a row of `scopes`; -1 where there is none. */
  scopeAt(header: UnitHeader, address: number): number {
    const scopes = this.scopes(header);
    return scopes === undefined ? -1 : ownerAt(scopes.at, address);
  }

  /**
   * The functions around a code offset, innermost first: what was inlined, then the function. Where only a line is known there is one frame
   * without a name; empty where nothing is known.
   */
  framesAt(address: number): DwarfFrame[] {
    const header = this.unitAt(address);
    if (header === undefined) return [];
    const table = this.lineTable(header);
    const row = table?.rowAt(address) ?? -1;
    let file = table === undefined || row < 0 ? '' : this.path(header, table.rows.file[row] ?? 0);
    let line = table === undefined || row < 0 ? 0 : (table.rows.line[row] ?? 0);
    let column = table === undefined || row < 0 ? 0 : (table.rows.column[row] ?? 0);
    const scopes = this.scopes(header);
    let scope = this.scopeAt(header, address);
    if (scopes === undefined || scope < 0) {
      return row < 0 ? [] : [{ facts: this.#names.unknown, file, line, column, inlined: false }];
    }
    const frames: DwarfFrame[] = [];
    for (; scope >= 0; scope = scopes.parent[scope] ?? -1) {
      const inlined = (scopes.parent[scope] ?? -1) >= 0;
      frames.push({ facts: this.facts(header, scopes.entry[scope] ?? 0), file, line, column, inlined });
      if (!inlined) break;
      file = this.path(header, scopes.callFile[scope] ?? 0);
      line = scopes.callLine[scope] ?? 0;
      column = scopes.callColumn[scope] ?? 0;
    }
    return frames;
  }

  /** The function whose code begins first in [low, high): what a body of that place was made from; undefined where there is none. */
  functionIn(
    low: number,
    high: number,
  ): { readonly unit: UnitHeader; readonly facts: EntryFacts } | undefined {
    this.#map ??= this.#readMap();
    const unit = this.headers[firstOwnerIn(this.#map, low, high)];
    const scopes = unit && this.scopes(unit);
    if (unit === undefined || scopes === undefined) return undefined;
    let scope = firstOwnerIn(scopes.at, low, high);
    for (let outer = scope; outer >= 0; outer = scopes.parent[outer] ?? -1) scope = outer;
    return scope < 0 ? undefined : { unit, facts: this.facts(unit, scopes.entry[scope] ?? 0) };
  }

  /** Which unit has each stretch of code: .debug_aranges, then what units say of themselves, then their functions. */
  #readMap(): Painted {
    const index = new Map(this.headers.map((header, i) => [header.offset, i]));
    const low: number[] = [];
    const high: number[] = [];
    const owner: number[] = [];
    const covered = new Set<number>();
    const aranges = this.sections.get('.debug_aranges');
    if (aranges !== undefined) {
      const report = (error: FormatError): void => {
        this.#report(error);
      };
      for (const set of readArangeSets(aranges, report)) {
        const unit = index.get(set.unit);
        if (unit === undefined) continue;
        covered.add(unit);
        for (let i = 0; i < set.low.length; i++) {
          low.push(set.low[i] ?? 0);
          high.push(set.high[i] ?? 0);
          owner.push(unit);
        }
      }
    }
    this.headers.forEach((header, i) => {
      if (covered.has(i) || header.type === UnitType.type || header.type === UnitType.splitType) return;
      const unit = this.unit(header);
      if (unit === undefined || unit.root.tag === Tag.partialUnit) return;
      const own = unit.root.hasRanges ? unit.root.ranges : this.scopes(header);
      if (own === undefined) return;
      for (let j = 0; j < own.low.length; j++) {
        low.push(own.low[j] ?? 0);
        high.push(own.high[j] ?? 0);
        owner.push(i);
      }
    });
    return paint(Uint32Array.from(low), Uint32Array.from(high), Uint32Array.from(owner));
  }

  /** The unit that holds a position of .debug_info. */
  #headerAt(position: number): UnitHeader | undefined {
    const { headers } = this;
    let low = 0;
    let high = headers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((headers[middle]?.offset ?? 0) <= position) low = middle + 1;
      else high = middle;
    }
    const header = headers[low - 1];
    return header !== undefined && position < header.end ? header : undefined;
  }

  #abbreviationsAt(offset: number): Abbreviations {
    let table = this.#abbreviations.get(offset);
    if (table === undefined) {
      try {
        table = readAbbreviations(this.sections.need('.debug_abbrev'), offset);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        table = error;
      }
      this.#abbreviations.set(offset, table);
    }
    if (table instanceof FormatError) throw table;
    return table;
  }

  #attempt<Value>(read: () => Value): Value | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#report(error);
      return undefined;
    }
  }

  #report(error: FormatError): void {
    if (this.#diagnostics.length >= MAX_DIAGNOSTICS) return;
    if (!this.#diagnostics.some(({ message }) => message === error.message)) this.#diagnostics.push(error);
  }
}

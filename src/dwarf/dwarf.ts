import { FormatError } from '../base/format-error.ts';
import { readAbbreviations, type Abbreviations } from './abbreviations.ts';
import { readArangeSets } from './aranges.ts';
import { Tag, UnitType } from './constants.ts';
import { DwarfReader, type DwarfSection } from './dwarf-reader.ts';
import { DebugNames } from './debug-names.ts';
import { DwarfTypes } from './dwarf-types.ts';
import { EntryNames, type EntryFacts } from './entry-names.ts';
import { EntryTree } from './entry-tree.ts';
import type { FormValue } from './forms.ts';
import { pathOfFile, readLineHeader } from './line-header.ts';
import { LineTable } from './line-table.ts';
import { PackageTypes } from './package-types.ts';
import { firstOwnerIn, ownerAt, paint, type Painted } from './paint.ts';
import { readScopes, type Scopes } from './scopes.ts';
import { DwarfSections } from './sections.ts';
import type { MissingFile, SplitFile } from './split-file.ts';
import { lowerBoundOf } from './languages.ts';
import type { TypeRef } from './types.ts';
import { Unit, type UnitContext } from './unit.ts';
import { hex8, readUnitHeaders, type UnitHeader } from './unit-headers.ts';

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
  /** Units of .debug_info, in order. */
  readonly headers: readonly UnitHeader[] = [];
  readonly types: DwarfTypes;
  readonly #diagnostics: FormatError[] = [];
  /** Units of which something is told. */
  readonly #damaged = new Set<UnitHeader>();
  readonly #units = new Map<UnitHeader, Unit | undefined>();
  readonly #abbreviations = new Map<number, Abbreviations | FormatError>();
  readonly #scopes = new Map<UnitHeader, Scopes | undefined>();
  readonly #trees = new Map<UnitHeader, EntryTree | undefined>();
  readonly #lines = new Map<number, LineTable | undefined>();
  readonly #names: EntryNames;
  readonly #context: UnitContext;
  /** Where the rest of a skeleton unit is, and whose a section of another file is. */
  readonly #split = new Map<UnitHeader, { readonly dwarf: Dwarf; readonly header: UnitHeader }>();
  readonly #owners = new Map<DwarfSection, { readonly dwarf: Dwarf; readonly skeleton: UnitHeader }>();
  #index: DebugNames | undefined;
  #map: Painted | undefined;
  /** Type units by signature; read when the first is asked for. */
  #typeUnits: ReadonlyMap<string, UnitHeader> | undefined;
  /**
   * Entries of lists of ranges and locations, entries and attributes of tables of abbreviations, and bytes of line tables that may still be read: each
   * has its place in the sections, and is needed a few times at most.
   */
  #budget: number;

  /** Type units of packages; those of other files share the module's. */
  readonly #packages: PackageTypes<UnitHeader>;
  readonly #packageTypes: Dwarf[] = [];

  /** `skeleton`: of the sections of a .dwo or .dwp the unit of the module that they belong to; `packages`: the module's. */
  constructor(sections: DwarfSections, skeleton?: Unit, packages?: PackageTypes<UnitHeader>) {
    this.sections = sections;
    this.#packages = packages ?? new PackageTypes((parts, signature) => this.#openType(parts, signature));
    this.#budget = 4 * sections.byteLength;
    this.#context = {
      sections,
      skeleton,
      abbreviations: (offset) => this.#abbreviationsAt(offset),
      spend: (reader: DwarfReader) => {
        this.#spend(reader, 1, 'the lists of ranges or locations');
      },
    };
    const report = (error: FormatError): void => {
      this.#report(error);
    };
    const info = sections.get('.debug_info');
    if (info !== undefined) this.headers = readUnitHeaders(info, report);
    this.types = new DwarfTypes(this);
    this.#names = new EntryNames(
      (position) => this.#headerAt(position),
      (header) => this.unit(header),
    );
  }

  /** What could not be read so far, each naming section and offset. */
  get diagnostics(): readonly FormatError[] {
    const others = [...[...this.#split.values()].map(({ dwarf }) => dwarf), ...this.#packageTypes];
    const split = others.flatMap((dwarf) => dwarf.diagnostics);
    return split.length === 0 ? this.#diagnostics : [...this.#diagnostics, ...split];
  }

  /** The files of split DWARF that units of the module name and that were not attached. */
  missingFiles(): MissingFile[] {
    return this.codeUnits().flatMap((header) => {
      const root = this.#split.has(header) ? undefined : this.unit(header)?.root;
      return root === undefined || root.dwoName === ''
        ? []
        : [{ name: root.dwoName, directory: root.compDir, dwoId: root.dwoId }];
    });
  }

  /** Whether functions, variables and types of a unit are in a file that was not attached. */
  isIncomplete(header: UnitHeader): boolean {
    return !this.#split.has(header) && this.unit(header)?.isSkeleton === true;
  }

  /** Adds a .dwo or .dwp file, before anything of its units is asked for. Returns how many units of the module it has the rest of; those of another build do not count. */
  attach(file: SplitFile): number {
    let count = 0;
    for (const header of this.codeUnits()) {
      const unit = this.#split.has(header) ? undefined : this.unit(header);
      if (unit === undefined || unit.root.dwoId === '' || unit.root.dwoName === '') continue;
      const sections = this.#attempt(() => file.sectionsOf(unit.root.dwoId));
      if (sections === undefined) continue;
      const shared = ['.debug_addr', '.debug_ranges'].flatMap((name) => this.sections.get(name) ?? []);
      const dwarf = new Dwarf(
        new DwarfSections([...sections.names.map((name) => sections.need(name)), ...shared]),
        unit,
        this.#packages,
      );
      const own = dwarf.codeUnits().find((split) => dwarf.unit(split)?.root.dwoId === unit.root.dwoId);
      if (own === undefined) continue;
      this.#split.set(header, { dwarf, header: own });
      this.#owners.set(own.section, { dwarf, skeleton: header });
      const types = dwarf.sections.get('.debug_types');
      if (types !== undefined) this.#owners.set(types, { dwarf, skeleton: header });
      count++;
    }
    if (count > 0) {
      this.#map = undefined;
      this.#packages.add(file);
    }
    return count;
  }

  /** The index of names; undefined where the module has none. */
  get index(): DebugNames | undefined {
    if (this.sections.get('.debug_names') === undefined) return undefined;
    return (this.#index ??= new DebugNames(this.sections, (error) => {
      this.#report(error);
    }));
  }

  /** Units that hold code: compilations, whole or as a skeleton. */
  codeUnits(): UnitHeader[] {
    return this.headers.filter(({ type }) => type !== UnitType.type && type !== UnitType.splitType);
  }

  /** A unit, read when first asked for; undefined when it is damaged. */
  unit(header: UnitHeader): Unit | undefined {
    const owner = this.#owners.get(header.section);
    if (owner !== undefined) return owner.dwarf.unit(header);
    if (this.#units.has(header)) return this.#units.get(header);
    const unit = this.#attempt(() => new Unit(header, this.#context));
    this.#units.set(header, unit);
    return unit;
  }

  /** Where the entries of a unit stand; undefined when it is damaged. */
  tree(header: UnitHeader): EntryTree | undefined {
    const split = this.#split.get(header);
    if (split !== undefined) return split.dwarf.tree(split.header);
    const owner = this.#owners.get(header.section);
    if (owner !== undefined) return owner.dwarf.tree(header);
    if (this.#trees.has(header)) return this.#trees.get(header);
    const unit = this.unit(header);
    const tree = unit && new EntryTree(unit);
    if (tree?.damage) this.#report(tree.damage);
    this.#trees.set(header, tree);
    return tree;
  }

  /** The entry that an attribute of a unit refers to; undefined where it leads nowhere, or into a file that is not here. */
  resolve(header: UnitHeader, value: FormValue): TypeRef | undefined {
    const owner = this.#owners.get(header.section);
    if (owner !== undefined) return owner.dwarf.resolve(header, value);
    if (value.kind === 'reference') return { header, entry: header.offset + value.number };
    if (value.kind === 'globalReference') {
      const target = this.#headerAt(value.number);
      return target && { header: target, entry: value.number };
    }
    if (value.kind !== 'signature') return undefined;
    const unit = this.#typeUnit(hex8(new DwarfReader(header.section, value.start, value.end)));
    return unit && { header: unit, entry: unit.offset + unit.typeOffset };
  }

  /** Index of the first element of an array, where an array of the unit's language does not say it. */
  lowerBound(header: UnitHeader): number {
    return lowerBoundOf(this.unit(header)?.root.language ?? 0);
  }

  /** Runs a reader; what it throws of the format is a diagnostic, and the answer undefined. */
  attempt<Value>(read: () => Value): Value | undefined {
    return this.#attempt(read);
  }

  /** The functions and inlined calls of a unit; undefined when it is damaged. */
  scopes(header: UnitHeader): Scopes | undefined {
    const split = this.#split.get(header);
    if (split !== undefined) return split.dwarf.scopes(split.header);
    if (this.#scopes.has(header)) return this.#scopes.get(header);
    const unit = this.unit(header);
    const scopes = unit && readScopes(unit);
    if (scopes?.damage) this.#report(scopes.damage);
    this.#scopes.set(header, scopes);
    return scopes;
  }

  /** The line table of a unit; undefined when it has none or it is damaged. */
  lineTable(header: UnitHeader): LineTable | undefined {
    const owner = this.#owners.get(header.section);
    if (owner !== undefined) return this.lineTable(owner.skeleton);
    const offset = this.unit(header)?.root.lineTable;
    if (offset === undefined) return undefined;
    if (this.#lines.has(offset)) return this.#lines.get(offset);
    const table = this.#attempt(() => {
      const reader = new DwarfReader(this.sections.need('.debug_line'));
      reader.seek(Math.min(offset, reader.end));
      this.#spend(reader, reader.unitEnd().end - offset, 'the line tables');
      return new LineTable(readLineHeader(this.sections, '.debug_line', offset, header.addressSize));
    });
    if (table?.damage) this.#report(table.damage);
    this.#lines.set(offset, table);
    return table;
  }

  /** The path of a file of a unit's line table; '' when unknown. */
  path(header: UnitHeader, file: number): string {
    const table = this.lineTable(header);
    if (table === undefined) return '';
    const directory = this.unit(this.#owners.get(header.section)?.skeleton ?? header)?.root.compDir;
    return pathOfFile(table.header, file, directory ?? '') ?? '';
  }

  /** Name and declaration of a function's entry, through what it was made from. */
  facts(header: UnitHeader, entry: number): EntryFacts {
    const split = this.#split.get(header);
    if (split !== undefined) return split.dwarf.facts(split.header, entry);
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

  #typeUnit(signature: string): UnitHeader | undefined {
    if (this.#typeUnits === undefined) {
      const report = (error: FormatError): void => {
        this.#report(error);
      };
      const section = this.sections.get('.debug_types');
      const old = section === undefined ? [] : readUnitHeaders(section, report);
      const units = new Map<string, UnitHeader>();
      for (const header of [...this.headers, ...old])
        if (header.signature !== '' && !units.has(header.signature)) units.set(header.signature, header);
      this.#typeUnits = units;
    }
    return this.#typeUnits.get(signature) ?? this.#attempt(() => this.#packages.get(signature));
  }

  /** The type unit of a package, of which only the sections are known. */
  #openType(sections: DwarfSections, signature: string): UnitHeader | undefined {
    const [first] = this.#split.keys();
    if (first === undefined) return undefined;
    const dwarf = new Dwarf(sections, this.unit(first), this.#packages);
    const header = dwarf.#typeUnit(signature);
    if (header === undefined) return undefined;
    this.#packageTypes.push(dwarf);
    this.#owners.set(header.section, { dwarf, skeleton: first });
    return header;
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
        table = readAbbreviations(this.sections.need('.debug_abbrev'), offset, (reader) => {
          this.#spend(reader, 1, 'the tables of abbreviations');
        });
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        table = error;
      }
      this.#abbreviations.set(offset, table);
    }
    if (table instanceof FormatError) throw table;
    return table;
  }

  #spend(reader: DwarfReader, amount: number, what: string): void {
    this.#budget -= amount;
    if (this.#budget < 0) throw reader.error(`${what} are read over and over: they are damaged`);
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
    const info = this.sections.get('.debug_info');
    if (info?.name === error.section) {
      // Of a unit the first: what refers to its damaged part is wrong for the same reason.
      // Where a unit ends too early the place is the first byte behind it.
      const unit = this.#headerAt(error.offset - info.fileOffset - 1);
      if (unit !== undefined && this.#damaged.has(unit)) return;
      if (unit !== undefined) this.#damaged.add(unit);
    }
    if (!this.#diagnostics.some(({ message }) => message === error.message)) this.#diagnostics.push(error);
  }
}

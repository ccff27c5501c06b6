import { At, Language, Tag } from './constants.ts';
import { FormValue, readForm, skipAttributes, skipForm } from './forms.ts';
import type { Unit } from './unit.ts';
import type { UnitHeader } from './unit-headers.ts';

/** Name and declaration of a function. */
export interface EntryFacts {
  /** As the source says it; in C++ and Rust with the names of what it is in. '' without. */
  readonly name: string;
  /** The linker's name; '' without. */
  readonly linkageName: string;
  /** Unit, number of the file in its line table, and line; undefined and 0 when unknown. */
  readonly declUnit: UnitHeader | undefined;
  readonly declFile: number;
  readonly declLine: number;
}

/** Steps from an inlined call or a definition to its declaration. */
const MAX_STEPS = 8;

/** Reads names of functions, each once. */
export class EntryNames {
  readonly #headerAt: (position: number) => UnitHeader | undefined;
  readonly #unit: (header: UnitHeader) => Unit | undefined;
  readonly #known = new Map<number, EntryFacts>();
  /** Of C++ and Rust units: the name of what each function is in. */
  readonly #qualifiers = new Map<UnitHeader, ReadonlyMap<number, string>>();
  readonly unknown: EntryFacts = {
    name: '',
    linkageName: '',
    declUnit: undefined,
    declFile: 0,
    declLine: 0,
  };

  /** `headerAt`: the unit that holds a position of .debug_info; `unit`: reads it, undefined when it is damaged. */
  constructor(
    headerAt: (position: number) => UnitHeader | undefined,
    unit: (header: UnitHeader) => Unit | undefined,
  ) {
    this.#headerAt = headerAt;
    this.#unit = unit;
  }

  /** What is known of the entry at a position of .debug_info. Throws a FormatError when it is broken. */
  facts(header: UnitHeader, entry: number): EntryFacts {
    const known = this.#known.get(entry);
    if (known !== undefined) return known;
    const facts = this.#read(header, entry);
    this.#known.set(entry, facts);
    return facts;
  }

  #read(first: UnitHeader, firstEntry: number): EntryFacts {
    let name = '';
    let linkageName = '';
    let declUnit: UnitHeader | undefined;
    let declFile = 0;
    let declLine = 0;
    let header: UnitHeader | undefined = first;
    let entry = firstEntry;
    const value = new FormValue();
    for (let step = 0; step < MAX_STEPS && header !== undefined; step++) {
      const unit = this.#unit(header);
      if (unit === undefined) break;
      const reader = unit.reader(entry);
      const abbreviation = unit.abbreviations.get(reader.uleb());
      if (abbreviation === undefined) throw reader.error('expected the entry of a function', entry);
      let next: number | undefined;
      const { attributes, forms, implicit } = abbreviation;
      for (let i = 0; i < attributes.length; i++) {
        const attribute = attributes[i] ?? 0;
        const form = forms[i] ?? 0;
        switch (attribute) {
          case At.name:
          case At.linkageName:
          case At.mipsLinkageName:
          case At.declFile:
          case At.declLine:
          case At.abstractOrigin:
          case At.specification:
            break;
          default:
            skipForm(reader, form, header);
            continue;
        }
        readForm(reader, form, implicit?.[i] ?? 0, header, value);
        if (attribute === At.name) {
          if (name === '') {
            const text = unit.string(value) ?? '';
            const within = text === '' ? '' : this.#qualifier(unit, entry);
            name = within === '' ? text : `${within}::${text}`;
          }
        } else if (attribute === At.linkageName || attribute === At.mipsLinkageName) {
          if (linkageName === '') linkageName = unit.string(value) ?? '';
        } else if (attribute === At.declFile) {
          if (declUnit === undefined) {
            declUnit = header;
            declFile = value.number;
          }
        } else if (attribute === At.declLine) {
          if (declLine === 0) declLine = value.number;
        } else {
          next = value.kind === 'reference' ? header.offset + value.number : value.number;
          if (value.kind !== 'reference' && value.kind !== 'globalReference') next = undefined;
        }
      }
      if (next === undefined) break;
      entry = next;
      header = this.#headerAt(next);
    }
    return { name: name || linkageName, linkageName, declUnit, declFile, declLine };
  }

  #qualifier(unit: Unit, entry: number): string {
    const { language } = unit.root;
    if (language !== Language.rust && !Language.cPlusPlus.some((known) => known === language)) return '';
    let names = this.#qualifiers.get(unit.header);
    if (names === undefined) this.#qualifiers.set(unit.header, (names = readQualifiers(unit)));
    return names.get(entry) ?? '';
  }
}

/** Characters of a qualified name; a hostile nesting of long names would multiply them. */
const MAX_QUALIFIER = 1000;

/** For every function that stands in namespaces or types: their names, joined by `::`. Throws a FormatError when the unit is broken. */
function readQualifiers(unit: Unit): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  const around: string[] = [''];
  const value = new FormValue();
  const reader = unit.reader();
  const { header, abbreviations, key } = unit;
  while (reader.pos < reader.end) {
    const at = reader.pos;
    const code = reader.uleb();
    if (code === 0) {
      around.pop();
      if (around.length <= 1) break;
      continue;
    }
    const abbreviation = abbreviations.get(code);
    if (abbreviation === undefined) throw reader.error(`abbreviation ${code} is not in the table`, at);
    let within = around[around.length - 1] ?? '';
    switch (abbreviation.tag) {
      case Tag.namespace:
      case Tag.structureType:
      case Tag.classType:
      case Tag.unionType:
      case Tag.enumerationType: {
        let name = '';
        const { attributes, forms, implicit } = abbreviation;
        for (let i = 0; i < attributes.length; i++) {
          if (attributes[i] === At.name) {
            readForm(reader, forms[i] ?? 0, implicit?.[i] ?? 0, header, value);
            name = unit.string(value) ?? '';
          } else skipForm(reader, forms[i] ?? 0, header);
        }
        const own = name === '' ? '(anonymous)' : name;
        within = (within === '' ? own : `${within}::${own}`).slice(0, MAX_QUALIFIER);
        break;
      }
      case Tag.subprogram:
        if (within !== '') names.set(at, within);
        within = '';
        skipAttributes(reader, abbreviation, header, key);
        break;
      default:
        skipAttributes(reader, abbreviation, header, key);
    }
    if (abbreviation.hasChildren) around.push(within);
    else if (around.length === 1) break;
  }
  return names;
}

import { FormatError } from '../base/format-error.ts';
import { isStandardLibrary } from '../base/standard-library.ts';
import { address, type Address, type FuncIndex } from '../base/units.ts';
import type { GoRuntime } from '../go/runtime/runtime.ts';
import { Kind } from '../go/runtime/types.ts';
import type { VariableAccesses } from '../go/runtime/variable-accesses.ts';
import {
  PackageFile,
  type PackageVariable,
  type SourceFunction,
  type VariableUse,
} from '../gosource/package-file.ts';
import { declaredName, findSignature } from '../gosource/signature.ts';
import { contentOf, typeOfValue } from '../gosource/type-of-value.ts';
import { packageOf } from './frame-arguments.ts';
import { typeByName } from './type-by-name.ts';
import type { ValueType } from './value-type.ts';

// Go's linker writes no names of variables for wasm. But source says which functions use a variable, and code says which addresses a
// function uses. A variable is where all functions that name it, and no others, have an address that fits its type.

/** Where a variable of a package is, or why that cannot be said. */
export type VariablePlace =
  | { readonly type: ValueType; readonly address: Address }
  | { readonly type?: undefined; readonly why: string };

/** Places that are looked at for one variable. */
const MAX_PLACES = 64;
const MAX_NESTING = 20;
/** Variables of one package that are looked for. */
const MAX_VARIABLES = 3000;
/** Looks at places for one package. */
const MAX_LOOKS = 20_000_000;
/** Pairs of places that are compared for one package: what is not sure by then stays so. */
const MAX_COMPARISONS = 4_000_000;

/** Bytes of a variable, from its beginning, of which a use has to touch one. */
interface Touch {
  readonly from: number;
  readonly to: number;
}

/** A function that uses a variable. */
interface User {
  /** Addresses, in rising order. */
  readonly accesses: Float64Array;
  readonly touches: readonly Touch[];
}

/** Certain uses of one variable by one function. */
interface UsesOfFunction {
  readonly index: FuncIndex;
  readonly uses: readonly VariableUse[];
}

type UsesByName = ReadonlyMap<string, readonly UsesOfFunction[]>;

type Places = { readonly places: readonly number[] } | { readonly why: string };

interface Candidate {
  readonly variable: PackageVariable;
  readonly type: ValueType;
  /** All that its uses allow. */
  readonly all: readonly number[];
  /** Those that are left. */
  places: readonly number[];
}

/** The functions of a file by their names; function literals by their lines, as `:7`. */
type FileFunctions = ReadonlyMap<string, readonly SourceFunction[]>;

/** What a function may use, by its source and that of what was copied into it. */
interface MayUse {
  readonly names: ReadonlySet<string>;
  /** Source is missing: any variable of the package, or any exported one. */
  readonly any: boolean;
  readonly anyExported: boolean;
}

/** Finds variables of packages by their source. */
export class PackageVariables {
  readonly #runtime: GoRuntime;
  readonly #code: VariableAccesses;

  /** `code`: of the program of this runtime. */
  constructor(runtime: GoRuntime, code: VariableAccesses) {
    this.#runtime = runtime;
    this.#code = code;
  }

  /**
   * The variables that the files of one package declare. `files`: by their names in the symbols. Of a package of which files are missing
   * fewer variables are found. `others`: texts of files of other packages. Never throws.
   */
  find(
    files: ReadonlyMap<string, PackageFile>,
    others: ReadonlyMap<string, string> = new Map(),
  ): ReadonlyMap<string, VariablePlace> {
    return new PackageSearch(this.#runtime, this.#code, files, others).solve();
  }
}

class PackageSearch {
  readonly #runtime: GoRuntime;
  readonly #code: VariableAccesses;
  readonly #package: string;
  readonly #files: ReadonlyMap<string, PackageFile>;
  readonly #sources = new Map<string, FileFunctions>();
  /** Functions of other packages that may name exported variables of this one, by file; and files that do not import it. */
  readonly #others = new Map<string, FileFunctions>();
  readonly #without = new Set<string>();
  /** Functions of the package, and those of others whose source is here too. */
  readonly #own = new Map<FuncIndex, SourceFunction | undefined>();
  readonly #foreign = new Map<FuncIndex, SourceFunction>();
  /** Functions of the package that were copied into others, found when they are asked for. */
  #copies: UsesByName | undefined;
  #users: UsesByName | undefined;
  readonly #isStandard: boolean;
  /** Places that may still be looked at: more would take too long. */
  #left = MAX_LOOKS;
  readonly #mayUse = new Map<FuncIndex, MayUse>();

  constructor(
    runtime: GoRuntime,
    code: VariableAccesses,
    files: ReadonlyMap<string, PackageFile>,
    others: ReadonlyMap<string, string>,
  ) {
    this.#runtime = runtime;
    this.#code = code;
    this.#package = packageOfFiles(code, files);
    this.#files = files;
    this.#isStandard = [...files.keys()].some(isStandardLibrary);
    const names = new Set([...files.values()].flatMap(({ variables }) => variables.map(({ name }) => name)));
    for (const [file, text] of files) this.#sources.set(file, byName(text.functions(names)));
    const exported = new Set([...names].filter(isExported));
    for (const [file, text] of others) this.#addOther(file, text, exported);
    for (const index of code.byFunction.keys()) {
      const own = code.program.functionOf(index);
      if (own === undefined) continue;
      const { file = '', startLine = 0 } = own.framesAt(own.entry).at(-1) ?? {};
      // `//go:linkname` gives a function of the package the name of another.
      if (packageOf(own.name) === this.#package || files.has(file)) {
        this.#own.set(index, sourceOf(this.#sources, own.name, startLine, file));
        continue;
      }
      const source = sourceOf(this.#others, own.name, startLine, file);
      if (source !== undefined) this.#foreign.set(index, source);
    }
  }

  #addOther(file: string, text: string, exported: ReadonlySet<string>): void {
    if (this.#package === '' || exported.size === 0) return;
    const imports = text.includes(this.#package) ? new PackageFile(text) : undefined;
    const [own] = this.#files.values();
    const qualifier = imports?.importName(this.#package, own?.packageName ?? '');
    if (qualifier === undefined) this.#without.add(file);
    else if (imports !== undefined && qualifier !== '.' && qualifier !== '')
      this.#others.set(file, byName(imports.functions(exported, qualifier)));
  }

  solve(): ReadonlyMap<string, VariablePlace> {
    const found = new Map<string, VariablePlace>();
    const candidates: Candidate[] = [];
    for (const file of [...this.#files.keys()].sort()) {
      for (const variable of this.#files.get(file)?.variables ?? []) {
        if (found.size + candidates.length >= MAX_VARIABLES) break;
        const type = this.#typeOf(variable);
        if (type === undefined) {
          found.set(variable.name, { why: `the type of ${variable.name} is not known` });
          continue;
        }
        const places = this.#placesOf(variable, type);
        if ('why' in places) found.set(variable.name, places);
        else candidates.push({ variable, type, all: places.places, places: places.places });
      }
    }
    this.#agree(this.#inOrder(candidates));
    for (const { variable, type, places } of candidates) {
      const [place] = places;
      found.set(
        variable.name,
        place !== undefined && places.length === 1
          ? { type, address: address(place) }
          : { why: `the code that uses ${variable.name} leaves several places for it` },
      );
    }
    return found;
  }

  #typeOf({ type, value }: PackageVariable): ValueType | undefined {
    const resultOf = (name: string): string | undefined => {
      for (const functions of this.#sources.values()) {
        const signature = functions.get(name)?.[0]?.signature;
        if (signature === undefined) continue;
        return signature.results.length === 1 && !signature.generic ? signature.results[0]?.type : undefined;
      }
      // A conversion, then.
      return name;
    };
    const written = type ?? typeOfValue(value, resultOf);
    return written === undefined ? undefined : typeByName(this.#runtime.types, written, this.#package);
  }

  #placesOf(variable: PackageVariable, type: ValueType): Places {
    if (type.size === 0) return { why: `${variable.name} takes no place` };
    try {
      return this.#search(variable, type);
    } catch (error) {
      // What the type consists of is damaged.
      if (!(error instanceof FormatError)) throw error;
      return { why: error.message };
    }
  }

  #search(variable: PackageVariable, type: ValueType): Places {
    const { name } = variable;
    this.#users ??= usesByName([...this.#own, ...this.#foreign]);
    // Where it was copied to, if no function of its own is left.
    const uses = this.#users.get(name) ?? (this.#copies ??= usesByName(this.#findCopies())).get(name) ?? [];
    const users = uses.map((one) => this.#userOf(type, one));
    users.sort((a, b) => a.accesses.length - b.accesses.length);
    const [least] = users;
    if (least === undefined) return { why: `no function names ${name} whose code and source are both here` };
    const starts = new Set<number>();
    const exact = least.touches.find(({ from, to }) => to === from + 1)?.from ?? 0;
    for (const at of least.accesses) starts.add(at - exact);
    const places = [...starts].filter(
      (at) => this.#isSectionOf(variable, type, at) && this.#fits(name, type, at, users),
    );
    if (this.#left < 0) return { why: `looking for ${name} would take too long` };
    if (places.length === 0) return { why: `the code does not use ${name} as this source does` };
    if (places.length > MAX_PLACES) return { why: `the code that uses ${name} leaves many places for it` };
    return { places };
  }

  #userOf(type: ValueType, { index, uses }: UsesOfFunction): User {
    const touches = new Map<string, Touch>();
    for (const use of uses) {
      const touch = touchOf(type, use);
      touches.set(`${String(touch.from)} ${String(touch.to)}`, touch);
    }
    return { accesses: this.#code.addressesOf(index), touches: [...touches.values()] };
  }

  /** Functions of the package that were copied into others. */
  #findCopies(): [FuncIndex, SourceFunction][] {
    const copies: [FuncIndex, SourceFunction][] = [];
    for (const index of this.#code.byFunction.keys()) {
      for (const { name, startLine } of this.#code.inlinedIn(index) ?? []) {
        const source =
          packageOf(name) === this.#package ? sourceOf(this.#sources, name, startLine) : undefined;
        if (source !== undefined) copies.push([index, source]);
      }
    }
    return copies;
  }

  /** Whether a place is in the section that the linker puts such variables into. */
  #isSectionOf({ value }: PackageVariable, type: ValueType, at: number): boolean {
    const section = this.#sectionOf(at);
    if (section === undefined || at + type.size > section.end) return false;
    const { data, bss, noptrbss } = this.#runtime.program.module.moduleData;
    if ((section === data || section === bss) !== hasPointers(type)) return false;
    const content = contentOf(value);
    return content === 'unknown' || (content === 'zero') === (section === bss || section === noptrbss);
  }

  #fits(name: string, type: ValueType, at: number, users: readonly User[]): boolean {
    if (at % linkAlignment(type.size) !== 0) return false;
    let known = false;
    for (const { accesses, touches } of users) {
      for (const { from, to } of touches) {
        if (--this.#left < 0 || !hasWithin(accesses, at + from, at + to)) return false;
        known ||= to === from + 1;
      }
    }
    const isCounted = type.kind === Kind.string || type.kind === Kind.slice;
    let counted = false;
    const isScalar = type.size <= 8 && type.kind !== Kind.struct && type.kind !== Kind.array;
    for (const access of this.#code.within(at, at + type.size)) {
      if (!this.#canUse(access.funcIndex, name)) return false;
      if (access.address === at && access.loaded === 0) known = true;
      counted ||= access.address > at;
      if (isScalar && (access.address !== at || ![0, type.size].includes(access.loaded))) return false;
    }
    // Nobody reads where the elements are and never how many; and the capacity of another slice is none of this one's.
    if (isCounted && !counted) return false;
    if (type.kind === Kind.slice && this.#isCapacity(at, users)) return false;
    return known;
  }

  #isCapacity(at: number, users: readonly User[]): boolean {
    return users.some(({ accesses }) => [16, 8].every((by) => hasWithin(accesses, at - by, at - by + 1)));
  }

  #sectionOf(at: number): { readonly start: number; readonly end: number } | undefined {
    const { noptrdata, data, bss, noptrbss } = this.#runtime.program.module.moduleData;
    return [noptrdata, data, bss, noptrbss].find(({ start, end }) => at >= start && at < end);
  }

  /** Whether a function may use a variable: its source says so, or is not here. */
  #canUse(index: FuncIndex, name: string): boolean {
    let may = this.#mayUse.get(index);
    if (may === undefined) this.#mayUse.set(index, (may = this.#readMayUse(index)));
    return may.any || may.names.has(name) || (may.anyExported && isExported(name));
  }

  #readMayUse(index: FuncIndex): MayUse {
    const code = this.#code.program.functionOf(index);
    const inlined = this.#code.inlinedIn(index);
    const names = new Set<string>();
    const may = { names, any: code === undefined || inlined === undefined, anyExported: false };
    const add = (isOwn: boolean, source: SourceFunction | undefined, isStandard: boolean): void => {
      for (const use of source?.uses ?? []) names.add(use.name);
      if (source !== undefined) return;
      if (isOwn) may.any = true;
      // The standard library imports no other packages.
      else if (this.#isStandard || !isStandard) may.anyExported = true;
    };
    const file = code?.framesAt(code.entry).at(-1)?.file ?? '';
    if (this.#own.has(index)) add(true, this.#own.get(index), false);
    else if (!this.#without.has(file)) add(false, this.#foreign.get(index), isStandardLibrary(file));
    for (const { name, startLine } of inlined ?? []) {
      const path = packageOf(name);
      if (path === this.#package) add(true, sourceOf(this.#sources, name, startLine), false);
      else add(false, sourceOf(this.#others, name, startLine), isStandardLibrary(`${path}/file.go`));
    }
    return may;
  }

  /** In the order in which the compiler writes variables: up to Go 1.19 that of their names, then as they are declared. */
  #inOrder(all: readonly Candidate[]): readonly Candidate[] {
    if (this.#runtime.program.minor >= 20) return all;
    return all.toSorted((a, b) => (a.variable.name < b.variable.name ? -1 : 1));
  }

  /**
   * Leaves out places that no arrangement of all variables has: two never share one, and in a section the linker puts small ones before
   * large ones, those of one size in the order in which the compiler wrote them (Go src/cmd/link/internal/ld/data.go, dodataSect).
   */
  #agree(all: readonly Candidate[]): void {
    let left = MAX_COMPARISONS;
    const together = (a: Candidate, at: number, b: Candidate, bt: number): boolean => {
      if (--left < 0) return true;
      if (at < bt + b.type.size && bt < at + a.type.size) return false;
      if (this.#sectionOf(at) !== this.#sectionOf(bt)) return true;
      return at < bt === a.type.size <= b.type.size;
    };
    for (let changed = true; changed;) {
      changed = false;
      for (const [i, a] of all.entries()) {
        const kept = a.places.filter((at) =>
          all.every(
            (b, k) =>
              k === i ||
              b.places.length === 0 ||
              b.places.some((bt) => (i < k ? together(a, at, b, bt) : together(b, bt, a, at))),
          ),
        );
        if (kept.length === a.places.length) continue;
        a.places = kept;
        changed = true;
      }
    }
    if (left < 0) for (const one of all) one.places = one.all;
    this.#doubt(all);
  }

  /** What was found by leaving out other places is only sure where those are found to be other variables: else one of them may be missing here. */
  #doubt(all: readonly Candidate[]): void {
    // No place is left for one: then what took its places is not sure either.
    const without = all.filter(({ places }) => places.length === 0).flatMap((one) => one.all);
    for (const one of all)
      if (one.all.length > 1 && one.all.some((at) => without.includes(at))) one.places = one.all;
    for (let changed = true; changed;) {
      changed = false;
      const found = all.filter(({ places }) => places.length === 1);
      for (const one of found) {
        const isOther = (at: number): boolean =>
          found.some(({ places: [start = 0], type }) => at < start + type.size && start < at + one.type.size);
        if (one.all.length === 1 || one.all.every(isOther)) continue;
        one.places = one.all;
        changed = true;
      }
    }
  }
}

const isExported = (name: string): boolean => /^\p{Lu}/u.test(name);

function byName(functions: readonly SourceFunction[]): FileFunctions {
  const found = new Map<string, SourceFunction[]>();
  for (const one of functions) {
    const { name, line } = one.signature;
    push(found, name === '' ? `:${String(line)}` : name, one);
  }
  return found;
}

/** The one function that a name and a line mean, in one file or in any; `startLine`: 0 for one that is not known. */
function sourceOf(
  files: ReadonlyMap<string, FileFunctions>,
  name: string,
  startLine: number,
  file?: string,
): SourceFunction | undefined {
  const plain = name.replace(/\.init\.\d+$/, '.init');
  const declared = declaredName(plain);
  const literal = `:${String(startLine)}`;
  const found: SourceFunction[] = [];
  const only = file === undefined ? undefined : files.get(file);
  for (const functions of file === undefined ? files.values() : only ? [only] : []) {
    const alike = functions.get(declared) ?? functions.get(literal);
    if (alike === undefined) continue;
    const signature = findSignature(
      alike.map((one) => one.signature),
      plain,
      startLine,
    );
    const source = alike.find((one) => one.signature === signature);
    if (source !== undefined) found.push(source);
  }
  return found.length === 1 ? found[0] : undefined;
}

/** The path of the package that most functions of these files are of; '' where none has code. */
function packageOfFiles(code: VariableAccesses, files: ReadonlyMap<string, PackageFile>): string {
  const counts = new Map<string, number>();
  for (const index of code.byFunction.keys()) {
    const own = code.program.functionOf(index);
    if (own === undefined || !files.has(own.framesAt(own.entry).at(-1)?.file ?? '')) continue;
    const path = packageOf(own.name);
    counts.set(path, (counts.get(path) ?? 0) + 1);
  }
  let most: readonly [string, number] = ['', 0];
  for (const one of counts) if (one[1] > most[1]) most = one;
  return most[0];
}

/** How the linker aligns a variable, whatever its type: as much as its size has room for (Go src/cmd/link/internal/ld/data.go, symalign; wasm/obj.go). */
function linkAlignment(size: number): number {
  let align = 32;
  while (align > size && align > 1) align /= 2;
  return align;
}

/** What a use of a variable touches of it. */
function touchOf(type: ValueType, { field, measure }: VariableUse): Touch {
  const exactly = (from: number): Touch => ({ from, to: from + 1 });
  const anywhere = { from: 0, to: Math.max(1, type.size) };
  if (type.kind === Kind.string || type.kind === Kind.slice)
    return exactly(measure === 'cap' ? 16 : measure !== null ? 8 : 0);
  if (type.kind === Kind.array) return exactly(0);
  if (type.kind !== Kind.struct) return exactly(0);
  const own = field === '' ? undefined : type.fields().find((one) => one.name === field);
  if (own === undefined || own.type.size === 0) return anywhere;
  const isWhole = own.type.size > 8 || own.type.kind === Kind.struct || own.type.kind === Kind.array;
  return isWhole ? { from: own.offset, to: own.offset + own.type.size } : exactly(own.offset);
}

/** Whether the garbage collector looks into values of a type: it has those in sections of their own. */
function hasPointers(type: ValueType, nesting = 0): boolean {
  if (type.kind === Kind.struct) {
    return nesting > MAX_NESTING || type.fields().some((field) => hasPointers(field.type, nesting + 1));
  }
  if (type.kind === Kind.array) return type.length() > 0 && hasPointers(type.element(), nesting + 1);
  return POINTERS.has(type.kind);
}

const POINTERS: ReadonlySet<number> = new Set([
  Kind.chan,
  Kind.func,
  Kind.interface,
  Kind.map,
  Kind.pointer,
  Kind.slice,
  Kind.string,
  Kind.unsafePointer,
]);

function usesByName(functions: Iterable<readonly [FuncIndex, SourceFunction | undefined]>): UsesByName {
  const found = new Map<string, UsesOfFunction[]>();
  for (const [index, source] of functions) {
    const own = new Map<string, VariableUse[]>();
    for (const use of source?.uses ?? []) if (use.certain) push(own, use.name, use);
    for (const [name, uses] of own) push(found, name, { index, uses });
  }
  return found;
}

/** Whether one of the numbers, which are in rising order, is at least `from` and below `to`. */
function hasWithin(sorted: Float64Array, from: number, to: number): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return (sorted[low] ?? Infinity) < to;
}

function push<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

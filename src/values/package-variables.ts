import { FormatError } from '../base/format-error.ts';
import { finish, type Steps } from '../base/steps.ts';
import { address, type Address } from '../base/units.ts';
import type { GoRuntime } from '../go/runtime/runtime.ts';
import { Kind } from '../go/runtime/types.ts';
import type { VariableAccesses } from '../go/runtime/variable-accesses.ts';
import { usualName } from '../gosource/imports.ts';
import type { PackageFile, PackageVariable, VariableUse } from '../gosource/package-file.ts';
import { typeOfValue } from '../gosource/type-of-value.ts';
import { LinkerLayout, type Candidate } from './linker-layout.ts';
import { PackageUses, type UsesOfFunction } from './package-uses.ts';
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
/** Variables of one package that are looked for. */
const MAX_VARIABLES = 3000;
/** Looks at places for one package. */
const MAX_LOOKS = 20_000_000;

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

type Places = { readonly type: ValueType; readonly places: readonly number[] } | { readonly why: string };

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
    return finish(this.search(files, others));
  }

  /** The same in steps. */
  *search(
    files: ReadonlyMap<string, PackageFile>,
    others: ReadonlyMap<string, string> = new Map(),
  ): Steps<ReadonlyMap<string, VariablePlace>> {
    return yield* new PackageSearch(this.#runtime, this.#code, files, others).solve();
  }
}

class PackageSearch {
  readonly #runtime: GoRuntime;
  readonly #code: VariableAccesses;
  readonly #files: ReadonlyMap<string, PackageFile>;
  readonly #uses: PackageUses;
  readonly #layout: LinkerLayout;
  /** Places that may still be looked at: more would take too long. */
  #left = MAX_LOOKS;

  constructor(
    runtime: GoRuntime,
    code: VariableAccesses,
    files: ReadonlyMap<string, PackageFile>,
    others: ReadonlyMap<string, string>,
  ) {
    this.#runtime = runtime;
    this.#code = code;
    this.#files = files;
    this.#uses = new PackageUses(code, files, others);
    this.#layout = new LinkerLayout(runtime);
  }

  *solve(): Steps<ReadonlyMap<string, VariablePlace>> {
    const found = new Map<string, VariablePlace>();
    const candidates: Candidate[] = [];
    const declared = this.#filesByName();
    for (const file of [...this.#files.keys()].sort()) {
      for (const variable of this.#files.get(file)?.variables ?? []) {
        if (found.size + candidates.length >= MAX_VARIABLES) break;
        yield undefined;
        const [one, other] = declared.get(variable.name) ?? [];
        const places =
          other === undefined
            ? this.#placesOf(variable, file)
            : {
                why: `${variable.name} is declared in ${one ?? ''} and in ${other}: the program has one of them`,
              };
        if ('why' in places) found.set(variable.name, places);
        else candidates.push({ variable, type: places.type, all: places.places, places: places.places });
      }
    }
    this.#layout.arrange(candidates);
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

  /** The last parts of the names of the files that declare a name. */
  #filesByName(): ReadonlyMap<string, readonly string[]> {
    const found = new Map<string, string[]>();
    for (const [file, { declared }] of this.#files) {
      for (const name of declared) {
        const files = found.get(name);
        if (files === undefined) found.set(name, [file.replace(/^.*\//, '')]);
        else files.push(file.replace(/^.*\//, ''));
      }
    }
    return found;
  }

  #placesOf(variable: PackageVariable, file: string): Places {
    try {
      const type = this.#typeOf(variable, file);
      if (type === undefined) return { why: `the type of ${variable.name} is not known` };
      return type.size === 0 ? { why: `${variable.name} takes no place` } : this.#search(variable, type);
    } catch (error) {
      // What the type consists of is damaged.
      if (!(error instanceof FormatError)) throw error;
      return { why: error.message };
    }
  }

  /** Undefined where it is not known. Throws a FormatError where it is damaged. */
  #typeOf({ type, value }: PackageVariable, file: string): ValueType | undefined {
    const around = {
      resultOf: (name: string) => this.#uses.resultOf(name),
      importName: (path: string) => this.#files.get(file)?.importName(path, usualName(path)),
    };
    const written = type ?? typeOfValue(value, around);
    return written === undefined ? undefined : typeByName(this.#runtime.types, written, this.#uses.path);
  }

  #search(variable: PackageVariable, type: ValueType): Places {
    const { name } = variable;
    const users = this.#uses.usersOf(name).map((one) => this.#userOf(type, one));
    users.sort((a, b) => a.accesses.length - b.accesses.length);
    const [least] = users;
    if (least === undefined) return { why: `no function names ${name} whose code and source are both here` };
    const starts = new Set<number>();
    const exact = least.touches.find(({ from, to }) => to === from + 1)?.from ?? 0;
    for (const at of least.accesses) starts.add(at - exact);
    const places = [...starts].filter(
      (at) => this.#layout.allows(variable, type, at) && this.#fits(name, type, at, users),
    );
    if (this.#left < 0) return { why: `looking for ${name} would take too long` };
    if (places.length === 0) return { why: `the code does not use ${name} as this source does` };
    if (places.length > MAX_PLACES) return { why: `the code that uses ${name} leaves many places for it` };
    return { type, places };
  }

  #userOf(type: ValueType, { index, uses }: UsesOfFunction): User {
    const touches = new Map<string, Touch>();
    for (const use of uses) {
      const touch = touchOf(type, use);
      touches.set(`${String(touch.from)} ${String(touch.to)}`, touch);
    }
    return { accesses: this.#code.addressesOf(index), touches: [...touches.values()] };
  }

  #fits(name: string, type: ValueType, at: number, users: readonly User[]): boolean {
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
      if (!this.#uses.canUse(access.funcIndex, name)) return false;
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

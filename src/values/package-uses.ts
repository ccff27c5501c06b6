import { isStandardLibrary } from '../base/standard-library.ts';
import type { FuncIndex } from '../base/units.ts';
import type { VariableAccesses } from '../go/runtime/variable-accesses.ts';
import { PackageFile, type SourceFunction, type VariableUse } from '../gosource/package-file.ts';
import { declaredName, findSignature } from '../gosource/signature.ts';
import { packageOf } from './frame-arguments.ts';

// Which functions of a program use which variables of a package, as far as source says.

/** Certain uses of one variable by one function. */
export interface UsesOfFunction {
  readonly index: FuncIndex;
  readonly uses: readonly VariableUse[];
}

type UsesByName = ReadonlyMap<string, readonly UsesOfFunction[]>;

/** The functions of a file by their names; function literals by their lines, as `:7`. */
type FileFunctions = ReadonlyMap<string, readonly SourceFunction[]>;

/** What a function may use, by its source and that of what was copied into it. */
interface MayUse {
  readonly names: ReadonlySet<string>;
  /** Source is missing: any variable of the package, or any exported one. */
  readonly any: boolean;
  readonly anyExported: boolean;
}

const NONE: MayUse = { names: new Set(), any: false, anyExported: false };

/** The source of one package, and of what uses it, beside the code of the program. */
export class PackageUses {
  /** The path of the package; '' where it has no code. */
  readonly path: string;
  readonly #code: VariableAccesses;
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
  readonly #users: UsesByName;
  readonly #isStandard: boolean;
  /** Paths of packages that this one imports: they import it not. The runtime names what it does not import (`//go:linkname`). */
  readonly #imported: ReadonlySet<string>;
  readonly #mayUse = new Map<FuncIndex, MayUse>();

  /** `files`: of the package, by their names in the symbols; `others`: texts of files of other packages. */
  constructor(
    code: VariableAccesses,
    files: ReadonlyMap<string, PackageFile>,
    others: ReadonlyMap<string, string>,
  ) {
    this.#code = code;
    this.path = packageOfFiles(code, files);
    this.#files = files;
    const imported = [...files.values()].flatMap(({ imports }) => imports);
    this.#imported = new Set(imported.filter((path) => path !== 'runtime'));
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
      if (packageOf(own.name) === this.path || files.has(file)) {
        this.#own.set(index, sourceOf(this.#sources, own.name, startLine, file));
        continue;
      }
      const source = sourceOf(this.#others, own.name, startLine, file);
      if (source !== undefined) this.#foreign.set(index, source);
    }
    this.#users = usesByName([...this.#own, ...this.#foreign]);
  }

  /** The functions that name a variable for certain; those that such functions were copied into, where none has code of its own. */
  usersOf(name: string): readonly UsesOfFunction[] {
    return this.#users.get(name) ?? (this.#copies ??= usesByName(this.#findCopies())).get(name) ?? [];
  }

  /** Whether a function may use a variable: its source says so, or is not here. */
  canUse(index: FuncIndex, name: string): boolean {
    let may = this.#mayUse.get(index);
    if (may === undefined) this.#mayUse.set(index, (may = this.#readMayUse(index)));
    return may.any || may.names.has(name) || (may.anyExported && isExported(name));
  }

  #readMayUse(index: FuncIndex): MayUse {
    const code = this.#code.program.functionOf(index);
    if (code !== undefined && !this.#own.has(index) && this.#isImported(code.name)) return NONE;
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
    else if (isInitializer(code?.name ?? '') || !this.#without.has(file))
      add(false, this.#foreign.get(index), isStandardLibrary(file));
    for (const { name, startLine } of inlined ?? []) {
      const path = packageOf(name);
      if (path === this.path) add(true, sourceOf(this.#sources, name, startLine), false);
      else add(false, sourceOf(this.#others, name, startLine), isStandardLibrary(`${path}/file.go`));
    }
    return may;
  }

  /** Whether a function is of a package that this one imports. One with type parameters may be made for those who use it. */
  #isImported(name: string): boolean {
    return !name.includes('[') && this.#imported.has(packageOf(name));
  }

  /** The type of what a function of the package returns, or of a conversion: its name. */
  resultOf(name: string): string | undefined {
    for (const functions of this.#sources.values()) {
      const signature = functions.get(name)?.[0]?.signature;
      if (signature === undefined) continue;
      return signature.results.length === 1 && !signature.generic ? signature.results[0]?.type : undefined;
    }
    return name;
  }

  #addOther(file: string, text: string, exported: ReadonlySet<string>): void {
    if (this.path === '' || exported.size === 0) return;
    // Who imports a vendored package writes its path without that.
    const path = this.path.replace(/^(?:.*\/)?vendor\//, '');
    const imports = text.includes(path) ? new PackageFile(text) : undefined;
    const [own] = this.#files.values();
    const qualifier = imports?.importName(path, own?.packageName ?? '');
    if (qualifier === undefined) this.#without.add(file);
    else if (imports !== undefined && qualifier !== '.' && qualifier !== '')
      this.#others.set(file, byName(imports.functions(exported, qualifier)));
  }

  /** Functions of the package that were copied into others. */
  #findCopies(): [FuncIndex, SourceFunction][] {
    const copies: [FuncIndex, SourceFunction][] = [];
    for (const index of this.#code.byFunction.keys()) {
      for (const { name, startLine } of this.#code.inlinedIn(index) ?? []) {
        const source = packageOf(name) === this.path ? sourceOf(this.#sources, name, startLine) : undefined;
        if (source !== undefined) copies.push([index, source]);
      }
    }
    return copies;
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

/**
 * Whether a function is the one that gives a package's variables their first values (Go src/cmd/compile/internal/pkginit, 1.27): it is of all files, though it
 * begins in one. Functions that the source calls `init` have a number.
 */
const isInitializer = (name: string): boolean => name === `${packageOf(name)}.init`;

/** The one function that a name and a line mean, in one file or in any; `startLine`: 0 for one that is not known. */
function sourceOf(
  files: ReadonlyMap<string, FileFunctions>,
  name: string,
  startLine: number,
  file?: string,
): SourceFunction | undefined {
  if (isInitializer(name)) return undefined;
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

function usesByName(functions: Iterable<readonly [FuncIndex, SourceFunction | undefined]>): UsesByName {
  const found = new Map<string, UsesOfFunction[]>();
  for (const [index, source] of functions) {
    const own = new Map<string, VariableUse[]>();
    for (const use of source?.uses ?? []) if (use.certain) push(own, use.name, use);
    for (const [name, uses] of own) push(found, name, { index, uses });
  }
  return found;
}

function push<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

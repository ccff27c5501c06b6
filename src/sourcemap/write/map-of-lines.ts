import { ASIDE_COLUMN } from '../../base/aside-column.ts';
import { NONE, Stretch, type CodeLines } from '../../symbols/code-lines.ts';
import { writeScopes } from './scopes.ts';
import { VlqText } from './vlq-text.ts';

export interface MapOptions {
  /** The name of the module's file; left out where it is undefined. */
  readonly file?: string;
  /**
   * `exact`: only code whose line is known, with the functions' names, for programs that read reports. `stepping`: all code of functions, so
   * that a debugger is always at a line; what is not recorded has the line of the code before.
   */
  readonly lines: 'exact' | 'stepping';
  /** How a file is named in the map; its name in the symbols without. */
  readonly nameOf?: (file: string) => string;
  /** Text of a source file, by its name in the symbols; null where there is none. */
  readonly textOf?: (file: string) => string | null;
  /** With `stepping`: the source, by its name in the map, to which code of functions goes that has no line, and its text. */
  readonly nowhere?: { readonly name: string; readonly text: string };
  /** Whether a debugger is to leave a file alone. */
  readonly isIgnored?: (file: string) => boolean;
}

/** The part of a map that depends neither on what files are called in it nor on their text. */
export interface CodeMap {
  readonly mappings: Uint8Array;
  readonly scopes: Uint8Array;
  readonly names: readonly string[];
  readonly ignoreList: readonly number[];
  /** How many mappings there are, and to how many files. */
  readonly count: number;
  readonly used: number;
}

/** A map, and how much of the code it covers. */
export interface WrittenMap {
  /** JSON text in UTF-8. */
  readonly json: Uint8Array<ArrayBuffer>;
  readonly mappings: number;
  /** Files that code is mapped to. */
  readonly sources: number;
  /** Sources whose text is in the map. */
  readonly texts: number;
}

/**
 * A source map (ECMA-426) of a whole module: generated line 1, column = module offset, which is what browsers print behind
 * `wasm-function[N]:`. With `scopes`: functions, and what was inlined where.
 */
export function writeMapOfLines(lines: CodeLines, options: MapOptions): WrittenMap {
  return writeMapOfCode(lines, mapCode(lines, options), options);
}

/** Writes the part of a map that says where code belongs. It takes most of the time, and serves for maps with other texts too. */
export function mapCode(
  lines: CodeLines,
  options: Pick<MapOptions, 'lines' | 'nowhere' | 'isIgnored'>,
): CodeMap {
  const { isIgnored = () => false } = options;
  const names = new NameTable(lines.functions.names);
  const ignored = lines.files.map(isIgnored);
  const elsewhere = nowhereOf(options) === undefined ? NONE : lines.files.length;
  const { text: mappings, count, used } = writeMappings(lines, options.lines, names, ignored, elsewhere);
  const scopes = writeScopes(lines, (fn) => names.of(fn));
  const ignoreList = ignored.flatMap((is, i) => (is ? [i] : []));
  return { mappings: mappings.bytes(), scopes: scopes.bytes(), names: names.list, ignoreList, count, used };
}

/** `code`: of the same lines, with the same options. */
export function writeMapOfCode(lines: CodeLines, code: CodeMap, options: MapOptions): WrittenMap {
  const { nameOf = (file: string): string => file, textOf = () => null } = options;
  const nowhere = nowhereOf(options);
  let texts = 0;
  const contents = lines.files.map((file) => {
    const text = textOf(file);
    if (text !== null) texts++;
    return text;
  });
  const head = {
    version: 3,
    ...(options.file === undefined ? {} : { file: options.file }),
    sources: [...lines.files.map(nameOf), ...(nowhere === undefined ? [] : [nowhere.name])],
    ...(texts === 0 && nowhere === undefined
      ? {}
      : { sourcesContent: [...contents, ...(nowhere === undefined ? [] : [nowhere.text])] }),
    names: code.names,
    ignoreList: code.ignoreList,
  };
  const json = join([
    encode(`${JSON.stringify(head).slice(0, -1)},"mappings":"`),
    code.mappings,
    encode('","scopes":"'),
    code.scopes,
    encode('"}'),
  ]);
  return { json, mappings: code.count, sources: code.used, texts };
}

const nowhereOf = ({ lines, nowhere }: Pick<MapOptions, 'lines' | 'nowhere'>): MapOptions['nowhere'] =>
  lines === 'stepping' ? nowhere : undefined;

function writeMappings(
  { count, start, kind, file, line, level, levels }: CodeLines,
  which: MapOptions['lines'],
  names: NameTable,
  ignored: readonly boolean[],
  elsewhere: number,
): { text: VlqText; count: number; used: number } {
  const text = new VlqText(count * 8 + 64);
  const used = new Set<number>();
  const isExact = which === 'exact';
  let [column, lastFile, lastLine, lastColumn, lastName] = [0, 0, 0, 0, 0];
  // What the code before is mapped to.
  let [openFile, openLine, openColumn, openName]: number[] = [NONE, 0, 0, 0];
  let mappings = 0;
  for (let i = 0; i < count; i++) {
    const stretch = kind[i] ?? Stretch.none;
    const isMapped = isExact ? stretch >= Stretch.exact : stretch !== Stretch.none;
    // Code outside functions stays without.
    const without = (level[i] ?? NONE) === NONE ? NONE : elsewhere;
    const toFile = isMapped ? (file[i] ?? NONE) : without;
    const toLine = isMapped ? (line[i] ?? 0) : 1;
    const isAside = stretch === Stretch.aside || (stretch === Stretch.exactAside && !isExact);
    const toColumn = isAside ? ASIDE_COLUMN : 0;
    if (toFile === NONE && openFile === NONE) continue;
    // V8 leaves a function alone only when all of its code is to be: what has no line there is not left out.
    const isPart = i > 0 && rootOf(levels, level[i]) === rootOf(levels, level[i - 1]);
    if (!isMapped && !isExact && isPart && ignored[openFile ?? NONE] === true) continue;
    const name = isExact && toFile !== NONE ? names.of(levels.function[level[i] ?? NONE] ?? NONE) : 0;
    if (toFile === openFile && toLine === openLine && toColumn === openColumn && name === openName) continue;
    [openFile, openLine, openColumn, openName] = [toFile, toLine, toColumn, name];
    if (text.length > 0) text.char(COMMA);
    const at = start[i] ?? 0;
    text.signed(at - column);
    column = at;
    if (toFile === NONE) continue;
    mappings++;
    if (toFile !== elsewhere) used.add(toFile);
    text.signed(toFile - lastFile);
    text.signed(toLine - 1 - lastLine);
    text.signed(toColumn - lastColumn);
    [lastFile, lastLine, lastColumn] = [toFile, toLine - 1, toColumn];
    if (!isExact) continue;
    text.signed(name - lastName);
    lastName = name;
  }
  return { text, count: mappings, used: used.size };
}

/** The function of the module that a level is in; NONE outside functions. */
function rootOf(levels: CodeLines['levels'], level = NONE): number {
  let root = level;
  for (let at = level; at !== NONE; at = levels.parent[at] ?? NONE) root = at;
  return root;
}

const COMMA = 0x2c;

/** The names that are used, each once. */
class NameTable {
  readonly list: string[] = [];
  readonly #names: readonly string[];
  readonly #index: Int32Array;
  readonly #byName = new Map<string, number>();

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#index = new Int32Array(names.length).fill(NONE);
  }

  /** The index of a function's name. */
  of(fn: number): number {
    const known = this.#index[fn] ?? NONE;
    if (known !== NONE) return known;
    const name = this.#names[fn] ?? '';
    let index = this.#byName.get(name);
    if (index === undefined) {
      index = this.list.push(name) - 1;
      this.#byName.set(name, index);
    }
    this.#index[fn] = index;
    return index;
  }
}

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

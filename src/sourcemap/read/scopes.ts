import { VlqReader } from './vlq-reader.ts';

// The `scopes` field (ECMA-426, "Scopes"): first a tree of original scopes for each source, then the generated ranges. Items are separated by commas and
// begin with their tag; items of other tags, which later editions may add, are left out.

const Tag = {
  empty: 0,
  scopeStart: 1,
  scopeEnd: 2,
  rangeStart: 4,
  rangeEnd: 5,
  callSite: 8,
} as const;
const ScopeFlag = { hasName: 1, hasKind: 2, isStackFrame: 4 } as const;
const RangeFlag = { hasLine: 1, hasDefinition: 2, isStackFrame: 4, isHidden: 8 } as const;

/** Ranges inside each other; hostile maps have as many as they like. */
const MAX_DEPTH = 10_000;

/** The generated ranges of line 0 of a map with their functions: struct of arrays, in the order in which ranges begin. */
export interface MapScopes {
  readonly count: number;
  /** [start, end) of each range: columns of the generated line. */
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  /** The range around each; -1 for none. */
  readonly parent: Int32Array;
  /** Name of the function whose code it is, an index into the map's `names`; -1 where the range is of none, or it has no name. */
  readonly name: Int32Array;
  /** 1 where the function's name and place stand in stacks: its scope is a function's, and the range does not hide it. */
  readonly isFunction: Uint8Array;
  /** Source (index into the map's `sources`; -1 without) and 1-based first line of the function. */
  readonly source: Int32Array;
  readonly line: Uint32Array;
  /** For inlined code: source and 1-based line of the call; -1 and 0 without. */
  readonly callSource: Int32Array;
  readonly callLine: Uint32Array;
}

/**
 * Reads a `scopes` field. `sources`, `names`: how many there are. Throws a FormatError for what is none: damaged numbers, an end without a start, an index that
 * leads nowhere.
 */
export function readScopes(text: string, sources: number, names: number): MapScopes {
  return new ScopesReader(text, sources, names).read();
}

interface Definition {
  readonly name: number;
  readonly isFunction: boolean;
  readonly source: number;
  readonly line: number;
}

class ScopesReader {
  readonly #reader: VlqReader;
  readonly #sources: number;
  readonly #names: number;
  readonly #definitions: Definition[] = [];
  readonly #rows: {
    start: number;
    end: number;
    parent: number;
    definition: Definition | undefined;
    isFrame: boolean;
    callSource: number;
    callLine: number;
  }[] = [];

  constructor(text: string, sources: number, names: number) {
    this.#reader = new VlqReader(text, 'source map scopes');
    this.#sources = sources;
    this.#names = names;
  }

  read(): MapScopes {
    const reader = this.#reader;
    let source = 0;
    let depth = 0;
    let [line, name, definition] = [0, 0, 0];
    let [generatedLine, column] = [0, 0];
    const open: number[] = [];
    while (reader.nextItem()) {
      // An empty item is a source without scopes, as the tag for it is.
      const tag = reader.atEnd ? Tag.empty : reader.unsigned();
      switch (tag) {
        case Tag.empty:
          if (depth > 0) throw reader.error('expected the end of the scope');
          source++;
          break;
        case Tag.scopeStart: {
          const flags = reader.unsigned();
          if (depth++ === 0) line = 0;
          line += reader.unsigned();
          reader.unsigned();
          if ((flags & ScopeFlag.hasName) !== 0) name = reader.index(name + reader.signed(), this.#names);
          if ((flags & ScopeFlag.hasKind) !== 0) reader.signed();
          this.#definitions.push({
            name: (flags & ScopeFlag.hasName) === 0 ? -1 : name,
            isFunction: (flags & ScopeFlag.isStackFrame) !== 0,
            source: source < this.#sources ? source : -1,
            line: line + 1,
          });
          break;
        }
        case Tag.scopeEnd:
          if (depth-- === 0) throw reader.error('the end of a scope that has not begun');
          line += reader.unsigned();
          if (depth === 0) source++;
          break;
        case Tag.rangeStart: {
          const flags = reader.unsigned();
          if ((flags & RangeFlag.hasLine) !== 0) {
            generatedLine += reader.unsigned();
            column = 0;
          }
          column += reader.unsigned();
          const isDefined = (flags & RangeFlag.hasDefinition) !== 0;
          if (isDefined) definition = reader.index(definition + reader.signed(), this.#definitions.length);
          if (open.length >= MAX_DEPTH) throw reader.error(`more than ${MAX_DEPTH} ranges inside each other`);
          this.#rows.push({
            // Of later lines there is no code: their ranges are empty.
            start: generatedLine === 0 ? column : NO_CODE,
            end: NO_CODE,
            parent: open.at(-1) ?? -1,
            definition: isDefined ? this.#definitions[definition] : undefined,
            isFrame: (flags & RangeFlag.isStackFrame) !== 0 && (flags & RangeFlag.isHidden) === 0,
            callSource: -1,
            callLine: 0,
          });
          open.push(this.#rows.length - 1);
          break;
        }
        case Tag.rangeEnd: {
          const first = reader.unsigned();
          if (reader.atEnd) column += first;
          else {
            generatedLine += first;
            column = reader.unsigned();
          }
          const row = this.#rows[open.pop() ?? -1];
          if (row === undefined) throw reader.error('the end of a range that has not begun');
          if (generatedLine === 0) row.end = column;
          break;
        }
        case Tag.callSite: {
          const row = this.#rows[open.at(-1) ?? -1];
          if (row === undefined) throw reader.error('a call outside of all ranges');
          row.callSource = reader.index(reader.unsigned(), this.#sources);
          row.callLine = reader.unsigned() + 1;
          break;
        }
        default:
          break;
      }
    }
    if (open.length > 0 || depth > 0) throw reader.error('expected the ends of all scopes and ranges');
    return this.#columns();
  }

  #columns(): MapScopes {
    const rows = this.#rows.filter(({ start }) => start !== NO_CODE);
    const kept = new Map(
      this.#rows.flatMap((row, i) => (row.start === NO_CODE ? [] : [i])).map((i, at) => [i, at]),
    );
    return {
      count: rows.length,
      start: Uint32Array.from(rows, ({ start }) => start),
      end: Uint32Array.from(rows, ({ end }) => end),
      parent: Int32Array.from(rows, ({ parent }) => kept.get(parent) ?? -1),
      name: Int32Array.from(rows, ({ definition }) => definition?.name ?? -1),
      isFunction: Uint8Array.from(rows, ({ definition }) => (definition?.isFunction === true ? 1 : 0)),
      source: Int32Array.from(rows, ({ definition }) => definition?.source ?? -1),
      line: Uint32Array.from(rows, ({ definition }) => definition?.line ?? 0),
      callSource: Int32Array.from(rows, ({ callSource }) => callSource),
      callLine: Uint32Array.from(rows, ({ callLine }) => callLine),
    };
  }
}

const NO_CODE = 0xffff_ffff;

import type { SourceMapConsumer } from 'source-map';
import { FormatError } from '../../base/format-error.ts';
import { readScopesOfMap, type NamedScopes } from './map-scopes.ts';
import { withSourceMapText } from './consumer.ts';

/** A source map of a WebAssembly module: what of the code comes from which line. */
export interface ModuleSourceMap {
  /** Files, as the map names them, below its `sourceRoot`. */
  readonly sources: readonly string[];
  /** Text of a source; null where the map has none. */
  readonly contents: readonly (string | null)[];
  readonly names: readonly string[];
  /** Where each mapping begins, in rising order: module offsets. It holds until the next one begins. */
  readonly start: Uint32Array;
  /** By mapping: its source, an index into `sources`; -1 where the code comes from none. */
  readonly source: Int32Array;
  /** By mapping: its 1-based line; 0 without a source. */
  readonly line: Uint32Array;
  /** By mapping: the name that it gives, an index into `names`; -1 without. */
  readonly name: Int32Array;
  /** Functions and inlined calls of the code; undefined where the map does not tell them. */
  readonly scopes: NamedScopes | undefined;
  /** What of the map could not be read. */
  readonly damage: FormatError | undefined;
}

/**
 * Reads the source map of a module (ECMA-426, 2024): JSON text. Of WebAssembly, generated line 1 has all code and its columns are module offsets
 * (ECMA-426, 11.3); other lines are left out. Rejects with a FormatError for what is no source map.
 */
export function readModuleSourceMap(text: string): Promise<ModuleSourceMap> {
  return withSourceMapText(text, null, (consumer, raw) => {
    const sources = new Indices();
    const names = new Indices();
    const rows: { start: number; source: number; line: number; name: number }[] = [];
    consumer.eachMapping((mapping: Read) => {
      if (mapping.generatedLine !== 1) return;
      const { source, originalLine, name } = mapping;
      const known = source !== null && originalLine !== null;
      rows.push({
        start: mapping.generatedColumn,
        source: known ? sources.of(source) : -1,
        line: known ? originalLine : 0,
        name: known && name !== null ? names.of(name) : -1,
      });
    });
    rows.sort((a, b) => a.start - b.start);
    return {
      ...scopesOf(raw, consumer),
      sources: sources.list,
      contents: sources.list.map((source) => contentOf(consumer, source)),
      names: names.list,
      start: Uint32Array.from(rows, ({ start }) => start),
      source: Int32Array.from(rows, ({ source }) => source),
      line: Uint32Array.from(rows, ({ line }) => line),
      name: Int32Array.from(rows, ({ name }) => name),
    };
  });
}

/** The scopes of a map; damaged ones cost the map nothing else. */
function scopesOf(raw: unknown, consumer: SourceMapConsumer): Pick<ModuleSourceMap, 'scopes' | 'damage'> {
  try {
    // The package's own types leave out that a consumer has its sources.
    const { sources } = consumer as SourceMapConsumer & { readonly sources: readonly string[] };
    return { scopes: readScopesOfMap(raw, sources), damage: undefined };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { scopes: undefined, damage: error };
  }
}

/** A mapping as the package gives it; its own types leave out that these may be null. */
interface Read {
  readonly generatedLine: number;
  readonly generatedColumn: number;
  readonly source: string | null;
  readonly originalLine: number | null;
  readonly name: string | null;
}

/** Numbers for strings, in the order in which they come. */
class Indices {
  readonly list: string[] = [];
  readonly #numbers = new Map<string, number>();

  of(text: string): number {
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.list.push(text) - 1;
      this.#numbers.set(text, number);
    }
    return number;
  }
}

function contentOf(consumer: SourceMapConsumer, source: string): string | null {
  const content: unknown = consumer.sourceContentFor(source, true);
  return typeof content === 'string' ? content : null;
}

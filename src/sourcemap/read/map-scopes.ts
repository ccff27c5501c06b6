import { readScopes, type MapScopes } from './scopes.ts';

/** The scopes of a map with the names that they refer to: `name` is an index into `names`, `source` and `callSource` into `sources`. */
export interface NamedScopes extends MapScopes {
  readonly names: readonly string[];
  readonly sources: readonly string[];
}

/**
 * The scopes of a map (JSON that was parsed), or of all sections of an index map (ECMA-426, "Index source map") that begin on the first line, on which all
 * code of WebAssembly is. `sources`: as the map's other reader names them. Undefined where none has any. Throws a FormatError for damaged scopes.
 */
export function readScopesOfMap(raw: unknown, sources: readonly string[]): NamedScopes | undefined {
  const parts: Part[] = [];
  let firstSource = 0;
  for (const { map, line, column } of mapsOf(raw)) {
    const names = texts(field(map, 'names'));
    const count = listOf(field(map, 'sources')).length;
    const text = field(map, 'scopes');
    if (typeof text === 'string' && line === 0)
      parts.push({ scopes: readScopes(text, count, names.length), names, column, firstSource });
    firstSource += count;
  }
  return parts.length === 0 ? undefined : join(parts, sources);
}

interface Part {
  readonly scopes: MapScopes;
  readonly names: readonly string[];
  readonly column: number;
  readonly firstSource: number;
}

function mapsOf(raw: unknown): { map: unknown; line: number; column: number }[] {
  const sections = field(raw, 'sections');
  if (!Array.isArray(sections)) return [{ map: raw, line: 0, column: 0 }];
  return sections.map((section: unknown) => {
    const offset = field(section, 'offset');
    return {
      map: field(section, 'map'),
      line: Number(field(offset, 'line')),
      column: Number(field(offset, 'column')),
    };
  });
}

/** All parts behind each other, each from its column on. */
function join(parts: readonly Part[], sources: readonly string[]): NamedScopes {
  const count = parts.reduce((sum, { scopes }) => sum + scopes.count, 0);
  const names: string[] = [];
  const all = {
    start: new Uint32Array(count),
    end: new Uint32Array(count),
    parent: new Int32Array(count),
    name: new Int32Array(count),
    isFunction: new Uint8Array(count),
    source: new Int32Array(count),
    line: new Uint32Array(count),
    callSource: new Int32Array(count),
    callLine: new Uint32Array(count),
  };
  let first = 0;
  for (const { scopes, column, firstSource, names: own } of parts) {
    const shifted = (value: number | undefined, by: number): number =>
      value === undefined || value < 0 ? -1 : value + by;
    for (let row = 0; row < scopes.count; row++) {
      const at = first + row;
      all.start[at] = (scopes.start[row] ?? 0) + column;
      all.end[at] = Math.min((scopes.end[row] ?? 0) + column, 0xffff_ffff);
      all.parent[at] = shifted(scopes.parent[row], first);
      all.name[at] = shifted(scopes.name[row], names.length);
      all.isFunction[at] = scopes.isFunction[row] ?? 0;
      all.source[at] = shifted(scopes.source[row], firstSource);
      all.line[at] = scopes.line[row] ?? 0;
      all.callSource[at] = shifted(scopes.callSource[row], firstSource);
      all.callLine[at] = scopes.callLine[row] ?? 0;
    }
    first += scopes.count;
    for (const name of own) names.push(name);
  }
  return { count, ...all, names, sources };
}

function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? (of as Readonly<Record<string, unknown>>)[name] : undefined;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const texts = (value: unknown): string[] => listOf(value).map(String);

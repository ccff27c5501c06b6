import { SourceMapGenerator, type Mapping, type Position } from 'source-map';
import { isStandardLibrary } from '../../base/standard-library.ts';
import type { Symbolizer } from '../../symbols/symbolizer.ts';

export interface ModuleMapOptions {
  /** The name of the module's file. */
  readonly file: string;
  /** Text of a source file, by its name in the symbols; null where there is none. */
  readonly textOf?: (file: string) => string | null;
}

/** A map, and how much of the code it covers. */
export interface ModuleMap {
  readonly json: string;
  readonly mappings: number;
  readonly sources: number;
  /** Sources whose text is in the map. */
  readonly texts: number;
}

/**
 * A source map (ECMA-426, JSON text) of a whole module: generated line 1, column = module offset, which is what browsers print behind
 * `wasm-function[N]:`. Sources are named as the symbols name them; `names` has the function, of inlined code the one that was inlined. Code whose
 * line is not exactly known is mapped to nothing. `ignoreList` has the standard library. Linear in the code.
 */
export function writeModuleMap(
  symbols: Pick<Symbolizer, 'edges' | 'locate'>,
  { file, textOf = () => null }: ModuleMapOptions,
): ModuleMap {
  const generator = new SourceMapGenerator({ file });
  let before = '';
  let mappings = 0;
  const sources = new Set<string>();
  for (const offset of symbols.edges()) {
    const { confidence, frames } = symbols.locate(offset);
    const [inner] = frames;
    const generated = { line: 1, column: offset };
    if (
      confidence.kind !== 'exact' ||
      inner === undefined ||
      inner.line === 0 ||
      inner.file.startsWith('<')
    ) {
      if (before !== '') generator.addMapping(mappedToNothing(generated));
      before = '';
      continue;
    }
    const { function: name, file: source, line } = inner;
    const place = `${source}:${line} ${name}`;
    if (place === before) continue;
    before = place;
    mappings++;
    sources.add(source);
    generator.addMapping({ generated, source, original: { line, column: 0 }, name });
  }
  let texts = 0;
  for (const source of sources) {
    const text = textOf(source);
    if (text === null) continue;
    generator.setSourceContent(source, text);
    texts++;
  }
  const map = generator.toJSON();
  const ignoreList = map.sources.flatMap((source, i) => (isStandardLibrary(source) ? [i] : []));
  return { json: JSON.stringify({ ...map, ignoreList }), mappings, sources: sources.size, texts };
}

/** A mapping without a source, which ends the one before; the package takes it, its types do not know it. */
function mappedToNothing(generated: Position): Mapping {
  const mapping: Pick<Mapping, 'generated'> = { generated };
  return mapping as Mapping;
}

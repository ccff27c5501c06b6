import { SourceMapGenerator } from 'source-map';
import type { SymbolSource } from '../symbols/symbol-source.ts';

/** A Go file that the map leads to. */
export interface MapSource {
  /** Where DevTools fetches the text. */
  readonly url: string;
  /** How many lines the text has. */
  readonly lines: number;
}

/**
 * A source map (revision 3, JSON text) of a module for DevTools: generated line 1, column = module offset. It maps the places of
 * the given files whose code offset is exactly known; `sources` is keyed by the file's name in the symbols.
 */
export function writeSourceMap(
  symbols: Pick<SymbolSource, 'placesOf'>,
  sources: ReadonlyMap<string, MapSource>,
): string {
  const generator = new SourceMapGenerator();
  const places: { offset: number; url: string; line: number }[] = [];
  for (const [file, { url, lines }] of sources) {
    for (let line = 1; line <= lines; line++) {
      for (const place of symbols.placesOf(file, line)) {
        if (place.confidence.kind === 'exact') places.push({ offset: place.moduleOffset, url, line });
      }
    }
  }
  // The generator keeps mappings that come in order without sorting them again.
  places.sort((a, b) => a.offset - b.offset);
  for (const { offset, url, line } of places) {
    generator.addMapping({
      source: url,
      generated: { line: 1, column: offset },
      original: { line, column: 0 },
    });
  }
  return generator.toString();
}

import { SourceMapConsumer, type RawSourceMap } from 'source-map';
import { FormatError } from '../../base/format-error.ts';

/** Characters of a map: as long as a string of V8 can be. */
const MAX_TEXT = 0x1fff_ffe8;
const SECTION = 'source map';

/**
 * Gives package `source-map` its decoder: the bytes of its `lib/mappings.wasm`, or a URL that has them. Once, before the first map is read, where
 * the package cannot read its own files: in a browser and in a bundle.
 */
export function initializeSourceMaps(decoder: ArrayBuffer | string): void {
  SourceMapConsumer.initialize({ 'lib/mappings.wasm': decoder });
}

/**
 * Reads a source map (ECMA-426, 2024; JSON text, with or without the line `)]}'` before it; an index map too) and asks it. `url`: where it was
 * found, against which its sources are resolved; null to have their names as they are. Rejects with a FormatError for what is no source map; its
 * offset is 0, because the text has no bytes of its own.
 */
export async function withSourceMapText<Result>(
  text: string,
  url: string | null,
  ask: (consumer: SourceMapConsumer, raw: RawSourceMap) => Result,
): Promise<Result> {
  if (text.length > MAX_TEXT) throw new FormatError(SECTION, 0, 'expected a map of less than 512 MiB');
  const raw = parseJson(text);
  try {
    return await SourceMapConsumer.with(raw, url, (consumer) => ask(consumer, raw));
  } catch (error) {
    throw new FormatError(SECTION, 0, messageOf(error));
  }
}

function parseJson(text: string): RawSourceMap {
  let raw: unknown;
  try {
    // The line against script inclusion (ECMA-426, 10.2).
    raw = JSON.parse(text.startsWith(")]}'") ? text.slice(Math.max(0, text.indexOf('\n'))) : text);
  } catch (error) {
    throw new FormatError(SECTION, 0, `expected JSON (${messageOf(error)})`);
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    throw new FormatError(SECTION, 0, 'expected a JSON object');
  return raw as RawSourceMap;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

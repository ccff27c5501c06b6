import { fileOfGoSourceUrl, goSourceUrl } from '../base/go-source-url.ts';
import type { Handlers } from '../protocol/endpoint.ts';
import type { CodePlace, LanguageRequests, PlaceRange, SourcePlace } from '../protocol/language.ts';
import type { CodeRange, SteppingLines } from '../symbols/stepping-lines.ts';

/** A module whose files and lines DevTools has from the language plugin. */
export interface PluginModule {
  readonly stepping: SteppingLines;
  /** Module offset of the Code section's content. */
  readonly codeStart: number;
  /** Names in the symbols, by URL. */
  readonly fileByUrl: ReadonlyMap<string, string>;
}

type SourceRequests = Pick<
  LanguageRequests,
  'language.place' | 'language.frames' | 'language.ranges' | 'language.lines' | 'language.inlined'
>;

/** The names of a module's files, by the URLs that DevTools lists them under. */
export const filesByUrl = (files: readonly string[]): Map<string, string> =>
  new Map(files.map((file) => [goSourceUrl(file), file]));

/** Answers what DevTools asks about files, lines and functions. */
export function languageSources(get: (rawModuleId: string) => PluginModule): Handlers<SourceRequests> {
  const offsetOf = ({ codeStart }: PluginModule, { codeOffset }: CodePlace): number => codeStart + codeOffset;
  const rangesOf = ({ codeStart }: PluginModule, ranges: readonly CodeRange[]): PlaceRange[] =>
    ranges.map(({ start, end }) => ({ start: start - codeStart, end: end - codeStart }));
  const fileOf = ({ fileByUrl }: PluginModule, url: string): string =>
    fileByUrl.get(url) ?? fileOfGoSourceUrl(url);
  return {
    'language.place': (place): SourcePlace | null => {
      const module = get(place.rawModuleId);
      const found = module.stepping.frames(offsetOf(module, place))[place.inlineFrameIndex]?.place;
      if (found === undefined || found.line <= 0) return null;
      return { url: goSourceUrl(found.file), line: found.line - 1, column: found.column };
    },
    'language.frames': (place) => {
      const module = get(place.rawModuleId);
      return module.stepping.frames(offsetOf(module, place)).map((frame) => frame.function);
    },
    'language.ranges': ({ rawModuleId, url, line, column }) => {
      const module = get(rawModuleId);
      return rangesOf(module, module.stepping.ranges(fileOf(module, url), line + 1, column));
    },
    'language.lines': ({ rawModuleId, url }) => {
      const module = get(rawModuleId);
      return module.stepping.mappedLines(fileOf(module, url)).map((line) => line - 1);
    },
    'language.inlined': ({ of, ...place }) => {
      const module = get(place.rawModuleId);
      const offset = offsetOf(module, place);
      const { stepping } = module;
      return rangesOf(module, of === 'call' ? stepping.inlinedCall(offset) : stepping.inlinedCallees(offset));
    },
  };
}

import { BETWEEN_GOROUTINES_URL } from '../base/between-goroutines.ts';
import { isGenerated } from '../base/generated-code.ts';
import { isOfTinyGo, isStandardLibrary } from '../base/standard-library.ts';
import { goSourceUrl } from '../base/go-source-url.ts';
import { nextTask } from '../base/next-task.ts';
import { CancelledError, type Handlers } from '../protocol/endpoint.ts';
import type { AnalysisRequests } from '../protocol/requests.ts';
import type {
  FoundText,
  IgnoredFiles,
  MappedFile,
  MissingTexts,
  ShownFiles,
} from '../protocol/source-map.ts';
import { mapCode, writeMapOfCode, type CodeMap, type MapOptions } from '../sourcemap/write/map-of-lines.ts';
import { factsOfFiles, mismatch, skeleton } from '../sourcemap/write/source-text.ts';
import type { CodeLines } from '../symbols/code-lines.ts';
import { linesOf } from './lines-of.ts';
import type { AnalyzedModule, ModuleStore } from './module-store.ts';

/** Answers what the session asks for the map that is attached to DevTools. */
export function sourceMapHandlers(
  store: ModuleStore,
): Pick<Handlers<AnalysisRequests>, 'sourcemap.files' | 'sourcemap.build'> {
  return {
    'sourcemap.files': async ({ moduleKey, ...ignored }) => {
      const module = store.get(moduleKey);
      const lines = await linesOf(module);
      // While their texts are looked for.
      void nextTask().then(() => codeMapOf(lines, optionsOf(module, ignored), ignored));
      const facts = factsOfFiles(lines);
      return lines.files.map((file, i) => ({
        file,
        standard: isStandardLibrary(file) || isGenerated(file),
        lastLine: facts[i]?.lastLine ?? 0,
        hasText: false,
        mismatch: null,
      }));
    },
    'sourcemap.build': async ({ moduleKey, texts, missing, ...ignored }, { signal }) => {
      const module = store.get(moduleKey);
      const lines = await linesOf(module);
      if (signal.aborted) throw new CancelledError();
      const { texts: shown, files } = shownFiles(lines, { texts, missing });
      const options = optionsOf(module, ignored);
      const { json, mappings } = writeMapOfCode(lines, codeMapOf(lines, options, ignored), {
        ...options,
        textOf: (file) => shown.get(file) ?? null,
      });
      return { dataUrl: `data:application/json;base64,${base64(json)}`, mappings, files };
    },
  };
}

function optionsOf(module: AnalyzedModule, { ignoreStandard, ignore }: IgnoredFiles): MapOptions {
  return {
    lines: 'stepping',
    nameOf: goSourceUrl,
    ...(module.symbols.go === undefined
      ? {}
      : { nowhere: { name: BETWEEN_GOROUTINES_URL, text: NOWHERE_TEXT } }),
    isIgnored: (file) =>
      isGenerated(file) ||
      (ignoreStandard && isStandardLibrary(file)) ||
      ignore.some((prefix) => isOfPackage(file, prefix)),
  };
}

/** The newest of each module: it is built anew with more texts. */
const codeMaps = new WeakMap<CodeLines, { readonly of: string; readonly map: CodeMap }>();

function codeMapOf(lines: CodeLines, options: MapOptions, ignored: IgnoredFiles): CodeMap {
  const of = JSON.stringify(ignored);
  const known = codeMaps.get(lines);
  if (known?.of === of) return known.map;
  const map = mapCode(lines, options);
  codeMaps.set(lines, { of, map });
  return map;
}

/** What is shown of each file: its text, or what takes its place. */
export function shownFiles(
  lines: CodeLines,
  { texts, missing }: { readonly texts: ReadonlyMap<string, FoundText>; readonly missing: MissingTexts },
): ShownFiles {
  const facts = factsOfFiles(lines);
  const shown = new Map<string, string>();
  const files = lines.files.map((file, i): MappedFile => {
    const fact = facts[i] ?? { lastLine: 0, functions: [] };
    const text = texts.get(file);
    // Files of other languages may be in a module of TinyGo.
    const why = text === undefined || !file.endsWith('.go') ? null : mismatch(text.text, fact);
    const isKnown = text !== undefined && why === null;
    shown.set(file, isKnown ? text.text : skeleton(reasons(file, text?.from, why, missing), fact));
    return {
      file,
      standard: isStandardLibrary(file),
      lastLine: fact.lastLine,
      hasText: isKnown,
      mismatch: why,
    };
  });
  return { texts: shown, files };
}

/** What DevTools shows where a step ends in code that has no line. */
const NOWHERE_TEXT = [
  'This is no line of Go.',
  '',
  'The goroutine waits here, or its stack was moved: Go leaves all functions of it, to come back to them later, and DevTools',
  'takes that for the end of the step.',
  '',
  'The step goes on by itself where the extension may use the debugger; the pane "Go" of the sidebar says until where. In a worker',
  'that takes the hook: reload with it, or look into the running page, in the panel "Go".',
  'In the build without that permission, and in a frame of another site: set a breakpoint on the line at which you want to go on, and',
  'resume (F8).',
].join('\n');

/** What stands at the head of a file without text. */
function reasons(
  file: string,
  from: string | undefined,
  why: string | null,
  missing: MissingTexts,
): string[] {
  if (why !== null && from !== undefined) {
    return [
      `The text at ${from} is not shown: it is not the file that this module was built from (${why}).`,
      `Go knows the file as ${file}. The lines below are those of the functions that the module has.`,
    ];
  }
  if (isGenerated(file)) return ['The compiler made these functions: there is no source text of them.'];
  return [`The source text of ${file} is not here.`, ...missing[kindOf(file)]];
}

function kindOf(file: string): keyof MissingTexts {
  if (isOfTinyGo(file)) return 'tinygo';
  if (isStandardLibrary(file)) return 'standard';
  return /@v\d|\/pkg\/mod\//.test(file) ? 'dependency' : 'main';
}

/** Whether a file is of a package or of one below it; a version in the module cache (`@v1.2.3`) does not count. */
function isOfPackage(file: string, prefix: string): boolean {
  const path = `/${file.replace(/@[^/]*/g, '')}`;
  return prefix !== '' && path.includes(`/${prefix.replace(/^\/+|\/+$/g, '')}/`);
}

function base64(bytes: Uint8Array): string {
  const native = (bytes as { toBase64?: () => string }).toBase64;
  if (native !== undefined) return native.call(bytes);
  // Three bytes are four digits: pieces of a multiple of three can be put one behind the other.
  const piece = 0x6000;
  let text = '';
  for (let at = 0; at < bytes.length; at += piece) {
    text += btoa(String.fromCharCode(...bytes.subarray(at, at + piece)));
  }
  return text;
}

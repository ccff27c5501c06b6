import type { ModuleSymbols } from './choose.ts';

/** What is behind a build: tools that drop custom sections unless they are told not to. */
const KEEP =
  'and keep its custom sections afterwards: wasm-opt needs -g, and wasm-strip and --strip-debug remove them';

const GET = 'to get files, lines and inlined calls.';

/** What a TinyGo module without DWARF lacks, and how to get it. */
export const TINYGO_ADVICE = `Build with \`tinygo build\` without -no-debug, ${KEEP}, ${GET}`;

/**
 * What a module without debug information lacks, and what to change in the command that builds it, in a sentence or two; null where its symbols tell files and
 * lines, or where they are in a file of its own.
 */
export function symbolsAdvice({ toolchain, sources, producers }: ModuleSymbols): string | null {
  if (toolchain === 'go' || sources.some(({ kind }) => kind !== 'names')) return null;
  const has = sources.length > 0 ? 'names of functions only' : 'functions have no names either';
  return `No debug information: ${has}. ${toolchain === 'tinygo' ? TINYGO_ADVICE : ofCompiler(producers)}`;
}

function ofCompiler(producers: ModuleSymbols['producers']): string {
  const said = producers.map(({ name, version }) => `${name} ${version}`).join(' ');
  if (/\brust/i.test(said))
    return `Build with \`-C debuginfo=2\` (in Cargo.toml: debug = true, strip = false), ${KEEP}, ${GET}`;
  if (/\bclang\b|\bC_plus_plus|\bC\d\d\b|emscripten/i.test(said))
    return `Compile and link with -g (Emscripten: -g, or -gseparate-dwarf for a file beside the module), ${KEEP}, ${GET}`;
  return `Build with debug information (-g), ${KEEP}, ${GET}`;
}

import type { FuncIndex } from '../base/units.ts';
import type { NameSection } from '../wasm/name-section.ts';
import type { Producer } from '../wasm/producers.ts';
import type { WasmModule } from '../wasm/types.ts';

/** What a module says of the TinyGo that made it; null where it does not say. */
export interface TinyGoBuild {
  readonly version: string | null;
  /** `asyncify`: goroutines by rewriting the code; `none`: no goroutines. */
  readonly scheduler: 'asyncify' | 'none' | null;
  /** `blocks`: collected in blocks of 16 bytes (conservative or precise, which the module does not tell); `leaking`: never freed. */
  readonly gc: 'blocks' | 'leaking' | null;
  /** The -target. */
  readonly target: 'wasm' | 'wasip1' | 'wasm-unknown' | null;
}

/** Imports of module `gojs` that Go's own wasm_exec.js does not have. */
const TINYGO_IMPORTS = new Set(['runtime.ticks', 'runtime.sleepTicks']);

/** Functions that only TinyGo's runtime has (TinyGo src/runtime, src/internal/task, 0.20 to 0.33). */
const TINYGO_FUNCTIONS =
  /^(?:tinygo_(?:launch|rewind|unwind)|runtime\.(?:lookupPanic|nilPanic|runtimePanicAt|runtimePanic|_panic))$/;

/**
 * Recognises TinyGo by the `producers` section, by DWARF's producer, by imports of its runtime, or by its functions' names. Undefined for
 * other modules.
 */
export function readTinyGo(
  wasm: WasmModule,
  producers: readonly Producer[],
  dwarfProducer: string,
  names: NameSection | undefined,
): TinyGoBuild | undefined {
  const stated = producers.find(({ name }) => name === 'TinyGo');
  const functions = namesOf(wasm, names);
  const known =
    stated !== undefined ||
    dwarfProducer.startsWith('TinyGo') ||
    wasm.imports.some(({ module, name }) => module === 'gojs' && TINYGO_IMPORTS.has(name)) ||
    functions.some((name) => TINYGO_FUNCTIONS.test(name));
  if (!known) return undefined;
  const has = (pattern: RegExp): boolean => functions.some((name) => pattern.test(name));
  const asyncify = wasm.exports.some(({ name }) => name === 'asyncify_get_state') || has(/^tinygo_rewind$/);
  const blocks = has(/^\(runtime\.gcBlock\)\.|^runtime\.(?:markRoots|startMark|sweep)$/);
  return {
    version: stated === undefined || stated.version === '' ? null : stated.version,
    // Without names nothing says that asyncify is missing, but its exports do not go when names are stripped.
    scheduler: asyncify ? 'asyncify' : 'none',
    gc: blocks ? 'blocks' : has(/^runtime\.alloc$/) ? 'leaking' : null,
    target: targetOf(wasm),
  };
}

function targetOf(wasm: WasmModule): TinyGoBuild['target'] {
  const modules = new Set(wasm.imports.map(({ module }) => module));
  if (modules.has('gojs')) return 'wasm';
  if (modules.has('wasi_snapshot_preview1')) return 'wasip1';
  return modules.size === 0 ? 'wasm-unknown' : null;
}

function namesOf(wasm: WasmModule, names: NameSection | undefined): string[] {
  const list: string[] = [];
  if (names === undefined) return list;
  for (let i = 0; i < wasm.functionCount; i++) {
    const name = names.functionName((wasm.importedFunctionCount + i) as FuncIndex);
    if (name !== undefined) list.push(name);
  }
  return list;
}

/** What is known of the build, for a person: one sentence. */
export function describeTinyGo({ version, scheduler, gc, target }: TinyGoBuild): string {
  const parts = [
    target === null ? '' : `target ${target}`,
    scheduler === null
      ? ''
      : scheduler === 'none'
        ? 'no scheduler (no goroutines)'
        : 'goroutines by asyncify',
    gc === null
      ? ''
      : gc === 'leaking'
        ? 'memory is never freed (gc=leaking)'
        : 'memory is collected in blocks',
  ].filter((part) => part !== '');
  const what = version === null ? 'TinyGo, its version is not told' : `TinyGo ${version}`;
  return parts.length === 0 ? what : `${what}: ${parts.join('; ')}`;
}

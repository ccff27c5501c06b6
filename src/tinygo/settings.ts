import type { Dwarf } from '../dwarf/dwarf.ts';
import { gcOf, runtimeFiles } from './runtime-files.ts';
import type { TinyGoBuild } from './recognise.ts';

/** One thing that is known of how a TinyGo module was built. */
export interface TinyGoSetting {
  /** The flag of tinygo build, or `TinyGo` for its version. */
  readonly key: string;
  /** `not told` where the module does not say. */
  readonly value: string;
  /** What says so, in a sentence. */
  readonly from: string;
}

const NOT_TOLD = 'not told';

/** How a TinyGo module was built, as far as it tells. Nothing is guessed: each comes with what says so. */
export function tinyGoSettings(build: TinyGoBuild, dwarf: Dwarf | undefined): TinyGoSetting[] {
  return [
    {
      key: 'TinyGo',
      value: build.version ?? NOT_TOLD,
      from: build.version === null ? 'There is no producers section.' : 'The producers section says so.',
    },
    { key: '-target', ...targetOf(build) },
    build.scheduler === 'asyncify'
      ? {
          key: '-scheduler',
          value: 'asyncify',
          from: 'It has the functions of asyncify (asyncify_get_state or tinygo_rewind).',
        }
      : { key: '-scheduler', value: 'none', from: 'It has no function of asyncify.' },
    { key: '-gc', ...collectorOf(build, dwarf) },
    { key: '-opt', ...optimisationOf(dwarf) },
    dwarf === undefined
      ? { key: '-no-debug', value: 'yes, or stripped', from: 'It has no DWARF.' }
      : { key: '-no-debug', value: 'no', from: 'It has DWARF.' },
  ];
}

function targetOf({ target }: TinyGoBuild): Omit<TinyGoSetting, 'key'> {
  switch (target) {
    case 'wasm':
      return { value: target, from: 'It imports module gojs, which TinyGo’s wasm_exec.js gives.' };
    case 'wasip1':
      return { value: target, from: 'It imports module wasi_snapshot_preview1, and not gojs.' };
    case 'wasm-unknown':
      return { value: target, from: 'It imports nothing.' };
    case null:
      return { value: NOT_TOLD, from: 'It imports modules that are of no target of TinyGo 0.33.' };
  }
}

function collectorOf({ gc }: TinyGoBuild, dwarf: Dwarf | undefined): Omit<TinyGoSetting, 'key'> {
  const file = dwarf === undefined ? null : gcOf(runtimeFiles(dwarf));
  if (file !== null) return { value: file, from: `Its line tables name TinyGo’s gc_${file}.go.` };
  switch (gc) {
    case 'blocks':
      return { value: 'conservative or precise', from: 'It has functions of the collector of blocks.' };
    case 'leaking':
      return {
        value: 'leaking or custom',
        from: 'It has runtime.alloc, and no function of TinyGo’s own collector.',
      };
    case null:
      return { value: NOT_TOLD, from: 'No name of a function and no line table tells.' };
  }
}

function optimisationOf(dwarf: Dwarf | undefined): Omit<TinyGoSetting, 'key'> {
  if (dwarf === undefined) return { value: NOT_TOLD, from: 'Only DWARF tells which calls were inlined.' };
  let functions = 0;
  for (const header of dwarf.codeUnits()) {
    if (dwarf.unit(header)?.root.producer.startsWith('TinyGo') !== true) continue;
    const scopes = dwarf.scopes(header);
    if (scopes === undefined) continue;
    functions += scopes.count;
    if (scopes.parent.some((outer) => outer >= 0))
      return {
        value: '1, 2, s or z',
        from: 'Calls of Go code were inlined; which level it was is not told.',
      };
  }
  return functions === 0
    ? { value: NOT_TOLD, from: 'DWARF has no function of Go code.' }
    : {
        value: '0',
        from: `Of ${functions.toLocaleString('en-US')} functions of Go code no call was inlined.`,
      };
}

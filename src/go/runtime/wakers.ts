import { FormatError } from '../../base/format-error.ts';
import { address } from '../../base/units.ts';
import type { Moment } from './moment.ts';
import type { GoRuntime } from './runtime.ts';

export interface RegisteredFunctions {
  /** Functions that js.FuncOf made and Release has not given back; JavaScript may have forgotten them, which memory does not show. */
  readonly count: number;
  /** Null when it was read; otherwise why not. */
  readonly missing: string | null;
}

/** More than a program has. */
const MAX_FUNCTIONS = 1 << 24;

/**
 * The functions that JavaScript can call: the size of the map `funcs` in Go src/syscall/js/func.go, whose first word it is in maps of
 * every kind (src/runtime/map.go, hmap.count; since 1.24 src/internal/runtime/maps, Map.used). Throws only NeedPages.
 */
export function registeredFunctions({ runtime, memory }: Moment): RegisteredFunctions {
  // Without syscall/js, JavaScript cannot call a function value.
  if (runtime.program.functionNamed('syscall/js.handleEvent') === undefined)
    return { count: 0, missing: null };
  const { jsFuncs } = runtime.globals;
  if (jsFuncs.address === undefined) {
    const why = jsFuncs.confidence.kind === 'exact' ? '' : `: ${jsFuncs.confidence.why}`;
    return { count: 0, missing: `The functions that js.FuncOf registered were not found${why}.` };
  }
  try {
    const map = memory.word(jsFuncs.address);
    const count = map === 0 ? 0 : memory.word(address(map));
    if (count > MAX_FUNCTIONS) throw new FormatError('syscall/js.funcs', map, `${count} functions`, true);
    return { count, missing: null };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { count: 0, missing: `The functions that js.FuncOf registered cannot be read: ${error.message}.` };
  }
}

/** What every module of Go exports, in js and wasip1. */
const OWN = new Set([
  'run',
  'resume',
  'getsp',
  '_start',
  '_initialize',
  '_rt0_wasm_wasip1',
  '_rt0_wasm_wasip1_lib',
]);

/** Functions of the program that the page can call: those of `//go:wasmexport` (since Go 1.24). */
export function exportedFunctions({ program }: GoRuntime): string[] {
  const { exports } = program.module.wasm;
  return exports.filter((one) => one.kind === 'function' && !OWN.has(one.name)).map((one) => one.name);
}

import { FormatError } from '../base/format-error.ts';
import type { Address } from '../base/units.ts';
import { address } from '../base/units.ts';
import type { DataImage } from '../wasm/image.ts';
import type { WasmModule } from '../wasm/module.ts';
import { readProducers } from '../wasm/producers.ts';
import { minorVersion } from './versions.ts';

/** Which Go made a module. */
export interface GoVersion {
  /** `go1.26.10`, `devel go1.28-abcdef ...`; null when the module does not say. */
  readonly text: string | null;
  /** NN of `go1.NN`. */
  readonly minor: number | undefined;
  /** `producers`: the custom section of that name. `data`: the string runtime.buildVersion. */
  readonly from: 'producers' | 'data' | null;
}

/**
 * The producers section names the compiler (Go src/cmd/link/internal/wasm/asm.go, writeProducerSec); tools may drop it, then the
 * string that runtime.Version returns is in the data: the one that is a whole version.
 */
export function detectVersion(wasm: WasmModule, image: DataImage): GoVersion {
  const stated = producerVersion(wasm);
  if (stated !== undefined) return { text: stated, minor: minorVersion(stated), from: 'producers' };
  const found = versionInData(image);
  if (found !== undefined) return { text: found, minor: minorVersion(found), from: 'data' };
  return { text: null, minor: undefined, from: null };
}

function producerVersion(wasm: WasmModule): string | undefined {
  try {
    const producer = readProducers(wasm).find(({ field, name }) => field === 'language' && name === 'Go');
    const version = producer?.version ?? '';
    return /^(?:go1\.|devel )/.test(version) ? version : undefined;
  } catch (error) {
    // A broken section is a diagnostic of its own where sections are reported.
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

const PREFIX = new TextEncoder().encode('go1.');
/** Strings stand one after the other without a mark between them, so a digit may follow the version: the shortest reading is taken. */
const VERSION = /^go1\.(?:\d{1,2})(?:\.\d{1,2}|rc\d|beta\d)?/;

/** The version that stands most often in the data. */
function versionInData(image: DataImage): string | undefined {
  const counts = new Map<string, number>();
  let at: Address | undefined = image.find(PREFIX);
  while (at !== undefined) {
    const length = Math.min(16, image.size - at);
    const text = VERSION.exec(image.string(at, length))?.[0];
    // Strings such as `go1.21` in the standard library name features, not the toolchain; the toolchain has a patch or rc.
    if (text !== undefined && /\d\.\d+\.|rc|beta/.test(text)) counts.set(text, (counts.get(text) ?? 0) + 1);
    at = image.find(PREFIX, 1, address(at + PREFIX.length));
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

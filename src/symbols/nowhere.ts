import type { ModuleOffset } from '../base/units.ts';
import type { Location } from './symbol-source.ts';

/** The answer for a place of which nothing is known, and why. */
export function nowhere(offset: ModuleOffset, why: string): Location {
  return {
    moduleOffset: offset,
    funcIndex: undefined,
    pc: undefined,
    pcOffset: undefined,
    role: 'user',
    confidence: { kind: 'unavailable', why },
    frames: [],
  };
}

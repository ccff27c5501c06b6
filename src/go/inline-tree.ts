import { FormatError } from '../base/format-error.ts';
import { address, type Address } from '../base/units.ts';
import type { DataImage } from '../wasm/image.ts';
import type { InlineTreeLayout } from './versions.ts';

/** One call that the compiler inlined (Go src/runtime/symtabinl.go, inlinedCall). */
export interface InlinedCall {
  /** Of the inlined function. */
  readonly funcId: number;
  /** Of the inlined function, in the table of function names. */
  readonly nameOffset: number;
  /** PC_B whose line is that of the call, and whose own entry is the caller. */
  readonly parentPc: number;
  /** Line of the inlined function's `func` keyword; 0 where the version does not record it. */
  readonly startLine: number;
}

/** More inlined calls than any function has. */
const MAX_INDEX = 1 << 20;

/**
 * Entry `index` of the inline tree at `tree` (funcdata 3 of a function; which entry a PC is in says pcdata 2). Throws a FormatError
 * with the address when the entry cannot be one.
 */
export function readInlinedCall(
  image: DataImage,
  tree: Address,
  index: number,
  layout: InlineTreeLayout,
): InlinedCall {
  const at = tree + index * layout.entrySize;
  if (index < 0 || index >= MAX_INDEX) throw new FormatError('inline tree', tree, `index ${index}`, true);
  const parentPc = image.u32(address(at + layout.parentPc));
  if (parentPc > 0xffff) {
    throw new FormatError('inline tree', at + layout.parentPc, `PC_B ${parentPc} is above 65535`, true);
  }
  return {
    funcId: image.u8(address(at + layout.funcId)),
    nameOffset: image.u32(address(at + layout.nameOffset)),
    parentPc,
    startLine: layout.startLine < 0 ? 0 : image.i32(address(at + layout.startLine)),
  };
}

import { FormatError } from '../base/format-error.ts';
import type { DataImage } from '../wasm/image.ts';
import { FuncTable, type GoFunc } from './func-table.ts';
import { readInlinedCall } from './inline-tree.ts';
import type { ModuleData } from './moduledata.ts';
import { PcValueTables } from './pc-value.ts';
import type { PclntabHeader } from './pclntab.ts';
import { FuncData, PcData, type GoLayout } from './versions.ts';

/** Inline trees to look at. */
const SAMPLE = 24;
/** First PC_F of Go code on wasm (funcValueOffset in Go src/cmd/link/internal/wasm/asm.go). */
const FIRST_PC_FUNCTION = 0x1000;

/**
 * Whether a layout fits the tables: throws a FormatError with the first contradiction. Functions start at the first PC of Go code and
 * have names; inlined calls, which need the right offsets in `_func`, in moduledata and in the tree, have names and lie within their
 * function.
 */
export function checkTables(
  image: DataImage,
  header: PclntabHeader,
  moduleData: ModuleData,
  layout: GoLayout,
): void {
  const functions = new FuncTable(image, header, moduleData, layout);
  const tables = new PcValueTables(image, moduleData.pcTable);
  if (functions.pcFunction(0 as GoFunc) !== FIRST_PC_FUNCTION) {
    throw new FormatError('pclntab', header.functions, 'the first function is not at PC 0x10000000', true);
  }
  let trees = 0;
  for (let i = 0; i < functions.count && trees < SAMPLE; i++) {
    const fn = i as GoFunc;
    if (functions.funcDataCount(fn) > 16 || functions.pcDataCount(fn) > 16) {
      throw new FormatError('pclntab', header.functions, `function ${i} has too many tables`, true);
    }
    const tree = functions.funcData(fn, FuncData.inlineTree);
    if (tree === undefined) continue;
    const indexes = tables.at(functions.pcData(fn, PcData.inlineTreeIndex));
    const last = indexes.value.reduce((max, value) => Math.max(max, value), -1);
    if (last < 0) continue;
    trees++;
    const call = readInlinedCall(image, tree, last, layout.inlineTree);
    const name = functions.nameAt(call.nameOffset);
    const covered = indexes.end[indexes.count - 1] ?? 0;
    if (name === '' || call.parentPc >= covered || call.startLine < 0) {
      throw new FormatError('inline tree', tree, `entry ${last} is no inlined call`, true);
    }
  }
}

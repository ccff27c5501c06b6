import { FuncData, PcData } from './versions.ts';
import type { GoFunc } from './func-table.ts';
import type { GoModule } from './go-module.ts';
import { NO_VALUE, type PcValues } from './pc-value.ts';

/** What the tables of one function say of each of its PC_Bs, as columns. */
export interface FunctionLines {
  /** PC_Bs: 0 to count - 1. */
  readonly count: number;
  /** Line of the innermost level; -1 where unknown. */
  readonly line: Int32Array;
  /** Offset of the file's name (`FileNames.name`); -1 where unknown. */
  readonly file: Int32Array;
  /** Entry of the inline tree; -1 outside inlined code. */
  readonly inline: Int32Array;
}

/** Spreads the three tables of a function out over its PCs. Throws a FormatError where one is damaged. */
export function readFunctionLines(go: GoModule, fn: GoFunc): FunctionLines {
  const { functions, pcTables, files } = go;
  const count = go.pcCount(fn);
  const line = spread(pcTables.at(functions.pcTable(fn, 'pcln')), count);
  const file = spread(pcTables.at(functions.pcTable(fn, 'pcfile')), count);
  const cu = functions.cuOffset(fn);
  let number = NO_VALUE;
  let offset = NO_VALUE;
  for (let pc = 0; pc < count; pc++) {
    const next = file[pc] ?? NO_VALUE;
    if (next !== number) {
      number = next;
      offset = number < 0 ? NO_VALUE : files.offset(cu, number);
    }
    file[pc] = offset;
  }
  const inlines = functions.funcData(fn, FuncData.inlineTree) !== undefined;
  const inline = inlines
    ? spread(go.pcdataTable(fn, PcData.inlineTreeIndex), count)
    : new Int32Array(count).fill(NO_VALUE);
  return { count, line, file, inline };
}

function spread(table: PcValues, count: number): Int32Array {
  const values = new Int32Array(count).fill(NO_VALUE);
  let from = 0;
  for (let i = 0; i < table.count && from < count; i++) {
    const end = table.end[i] ?? 0;
    values.fill(table.value[i] ?? NO_VALUE, from, end);
    from = end;
  }
  return values;
}

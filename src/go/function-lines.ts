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

/** Room for the columns of one function, used again for the next one. */
export class LinesRoom {
  #room = new Int32Array(3 * 1024);

  /** Three columns of `count` rows; those of the function before are no more. */
  columns(count: number): readonly [Int32Array, Int32Array, Int32Array] {
    if (this.#room.length < 3 * count) this.#room = new Int32Array(6 * count);
    const column = (i: number): Int32Array => this.#room.subarray(i * count, (i + 1) * count);
    return [column(0), column(1), column(2)];
  }
}

/** Spreads the three tables of a function out over its PCs. Throws a FormatError where one is damaged. With `room` the columns last until the next function. */
export function readFunctionLines(go: GoModule, fn: GoFunc, room?: LinesRoom): FunctionLines {
  const { functions, pcTables, files } = go;
  const count = go.pcCount(fn);
  const [line, file, inline] = room?.columns(count) ?? [
    new Int32Array(count),
    new Int32Array(count),
    new Int32Array(count),
  ];
  spread(pcTables.at(functions.pcTable(fn, 'pcln')), line);
  spread(pcTables.at(functions.pcTable(fn, 'pcfile')), file);
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
  if (inlines) spread(go.pcdataTable(fn, PcData.inlineTreeIndex), inline);
  else inline.fill(NO_VALUE);
  return { count, line, file, inline };
}

function spread(table: PcValues, values: Int32Array): void {
  let from = 0;
  for (let i = 0; i < table.count && from < values.length; i++) {
    const end = Math.min(table.end[i] ?? 0, values.length);
    const value = table.value[i] ?? NO_VALUE;
    // Most stretches are of a few PCs.
    for (; from < end; from++) values[from] = value;
  }
  values.fill(NO_VALUE, from);
}

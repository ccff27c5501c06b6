/**
 * Rows of text as columns, two spaces between. `right`: the indices of the columns whose cells end at the same place, as numbers do.
 */
export function formatTable(
  rows: readonly (readonly string[])[],
  indent = '',
  right: readonly number[] = [],
): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows
    .map((row) => {
      const cells = row.map((cell, i) =>
        right.includes(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0),
      );
      return `${indent}${cells.join('  ')}`.trimEnd();
    })
    .map((line) => `${line}\n`)
    .join('');
}

/** A count with commas between the thousands. */
export const formatCount = (count: number): string => count.toLocaleString('en-US');

/** An offset in the module, as V8 prints it. */
export const formatHex = (offset: number): string => `0x${offset.toString(16)}`;

import type { Growth, HeapDiff } from '../go/runtime/heap/diff.ts';
import type { RootCause } from '../go/runtime/heap/retention.ts';
import type { ReadHeap } from './heap.ts';

/** What keeps an object of a type. */
export interface PathText {
  /** The type. */
  readonly name: string;
  readonly root: RootCause;
  readonly steps: readonly string[];
}

export interface GrowthText {
  readonly diff: HeapDiff;
  readonly stacks: readonly Growth[];
  readonly goroutines: { readonly before: number; readonly after: number } | null;
  readonly paths: readonly PathText[];
}

const ROWS = 20;

/** The text that gowasm heap prints. */
export function heapText(read: ReadHeap, growth: GrowthText | null): string {
  const { totals } = read.heap;
  const { summary, reachable } = read;
  const amount = (value: number | null): string => (value === null ? 'not known' : bytes(value));
  const share = (part: number): string => `${((part / Math.max(1, summary.bytes)) * 100).toFixed(1)} %`;
  const lines = [
    `in use      ${bytes(totals.heapAlloc)} in ${count(totals.heapObjects)} objects`,
    `reachable   ${bytes(reachable.bytes)} in ${count(reachable.objects)} objects; the rest is garbage`,
    `spans       ${count(summary.spans)} in use, ${bytes(totals.heapInuse)}; idle ${amount(totals.heapIdle)}, of it released ${amount(totals.heapReleased)}`,
    `stacks      ${amount(totals.stackInuse)}; goroutines ${count(read.heap.moment.goroutines.length)}`,
    `memory      ${bytes(totals.memoryBytes)}`,
    `collections ${totals.numGC ?? 'not known'}; next at ${amount(totals.nextGC)}`,
    `types       exact ${share(summary.exactBytes)}, inferred ${share(summary.inferredBytes)}, unknown ${share(summary.unknownBytes)} of the bytes`,
    '',
    ...table(
      ['size', 'objects', 'bytes', 'spans', 'fill'],
      summary.classes.map((row) => [
        `${row.size === 0 ? 'large' : row.size}${row.pointers ? '' : ' (no pointers)'}`,
        count(row.objects),
        bytes(row.bytes),
        count(row.spans),
        `${((row.bytes / Math.max(1, row.spanBytes)) * 100).toFixed(0)} %`,
      ]),
    ),
    '',
    ...table(
      ['type', 'objects', 'bytes', 'known'],
      summary.types
        .slice(0, ROWS)
        .map((row) => [
          row.name,
          count(row.objects),
          bytes(row.bytes),
          row.confidence.kind === 'unavailable' ? '' : row.confidence.kind,
        ]),
    ),
  ];
  if (summary.types.length > ROWS) lines.push(`... ${summary.types.length - ROWS} more types`);
  if (growth !== null) lines.push('', ...growthLines(growth));
  return `${lines.join('\n')}\n`;
}

function growthLines({ diff, stacks, goroutines, paths }: GrowthText): string[] {
  const grownBy = diff.bytesAfter - diff.bytesBefore;
  const percent = diff.bytesBefore === 0 ? '' : `, ${((grownBy / diff.bytesBefore) * 100).toFixed(1)} %`;
  const lines = [
    `growth of what is reachable: ${bytes(diff.bytesBefore)} to ${bytes(diff.bytesAfter)} (${signed(grownBy, bytes)}${percent})`,
  ];
  if (goroutines !== null) {
    lines.push(
      `goroutines: ${goroutines.before} to ${goroutines.after} (${signed(goroutines.after - goroutines.before, count)})`,
    );
  }
  const rows = (all: readonly Growth[]): string[][] =>
    all
      .slice(0, ROWS)
      .map((row) => [
        row.name,
        signed(row.objectsAfter - row.objectsBefore, count),
        signed(row.bytesAfter - row.bytesBefore, bytes),
      ]);
  lines.push('', ...table(['type', 'objects', 'bytes'], rows(diff.types)));
  lines.push('', ...table(['size', 'objects', 'bytes'], rows(diff.classes)));
  for (const { name, root, steps } of paths) {
    lines.push('', `${name} is kept by ${rootText(root)}`, ...steps.map((step) => `  ${step}`));
  }
  const grown = stacks.filter((row) => row.bytesAfter > row.bytesBefore).slice(0, ROWS);
  if (grown.length > 0) lines.push('', 'by allocation, as the memory profile samples it:');
  for (const row of grown) {
    const objects = signed(row.objectsAfter - row.objectsBefore, count);
    lines.push(
      `  ${signed(row.bytesAfter - row.bytesBefore, bytes)} in ${objects} objects`,
      ...row.name.split('\n').map((call) => `    ${call}`),
    );
  }
  return lines;
}

/** A root in words. */
export function rootText(root: RootCause): string {
  switch (root.kind) {
    case 'variable': {
      const name = root.name ?? `the variable at 0x${root.at.toString(16)}`;
      return root.users.length === 0 ? name : `${name}, which ${root.users.join(', ')} use`;
    }
    case 'stack':
      return `goroutine ${root.goroutine}${root.function === '' ? '' : ` in ${root.function}`}`;
    case 'finalizer':
      return 'its finalizer';
  }
}

const count = (value: number): string => value.toLocaleString('en-US');

function bytes(value: number): string {
  if (value < 10_000) return `${count(value)} B`;
  return value < 1 << 20 ? `${(value / 1024).toFixed(1)} KiB` : `${(value / (1 << 20)).toFixed(2)} MiB`;
}

function signed(value: number, format: (value: number) => string): string {
  return `${value < 0 ? '-' : '+'}${format(Math.abs(value))}`;
}

/** The first column to the left, the others to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

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
  const amount = (value: number | null): string => (value === null ? 'not known' : bytesText(value));
  const share = (part: number): string => `${((part / Math.max(1, summary.bytes)) * 100).toFixed(1)} %`;
  const lines = [
    `in use      ${bytesText(totals.heapAlloc)} in ${countText(totals.heapObjects)} objects`,
    `reachable   ${bytesText(reachable.bytes)} in ${countText(reachable.objects)} objects; the rest is garbage`,
    `spans       ${countText(summary.spans)} in use, ${bytesText(totals.heapInuse)}; idle ${amount(totals.heapIdle)}, of it released ${amount(totals.heapReleased)}`,
    `stacks      ${amount(totals.stackInuse)}; goroutines ${countText(read.heap.moment.goroutines.length)}`,
    `memory      ${bytesText(totals.memoryBytes)}`,
    `collections ${totals.numGC ?? 'not known'}; next at ${amount(totals.nextGC)}`,
    `types       exact ${share(summary.exactBytes)}, inferred ${share(summary.inferredBytes)}, unknown ${share(summary.unknownBytes)} of the bytes`,
    '',
    ...table(
      ['size', 'objects', 'bytes', 'spans', 'fill'],
      summary.classes.map((row) => [
        `${row.size === 0 ? 'large' : row.size}${row.pointers ? '' : ' (no pointers)'}`,
        countText(row.objects),
        bytesText(row.bytes),
        countText(row.spans),
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
          countText(row.objects),
          bytesText(row.bytes),
          row.confidence.kind === 'unavailable' ? '' : row.confidence.kind,
        ]),
    ),
  ];
  if (summary.types.length > ROWS) lines.push(`... ${summary.types.length - ROWS} more types`);
  if (growth !== null) lines.push('', ...growthLines(growth));
  return `${lines.join('\n')}\n`;
}

/** What has grown, line by line. */
export function growthLines({ diff, stacks, goroutines, paths }: GrowthText): string[] {
  const grownBy = diff.bytesAfter - diff.bytesBefore;
  const percent = diff.bytesBefore === 0 ? '' : `, ${((grownBy / diff.bytesBefore) * 100).toFixed(1)} %`;
  const lines = [
    `growth of what is reachable: ${bytesText(diff.bytesBefore)} to ${bytesText(diff.bytesAfter)} (${signed(grownBy, bytesText)}${percent})`,
  ];
  if (goroutines !== null) {
    lines.push(
      `goroutines: ${goroutines.before} to ${goroutines.after} (${signed(goroutines.after - goroutines.before, countText)})`,
    );
  }
  const rows = (all: readonly Growth[]): string[][] =>
    all
      .slice(0, ROWS)
      .map((row) => [
        row.name,
        signed(row.objectsAfter - row.objectsBefore, countText),
        signed(row.bytesAfter - row.bytesBefore, bytesText),
      ]);
  lines.push('', ...table(['type', 'objects', 'bytes'], rows(diff.types)));
  lines.push('', ...table(['size', 'objects', 'bytes'], rows(diff.classes)));
  for (const { name, root, steps } of paths) {
    lines.push('', `${name} is kept by ${rootText(root)}`, ...steps.map((step) => `  ${step}`));
  }
  const grown = stacks.filter((row) => row.bytesAfter > row.bytesBefore).slice(0, ROWS);
  if (grown.length > 0) lines.push('', 'in use by allocation, as pprof estimates it of the samples:');
  for (const row of grown) {
    const objects = signed(row.objectsAfter - row.objectsBefore, countText);
    lines.push(
      `  ${signed(row.bytesAfter - row.bytesBefore, bytesText)} in ${objects} objects`,
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

/** `12,345`. */
export const countText = (value: number): string => value.toLocaleString('en-US');

/** `9,999 B`, `12.3 KiB`, `4.56 MiB`. */
export function bytesText(value: number): string {
  if (value < 10_000) return `${countText(value)} B`;
  return value < 1 << 20 ? `${(value / 1024).toFixed(1)} KiB` : `${(value / (1 << 20)).toFixed(2)} MiB`;
}

function signed(value: number, format: (value: number) => string): string {
  return `${value < 0 ? '-' : '+'}${format(Math.abs(value))}`;
}

/** The first column to the left, the others to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** Percent by which what is reachable has grown. */
export function growthPercent({ bytesBefore, bytesAfter }: HeapDiff): number {
  return bytesBefore === 0
    ? bytesAfter === 0
      ? 0
      : Infinity
    : ((bytesAfter - bytesBefore) / bytesBefore) * 100;
}

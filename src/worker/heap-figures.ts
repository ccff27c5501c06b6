import { grown, diffHeaps, type Amount } from '../go/runtime/heap/diff.ts';
import type { HeapSummary } from '../memory/heap-rows.ts';
import { readMemoryProfile } from '../go/runtime/memory-profile.ts';
import type { Moment } from '../go/runtime/moment.ts';
import { groupStacks } from '../go/runtime/stack-groups.ts';
import { allocationAmounts } from '../profile/allocations.ts';
import type { HeapComparison, HeapFacts } from '../protocol/heap.ts';

/** What is kept of a heap for good: enough to show it in a list and to compare it. */
export interface HeapFigures {
  readonly facts: HeapFacts;
  readonly reachable: HeapSummary;
  readonly allocations: { readonly amounts: readonly Amount[]; readonly notes: readonly string[] };
  readonly goroutines: {
    readonly count: number;
    readonly byFunction: readonly Amount[];
    readonly byStack: readonly Amount[];
  };
}

/** Frames of a stack that name it. */
const MAX_FRAMES = 100;

/** The figures of a heap beside its totals: allocations by the memory profile, and goroutines. Throws only NeedPages. */
export function figuresOf(moment: Moment, facts: HeapFacts, reachable: HeapSummary): HeapFigures {
  const profile = readMemoryProfile(moment.runtime, moment.memory);
  const amounts = allocationAmounts(moment.runtime.program, profile);
  const off = profile.rate === 0 && amounts.length === 0;
  const notes = off ? ['The memory profile of the program was switched off.'] : profile.notes;
  return { facts, reachable, allocations: { amounts, notes }, goroutines: goroutinesOf(moment) };
}

function goroutinesOf(moment: Moment): HeapFigures['goroutines'] {
  const { goroutines, stacks } = moment;
  const bytesOf = ({ stack }: (typeof goroutines)[number]): number => Math.max(0, stack.hi - stack.lo);
  const byFunction = goroutines.map((one): Amount => {
    const { startFunction, createdBy } = one;
    const from =
      createdBy === null ? '' : `\n${createdBy.function} ${createdBy.file}:${String(createdBy.line)}`;
    return { name: `${startFunction || '?'}${from}`, objects: 1, bytes: bytesOf(one) };
  });
  const { of, groups } = groupStacks(moment);
  const bytes = new Float64Array(groups.length);
  goroutines.forEach((one, i) => {
    const group = of[i] ?? 0;
    bytes[group] = (bytes[group] ?? 0) + bytesOf(one);
  });
  const byStack = groups.map(({ count, first }, i): Amount => {
    const { frames } = stacks.read(first);
    // As Go's own text has it: without the runtime's frames above those of the program.
    const own = frames.findIndex((frame) => !frame.function.startsWith('runtime.'));
    const lines = frames
      .slice(Math.max(0, own), Math.max(0, own) + MAX_FRAMES)
      .map((frame) => `${frame.function} ${frame.file}:${String(frame.line)}`);
    return { name: lines.join('\n') || '?', objects: count, bytes: bytes[i] ?? 0 };
  });
  return { count: goroutines.length, byFunction, byStack };
}

/** What has grown from one heap to another. */
export function compareFigures(before: HeapFigures, after: HeapFigures): HeapComparison {
  const notes = new Set([...before.allocations.notes, ...after.allocations.notes]);
  return {
    diff: diffHeaps(before.reachable, after.reachable),
    allocations: {
      rows: grown(before.allocations.amounts, after.allocations.amounts),
      notes: [...notes],
    },
    goroutines: {
      before: before.goroutines.count,
      after: after.goroutines.count,
      byFunction: grown(before.goroutines.byFunction, after.goroutines.byFunction),
      byStack: grown(before.goroutines.byStack, after.goroutines.byStack),
    },
  };
}

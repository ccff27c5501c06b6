import type { RegionRow } from '../../model/types.ts';

export type RegionKind = RegionRow['kind'];

/** A kind of regions, or the arenas in which some of them lie. */
export type SumKind = RegionKind | 'arena';

/** What the kinds of regions are called, and what each holds. */
export const KIND_TITLES: Readonly<Record<SumKind, readonly [title: string, hint: string]>> = {
  unknown: ['Not known', 'Nothing is known of what lies here.'],
  nil: ['Nil page', 'No variable lies in the first page, so that a nil pointer is seen.'],
  arguments: ['Arguments', 'Arguments and environment, which the host writes before the program starts.'],
  rodata: ['Constants', 'Constants and tables of the program (rodata).'],
  types: ['Types', 'Type descriptors.'],
  pclntab: ['Pclntab', 'Functions, files and lines.'],
  data: ['Data', 'Variables that have a value at the start.'],
  bss: ['BSS', 'Variables that are zero at the start.'],
  stack: ['Stacks', 'Stacks of goroutines, and the one on which the program starts.'],
  arena: [
    'Arenas',
    'The parts in which the runtime asks for memory of its heap: spans, stacks and what is free lie in them.',
  ],
  heap: ['Heap', 'Spans of the heap that hold objects.'],
  free: ['Free', 'Parts of the heap’s arenas that hold nothing.'],
  runtime: ['Runtime', 'What the runtime manages for itself.'],
};

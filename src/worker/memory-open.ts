import { address } from '../base/units.ts';
import { listGoroutines } from '../go/runtime/goroutines.ts';
import type { NamedStack } from '../go/runtime/memory-map.ts';
import { loadConstants } from '../go/runtime/runtime.ts';
import type { AddressRange, Memory } from '../memory/memory.ts';
import { PageStore } from '../memory/page-store.ts';
import { withPages } from '../memory/with-pages.ts';
import type { MemorySource } from '../protocol/memory.ts';
import type { AskForMemory } from './analysis.ts';
import type { AnalyzedModule, ModuleStore } from './module-store.ts';

/** A memory that is looked at. */
export interface OpenedMemory {
  /** The same text for the same memory at the same moment, and for a live one. */
  readonly key: string;
  readonly module: AnalyzedModule;
  readonly size: number;
  /** The program goes on in it. */
  readonly live: boolean;
  /** Ranges read at one moment, as many bytes of each as the memory has. */
  read(ranges: readonly { address: number; length: number }[]): Promise<readonly Uint8Array[]>;
  /** Runs `work`, anew when pages had to be fetched. */
  walk<Result>(work: (memory: Memory) => Result): Promise<Result>;
  /** Stacks of its goroutines, of standard Go. */
  stacks(memory: Memory): readonly NamedStack[];
}

/** Go's own page size: a span begins at a multiple of it. */
const PAGE = 8192;
const MAX_ROUNDS = 512;

/** Ranges as a memory is asked for them. */
export const addressRanges = (
  ranges: readonly { readonly address: number; readonly length: number }[],
): AddressRange[] => ranges.map((range) => ({ address: address(range.address), length: range.length }));

/** A memory in the page: of a program that runs, where what is read is of now, or a copy. */
export function openInPage(
  store: ModuleStore,
  ask: AskForMemory,
  { kind, moduleKey, target, size }: Exclude<MemorySource, { kind: 'snapshot' }>,
): OpenedMemory {
  const module = store.get(moduleKey);
  const runtime = 'value' in module.runtime ? module.runtime.value : null;
  const read: OpenedMemory['read'] = (ranges) => ask.read(target, addressRanges(ranges));
  return {
    key: `${target} ${module.hash}`,
    module,
    size,
    live: kind === 'live',
    read,
    walk: async (work) => {
      const pages = new PageStore(size, { pageSize: PAGE });
      if (runtime !== null) loadConstants(runtime, pages);
      const { result } = await withPages(pages, read, work, { maxRounds: MAX_ROUNDS, maxBytes: size });
      return result;
    },
    stacks: (memory) =>
      runtime === null
        ? []
        : listGoroutines(runtime, memory).goroutines.map(({ id, stack }) => ({
            id,
            lo: stack.lo,
            hi: stack.hi,
          })),
  };
}

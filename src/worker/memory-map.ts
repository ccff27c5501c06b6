import { mapGoMemory } from '../go/runtime/memory-map.ts';
import type { SpanTable } from '../go/runtime/heap/spans.ts';
import { findRegion, layRegions, regionAt, type Region, type RegionTable } from '../memory/regions.ts';
import type { Memory } from '../memory/memory.ts';
import type { ArenaRow } from '../protocol/memory.ts';
import { mapSegments, mapTinyGoMemory } from '../tinygo/memory-map.ts';
import type { OpenedMemory } from './memory-open.ts';

/** What lies where in a memory, as it was read. */
export interface ReadMap {
  readonly table: RegionTable;
  /** Of the heap of standard Go; null where it is not known. */
  readonly spans: SpanTable | null;
  /** Arenas of the heap of standard Go, in rising order. */
  readonly arenas: readonly ArenaRow[];
  readonly notes: readonly string[];
}

/** Reads it, by what the module's toolchain is. */
export async function readMap(opened: OpenedMemory): Promise<ReadMap> {
  try {
    const { layers, spans, arenas, notes } = await opened.walk((memory) => mapOf(opened, memory));
    const running = opened.live
      ? ['The program runs on: what changes while this is read may contradict itself.']
      : [];
    const table = layRegions(opened.size, layers);
    return { table, spans, arenas: arenaRows(table, arenas), notes: [...running, ...notes] };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const layers = [mapSegments(opened.module.symbols.wasm)];
    return {
      table: layRegions(opened.size, layers),
      spans: null,
      arenas: [],
      notes: [`Only the module’s data is known: ${why}.`],
    };
  }
}

interface Laid {
  readonly layers: readonly (readonly Region[])[];
  readonly spans: SpanTable | null;
  /** [start, end) of each. */
  readonly arenas: readonly (readonly [start: number, end: number])[];
  readonly notes: readonly string[];
}

function mapOf(opened: OpenedMemory, memory: Memory): Laid {
  const { runtime, symbols } = opened.module;
  if ('value' in runtime) {
    const { arenas, arenaBytes, ...found } = mapGoMemory(runtime.value, memory, opened.stacks(memory));
    return { ...found, arenas: arenas.map((start) => [start, start + arenaBytes] as const) };
  }
  const { wasm, dwarf, toolchain } = symbols;
  const nothing = { spans: null, arenas: [] };
  if (toolchain === 'tinygo') return { ...mapTinyGoMemory(wasm, dwarf?.dwarf, memory), ...nothing };
  const notes = [`What is behind the module’s data is not known: ${runtime.why}.`];
  return { layers: [mapSegments(wasm)], ...nothing, notes };
}

/** How much of each arena is in spans; what lies outside the memory is not counted. */
function arenaRows(table: RegionTable, arenas: Laid['arenas']): ArenaRow[] {
  return arenas.map(([from, to]) => {
    const start = Math.min(from, table.size);
    const end = Math.min(to, table.size);
    let used = 0;
    for (let i = findRegion(table, start); i >= 0 && i < table.count; i++) {
      const region = regionAt(table, i);
      if (region.start >= end) break;
      if (region.kind === 'free') continue;
      used += Math.min(region.end, end) - Math.max(region.start, start);
    }
    return { start, end, used };
  });
}

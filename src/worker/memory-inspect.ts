import { EXACT, type Confidence } from '../base/confidence.ts';
import { FormatError } from '../base/format-error.ts';
import { address, type Address } from '../base/units.ts';
import { MAX_BITS_SIZE } from '../go/runtime/heap/pointer-words.ts';
import { PAGE_SIZE, SpanState, type SpanTable } from '../go/runtime/heap/spans.ts';
import { readGoWords } from '../go/runtime/read-word.ts';
import type { GoRuntime } from '../go/runtime/runtime.ts';
import { readNumbers, readPointer, readText } from '../memory/interpret.ts';
import type { Memory } from '../memory/memory.ts';
import { findRegion, regionAt, type RegionTable } from '../memory/regions.ts';
import type { Inspection, RegionRow } from '../protocol/memory.ts';
import type { ReadMap } from './memory-map.ts';
import type { OpenedMemory } from './memory-open.ts';

/** Bytes of a pointer of a program. */
export const wordOf = ({ module }: OpenedMemory): 4 | 8 => ('value' in module.runtime ? 8 : 4);

/** What stands at an address of a memory. */
export function inspect(opened: OpenedMemory, map: ReadMap, at: number): Promise<Inspection> {
  const { runtime } = opened.module;
  const go = 'value' in runtime ? runtime.value : null;
  return opened.walk((memory) => {
    const here = address(at);
    const pointer = readPointer(memory, here, wordOf(opened));
    return {
      address: at,
      region: rowAt(map.table, at),
      parts: go === null ? [] : partsOf(opened, go, memory, map, here),
      numbers: readNumbers(memory, here),
      text: readText(memory, here),
      pointer: pointer === null ? null : { address: pointer, region: nameAt(map.table, pointer) },
      words: go === null ? [] : readGoWords(go, memory, here),
    };
  });
}

/** The region that holds a byte. */
export function rowAt(table: RegionTable, at: number): RegionRow | null {
  const index = findRegion(table, at);
  return index < 0 ? null : regionAt(table, index);
}

/** What a region is called: its name, or its kind. */
export function nameAt(table: RegionTable, at: number): string {
  const row = rowAt(table, at);
  return row === null ? '' : row.name === '' ? row.kind : row.name;
}

function partsOf(
  opened: OpenedMemory,
  runtime: GoRuntime,
  memory: Memory,
  { spans }: ReadMap,
  at: Address,
): Inspection['parts'] {
  const { moduleData } = runtime.program.module;
  if (at >= moduleData.noptrdata.start && at < moduleData.end) return variableAt(opened, at);
  if (spans === null) return [];
  const row = spanAt(spans, at);
  if (row < 0 || spans.state[row] !== SpanState.inUse) return [];
  const size = spans.elemSize[row] ?? 1;
  const start = placeIn(spans, row, at);
  if (start + size > (spans.start[row] ?? 0) + (spans.elements[row] ?? 0) * size) {
    const text = 'behind the last object of its span: what the allocator keeps there';
    return [{ text, start, length: null, confidence: EXACT, type: null }];
  }
  const type = typeNoted(runtime, memory, spans, row, start);
  return [
    {
      text: type === null ? 'place of an object' : `object of type ${type}`,
      start,
      length: size,
      confidence: EXACT,
      type,
    },
  ];
}

/** The variable that an address may belong to: the next one below that code refers to. */
function variableAt({ module }: OpenedMemory, at: Address): Inspection['parts'] {
  const found = module.variables?.before(at);
  if (found === undefined) return [];
  const { name, users } = found;
  const text = name ?? (users.length > 0 ? `variable of ${users.join(', ')}` : 'variable');
  const confidence: Confidence =
    found.at === at
      ? EXACT
      : {
          kind: 'inferred',
          why: 'It is the next place below that code refers to: where a variable ends is not noted.',
        };
  return [{ text, start: found.at, length: null, confidence, type: null }];
}

/** The type that the allocator noted for the object at `start`; null where it noted none. */
function typeNoted(
  runtime: GoRuntime,
  memory: Memory,
  spans: SpanTable,
  row: number,
  start: number,
): string | null {
  if (runtime.program.minor < 22) return null;
  const spanClass = spans.spanClass[row] ?? 1;
  const large = spanClass >>> 1 === 0;
  if ((spanClass & 1) === 1 || (!large && (spans.elemSize[row] ?? 0) <= MAX_BITS_SIZE)) return null;
  const at = large ? (spans.largeType[row] ?? 0) : memory.word(address(start));
  if (at === 0) return null;
  try {
    return runtime.types.typeAt(address(at)).name;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return null;
  }
}

/** Where the place of an object begins that holds a byte of a span. */
export function placeIn(spans: SpanTable, row: number, at: number): number {
  const start = spans.start[row] ?? 0;
  const size = spans.elemSize[row] ?? 0;
  return size === 0 ? start : start + Math.floor((at - start) / size) * size;
}

/** The span of a byte; -1 where it is in none. */
export function spanAt({ start, pages, count }: SpanTable, at: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((start[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  const row = low - 1;
  return row >= 0 && at < (start[row] ?? 0) + (pages[row] ?? 0) * PAGE_SIZE ? row : -1;
}

import type { GoFunc } from '../go/func-table.ts';
import type { GoRuntime } from '../go/runtime/runtime.ts';
import { globalVariables } from '../dwarf/global-variables.ts';
import { REGION_KINDS, regionAt, type RegionTable } from '../memory/regions.ts';
import type { JumpTarget } from '../protocol/memory.ts';
import { nameAt, placeIn, spanAt } from './memory-inspect.ts';
import type { ReadMap } from './memory-map.ts';
import type { OpenedMemory } from './memory-open.ts';
import { concludedNamed } from './variables.ts';

/** Places that are offered. */
const MAX_TARGETS = 50;
/** Functions that are looked through for their variables. */
const MAX_FUNCTIONS = 20;

/** Where a text leads: an address in hex or decimal, with `+` and `-`; a goroutine; a variable, function or type by name; a region. */
export function findPlaces(opened: OpenedMemory, map: ReadMap, text: string): JumpTarget[] {
  const wanted = text.trim();
  if (wanted === '') return [];
  const at = parseAddress(wanted);
  if (at !== null) {
    const where = at < opened.size ? nameAt(map.table, at) : 'beyond the end of the memory';
    return [{ address: at, text: `0x${at.toString(16)}${where === '' ? '' : `, ${where}`}` }];
  }
  const targets: JumpTarget[] = [];
  const { runtime } = opened.module;
  const within = /^(span|object)\s+(.+)$/i.exec(wanted);
  if (within !== null) return placesWithin(map, within[1]?.toLowerCase() ?? '', within[2] ?? '');
  const goroutine = /^(?:goroutine|g)\s*#?(\d+)$/i.exec(wanted)?.[1];
  targets.push(
    ...regionsNamed(
      map.table,
      goroutine === undefined ? wanted : `stack of goroutine ${goroutine}`,
      goroutine !== undefined,
    ),
  );
  if (goroutine === undefined) {
    if ('value' in runtime) targets.push(...goPlaces(opened, runtime.value, wanted));
    else targets.push(...dwarfVariables(opened, wanted));
  }
  return targets.slice(0, MAX_TARGETS);
}

/** `0x1f00`, `7936`, `0x1f00 + 16`; null for anything else, and outside the 4 GiB. */
export function parseAddress(text: string): number | null {
  const compact = text.replaceAll(/[\s_]/g, '');
  if (!/^(?:0x[0-9a-f]+|\d+)(?:[+-](?:0x[0-9a-f]+|\d+))*$/i.test(compact)) return null;
  let sum = 0;
  for (const [, sign, number] of compact.matchAll(/([+-]?)(0x[0-9a-f]+|\d+)/gi)) {
    sum += (sign === '-' ? -1 : 1) * Number(number);
  }
  return sum >= 0 && sum < 2 ** 32 ? sum : null;
}

/** `span 0x402010`: the span of an address; `object 0x402010`: the object; `span 48`: the first span with objects of that size. */
function placesWithin({ spans, table }: ReadMap, what: string, text: string): JumpTarget[] {
  const number = parseAddress(text);
  if (number === null || spans === null) return [];
  const row = spanAt(spans, number);
  if (row >= 0) {
    const start = what === 'span' ? (spans.start[row] ?? 0) : placeIn(spans, row, number);
    return [{ address: start, text: `${what} at 0x${start.toString(16)}, ${nameAt(table, start)}` }];
  }
  const sized = what === 'span' ? spans.elemSize.indexOf(number) : -1;
  const start = spans.start[sized];
  return start === undefined ? [] : [{ address: start, text: nameAt(table, start) }];
}

/** The first region of a kind, or of each name. */
function regionsNamed(table: RegionTable, wanted: string, exact: boolean): JumpTarget[] {
  const words = wanted.toLowerCase();
  const found = new Map<string, JumpTarget>();
  const kind = REGION_KINDS.findIndex((one) => one === words);
  for (let i = 0; i < table.count && found.size < MAX_TARGETS; i++) {
    const name = table.names[table.name[i] ?? 0] ?? '';
    const fits =
      table.kind[i] === kind ||
      (exact ? name === wanted : words.length > 2 && name.toLowerCase().includes(words));
    if (!fits || found.has(name)) continue;
    const { start, kind: of } = regionAt(table, i);
    found.set(name, { address: start, text: name === '' ? of : name });
  }
  return [...found.values()];
}

function goPlaces({ module }: OpenedMemory, runtime: GoRuntime, wanted: string): JumpTarget[] {
  const targets: JumpTarget[] = [];
  const lower = wanted.toLowerCase();
  const variables = module.variables;
  for (const { at, name } of variables?.named() ?? []) {
    if (name.toLowerCase().includes(lower)) targets.push({ address: at, text: name });
  }
  for (const { name, start } of concludedNamed(module, wanted))
    targets.push({ address: start, text: `${name}, whose place is concluded from source and code` });
  const { functions } = runtime.program.module;
  const type = runtime.types.structAddress(wanted);
  if (type !== undefined) targets.push({ address: type, text: `descriptor of ${wanted}` });
  let looked = 0;
  for (let i = 0; i < functions.count && looked < MAX_FUNCTIONS && targets.length < MAX_TARGETS; i++) {
    const fn = i as GoFunc;
    const name = runtime.program.module.printedName(functions.nameOffset(fn));
    if (name !== wanted && !(wanted.length > 3 && name.toLowerCase().includes(lower))) continue;
    looked++;
    targets.push({ address: functions.recordAddress(fn), text: `${name}, its record in the pclntab` });
    const index = runtime.program.module.funcIndexOf(fn);
    if (index === undefined || variables === undefined) continue;
    for (const at of variables.usedBy(index)) targets.push({ address: at, text: `variable used by ${name}` });
  }
  return targets;
}

/** Variables of other toolchains, by their debug information. */
function dwarfVariables({ module }: OpenedMemory, wanted: string): JumpTarget[] {
  const { dwarf } = module.symbols;
  if (dwarf === undefined) return [];
  const lower = wanted.toLowerCase();
  const targets: JumpTarget[] = [];
  for (const [name, pieces] of globalVariables(dwarf.dwarf, null)) {
    const [first] = pieces;
    if (first !== undefined && name.toLowerCase().includes(lower))
      targets.push({ address: first.address, text: name });
    if (targets.length >= MAX_TARGETS) break;
  }
  return targets;
}

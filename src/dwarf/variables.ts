import { At, Tag } from './constants.ts';
import type { Dwarf } from './dwarf.ts';
import type { EntryTree } from './entry-tree.ts';
import { exactConstant, type FormValue } from './forms.ts';
import { locationAt, type LocationList } from './locations.ts';
import type { Expression } from './operations.ts';
import { noRanges } from './ranges.ts';
import type { TypeRef } from './types.ts';
import type { Unit } from './unit.ts';
import type { UnitHeader } from './unit-headers.ts';

/** A variable or parameter of a function or inlined call, or of a package. */
export interface DwarfVariable {
  readonly header: UnitHeader;
  /** Position of its entry. */
  readonly entry: number;
  /** '' without one. */
  readonly name: string;
  readonly kind: 'parameter' | 'variable';
  /** Made by the compiler: `this`. */
  readonly artificial: boolean;
  readonly type: TypeRef | undefined;
  /** Unit, number of the file in its line table, and line of the declaration; undefined and 0 when unknown. */
  readonly declUnit: UnitHeader | undefined;
  readonly declFile: number;
  readonly declLine: number;
  /** Where it is; undefined where the compiler kept no place for it. */
  readonly locations: LocationList | undefined;
  /** Its value, where it has one only: a number, or the bytes of it. */
  readonly constant: bigint | Uint8Array | undefined;
  /** The code that sees it, [low, high) each: of the block that declares it; undefined: all of the function. */
  readonly visible: readonly (readonly [low: number, high: number])[] | undefined;
}

/** Steps from a variable of an inlined call to its declaration. */
const MAX_STEPS = 8;
/** Blocks inside blocks. */
const MAX_BLOCKS = 256;

/**
 * The parameters and variables of the function or inlined call whose entry stands at a position: in the order of the source, those of inner blocks
 * included, those of calls that were inlined into it not. What is damaged is left out and is a diagnostic.
 */
export function variablesOf(dwarf: Dwarf, header: UnitHeader, entry: number): readonly DwarfVariable[] {
  let units = known.get(dwarf);
  if (units === undefined)
    known.set(dwarf, (units = new Map<UnitHeader, Map<number, readonly DwarfVariable[]>>()));
  let unit = units.get(header);
  if (unit === undefined) units.set(header, (unit = new Map<number, readonly DwarfVariable[]>()));
  let variables = unit.get(entry);
  if (variables === undefined) unit.set(entry, (variables = readVariables(dwarf, header, entry)));
  return variables;
}

/** Read once: lists of locations may be read a bounded number of times. */
const known = new WeakMap<Dwarf, Map<UnitHeader, Map<number, readonly DwarfVariable[]>>>();

function readVariables(dwarf: Dwarf, header: UnitHeader, entry: number): readonly DwarfVariable[] {
  const tree = dwarf.tree(header);
  const index = tree?.indexOf(entry) ?? -1;
  const variables: DwarfVariable[] = [];
  if (tree !== undefined && index >= 0) collect(dwarf, tree, index, undefined, 0, variables);
  return variables;
}

/** The variables that a unit declares outside functions. */
export function unitVariables(dwarf: Dwarf, header: UnitHeader): readonly DwarfVariable[] {
  const tree = dwarf.tree(header);
  const variables: DwarfVariable[] = [];
  if (tree !== undefined && tree.count > 0) collect(dwarf, tree, 0, undefined, 0, variables);
  return variables;
}

/** Whether code at an offset sees a variable of the function that it is in. */
export const isVisibleAt = ({ visible }: DwarfVariable, address: number): boolean =>
  visible === undefined || visible.some(([low, high]) => low <= address && address < high);

/** Where a variable is at a code offset; undefined where it is nowhere: optimized out there. */
export const variableAt = ({ locations }: DwarfVariable, address: number): Expression | undefined =>
  locations && locationAt(locations, address);

/** The same with the code offset from which on it is there; 0 where it is there in all of its function. */
export function placeAt(
  { locations }: DwarfVariable,
  address: number,
): { readonly expression: Expression; readonly from: number } | undefined {
  const entry = locations?.entries.find(({ low, high }) => low <= address && address < high);
  if (entry !== undefined) return { expression: entry.expression, from: entry.low };
  const expression = locations?.everywhere;
  return expression && { expression, from: 0 };
}

/** The expression of a function's frame base (DW_AT_frame_base) at a code offset, on which DW_OP_fbreg counts; undefined without. */
export function frameBaseAt(
  dwarf: Dwarf,
  header: UnitHeader,
  entry: number,
  address: number,
): Expression | undefined {
  const tree = dwarf.tree(header);
  const index = tree?.indexOf(entry) ?? -1;
  if (tree === undefined || index < 0) return undefined;
  const value = dwarf.attempt(() => tree.attributes(index).get(At.frameBase));
  const locations = value && dwarf.attempt(() => tree.unit.locations(value));
  return locations && locationAt(locations, address);
}

function collect(
  dwarf: Dwarf,
  tree: EntryTree,
  index: number,
  visible: DwarfVariable['visible'],
  depth: number,
  into: DwarfVariable[],
): void {
  for (const child of tree.children(index)) {
    const tag = tree.tag[child] ?? 0;
    if (tag === Tag.formalParameter || tag === Tag.variable) {
      const variable = dwarf.attempt(() => readVariable(dwarf, tree, child, visible));
      if (variable !== undefined) into.push(variable);
    } else if (tag === Tag.lexicalBlock && depth < MAX_BLOCKS) {
      const block = dwarf.attempt(() => blockRanges(tree, child));
      collect(dwarf, tree, child, block ?? visible, depth + 1, into);
    }
  }
}

/** The code of a lexical block; undefined where it does not say any. */
function blockRanges(tree: EntryTree, index: number): DwarfVariable['visible'] {
  const { unit } = tree;
  const attributes = tree.attributes(index);
  const low = attributes.get(At.lowPc);
  const list = attributes.get(At.ranges);
  const ranges = noRanges();
  if (list !== undefined) unit.addRanges(list, ranges);
  else if (low !== undefined) unit.addLowHigh(unit.address(low), attributes.get(At.highPc), ranges);
  else return undefined;
  return ranges.low.map((start, i) => [start, ranges.high[i] ?? start] as const);
}

function readVariable(
  dwarf: Dwarf,
  tree: EntryTree,
  index: number,
  visible: DwarfVariable['visible'],
): DwarfVariable {
  const { unit } = tree;
  const own = tree.attributes(index);
  const place = own.get(At.location);
  const constant = own.get(At.constValue);
  let name = '';
  let type: TypeRef | undefined;
  let declUnit: UnitHeader | undefined;
  let declFile = 0;
  let declLine = 0;
  let artificial = false;
  let at: { readonly tree: EntryTree; readonly index: number } | undefined = { tree, index };
  for (let step = 0; step < MAX_STEPS && at !== undefined; step++) {
    const from: Unit = at.tree.unit;
    const attributes = at.tree.attributes(at.index);
    const text = attributes.get(At.name);
    if (name === '' && text !== undefined) name = from.string(text) ?? '';
    const typeValue = attributes.get(At.type);
    if (type === undefined && typeValue !== undefined) type = dwarf.resolve(from.header, typeValue);
    const file = attributes.get(At.declFile);
    if (declUnit === undefined && file !== undefined) {
      declUnit = from.header;
      declFile = file.number;
    }
    if (declLine === 0) declLine = attributes.get(At.declLine)?.number ?? 0;
    artificial ||= attributes.get(At.artificial)?.number === 1;
    const origin: FormValue | undefined =
      attributes.get(At.abstractOrigin) ?? attributes.get(At.specification);
    const target: TypeRef | undefined = origin && dwarf.resolve(from.header, origin);
    const next: EntryTree | undefined = target && dwarf.tree(target.header);
    const nextIndex: number = target === undefined ? -1 : (next?.indexOf(target.entry) ?? -1);
    at = next !== undefined && nextIndex >= 0 ? { tree: next, index: nextIndex } : undefined;
  }
  return {
    header: unit.header,
    entry: tree.position[index] ?? 0,
    name,
    kind: tree.tag[index] === Tag.formalParameter ? 'parameter' : 'variable',
    artificial,
    type,
    declUnit,
    declFile,
    declLine,
    locations: place && unit.locations(place),
    constant: constant && constantOf(tree, constant),
    visible,
  };
}

function constantOf({ unit }: EntryTree, value: FormValue): bigint | Uint8Array | undefined {
  const { bytes } = unit.header.section;
  if (value.kind === 'constant') return exactConstant(value, bytes);
  if (value.kind === 'block') return bytes.subarray(value.start, value.end);
  const text = unit.string(value);
  return text === undefined ? undefined : new TextEncoder().encode(text);
}

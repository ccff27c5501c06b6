import { At, Tag } from './constants.ts';
import { DwarfReader } from './dwarf-reader.ts';
import type { Dwarf } from './dwarf.ts';
import type { Attributes, EntryTree } from './entry-tree.ts';
import { exactConstant, type FormValue } from './forms.ts';
import type {
  Dimension,
  DwarfType,
  Enumerator,
  TypeField,
  TypeKind,
  TypeRef,
  TypeVariant,
  VariantPart,
} from './types.ts';

const KINDS: ReadonlyMap<number, TypeKind> = new Map<number, TypeKind>([
  [Tag.baseType, 'base'],
  [Tag.pointerType, 'pointer'],
  [Tag.referenceType, 'reference'],
  [Tag.rvalueReferenceType, 'rvalueReference'],
  [Tag.pointerToMemberType, 'memberPointer'],
  [Tag.structureType, 'struct'],
  [Tag.interfaceType, 'struct'],
  [Tag.classType, 'class'],
  [Tag.unionType, 'union'],
  [Tag.enumerationType, 'enum'],
  [Tag.arrayType, 'array'],
  [Tag.typedef, 'typedef'],
  [Tag.templateAlias, 'typedef'],
  [Tag.constType, 'const'],
  [Tag.immutableType, 'const'],
  [Tag.volatileType, 'volatile'],
  [Tag.restrictType, 'restrict'],
  [Tag.atomicType, 'atomic'],
  [Tag.sharedType, 'other'],
  [Tag.subroutineType, 'subroutine'],
  [Tag.unspecifiedType, 'unspecified'],
  [Tag.stringType, 'other'],
  [Tag.setType, 'other'],
  [Tag.coarrayType, 'other'],
  [Tag.dynamicType, 'other'],
  // A subrange stands for its type where a language has such types.
  [Tag.subrangeType, 'typedef'],
]);

/** Whether entries of a DW_TAG_* are types. */
export const isTypeTag = (tag: number): boolean => KINDS.has(tag);

/** DW_DSC_range (DWARF 5, 7.19). */
const DSC_RANGE = 1;
/** DW_OP_plus_uconst: what DWARF 2 writes a member's place with. */
const OP_PLUS_UCONST = 0x23;
const OP_CONSTU = 0x10;
/** Characters of a scope; a hostile nesting of long names would multiply them. */
const MAX_SCOPE = 1000;

/** Reads the entry of a type. Throws a FormatError when it is broken or no type. */
export function readType(dwarf: Dwarf, tree: EntryTree, index: number): DwarfType {
  const { unit } = tree;
  const tag = tree.tag[index] ?? 0;
  const position = tree.position[index] ?? 0;
  const kind = KINDS.get(tag);
  if (kind === undefined) throw unit.reader().error('expected the entry of a type', position);
  const own = tree.attributes(index);
  const fields: TypeField[] = [];
  const enumerators: Enumerator[] = [];
  const dimensions: Dimension[] = [];
  const parameters: DwarfType['parameters'][number][] = [];
  const typeArguments: DwarfType['typeArguments'][number][] = [];
  let variants: VariantPart | undefined;
  let variadic = false;
  for (const child of tree.children(index)) {
    switch (tree.tag[child] ?? 0) {
      case Tag.member:
      case Tag.inheritance:
      case Tag.variable:
        fields.push(readField(dwarf, tree, child));
        break;
      case Tag.variantPart:
        variants ??= readVariants(dwarf, tree, child);
        break;
      case Tag.enumerator: {
        const attributes = tree.attributes(child);
        const value = attributes.get(At.constValue);
        enumerators.push({
          name: text(tree, attributes, At.name),
          value: value === undefined ? 0n : exactConstant(value, unit.header.section.bytes),
        });
        break;
      }
      case Tag.subrangeType:
      case Tag.genericSubrange:
        if (kind === 'array') dimensions.push(readDimension(dwarf, tree, child));
        break;
      case Tag.enumerationType:
        // An array that an enumeration counts: its element count is the number of values.
        if (kind === 'array') dimensions.push({ lower: undefined, count: [...tree.children(child)].length });
        break;
      case Tag.formalParameter: {
        const attributes = tree.attributes(child);
        parameters.push({
          type: reference(dwarf, tree, attributes, At.type),
          artificial: attributes.get(At.artificial)?.number === 1,
        });
        break;
      }
      case Tag.unspecifiedParameters:
        variadic = true;
        break;
      case Tag.templateTypeParameter: {
        const attributes = tree.attributes(child);
        typeArguments.push({
          name: text(tree, attributes, At.name),
          type: reference(dwarf, tree, attributes, At.type),
        });
        break;
      }
      default:
        break;
    }
  }
  // In type units GCC defines a type outside of the namespace in which it declares it.
  const declaration = own.get(At.specification);
  const declared =
    declaration?.kind === 'reference' ? tree.indexOf(unit.header.offset + declaration.number) : -1;
  return {
    ref: { header: unit.header, entry: position },
    kind,
    tag,
    name: text(tree, own, At.name),
    scope: scopeOf(tree, declared < 0 ? index : declared),
    byteSize: constant(own.get(At.byteSize)),
    encoding: own.get(At.encoding)?.number ?? 0,
    target: reference(dwarf, tree, own, At.type),
    containing: reference(dwarf, tree, own, At.containingType),
    declaration: own.get(At.declaration)?.number === 1,
    fields,
    variants,
    enumerators,
    dimensions,
    parameters,
    variadic,
    typeArguments,
  };
}

/** The string of an attribute; '' without. */
function text({ unit }: EntryTree, attributes: Attributes, at: number): string {
  const value = attributes.get(at);
  return value === undefined ? '' : (unit.string(value) ?? '');
}

function reference(dwarf: Dwarf, tree: EntryTree, attributes: Attributes, at: number): TypeRef | undefined {
  const value = attributes.get(at);
  return value && dwarf.resolve(tree.unit.header, value);
}

/** A number that is written down; undefined for a reference or an expression, which only a running program can follow. */
const constant = (value: FormValue | undefined): number | undefined =>
  value?.kind === 'constant' ? value.number : undefined;

function readField(dwarf: Dwarf, tree: EntryTree, index: number): TypeField {
  const attributes = tree.attributes(index);
  const tag = tree.tag[index] ?? 0;
  const isStatic =
    tag === Tag.variable ||
    (attributes.get(At.external)?.number === 1 && attributes.get(At.declaration)?.number === 1);
  const bits = constant(attributes.get(At.bitSize));
  const place = attributes.get(At.dataMemberLocation);
  const offset = place === undefined ? 0 : fieldOffset(tree, place);
  let bitOffset: number | undefined;
  if (bits !== undefined) {
    const fromStart = constant(attributes.get(At.dataBitOffset));
    const fromEnd = constant(attributes.get(At.bitOffset));
    if (fromStart !== undefined) bitOffset = fromStart;
    else if (offset !== undefined) {
      // DWARF 2 and 3 count from the most significant bit of the storage unit.
      const storage = 8 * (constant(attributes.get(At.byteSize)) ?? Math.ceil(bits / 8));
      bitOffset = 8 * offset + (fromEnd === undefined ? 0 : storage - fromEnd - bits);
    }
  }
  return {
    name: text(tree, attributes, At.name),
    type: reference(dwarf, tree, attributes, At.type),
    offset: isStatic ? undefined : bits === undefined || bitOffset === undefined ? offset : bitOffset >> 3,
    bitOffset,
    bitSize: bits,
    role: isStatic ? 'static' : tag === Tag.inheritance ? 'base' : 'member',
    artificial: attributes.get(At.artificial)?.number === 1,
  };
}

/** DW_AT_data_member_location: a number, or an expression that adds one. */
function fieldOffset({ unit }: EntryTree, value: FormValue): number | undefined {
  if (value.kind === 'constant') return value.number;
  if (value.kind !== 'expression' && value.kind !== 'block') return undefined;
  const reader = new DwarfReader(unit.header.section, value.start, value.end);
  if (reader.pos >= reader.end) return undefined;
  const op = reader.u8();
  if (op !== OP_PLUS_UCONST && op !== OP_CONSTU) return undefined;
  const offset = reader.uleb();
  return reader.pos === reader.end ? offset : undefined;
}

function readDimension(dwarf: Dwarf, tree: EntryTree, index: number): Dimension {
  const attributes = tree.attributes(index);
  const lower = constant(attributes.get(At.lowerBound));
  const count = constant(attributes.get(At.count));
  if (count !== undefined) return { lower, count };
  const upper = constant(attributes.get(At.upperBound));
  // C writes an upper bound of -1 for no elements, as an unsigned number of the size of the form.
  if (upper === undefined || upper >= 0xffffffff)
    return { lower, count: upper === undefined ? undefined : 0 };
  return { lower, count: upper - (lower ?? dwarf.lowerBound(tree.unit.header)) + 1 };
}

function readVariants(dwarf: Dwarf, tree: EntryTree, index: number): VariantPart {
  const discriminantAt = reference(dwarf, tree, tree.attributes(index), At.discriminant)?.entry;
  let discriminant: TypeField | undefined;
  const variants: TypeVariant[] = [];
  for (const child of tree.children(index)) {
    const tag = tree.tag[child] ?? 0;
    if (tag === Tag.member && tree.position[child] === discriminantAt)
      discriminant = readField(dwarf, tree, child);
    if (tag !== Tag.variant) continue;
    const fields: TypeField[] = [];
    for (const member of tree.children(child))
      if (tree.tag[member] === Tag.member) fields.push(readField(dwarf, tree, member));
    variants.push({ values: variantValues(tree, tree.attributes(child)), fields });
  }
  return { discriminant, variants };
}

/** The values that choose a variant (DWARF 5, 5.7.10). */
function variantValues({ unit }: EntryTree, attributes: Attributes): TypeVariant['values'] {
  const { section } = unit.header;
  const value = attributes.get(At.discriminantValue);
  if (value !== undefined) {
    const low = exactConstant(value, section.bytes);
    return [{ low, high: low }];
  }
  const list = attributes.get(At.discriminantList);
  if (list?.kind !== 'block') return [];
  const reader = new DwarfReader(section, list.start, list.end);
  const values: { low: bigint; high: bigint }[] = [];
  while (reader.pos < reader.end) {
    const isRange = reader.u8() === DSC_RANGE;
    const low = BigInt(Math.trunc(reader.uleb()));
    values.push({ low, high: isRange ? BigInt(Math.trunc(reader.uleb())) : low });
  }
  return values;
}

/** The names of what an entry is declared in. */
function scopeOf(tree: EntryTree, index: number): string {
  const names: string[] = [];
  let length = 0;
  for (let at = tree.parent[index] ?? -1; at > 0 && length < MAX_SCOPE; at = tree.parent[at] ?? -1) {
    switch (tree.tag[at] ?? 0) {
      case Tag.namespace:
      case Tag.structureType:
      case Tag.classType:
      case Tag.unionType:
      case Tag.enumerationType: {
        const attributes = tree.attributes(at);
        const name = text(tree, attributes, At.name);
        const anonymous = tree.tag[at] === Tag.namespace ? '(anonymous namespace)' : '(anonymous)';
        names.push(name === '' ? anonymous : name);
        length += name.length;
        break;
      }
      default:
        break;
    }
  }
  return names.reverse().join('::').slice(0, MAX_SCOPE);
}

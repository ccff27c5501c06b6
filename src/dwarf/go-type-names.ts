import type { DwarfTypes } from './dwarf-types.ts';
import { typeName } from './type-names.ts';
import type { DwarfType, TypeRef } from './types.ts';

/** Nesting of a name; no Go type that a person reads has more. */
const MAX_DEPTH = 12;
/** Fields of a struct without a name that are told. */
const MAX_FIELDS = 16;

/** What a type of TinyGo is to a Go programmer (TinyGo compiler/compiler.go, createDIType, 0.33). */
export type GoShape =
  'string' | 'slice' | 'map' | 'chan' | 'interface' | 'func' | 'pointer' | 'array' | 'struct' | 'basic';

/**
 * The Go name of a type of TinyGo: `[]int`, `*main.T`, `[4]uint8`, `map[?]?`. The debug information of TinyGo does not have the types of
 * the keys, values and elements of maps and channels without a name of their own, nor those of functions: `?` stands for them.
 */
export function goTypeName(types: DwarfTypes, ref: TypeRef | undefined): string {
  return nameOf(types, ref, 0);
}

function nameOf(types: DwarfTypes, ref: TypeRef | undefined, depth: number): string {
  const type = types.at(ref);
  if (type === undefined) return 'unsafe.Pointer';
  if (depth > MAX_DEPTH) return '…';
  const own = type.name;
  const { kind } = type;
  if (kind === 'base') return own;
  if (kind === 'pointer') {
    if (own !== '') return own;
    const target = types.at(type.target);
    if (target === undefined) return 'unsafe.Pointer';
    if (isNamed(target, 'runtime.hashmap')) return 'map[?]?';
    if (isNamed(target, 'runtime.channel')) return 'chan ?';
    return `*${nameOf(types, type.target, depth + 1)}`;
  }
  if (kind === 'array') {
    const counts = type.dimensions.map(({ count }) => `[${count ?? '...'}]`);
    return `${counts.join('')}${nameOf(types, type.target, depth + 1)}`;
  }
  if (kind === 'typedef') return own === 'runtime._interface' ? 'interface {…}' : own;
  // Others are types of the C libraries that TinyGo links.
  if (kind !== 'struct') return typeName(types, ref);
  if (own !== '') return own;
  if (isFunction(type)) return 'func(?)';
  const fields = type.fields
    .slice(0, MAX_FIELDS)
    .map((field) => `${field.name} ${nameOf(types, field.type, depth + 1)}`);
  if (type.fields.length > MAX_FIELDS) fields.push('…');
  return fields.length === 0 ? 'struct {}' : `struct { ${fields.join('; ')} }`;
}

/** What kind of Go type it is, through its name; undefined for `void` and damaged types. */
export function goShape(types: DwarfTypes, ref: TypeRef | undefined): GoShape | undefined {
  const direct = types.at(ref);
  if (direct === undefined) return undefined;
  for (let type: DwarfType | undefined = direct, i = 0; type?.kind === 'typedef' && i < MAX_DEPTH; i++) {
    if (type.name === 'runtime._interface') return 'interface';
    type = types.at(type.target);
  }
  const type = types.strip(ref);
  if (type?.kind === 'pointer') {
    const target = types.at(type.target);
    if (target !== undefined && isNamed(target, 'runtime.hashmap')) return 'map';
    return target !== undefined && isNamed(target, 'runtime.channel') ? 'chan' : 'pointer';
  }
  if (type?.kind === 'array') return 'array';
  if (type?.kind === 'base') return 'basic';
  if (type?.kind !== 'struct') return undefined;
  if (type.name === 'string') return 'string';
  if (type.name.startsWith('[]')) return 'slice';
  return isFunction(type) ? 'func' : 'struct';
}

const isNamed = (type: DwarfType, name: string): boolean => type.kind === 'typedef' && type.name === name;

/** A func value is its context and an index of the function table. */
const isFunction = ({ name, fields }: DwarfType): boolean =>
  name === '' && fields.length === 2 && fields[0]?.name === 'context' && fields[1]?.name === 'fn';

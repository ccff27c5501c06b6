import { Tag } from './constants.ts';
import type { DwarfTypes } from './dwarf-types.ts';
import type { DwarfType, TypeKind, TypeRef } from './types.ts';

/** Nesting of a name; types that refer to themselves through pointers without a name end there. */
const MAX_DEPTH = 24;
/** Characters of a name. */
const MAX_LENGTH = 2000;

/** A type as C and C++ write it, `int (*)[4]`, `const ns::T *`; of Rust the names that its compiler gives. */
export function typeName(types: DwarfTypes, ref: TypeRef | undefined): string {
  const [before, after] = declarator(types, ref, 0);
  const name = before + after;
  return name.length > MAX_LENGTH ? `${name.slice(0, MAX_LENGTH)}…` : name;
}

/** What stands before and behind the name of a variable of a type. */
function declarator(types: DwarfTypes, ref: TypeRef | undefined, depth: number): readonly [string, string] {
  if (ref === undefined) return ['void', ''];
  const type = types.at(ref);
  if (type === undefined || depth > MAX_DEPTH) return ['…', ''];
  const { kind } = type;
  const sign = SIGNS.get(kind);
  if (sign !== undefined) return pointer(types, type, sign, depth);
  if (kind === 'memberPointer') {
    const owner = types.at(type.containing);
    return pointer(types, type, owner === undefined ? '*' : `${qualified(owner)}::*`, depth);
  }
  if (isQualifier(kind)) return qualifiers(types, type, depth);
  if (kind !== 'array' && kind !== 'subroutine') return [qualified(type), ''];
  const [before, after] = declarator(types, type.target, depth + 1);
  if (kind === 'array') return [before, dimensions(types, type) + after];
  const parameters = type.parameters
    .filter(({ artificial }) => !artificial)
    .map((parameter) => declarator(types, parameter.type, depth + 1).join(''));
  if (type.variadic) parameters.push('...');
  return [spaced(before), `(${parameters.join(', ')})${after}`];
}

const SIGNS: ReadonlyMap<TypeKind, string> = new Map<TypeKind, string>([
  ['pointer', '*'],
  ['reference', '&'],
  ['rvalueReference', '&&'],
]);

const WORDS = { const: 'const', volatile: 'volatile', restrict: 'restrict', atomic: '_Atomic' } as const;

const isQualifier = (kind: TypeKind): kind is keyof typeof WORDS => kind in WORDS;

function pointer(types: DwarfTypes, type: DwarfType, sign: string, depth: number): readonly [string, string] {
  const [before, after] = declarator(types, type.target, depth + 1);
  return needsParentheses(types, type.target)
    ? [`${spaced(before)}(${sign}`, `)${after}`]
    : [`${spaced(before)}${sign}`, after];
}

/** Qualifiers stand before what they qualify, but behind the sign of a pointer. */
function qualifiers(types: DwarfTypes, first: DwarfType, depth: number): readonly [string, string] {
  const words = new Set<string>();
  let inner: DwarfType | undefined = first;
  let ref: TypeRef | undefined = first.ref;
  for (let i = 0; i < MAX_DEPTH && inner !== undefined; i++) {
    if (!isQualifier(inner.kind)) break;
    words.add(WORDS[inner.kind]);
    ref = inner.target;
    inner = types.at(ref);
  }
  const text = ['const', 'volatile', 'restrict', '_Atomic'].filter((word) => words.has(word)).join(' ');
  const [before, after] = declarator(types, ref, depth + 1);
  let element = inner;
  for (let i = 0; i < MAX_DEPTH && element?.kind === 'array'; i++) element = types.at(element.target);
  const behind =
    element !== undefined &&
    ['pointer', 'reference', 'rvalueReference', 'memberPointer'].includes(element.kind);
  if (element?.kind === 'subroutine') return [before, `${after} ${text}`];
  return behind ? [before + text, after] : [`${text} ${before}`, after];
}

/** A space behind a word, none behind a sign. */
const spaced = (text: string): string => (/[\w>\])}…]$/.test(text) ? `${text} ` : text);

function needsParentheses(types: DwarfTypes, ref: TypeRef | undefined): boolean {
  let type = types.at(ref);
  for (let i = 0; i < MAX_DEPTH && (type?.kind === 'const' || type?.kind === 'volatile'); i++)
    type = types.at(type.target);
  return type?.kind === 'subroutine' || type?.kind === 'array';
}

function dimensions(types: DwarfTypes, { dimensions: all, ref }: DwarfType): string {
  const usual = types.dwarf.lowerBound(ref.header);
  return all
    .map(({ lower, count }) => {
      if (lower === undefined || lower === usual) return `[${count ?? ''}]`;
      return count === undefined ? `[[${lower}, ?)]` : `[[${lower}, ${lower + count})]`;
    })
    .join('');
}

/** The name of a type with what it is declared in; of one without a name what it is. */
export function qualified(type: DwarfType): string {
  const own = type.name === '' ? unnamed(type) : type.name;
  return type.scope === '' ? own : `${type.scope}::${own}`;
}

function unnamed({ tag }: DwarfType): string {
  switch (tag) {
    case Tag.structureType:
      return 'struct';
    case Tag.classType:
      return 'class';
    case Tag.unionType:
      return 'union';
    case Tag.enumerationType:
      return 'enum';
    default:
      return 'unnamed';
  }
}

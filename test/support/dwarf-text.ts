// What the reader says of DWARF, in the form in which fixtures/llvm-goldens.mjs records what LLVM's tools say.
import { withoutArguments } from '../../fixtures/llvm-goldens.mjs';
import { At, Language, Tag } from '../../src/dwarf/constants.ts';
import type { Dwarf } from '../../src/dwarf/dwarf.ts';
import { readExpression, type Expression, type Operation } from '../../src/dwarf/operations.ts';
import { typeName } from '../../src/dwarf/type-names.ts';
import type { TypeRef } from '../../src/dwarf/types.ts';

/** `DW_TAG_formal_parameter` by its number. */
const TAG_NAMES: ReadonlyMap<number, string> = new Map([
  [0x410a, 'DW_TAG_GNU_call_site_parameter'],
  ...Object.entries(Tag).map(([name, tag]): [number, string] => {
    const words = name
      .replace('pointerToMember', 'ptrToMember')
      .replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return [tag, `DW_TAG_${words}`];
  }),
]);

/** Operations whose last number is printed with its sign. */
const WITH_SIGN = /^(?:consts|const[1248]s|fbreg|breg\d+|bregx)$/;

function operationText({ name, operands, start, end }: Operation, expression: Expression): string {
  const { section } = expression;
  const numbers = operands.map((value, i) => {
    if (i === operands.length - 1 && WITH_SIGN.test(name)) return `${value < 0n ? '' : '+'}${value}`;
    return `0x${value.toString(16)}`;
  });
  if (name.endsWith('entry_value')) {
    const inner = readExpression({ ...expression, start, end });
    return `DW_OP_${name}(${inner.map((one) => operationText(one, expression)).join(', ')})`;
  }
  const block = Array.from(
    section.bytes.subarray(start, end),
    (byte) => `0x${byte.toString(16).padStart(2, '0')}`,
  );
  return [`DW_OP_${name}`, ...numbers, ...block].join(' ');
}

export const expressionText = (expression: Expression): string =>
  readExpression(expression)
    .map((operation) => operationText(operation, expression))
    .join(', ');

/**
 * LLVM 16 prints nothing of what `restrict` qualifies, the outermost array only of arrays of arrays, and adds to names of Rust the arguments that they
 * have already.
 */
function llvmTypeName({ types }: Dwarf, ref: TypeRef | undefined, isRust: boolean): string {
  const type = types.at(ref);
  if (type?.kind === 'restrict') return 'restrict';
  let name = typeName(types, ref);
  for (let inner = types.at(type?.target); type?.kind === 'array' && inner?.kind === 'array';) {
    for (let i = 0; i < inner.dimensions.length; i++) name = name.replace(/\[\d*\]$/, '');
    inner = types.at(inner.target);
  }
  return isRust ? withoutArguments(name) : name;
}

/** Everything that has a type or a location; see `variableText` of fixtures/llvm-goldens.mjs. */
export function variableText(dwarf: Dwarf): string[] {
  const lines: string[] = [];
  for (const header of dwarf.headers) {
    const tree = dwarf.tree(header);
    if (tree === undefined) continue;
    const isRust = tree.unit.root.language === Language.rust;
    for (let i = 0; i < tree.count; i++) {
      const attributes = tree.attributes(i);
      const type = attributes.get(At.type);
      const place = attributes.get(At.location);
      if (type === undefined && place === undefined) continue;
      const list = place && tree.unit.locations(place);
      const places = (list?.entries ?? []).map(
        ({ low, high, expression }) => `${low}-${high} ${expressionText(expression)}`,
      );
      if (list?.everywhere !== undefined) places.push(expressionText(list.everywhere));
      const name = attributes.get(At.name);
      const text = name === undefined ? '' : (tree.unit.string(name) ?? '');
      const tag = TAG_NAMES.get(tree.tag[i] ?? 0) ?? String(tree.tag[i]);
      const typed = type === undefined ? '' : llvmTypeName(dwarf, dwarf.resolve(header, type), isRust);
      lines.push(`${tag} ${text}: ${typed} @ ${places.join('; ')}`);
    }
  }
  return lines;
}

/** The place in the form of the goldens. */
export function placeText(dwarf: Dwarf, address: number): string {
  return dwarf
    .framesAt(address)
    .map(
      ({ facts, file, line, column }) =>
        `${facts.linkageName || facts.name.split('::').at(-1) || '??'} ${file || '??'}:${line}:${column}`,
    )
    .join('|')
    .replace(/^\?\? \?\?:0:0$/, '');
}

import { FormatError } from '../base/format-error.ts';
import { address, goPc, type Address, type GoPc } from '../base/units.ts';
import { argumentParts, type ArgumentPart } from '../go/runtime/arguments.ts';
import type { CodeFunction } from '../go/runtime/program.ts';
import { Kind } from '../go/runtime/types.ts';
import type { GoSignature } from '../gosource/signature.ts';
import { typeByName } from './type-by-name.ts';
import { isLive } from './value-text.ts';
import type { GoValueSource } from './value-places.ts';
import type { ValueType } from './value-type.ts';

/** A parameter of a function, and where its value is in a frame; `why` where it has no known place. */
export interface ParameterPlace {
  readonly name: string;
  /** As the source writes it. */
  readonly type: string;
  readonly place: { readonly type: ValueType; readonly address: Address } | { readonly why: string };
}

/** Types that are looked at to compare one argument with what the compiler noted. */
const MAX_VISITS = 200;
/** Structs in structs that are followed for their alignment. */
const MAX_NESTING = 20;

/**
 * The parameters of a call, receiver first, by the signature of its function. `base`: where the arguments begin (the frame's end, what Go
 * calls fp); `pc`: what the frame is symbolized at. Throws NeedPages.
 */
export function parameterPlaces(
  { runtime }: Pick<GoValueSource, 'runtime'>,
  code: CodeFunction,
  pc: GoPc,
  base: Address,
  signature: GoSignature,
): readonly ParameterPlace[] {
  const { receiver } = signature;
  const parameters = receiver === null ? signature.parameters : [receiver, ...signature.parameters];
  let parts: readonly ArgumentPart[];
  try {
    parts = argumentParts(runtime.program.module.image, code, pc);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return parameters.map(({ name, type }) => ({ name, type, place: { why: error.message } }));
  }
  const cut = parts.at(-1)?.kind === 'cut';
  const fits = cut ? parts.length - 1 <= parameters.length : parts.length === parameters.length;
  const packagePath = packageOf(code.name);
  const types = parameters.map(({ type }) =>
    typeByName(runtime.types, type.replace(/^\.\.\./, '[]'), packagePath),
  );
  const offsets = stackOffsets(types);
  // What the compiler noted has to agree with where the rules put it.
  const isNoted = parts.every(
    (part, i) => part.kind === 'cut' || [undefined, offsets[i]].includes(offsetOf(part)),
  );
  return parameters.map(({ name, type }, i) => {
    const part = parts[i];
    const no = (why: string): ParameterPlace => ({ name, type, place: { why } });
    if (!fits) return no('the module was built from another version of this source');
    if (part === undefined || part.kind === 'cut') {
      const [own, at] = [types[i], offsets[i]];
      if (!cut || !isNoted || own === undefined || at === undefined) return no(UNNOTED);
      return own.size === 0
        ? no('it takes no place')
        : { name, type, place: { type: own, address: address(base + at) } };
    }
    const first = offsetOf(part);
    if (first === undefined) return no('it takes no place');
    if (!isLive(part)) {
      return no('the function may have used the place of this argument for something else since the call');
    }
    const found = types[i];
    if (found === undefined) return no(`the module does not describe the type ${type}`);
    if (!hasLayout(found, part)) return no(`what the compiler noted is not laid out as ${type}`);
    return { name, type, place: { type: found, address: address(base + first) } };
  });
}

const UNNOTED =
  'the compiler notes the place of the first ten words of arguments only, and of an argument before this one the size is not known';

/**
 * Where arguments stand from the frame's end on: in order, each aligned as its type is (Go src/cmd/compile/abi-internal.md, ABI0, which wasm has in every
 * version). Undefined from the first type on that is not known.
 */
function stackOffsets(types: readonly (ValueType | undefined)[]): readonly (number | undefined)[] {
  let next = 0;
  let known = true;
  return types.map((type) => {
    const align = type === undefined ? undefined : alignmentOf(type);
    known &&= align !== undefined;
    if (!known || type === undefined || align === undefined) return undefined;
    const at = Math.ceil(next / align) * align;
    next = at + type.size;
    return at;
  });
}

/** How a value is aligned, in bytes; undefined where the type says too little. */
function alignmentOf(type: ValueType, nesting = 0): number | undefined {
  if (nesting > MAX_NESTING) return undefined;
  try {
    if (type.kind === Kind.array) return alignmentOf(type.element(), nesting + 1);
    if (type.kind === Kind.struct) {
      const all = type.fields().map((field) => alignmentOf(field.type, nesting + 1));
      return all.includes(undefined) ? undefined : Math.max(1, ...all.filter((one) => one !== undefined));
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return undefined;
  }
  return type.kind === Kind.complex64 ? 4 : Math.min(8, Math.max(1, type.size));
}

/** The path of a function's package; symbols have dots in its last part as `%2e`. */
export function packageOf(name: string): string {
  const dot = name.indexOf('.', name.lastIndexOf('/') + 1);
  return (dot < 0 ? name : name.slice(0, dot)).replace(/%([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
}

function offsetOf(part: ArgumentPart): number | undefined {
  if (part.kind === 'word') return part.offset;
  const [first] = part.kind === 'cut' ? [] : part.parts;
  return first === undefined ? undefined : offsetOf(first);
}

/** Whether the words that the compiler noted are those of a type, as far as it noted them. */
function hasLayout(type: ValueType, part: ArgumentPart): boolean {
  const noted: { offset: number; size: number }[] = [];
  const cut: ArgumentPart[] = [];
  const collect = (one: ArgumentPart): void => {
    if (one.kind === 'word') noted.push(one);
    else if (one.kind === 'cut') cut.push(one);
    else one.parts.forEach(collect);
  };
  collect(part);
  const words: { offset: number; size: number }[] = [];
  let left = MAX_VISITS;
  const add = (of: ValueType, at: number): void => {
    if (--left < 0 || words.length > noted.length) return;
    if (of.kind === Kind.struct) for (const field of of.fields()) add(field.type, at + field.offset);
    else if (of.kind === Kind.array) {
      const element = of.element();
      for (let i = 0; i < Math.min(of.length(), MAX_VISITS); i++) add(element, at + i * element.size);
    } else {
      const size = Math.min(of.size, of.kind === Kind.complex64 ? 4 : 8);
      for (let from = 0; from < of.size; from += size) words.push({ offset: at + from, size });
    }
  };
  add(type, 0);
  const from = noted[0]?.offset ?? 0;
  if (cut.length === 0 && words.length !== noted.length) return false;
  return noted.every(({ offset, size }, i) => words[i]?.offset === offset - from && words[i].size === size);
}

/**
 * Where the arguments of a stopped frame begin. `sps`: numbers that SP may be, the likeliest first. The frame is one whose return PC is that
 * of a call that leads to this function, which proves it. Undefined when none is. Throws NeedPages.
 */
export function frameEnd(
  { runtime, memory }: GoValueSource,
  code: CodeFunction,
  pc: GoPc | undefined,
  sps: readonly number[],
): Address | undefined {
  const own = pc === undefined ? undefined : code.spDelta(pc);
  const sizes = [...(own === undefined ? [] : [own]), ...code.frameSizes().map(({ size }) => size)];
  let likely: Address | undefined;
  for (const sp of sps) {
    for (const size of sizes) {
      const at = sp + size;
      if (at % 8 !== 0 || at + 8 > memory.size) continue;
      const returnPc = goPc(memory.word(address(at)));
      const caller = runtime.program.functionAt(returnPc);
      if (caller === undefined) continue;
      const callee = caller.calleeAt(returnPc);
      const starts = caller.name === 'runtime.goexit' && returnPc === caller.entry + 1;
      if (starts || (callee !== undefined && callee !== 'indirect' && callee === code.funcIndex)) {
        return address(at + 8);
      }
      if (callee === 'indirect') likely ??= address(at + 8);
    }
  }
  return likely;
}

import type { Confidence } from '../base/confidence.ts';
import { EXACT } from '../base/confidence.ts';
import { FormatError } from '../base/format-error.ts';
import { address, goPc } from '../base/units.ts';
import { argumentParts, type ArgumentPart } from '../go/runtime/arguments.ts';
import type { RuntimeFrame } from '../go/runtime/frames.ts';
import type { GoRuntime } from '../go/runtime/runtime.ts';
import type { GoParameter, GoSignature } from '../gosource/signature.ts';
import { isLive, valueText, type ValueContext } from './value-text.ts';
import type { Memory } from '../memory/memory.ts';

/** An argument of a call, with the name and the type that the source gives it. */
export interface TypedArgument {
  /** '' or `_` where the source has none. */
  readonly name: string;
  /** As written: `map[string]int`, `...string`. */
  readonly type: string;
  /**
   * Its value as Go writes it, strings and slices by content up to a limit: `"three"`, `[]int{2, 1}`, `0xc000012`; its words where the
   * type is not one whose layout is known without its declaration; '…' where the compiler noted no more.
   */
  readonly text: string;
  /** `inferred` when a word may have changed since the call. */
  readonly confidence: Confidence;
}

const STALE: Confidence = {
  kind: 'inferred',
  why: 'the function may have used the place of this argument for something else since the call',
};
const UNNOTED: Confidence = {
  kind: 'unavailable',
  why: 'the compiler notes the place of the first ten words of arguments only',
};

/**
 * The arguments of a frame, receiver first. `signature`: of its function, from the source that the program was built from. Null when the
 * frame is inlined (then it has none in memory), or when the signature does not fit what the compiler noted: another source. Throws
 * only NeedPages.
 */
export function typedArguments(
  runtime: GoRuntime,
  memory: Memory,
  frame: RuntimeFrame,
  signature: GoSignature,
): readonly TypedArgument[] | null {
  const code = frame.inlined ? undefined : runtime.program.functionAt(frame.pc);
  if (code === undefined) return null;
  let parts: readonly ArgumentPart[];
  try {
    const { image } = runtime.program.module;
    parts = argumentParts(image, code, frame.pc > code.entry ? goPc(frame.pc - 1) : frame.pc);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return null;
  }
  const { receiver } = signature;
  const parameters = receiver === null ? signature.parameters : [receiver, ...signature.parameters];
  const cut = parts.at(-1)?.kind === 'cut';
  if (cut ? parts.length - 1 > parameters.length : parts.length !== parameters.length) return null;
  const context: ValueContext = { runtime, memory, base: address(frame.fp) };
  const typed = parameters.map((parameter, i) => argument(context, parameter, parts[i]));
  return typed.includes(undefined) ? null : (typed as TypedArgument[]);
}

/** Undefined when the type cannot have this layout. */
function argument(
  context: ValueContext,
  { name, type }: GoParameter,
  part: ArgumentPart | undefined,
): TypedArgument | undefined {
  if (part === undefined || part.kind === 'cut') return { name, type, text: '…', confidence: UNNOTED };
  const text = valueText(context, type.replace(/^\.\.\./, '[]'), part);
  return text === undefined ? undefined : { name, type, text, confidence: isLive(part) ? EXACT : STALE };
}

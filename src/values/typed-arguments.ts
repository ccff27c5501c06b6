import type { Confidence } from '../base/confidence.ts';
import { EXACT } from '../base/confidence.ts';
import { FormatError } from '../base/format-error.ts';
import { address } from '../base/units.ts';
import { argumentParts, type ArgumentPart } from '../go/runtime/arguments.ts';
import type { RuntimeFrame } from '../go/runtime/frames.ts';
import type { GoRuntime } from '../go/runtime/runtime.ts';
import { findSignature, type GoParameter, type GoSignature } from '../gosource/signature.ts';
import type { ValueContext } from './plain-values.ts';
import { isLive, valueText } from './value-text.ts';
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
  /** `inferred` when a word may have changed since the call; `unavailable`: there is no value, for the reason that it gives. */
  readonly confidence: Confidence;
  /** Whether it is a variable of the function, not one of its parameters; only where debug information tells them. */
  readonly local?: boolean;
}

const STALE: Confidence = {
  kind: 'inferred',
  why: 'the function may have used the place of this argument for something else since the call',
};
const UNNOTED: Confidence = {
  kind: 'unavailable',
  why: 'the compiler notes the place of the first ten words of arguments only',
};

/** The arguments of a frame, or a sentence why their names and types are not known. */
export type FrameArguments =
  | { readonly ok: true; readonly arguments: readonly TypedArgument[] }
  | { readonly ok: false; readonly why: string };

const no = (why: string): FrameArguments => ({ ok: false, why });

/**
 * The arguments of a frame by the signatures of its file, from the source that the program was built from; `why` where they cannot be
 * trusted: the frame is inlined, the compiler made the function, or the source does not fit the module. Throws only NeedPages.
 */
export function frameArguments(
  runtime: GoRuntime,
  memory: Memory,
  frame: RuntimeFrame,
  signatures: readonly GoSignature[],
): FrameArguments {
  if (frame.inlined) return no(INLINED);
  if (frame.wrapper || /[.-](?:gowrap|deferwrap)\d+$|·dwrap·\d+$|-fm$/.test(frame.function)) {
    return no('The compiler made this function: no source declares its arguments.');
  }
  const code = runtime.program.functionAt(frame.pc);
  const startLine = code?.framesAt(frame.symbolPc).at(-1)?.startLine ?? 0;
  const signature = findSignature(signatures, frame.function, startLine);
  if (signature === undefined) {
    return no(`The text of ${frame.file} declares no such function: it may be another version.`);
  }
  const typed = typedArguments(runtime, memory, frame, signature);
  if (!typed.ok || startLine === 0 || signature.line === startLine) return typed;
  const why = `the source has this function in line ${signature.line}, the module in line ${startLine}: they may be of two versions`;
  return lessSure(typed, why);
}

/** The same arguments, none of them exact: `why`. */
export function lessSure(found: FrameArguments, why: string): FrameArguments {
  if (!found.ok) return found;
  const unsure = (one: TypedArgument): TypedArgument =>
    one.confidence.kind === 'exact' ? { ...one, confidence: { kind: 'inferred', why } } : one;
  return { ok: true, arguments: found.arguments.map(unsure) };
}

const INLINED = 'The compiler copied this function into its caller: its arguments are in no known place.';

/**
 * The arguments of a frame, receiver first. `signature`: of its function. `why` when the frame is inlined (then it has none in memory), or
 * when the signature does not fit what the compiler noted: another source. Throws only NeedPages.
 */
export function typedArguments(
  runtime: GoRuntime,
  memory: Memory,
  frame: RuntimeFrame,
  signature: GoSignature,
): FrameArguments {
  if (frame.inlined) return no(INLINED);
  const code = runtime.program.functionAt(frame.pc);
  if (code === undefined) return no('The module has no function at this place.');
  let parts: readonly ArgumentPart[];
  try {
    const { image } = runtime.program.module;
    parts = argumentParts(image, code, frame.symbolPc);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return no(`What the compiler noted of the arguments is damaged: ${error.message}`);
  }
  const { receiver } = signature;
  const parameters = receiver === null ? signature.parameters : [receiver, ...signature.parameters];
  const cut = parts.at(-1)?.kind === 'cut';
  if (cut ? parts.length - 1 > parameters.length : parts.length !== parameters.length)
    return no(OTHER_SOURCE);
  const context: ValueContext = { runtime, memory, base: address(frame.fp), package: packageOf(code.name) };
  const typed = parameters.map((parameter, i) => argument(context, parameter, parts[i]));
  if (typed.includes(undefined)) return no(OTHER_SOURCE);
  return { ok: true, arguments: typed.filter((one) => one !== undefined) };
}

/** The path of a function's package; symbols have dots in its last part as `%2e`. */
function packageOf(name: string): string {
  const dot = name.indexOf('.', name.lastIndexOf('/') + 1);
  return (dot < 0 ? name : name.slice(0, dot)).replace(/%([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
}

const OTHER_SOURCE =
  'The parameters in the source do not fit what the compiler noted: the module was built from another version of it.';

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

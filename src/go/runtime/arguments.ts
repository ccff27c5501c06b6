import { address, type Address, type GoPc } from '../../base/units.ts';
import type { Memory } from '../../memory/memory.ts';
import { FuncData, PcData } from '../versions.ts';
import type { CodeFunction } from './program.ts';

// Go src/runtime/traceback.go, printArgs; src/internal/abi/symtab.go, the TraceArgs constants. The same from 1.19 on.
const END = 0xff;
const START_AGGREGATE = 0xfe;
const END_AGGREGATE = 0xfd;
const DOT_DOT_DOT = 0xfc;
const OFFSET_TOO_LARGE = 0xfb;
/** Bytes that the encoding can have: ten components, five levels deep. */
const MAX_LENGTH = (5 * 3 + 2) * 10 + 1;

/** What the compiler says of a function's arguments for tracebacks; the same for every call. */
export interface ArgumentInfo {
  /** The description as it stands, without its end: operations, and pairs of offset and size. */
  readonly ops: readonly number[];
  /** Words from this offset on may be stale; 0xff none. */
  readonly firstChecked: number;
  /** Where the bits of the stale words begin; undefined for none. */
  readonly liveBits: Address | undefined;
}

/** Undefined where the function has no description: then Go prints nothing. */
export function readArgumentInfo(image: Memory, code: CodeFunction): ArgumentInfo | undefined {
  const info = code.funcdata(FuncData.argInfo);
  if (info === undefined) return undefined;
  const ops: number[] = [];
  for (let i = 0; i < MAX_LENGTH; i++) {
    const op = image.u8(address(info + i));
    if (op === END) break;
    ops.push(op);
    if (op < OFFSET_TOO_LARGE) ops.push(image.u8(address(info + ++i)));
  }
  const liveInfo = code.funcdata(FuncData.argLiveInfo);
  return {
    ops,
    firstChecked: liveInfo === undefined ? 0xff : image.u8(liveInfo),
    liveBits: liveInfo,
  };
}

/**
 * What Go prints between a function's parentheses: the words of its arguments in hex, aggregates in braces, `?` behind a word
 * that may be stale. `image` holds the description, `memory` the stack; `pc` is the PC that the frame is symbolized at.
 */
export function argumentText(
  image: Memory,
  memory: Memory,
  code: CodeFunction,
  argumentsAt: Address,
  pc: GoPc,
): string {
  const info = code.argumentInfo(image);
  if (info === undefined) return '';
  const { ops, firstChecked } = info;
  const isLive = liveWords(image, code, info, pc);
  let text = '';
  let first = true;
  let slot = 0;
  for (let i = 0; i < ops.length; i++) {
    const op = ops[i] ?? END;
    if (op === END_AGGREGATE) {
      text += '}';
      first = false;
      continue;
    }
    if (!first) text += ', ';
    first = op === START_AGGREGATE;
    if (op === START_AGGREGATE) text += '{';
    else if (op === DOT_DOT_DOT) text += '...';
    else if (op === OFFSET_TOO_LARGE) text += '_';
    else {
      text += hexWord(memory, address(argumentsAt + op), Math.min(ops[++i] ?? 8, 8));
      if (isLive !== undefined && !isLive(op, slot)) text += '?';
      if (op >= firstChecked) slot++;
    }
  }
  return text;
}

/** An argument as the compiler laid it out: a word, or an aggregate of such; `cut` where it says no more. */
export type ArgumentPart =
  | { readonly kind: 'word'; readonly offset: number; readonly size: number; readonly live: boolean }
  | { readonly kind: 'aggregate'; readonly parts: readonly ArgumentPart[] }
  | { readonly kind: 'cut' };

/**
 * The arguments of a function that is at `pc`, one part each, offsets from where its arguments begin; the receiver comes first. The last
 * is `cut` when there are more than Go's tracebacks show.
 */
export function argumentParts(image: Memory, code: CodeFunction, pc: GoPc): readonly ArgumentPart[] {
  const info = code.argumentInfo(image);
  if (info === undefined) return [];
  const { ops, firstChecked } = info;
  const isLive = liveWords(image, code, info, pc);
  let slot = 0;
  let i = 0;
  const parts = (): ArgumentPart[] => {
    const found: ArgumentPart[] = [];
    while (i < ops.length) {
      const op = ops[i++] ?? END;
      if (op === END_AGGREGATE) break;
      if (op === START_AGGREGATE) found.push({ kind: 'aggregate', parts: parts() });
      else if (op === DOT_DOT_DOT || op === OFFSET_TOO_LARGE) found.push({ kind: 'cut' });
      else {
        const live = isLive === undefined || isLive(op, slot);
        found.push({ kind: 'word', offset: op, size: Math.min(ops[i++] ?? 8, 8), live });
        if (op >= firstChecked) slot++;
      }
    }
    return found;
  };
  return parts();
}

/** Tells which words hold what they held at the call; undefined when all do. */
function liveWords(
  image: Memory,
  code: CodeFunction,
  { firstChecked, liveBits }: ArgumentInfo,
  pc: GoPc,
): ((offset: number, slot: number) => boolean) | undefined {
  if (liveBits === undefined) return undefined;
  const index = code.pcdata(PcData.argLiveIndex, pc);
  if (index <= 0) return undefined;
  return (offset, slot) =>
    offset < firstChecked || (image.u8(address(liveBits + index + (slot >>> 3))) & (1 << (slot & 7))) !== 0;
}

/** `0x1f`, of 1 to 8 bytes. */
function hexWord(memory: Memory, at: Address, size: number): string {
  if (size === 8) {
    const low = memory.u32(at);
    const high = memory.u32(address(at + 4));
    return high === 0
      ? `0x${low.toString(16)}`
      : `0x${high.toString(16)}${low.toString(16).padStart(8, '0')}`;
  }
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + memory.u8(address(at + i));
  return `0x${value.toString(16)}`;
}

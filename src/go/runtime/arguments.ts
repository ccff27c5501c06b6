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
  const info = code.funcdata(FuncData.argInfo);
  if (info === undefined) return '';
  const liveInfo = code.funcdata(FuncData.argLiveInfo);
  const liveIndex = code.pcdata(PcData.argLiveIndex, pc);
  const firstChecked = liveInfo === undefined ? 0xff : image.u8(liveInfo);
  const isLive = (offset: number, slot: number): boolean => {
    if (liveInfo === undefined || liveIndex <= 0 || offset < firstChecked) return true;
    const bits = image.u8(address(liveInfo + liveIndex + (slot >>> 3)));
    return (bits & (1 << (slot & 7))) !== 0;
  };
  let text = '';
  let first = true;
  let slot = 0;
  const comma = (): void => {
    if (!first) text += ', ';
  };
  for (let i = 0; i < MAX_LENGTH; i++) {
    const op = image.u8(address(info + i));
    if (op === END) break;
    if (op === START_AGGREGATE) {
      comma();
      text += '{';
      first = true;
      continue;
    }
    if (op === END_AGGREGATE) text += '}';
    else if (op === DOT_DOT_DOT || op === OFFSET_TOO_LARGE) {
      comma();
      text += op === DOT_DOT_DOT ? '...' : '_';
    } else {
      comma();
      const size = image.u8(address(info + ++i));
      text += `0x${unsigned(memory, address(argumentsAt + op), Math.min(size, 8)).toString(16)}`;
      if (!isLive(op, slot)) text += '?';
      if (op >= firstChecked) slot++;
    }
    first = false;
  }
  return text;
}

function unsigned(memory: Memory, at: Address, size: number): bigint {
  let value = 0n;
  const bytes = memory.bytes(at, size);
  for (let i = size - 1; i >= 0; i--) value = value * 256n + BigInt(bytes[i] ?? 0);
  return value;
}

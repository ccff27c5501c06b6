import { FormatError } from '../../base/format-error.ts';
import { address, type Address } from '../../base/units.ts';
import type { Memory } from '../../memory/memory.ts';
import { FuncData, PcData } from '../versions.ts';
import type { GoRuntime } from './runtime.ts';
import type { PhysicalFrame, StackBounds } from './unwind.ts';

// What a stack keeps alive, as the collector sees it (Go src/runtime/stkframe.go, getStackMap; src/runtime/mgcmark.go, scanframeworker;
// 1.19 to 1.27): a bit for each word of locals and arguments at every call, and objects on the stack that a live pointer leads to.
// A stack map is {count i32, bits i32, bitmaps}; stack objects are a count and records of 16 bytes {offset i32, size i32, ...}.

const WORD = 8;
/** Bits of a map, objects of a frame. */
const MAX_WORDS = 1 << 16;
const MAX_OBJECTS = 1 << 12;

interface StackObject {
  readonly frame: PhysicalFrame;
  readonly start: number;
  readonly end: number;
}

/** The values of all live pointers on a stack. Functions without maps, as in assembly, add none. Throws only NeedPages. */
export function livePointers(
  runtime: GoRuntime,
  memory: Memory,
  frames: readonly PhysicalFrame[],
  bounds: StackBounds,
): Set<Address> {
  const live = new Set<Address>();
  visitLiveWords(runtime, memory, frames, bounds, (_at, value) => live.add(value));
  return live;
}

/** Calls `visit` with every word of a stack that holds a live pointer, with the pointer and with its frame. Throws only NeedPages. */
export function visitLiveWords(
  runtime: GoRuntime,
  memory: Memory,
  frames: readonly PhysicalFrame[],
  bounds: StackBounds,
  visit: (at: Address, value: Address, frame: PhysicalFrame) => void,
): void {
  const objects: StackObject[] = [];
  const pending: number[] = [];
  const words = new Set<number>();
  const take = (at: number, frame: PhysicalFrame): void => {
    const value = memory.word(address(at));
    if (value === 0 || value >= memory.size || words.has(at)) return;
    words.add(at);
    visit(address(at), address(value), frame);
    if (value >= bounds.lo && value < bounds.hi) pending.push(value);
  };
  for (const frame of frames) {
    try {
      readFrame(runtime, frame, take, objects);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }
  objects.sort((a, b) => a.start - b.start);
  // Objects on the stack count when something live points into them.
  const seen = new Set<StackObject>();
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const object = objectAt(objects, at);
    if (object === undefined || seen.has(object)) continue;
    seen.add(object);
    try {
      for (let word = object.start; word + WORD <= object.end; word += WORD) take(word, object.frame);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }
}

/** The object that holds `at`, of those in rising order. */
function objectAt(objects: readonly StackObject[], at: number): StackObject | undefined {
  let low = 0;
  let high = objects.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((objects[middle]?.start ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  const found = objects[low - 1];
  return found !== undefined && at < found.end ? found : undefined;
}

function readFrame(
  { program }: GoRuntime,
  frame: PhysicalFrame,
  take: (at: number, frame: PhysicalFrame) => void,
  objects: StackObject[],
): void {
  const { code, symbolPc, sp, fp } = frame;
  const { image } = program.module;
  const i32 = (at: number): number => image.i32(address(at));
  // Behind the return PC; locals end here.
  const top = fp - WORD;
  const index = Math.max(0, code.pcdata(PcData.stackMapIndex, symbolPc));
  const words = (map: Address | undefined, startOf: (bits: number) => number): void => {
    if (map === undefined || index >= i32(map)) return;
    const bits = i32(map + 4);
    if (bits <= 0 || bits > MAX_WORDS) return;
    const bitmap = map + 8 + index * Math.ceil(bits / 8);
    const start = startOf(bits);
    for (let bit = 0; bit < bits; bit++) {
      if ((image.u8(address(bitmap + (bit >>> 3))) & (1 << (bit & 7))) !== 0) take(start + bit * WORD, frame);
    }
  };
  if (top > sp) words(code.funcdata(FuncData.localsPointerMaps), (bits) => top - bits * WORD);
  words(code.funcdata(FuncData.argsPointerMaps), () => fp);
  const table = code.funcdata(FuncData.stackObjects);
  const count = table === undefined ? 0 : image.word(table);
  if (table === undefined || count > MAX_OBJECTS) return;
  for (let i = 0; i < count; i++) {
    const offset = i32(table + WORD + i * 16);
    const size = i32(table + WORD + i * 16 + 4);
    const start = (offset < 0 ? top : fp) + offset;
    if (size > 0 && size <= MAX_WORDS * WORD) objects.push({ frame, start, end: start + size });
  }
}

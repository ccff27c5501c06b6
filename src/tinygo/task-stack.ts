import { address, type Address, type FuncIndex, type ModuleOffset } from '../base/units.ts';
import type { Memory } from '../memory/memory.ts';
import { NO_FUNCTION } from '../wasm/module.ts';
import type { AsyncifyCall } from './asyncify.ts';
import type { TinyGoRuntime } from './tasks.ts';

/** A function on a goroutine's stack. */
export interface TaskFrame {
  readonly function: FuncIndex;
  /** The call at which it stands; undefined for one that has not begun. */
  readonly call: ModuleOffset | undefined;
  /** Where in the stack it keeps the number of the call, and its locals behind that; undefined for one that has not begun. */
  readonly at: Address | undefined;
}

export interface DecodedStack {
  /** Innermost first. */
  readonly frames: readonly TaskFrame[];
  /** Bytes that belong to no frame. */
  readonly left: number;
  readonly notes: readonly string[];
}

/** Places that are tried; a stack without indirect calls has one way through. */
const MAX_STEPS = 1 << 16;

interface Place extends TaskFrame {
  /** Where the frame of this function ends in memory. */
  readonly end: number;
  readonly outer: Place | undefined;
}

/**
 * Decodes what asyncify saved of a suspended goroutine: [low, high) of its stack, outermost frame last in memory, each the number of the call
 * followed by saved locals (Binaryen src/passes/Asyncify.cpp). From the outermost function on, each call says which function is below it; of an
 * indirect call every function of its type is tried. The right way ends in a function that asyncify did not rewrite, with no byte left over.
 */
export function decodeStack(
  { code, table, wasm }: TinyGoRuntime,
  memory: Memory,
  { low, high }: { readonly low: Address; readonly high: Address },
  entry: FuncIndex,
): DecodedStack {
  const open: Place[] = [{ function: entry, call: undefined, at: undefined, end: high, outer: undefined }];
  const whole: Place[] = [];
  let deepest: Place | undefined;
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const place = open.pop();
    if (place === undefined) break;
    const shape = code.function(place.function);
    const at = place.end - (shape?.saved ?? 0) - 4;
    if (shape === undefined || at < low) continue;
    const call = shape.calls[memory.u32(address(at))];
    if (call === undefined) continue;
    const frame: Place = { ...place, call: call.offset, at: address(at), end: at };
    if (deepest === undefined || at < deepest.end) deepest = frame;
    for (const callee of calleesOf(call)) {
      if (code.function(callee) !== undefined) {
        open.push({ function: callee, call: undefined, at: undefined, end: at, outer: frame });
      } else if (at === low && !whole.includes(frame)) whole.push(frame);
    }
    if (whole.length > 1) break;
  }
  const end = whole[0] ?? deepest;
  const frames: TaskFrame[] = [];
  for (let place = end; place !== undefined; place = place.outer) {
    frames.push({ function: place.function, call: place.call, at: place.at });
  }
  const left = (end?.end ?? high) - low;
  const notes: string[] = [];
  if (left > 0) notes.push(`${left} of ${high - low} bytes of its stack could not be read.`);
  if (whole.length > 1) notes.push('A call through a function value can have led to more than one function.');
  return { frames, left, notes };

  function calleesOf({ callee, type }: AsyncifyCall): FuncIndex[] {
    if (callee !== undefined) return [callee];
    const found = new Set<FuncIndex>();
    for (const index of table) {
      if (index === NO_FUNCTION) continue;
      if (wasm.functionTypes[index - wasm.importedFunctionCount] === type) found.add(index as FuncIndex);
    }
    return [...found];
  }
}

import { EXACT, type Confidence } from '../../base/confidence.ts';
import { FormatError } from '../../base/format-error.ts';
import { address, goPc, type Address, type GoPc } from '../../base/units.ts';
import { expectBytes, type Memory } from '../../memory/memory.ts';
import type { KnownPlace } from './frames.ts';
import type { CodeFunction, ProgramCode } from './program.ts';
import { unwind, type StackBounds, type StackPosition } from './unwind.ts';

// Where a program that stopped without saving its PC was. Only SP is known: it is wasm's global 0, and points to the lowest word of the frame
// of the innermost Go function, which is its return PC while the function has not made its frame, as in imports of wasm_exec.js. The
// return PC above the frame names a call, and the call its callee, so a guess of the function can be proved.

export interface StoppedAt {
  readonly position: StackPosition;
  /** What is known of the place better than `position.pc` says it. */
  readonly place: KnownPlace;
  readonly confidence: Confidence;
}

/** How many of the engine's innermost frames may have no Go frame: imports, helpers such as memeqbody. */
const MAX_PLACES = 6;
const SEVERAL_SIZES =
  'the function calls itself, and more than one of its calls on the stack could be this one';
const CALLED_BY_TABLE = 'the call above it goes through a table and does not say that it is of this function';

/** The largest frame that is looked for when the function is not known, in bytes. */
const MAX_SEARCH = 64 << 10;
/** Unwinding that reaches the stack's first function, or so many frames, proves that it began at a frame. */
const PROVING_FRAMES = 1000;
/** Words that may be tried so. */
const MAX_TRIES = 16;

/**
 * The innermost Go function at `sp`, on the stack `bounds`. `places`: the engine's stack, innermost first, symbolized; may be empty.
 * Undefined when no function fits what the stack says. Throws only NeedPages.
 */
export function findStopped(
  program: ProgramCode,
  memory: Memory,
  sp: Address,
  bounds: StackBounds,
  places: readonly KnownPlace[],
): StoppedAt | undefined {
  if (!(sp >= bounds.lo && sp < bounds.hi)) return undefined;
  expectBytes(memory, sp, Math.min(bounds.hi - sp, MAX_SEARCH));
  return byPlaces(program, memory, sp, bounds, places) ?? bySearch(program, memory, sp, bounds);
}

/** Takes the first place whose function fits. */
function byPlaces(
  program: ProgramCode,
  memory: Memory,
  sp: Address,
  bounds: StackBounds,
  places: readonly KnownPlace[],
): StoppedAt | undefined {
  let likely: StoppedAt | undefined;
  /** Whether a frame of this size would end at a call of the function. */
  const proves = (size: number, code: CodeFunction): boolean =>
    callAt(program, memory, address(sp + size), bounds)?.callee === code.funcIndex;
  for (const [i, place] of places.slice(0, MAX_PLACES).entries()) {
    const code = place.funcIndex === undefined ? undefined : program.functionOf(place.funcIndex);
    if (code === undefined) continue;
    const sizes = [...code.frameSizes()];
    const own = place.pc === undefined ? undefined : code.spDelta(place.pc);
    if (place.pc !== undefined && own !== undefined) sizes.unshift({ size: own, pc: place.pc });
    for (const { size, pc } of sizes) {
      const call = callAt(program, memory, address(sp + size), bounds);
      if (call === undefined) continue;
      // Without a PC the place is known no better than its frames say, or else not at all.
      const known =
        place.pc === undefined && place.frames.length === 0 ? entryPlace(code, size === 0) : place;
      const stopped = {
        position: { pc: place.pc !== undefined && size === own ? place.pc : pc, sp },
        place: known,
        confidence: known.confidence,
      };
      if (call.starts || (call.callee !== 'indirect' && call.callee === code.funcIndex)) {
        // Of a function that calls itself, a frame may hold return PCs of earlier calls.
        const isOne = size === own || !sizes.some((other) => other.size !== size && proves(other.size, code));
        return isOne ? stopped : approximate(stopped, SEVERAL_SIZES);
      }
      // A call through a table, or of a wrapper that jumped on: the engine's next frames have to agree.
      const next = places[i + 1];
      const agrees =
        next?.funcIndex !== undefined &&
        (next.funcIndex === call.code.funcIndex ||
          (call.callee !== 'indirect' && next.funcIndex === call.callee));
      if (agrees) return stopped;
      if (call.callee === 'indirect') likely ??= approximate(stopped, CALLED_BY_TABLE);
    }
  }
  return likely;
}

/** Looks upward for a return PC whose call leads to a function with just such a frame. */
function bySearch(
  program: ProgramCode,
  memory: Memory,
  sp: Address,
  bounds: StackBounds,
): StoppedAt | undefined {
  const end = Math.min(bounds.hi, sp + MAX_SEARCH);
  let caller: StoppedAt | undefined;
  let tries = MAX_TRIES;
  for (let at = sp; at + 8 <= end; at = address(at + 8)) {
    const call = callAt(program, memory, at, bounds);
    if (call === undefined) continue;
    const code =
      call.callee === 'indirect' || call.callee === undefined ? undefined : program.functionOf(call.callee);
    const fitting = code?.frameSizes().find(({ size }) => size === at - sp);
    const after = { pc: call.returnPc, sp: address(at + 8) };
    if (code !== undefined && fitting !== undefined) {
      const place = entryPlace(code, at === sp);
      return { position: { pc: fitting.pc, sp }, place, confidence: place.confidence };
    }
    // A call through a table does not say whom it called: then the caller is the innermost frame that is known.
    if (caller === undefined && call.callee === 'indirect' && tries-- > 0) {
      const stack = unwind(program, memory, after, bounds, { keep: 1, maxFrames: PROVING_FRAMES });
      if (stack.end === 'top' || stack.elided !== null) {
        const why = 'the innermost function is not known, this is the function that called it';
        const confidence: Confidence = { kind: 'inferred', why };
        caller = { position: after, place: returnPlace(call.code, call.returnPc, confidence), confidence };
      }
    }
  }
  return caller;
}

interface CallOnStack {
  /** The function that called. */
  readonly code: CodeFunction;
  readonly returnPc: GoPc;
  readonly callee: ReturnType<CodeFunction['calleeAt']>;
  /** The stack's first function: what it "called" is the goroutine's own. */
  readonly starts: boolean;
}

/** The call whose return PC stands at `at`; undefined when the word is none. */
function callAt(
  program: ProgramCode,
  memory: Memory,
  at: Address,
  bounds: StackBounds,
): CallOnStack | undefined {
  if (at + 8 > bounds.hi) return undefined;
  let returnPc: GoPc;
  try {
    returnPc = goPc(memory.word(at));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return undefined;
  }
  const code = program.functionAt(returnPc);
  if (code === undefined) return undefined;
  const callee = code.calleeAt(returnPc);
  const starts = code.name === 'runtime.goexit' && returnPc === code.entry + 1;
  return callee === undefined && !starts ? undefined : { code, returnPc, callee, starts };
}

/** Somewhere in a function; at its start, when it never makes a frame or has not made it yet. */
function entryPlace(code: CodeFunction, frameless: boolean): KnownPlace {
  const level = code.framesAt(code.entry).at(-1);
  const why = 'the place inside the function is not known, this is where it begins';
  return {
    funcIndex: code.funcIndex,
    pc: frameless ? code.entry : undefined,
    confidence: frameless ? EXACT : { kind: 'range', why },
    frames: [{ function: code.name, file: level?.file ?? '', line: level?.line ?? 0, inlined: false }],
  };
}

function returnPlace(code: CodeFunction, pc: GoPc, confidence: Confidence): KnownPlace {
  const frames = code.framesAt(goPc(pc - 1)).map(({ name, ...level }) => ({ function: name, ...level }));
  return { funcIndex: code.funcIndex, pc, confidence, frames };
}

/** A stack is searched for the engine's return PCs up to this size. */
const MAX_SCAN = 4 << 20;
/** So many of the engine's innermost frames are looked for, and at so many places. */
const MAX_MET = 64;
const MAX_STARTS = 5000;

/**
 * The innermost function on a stack when SP is not known, by the return PCs of the engine's frames: the place on the stack from
 * where unwinding meets most of them. A single one is enough only when unwinding reaches the stack's first function. Undefined when there is
 * no such place. Throws only NeedPages.
 */
export function findByReturnPcs(
  program: ProgramCode,
  memory: Memory,
  bounds: StackBounds,
  places: readonly KnownPlace[],
): StoppedAt | undefined {
  const pcs = places.slice(0, MAX_MET).map((place) => place.pc);
  const wanted = new Set(pcs.filter((pc) => pc !== undefined));
  const size = Math.min(bounds.hi - bounds.lo, MAX_SCAN);
  if (wanted.size === 0 || size <= 0 || bounds.hi > memory.size) return undefined;
  const start = bounds.hi - size;
  const bytes = memory.bytes(address(start), size);
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let best: { met: number; inOrder: number; sp: Address; pc: GoPc } | undefined;
  // Other places that meet as many of the frames, and in the same order.
  let rivals = 0;
  let starts = MAX_STARTS;
  for (let at = 0; at + 8 <= size && starts > 0; at += 8) {
    const pc = goPc(words.getUint32(at, true) + words.getUint32(at + 4, true) * 0x100000000);
    if (!wanted.has(pc)) continue;
    starts--;
    const sp = address(start + at + 8);
    const stack = unwind(program, memory, { pc, sp }, bounds, {
      keep: pcs.length,
      maxFrames: 2 * pcs.length,
    });
    const onStack = new Set(stack.frames.map((frame) => frame.pc));
    const met = pcs.filter((known) => known !== undefined && onStack.has(known)).length;
    if (met < 2 && stack.end !== 'top') continue;
    const inOrder = sameFromStart(
      stack.frames.map((frame) => frame.pc),
      pcs.slice(pcs.indexOf(pc)).filter((known) => known !== undefined),
    );
    const more = best === undefined ? 1 : met - best.met || inOrder - best.inOrder;
    if (more > 0) [best, rivals] = [{ met, inOrder, sp, pc }, 0];
    else if (more === 0) rivals++;
  }
  if (best === undefined) return undefined;
  const { pc } = best;
  const inside = pcs.indexOf(pc);
  const place = places[inside];
  if (place === undefined) return undefined;
  const stopped = { position: { pc, sp: best.sp }, place, confidence: place.confidence };
  const found = calledFrom(program, stopped, places[inside - 1]) ?? stopped;
  return rivals === 0 ? found : approximate(found, severalCalls(rivals + 1));
}

const severalCalls = (count: number): string =>
  `the stack holds ${count} calls that agree with what the engine says equally well, this is the innermost one`;

/** How many entries two lists have in common from their start. */
function sameFromStart(one: readonly GoPc[], other: readonly GoPc[]): number {
  let same = 0;
  while (same < one.length && same < other.length && one[same] === other[same]) same++;
  return same;
}

/** The same, said to be the likeliest of several. What is known less well already stays as it is. */
function approximate(stopped: StoppedAt, why: string): StoppedAt {
  const { kind } = stopped.confidence;
  if (kind === 'inferred' || kind === 'unavailable') return stopped;
  const confidence: Confidence = { kind: 'inferred', why };
  return { ...stopped, place: { ...stopped.place, confidence }, confidence };
}

/** The frame of a function without known PC, as of one that is inside an import, below the frame that called it. */
function calledFrom(
  program: ProgramCode,
  { position }: StoppedAt,
  inner: KnownPlace | undefined,
): StoppedAt | undefined {
  const callee = program.functionAt(position.pc)?.calleeAt(position.pc);
  if (inner?.funcIndex === undefined || callee !== inner.funcIndex) return undefined;
  const code = program.functionOf(inner.funcIndex);
  const frame = code?.frameSizes()[0];
  if (code === undefined || frame === undefined) return undefined;
  const sp = address(position.sp - 8 - frame.size);
  const place = inner.frames.length > 0 ? inner : entryPlace(code, frame.size === 0);
  return { position: { pc: frame.pc, sp }, place, confidence: place.confidence };
}

/** A value of WebAssembly as its bits: of f32 and f64 their IEEE pattern. */
export interface MachineValue {
  readonly bits: bigint;
  readonly bytes: 4 | 8 | 16;
}

/** Why the value of one place is not known. */
export interface MissingValue {
  readonly why: string;
}

/** Where a WebAssembly location is (WebAssembly tool conventions, Debugging.md). */
export type Store = 'local' | 'global' | 'operand';

/**
 * A stopped program as expressions see it. What it does not know is undefined. Reading memory may throw (`NeedPages` of src/memory); the evaluator
 * lets that through.
 */
export interface Machine {
  /** Value of a local, a global, or an operand of the frame (counted from the bottom of its stack), or a reason of its own why there is none. */
  value(store: Store, index: number): MachineValue | MissingValue | undefined;
  /** The same when the function was entered, where somebody kept it. */
  atEntry?(store: Store, index: number): MachineValue | MissingValue | undefined;
  /** Bytes of linear memory; undefined where there is none. */
  read(address: number, length: number): Uint8Array | undefined;
}

/** What one part of a variable is. */
export type Place =
  | { readonly kind: 'memory'; readonly address: number }
  /** It is not in memory: this is its value, little-endian; `bytes` is as long as what is known of it. */
  | { readonly kind: 'value'; readonly bytes: Uint8Array }
  /** A pointer to a variable that has no address itself; `entry` in .debug_info. */
  | { readonly kind: 'pointer'; readonly entry: number; readonly offset: number }
  | { readonly kind: 'missing'; readonly why: string };

/** A part of a variable. The parts stand behind each other, least significant first. */
export interface Piece {
  readonly place: Place;
  /** Bits of the part; undefined where it is the whole variable. */
  readonly bitSize: number | undefined;
  /** First bit of the part within its place. */
  readonly bitOffset: number;
}

/** Why the compiler's own words say that there is nothing. */
export const OPTIMIZED_OUT = 'optimized out: the compiler kept no place for it here';

/** Bytes of a variable: `known[i]` is 0 where byte i is not known, for the reason `why`. */
export interface VariableBytes {
  readonly bytes: Uint8Array;
  readonly known: Uint8Array;
  /** The first reason; '' where all is known. */
  readonly why: string;
}

/** Larger variables are told as their places only. */
const MAX_BYTES = 1 << 20;

/** Puts the parts of a variable of `size` bytes together. */
export function readPieces(pieces: readonly Piece[], size: number, machine: Machine): VariableBytes {
  const length = Math.max(0, Math.min(size, MAX_BYTES));
  const bytes = new Uint8Array(length);
  const known = new Uint8Array(length);
  let why = '';
  let bit = 0;
  for (const { place, bitSize, bitOffset } of pieces) {
    const left = 8 * length - bit;
    if (left <= 0) break;
    const bits = Math.min(bitSize ?? left, left);
    const read = readPlace(place, Math.ceil((bitOffset + bits) / 8), machine);
    if (typeof read === 'string') why ||= read;
    else {
      const got = copyBits(read, bitOffset, bytes, bit, Math.min(bits, 8 * read.length - bitOffset), known);
      if (got < bits) why ||= 'the debug information has a place for a part of it only';
    }
    bit += bits;
  }
  if (bit < 8 * length) why ||= OPTIMIZED_OUT;
  if (size > length) why ||= `larger than ${MAX_BYTES} bytes`;
  return { bytes, known, why };
}

function readPlace(place: Place, length: number, machine: Machine): Uint8Array | string {
  switch (place.kind) {
    case 'memory':
      return machine.read(place.address, length) ?? `memory at 0x${place.address.toString(16)} is not there`;
    case 'value':
      return place.bytes;
    case 'pointer':
      return 'a pointer to a variable that has no address';
    case 'missing':
      return place.why;
  }
}

/** Copies bits, whole bytes at once where they are aligned. Returns how many; marks bytes of which any bit came. */
function copyBits(
  from: Uint8Array,
  fromBit: number,
  to: Uint8Array,
  toBit: number,
  count: number,
  known: Uint8Array,
): number {
  if (count <= 0) return 0;
  if (fromBit % 8 === 0 && toBit % 8 === 0 && count % 8 === 0) {
    to.set(from.subarray(fromBit / 8, (fromBit + count) / 8), toBit / 8);
    known.fill(1, toBit / 8, (toBit + count) / 8);
    return count;
  }
  for (let i = 0; i < count; i++) {
    const source = fromBit + i;
    const target = toBit + i;
    const bit = ((from[source >> 3] ?? 0) >> (source & 7)) & 1;
    to[target >> 3] = (to[target >> 3] ?? 0) | (bit << (target & 7));
    known[target >> 3] = 1;
  }
  return count;
}

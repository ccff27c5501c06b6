import type { ByteReader } from './byte-reader.ts';
import { readConstant } from './const-expr.ts';

/**
 * The segments of the Data section, as columns: Go's linker writes one for every run of non-zero bytes, tens of thousands in a
 * large program.
 */
export interface DataSegments {
  readonly count: number;
  /**
   * Address the segment is copied to at instantiation, unsigned. NaN for a passive segment and for one whose offset is not a
   * constant.
   */
  readonly address: Float64Array;
  /** First byte of the content, a module offset. */
  readonly start: Uint32Array;
  /** Bytes of content. */
  readonly size: Uint32Array;
  /** Index of the memory; 0 for passive segments. */
  readonly memory: Uint32Array;
}

export const NO_DATA: DataSegments = {
  count: 0,
  address: new Float64Array(0),
  start: new Uint32Array(0),
  size: new Uint32Array(0),
  memory: new Uint32Array(0),
};

/**
 * Reads the content of a Data section (core specification 2.0, 5.5.14). Segments that were read before a broken one are kept:
 * `report` gets the error.
 */
export function readDataSection(reader: ByteReader, report: (error: unknown) => void): DataSegments {
  let declared = 0;
  try {
    declared = reader.u32('the count of data segments');
  } catch (error) {
    report(error);
  }
  // Two bytes is the shortest segment (passive, empty), so a hostile count allocates no more than the file's size times ten.
  const room = Math.min(declared, Math.floor(reader.remaining / 2));
  const address = new Float64Array(room);
  const start = new Uint32Array(room);
  const size = new Uint32Array(room);
  const memory = new Uint32Array(room);
  let count = 0;
  try {
    while (count < declared) {
      if (!readPlainSegment(reader, count, address, start, size)) {
        const flags = reader.u32('the flags of a data segment');
        if (flags > 2) throw reader.error(`data segment ${count} has unknown flags ${flags}`);
        memory[count] = flags === 2 ? reader.u32('a memory index') : 0;
        address[count] = flags === 1 ? NaN : constantAddress(reader);
        const length = reader.u32('the size of a data segment');
        start[count] = reader.pos;
        size[count] = length;
        reader.skip(length, `data segment ${count}`);
      }
      count++;
    }
  } catch (error) {
    report(error);
  }
  return {
    count,
    address: address.subarray(0, count),
    start: start.subarray(0, count),
    size: size.subarray(0, count),
    memory: memory.subarray(0, count),
  };
}

/**
 * The form of nearly every segment, `0 (i32.const N; end) bytes`, read without making an object or leaving the loop for each byte.
 * Returns false, and leaves the reader where it is, for every other form and near the section's end.
 */
function readPlainSegment(
  reader: ByteReader,
  count: number,
  address: Float64Array,
  start: Uint32Array,
  size: Uint32Array,
): boolean {
  const bytes = reader.bytes;
  let pos = reader.pos;
  // Flags, opcode, two numbers of five bytes at most, and the end.
  if (pos + 13 > reader.end || bytes[pos] !== 0 || bytes[pos + 1] !== 0x41) return false;
  pos += 2;
  let offset = 0;
  let shift = 0;
  let byte = 0x80;
  while (byte >= 0x80) {
    if (shift > 21) return false;
    byte = bytes[pos++] ?? 0;
    offset |= (byte & 0x7f) << shift;
    shift += 7;
  }
  offset = (offset << (32 - shift)) >> (32 - shift);
  if (bytes[pos++] !== 0x0b) return false;
  let length = 0;
  shift = 0;
  byte = 0x80;
  while (byte >= 0x80) {
    if (shift > 21) return false;
    byte = bytes[pos++] ?? 0;
    length |= (byte & 0x7f) << shift;
    shift += 7;
  }
  if (pos + length > reader.end) return false;
  address[count] = offset >>> 0;
  start[count] = pos;
  size[count] = length;
  reader.pos = pos + length;
  return true;
}

function constantAddress(reader: ByteReader): number {
  const constant = readConstant(reader);
  if (constant.kind === 'i32') return constant.value >>> 0;
  if (constant.kind === 'i64') return Number(BigInt.asUintN(64, constant.value));
  return NaN;
}

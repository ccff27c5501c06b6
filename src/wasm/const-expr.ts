import { funcIndex } from '../base/units.ts';
import type { ByteReader } from './byte-reader.ts';
import type { Constant } from './types.ts';

const END = 0x0b;
const OTHER: Constant = { kind: 'other' };

/**
 * Reads a constant expression up to and including its `end` (core specification 2.0, 5.4.9 with extended constants). A single
 * constant is returned as such; sums and the like are read over and come out as `other`.
 */
export function readConstant(reader: ByteReader): Constant {
  let result: Constant = OTHER;
  for (let instructions = 0; ; instructions++) {
    const start = reader.pos;
    const opcode = reader.u8('a constant expression');
    if (opcode === END) return instructions === 1 ? result : OTHER;
    result = readInstruction(reader, opcode, start);
  }
}

function readInstruction(reader: ByteReader, opcode: number, start: number): Constant {
  switch (opcode) {
    case 0x41:
      return { kind: 'i32', value: reader.s32('an i32.const') };
    case 0x42:
      return { kind: 'i64', value: reader.s64('an i64.const') };
    case 0x43:
      return { kind: 'float', value: float(reader.take(4, 'an f32.const')).getFloat32(0, true) };
    case 0x44:
      return { kind: 'float', value: float(reader.take(8, 'an f64.const')).getFloat64(0, true) };
    case 0x23:
      return { kind: 'global', index: reader.u32('a global index') };
    case 0xd0:
      reader.s33('a heap type');
      return { kind: 'null' };
    case 0xd2:
      return { kind: 'function', index: funcIndex(reader.u32('a function index')) };
    case 0xfd:
      if (reader.u32('a vector opcode') !== 12) break;
      reader.skip(16, 'a v128.const');
      return OTHER;
    case 0x6a:
    case 0x6b:
    case 0x6c:
    case 0x7c:
    case 0x7d:
    case 0x7e:
      return OTHER;
  }
  throw reader.error(`opcode 0x${opcode.toString(16)} cannot stand in a constant expression`, start);
}

function float(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

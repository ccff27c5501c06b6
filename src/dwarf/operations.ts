import { DwarfReader, type DwarfSection } from './dwarf-reader.ts';
import type { Encoding } from './forms.ts';

/** DW_OP_* that are told apart (DWARF 5, 7.7.1; 0xed: WebAssembly tool conventions, Debugging.md; GNU and LLVM extensions). */
export const Op = {
  addr: 0x03,
  deref: 0x06,
  const1u: 0x08,
  const1s: 0x09,
  const2u: 0x0a,
  const2s: 0x0b,
  const4u: 0x0c,
  const4s: 0x0d,
  const8u: 0x0e,
  const8s: 0x0f,
  constu: 0x10,
  consts: 0x11,
  dup: 0x12,
  drop: 0x13,
  over: 0x14,
  pick: 0x15,
  swap: 0x16,
  rot: 0x17,
  xderef: 0x18,
  abs: 0x19,
  and: 0x1a,
  div: 0x1b,
  minus: 0x1c,
  mod: 0x1d,
  mul: 0x1e,
  neg: 0x1f,
  not: 0x20,
  or: 0x21,
  plus: 0x22,
  plusUconst: 0x23,
  shl: 0x24,
  shr: 0x25,
  shra: 0x26,
  xor: 0x27,
  bra: 0x28,
  eq: 0x29,
  ge: 0x2a,
  gt: 0x2b,
  le: 0x2c,
  lt: 0x2d,
  ne: 0x2e,
  skip: 0x2f,
  lit0: 0x30,
  reg0: 0x50,
  breg0: 0x70,
  regx: 0x90,
  fbreg: 0x91,
  bregx: 0x92,
  piece: 0x93,
  derefSize: 0x94,
  xderefSize: 0x95,
  nop: 0x96,
  pushObjectAddress: 0x97,
  call2: 0x98,
  call4: 0x99,
  callRef: 0x9a,
  formTlsAddress: 0x9b,
  callFrameCfa: 0x9c,
  bitPiece: 0x9d,
  implicitValue: 0x9e,
  stackValue: 0x9f,
  implicitPointer: 0xa0,
  addrx: 0xa1,
  constx: 0xa2,
  entryValue: 0xa3,
  constType: 0xa4,
  regvalType: 0xa5,
  derefType: 0xa6,
  xderefType: 0xa7,
  convert: 0xa8,
  reinterpret: 0xa9,
  gnuPushTlsAddress: 0xe0,
  wasmLocation: 0xed,
  wasmLocationInt: 0xee,
  gnuUninit: 0xf0,
  gnuImplicitPointer: 0xf2,
  gnuEntryValue: 0xf3,
  gnuConstType: 0xf4,
  gnuRegvalType: 0xf5,
  gnuDerefType: 0xf6,
  gnuConvert: 0xf7,
  gnuReinterpret: 0xf9,
  gnuParameterRef: 0xfa,
  gnuAddrIndex: 0xfb,
  gnuConstIndex: 0xfc,
  gnuVariableValue: 0xfd,
} as const;

/**
 * What follows an operation: a number of 1, 2, 4 or 8 bytes (`u`, `s`: signed), `a` an address, `U` and `S` LEB128, `o` an offset of a
 * section, `B` a length as ULEB128 with so many bytes, `b` the same with a length of one byte, `w` what a WebAssembly location is followed by.
 */
const OPERANDS: ReadonlyMap<number, readonly [name: string, operands: string]> = new Map<
  number,
  readonly [string, string]
>([
  [Op.addr, ['addr', 'a']],
  [Op.deref, ['deref', '']],
  [Op.const1u, ['const1u', 'u1']],
  [Op.const1s, ['const1s', 's1']],
  [Op.const2u, ['const2u', 'u2']],
  [Op.const2s, ['const2s', 's2']],
  [Op.const4u, ['const4u', 'u4']],
  [Op.const4s, ['const4s', 's4']],
  [Op.const8u, ['const8u', 'u8']],
  [Op.const8s, ['const8s', 's8']],
  [Op.constu, ['constu', 'U']],
  [Op.consts, ['consts', 'S']],
  [Op.dup, ['dup', '']],
  [Op.drop, ['drop', '']],
  [Op.over, ['over', '']],
  [Op.pick, ['pick', 'u1']],
  [Op.swap, ['swap', '']],
  [Op.rot, ['rot', '']],
  [Op.xderef, ['xderef', '']],
  [Op.abs, ['abs', '']],
  [Op.and, ['and', '']],
  [Op.div, ['div', '']],
  [Op.minus, ['minus', '']],
  [Op.mod, ['mod', '']],
  [Op.mul, ['mul', '']],
  [Op.neg, ['neg', '']],
  [Op.not, ['not', '']],
  [Op.or, ['or', '']],
  [Op.plus, ['plus', '']],
  [Op.plusUconst, ['plus_uconst', 'U']],
  [Op.shl, ['shl', '']],
  [Op.shr, ['shr', '']],
  [Op.shra, ['shra', '']],
  [Op.xor, ['xor', '']],
  [Op.bra, ['bra', 's2']],
  [Op.eq, ['eq', '']],
  [Op.ge, ['ge', '']],
  [Op.gt, ['gt', '']],
  [Op.le, ['le', '']],
  [Op.lt, ['lt', '']],
  [Op.ne, ['ne', '']],
  [Op.skip, ['skip', 's2']],
  ...Array.from({ length: 32 }, (_, i): [number, readonly [string, string]] => [
    Op.lit0 + i,
    [`lit${i}`, ''],
  ]),
  ...Array.from({ length: 32 }, (_, i): [number, readonly [string, string]] => [
    Op.reg0 + i,
    [`reg${i}`, ''],
  ]),
  ...Array.from({ length: 32 }, (_, i): [number, readonly [string, string]] => [
    Op.breg0 + i,
    [`breg${i}`, 'S'],
  ]),
  [Op.regx, ['regx', 'U']],
  [Op.fbreg, ['fbreg', 'S']],
  [Op.bregx, ['bregx', 'US']],
  [Op.piece, ['piece', 'U']],
  [Op.derefSize, ['deref_size', 'u1']],
  [Op.xderefSize, ['xderef_size', 'u1']],
  [Op.nop, ['nop', '']],
  [Op.pushObjectAddress, ['push_object_address', '']],
  [Op.call2, ['call2', 'u2']],
  [Op.call4, ['call4', 'u4']],
  [Op.callRef, ['call_ref', 'o']],
  [Op.formTlsAddress, ['form_tls_address', '']],
  [Op.callFrameCfa, ['call_frame_cfa', '']],
  [Op.bitPiece, ['bit_piece', 'UU']],
  [Op.implicitValue, ['implicit_value', 'B']],
  [Op.stackValue, ['stack_value', '']],
  [Op.implicitPointer, ['implicit_pointer', 'oS']],
  [Op.addrx, ['addrx', 'U']],
  [Op.constx, ['constx', 'U']],
  [Op.entryValue, ['entry_value', 'B']],
  [Op.constType, ['const_type', 'Ub']],
  [Op.regvalType, ['regval_type', 'UU']],
  [Op.derefType, ['deref_type', 'u1U']],
  [Op.xderefType, ['xderef_type', 'u1U']],
  [Op.convert, ['convert', 'U']],
  [Op.reinterpret, ['reinterpret', 'U']],
  [Op.gnuPushTlsAddress, ['GNU_push_tls_address', '']],
  [Op.wasmLocation, ['WASM_location', 'w']],
  [Op.wasmLocationInt, ['WASM_location_int', 'u1u4']],
  [Op.gnuUninit, ['GNU_uninit', '']],
  [Op.gnuImplicitPointer, ['GNU_implicit_pointer', 'oS']],
  [Op.gnuEntryValue, ['GNU_entry_value', 'B']],
  [Op.gnuConstType, ['GNU_const_type', 'Ub']],
  [Op.gnuRegvalType, ['GNU_regval_type', 'UU']],
  [Op.gnuDerefType, ['GNU_deref_type', 'u1U']],
  [Op.gnuConvert, ['GNU_convert', 'U']],
  [Op.gnuReinterpret, ['GNU_reinterpret', 'U']],
  [Op.gnuParameterRef, ['GNU_parameter_ref', 'u4']],
  [Op.gnuAddrIndex, ['GNU_addr_index', 'U']],
  [Op.gnuConstIndex, ['GNU_const_index', 'U']],
  [Op.gnuVariableValue, ['GNU_variable_value', 'o']],
]);

/** One operation of an expression. */
export interface Operation {
  readonly code: number;
  /** Without `DW_OP_`: `plus_uconst`. */
  readonly name: string;
  /** Its numbers, in order; a block is its length. */
  readonly operands: readonly bigint[];
  /** Where a block stands, as positions in the section; empty where there is none. */
  readonly start: number;
  readonly end: number;
  /** Position of the operation, and of the one behind it. */
  readonly at: number;
  readonly next: number;
}

/** Where an expression stands in its section. */
export interface Expression {
  readonly section: DwarfSection;
  readonly start: number;
  readonly end: number;
  readonly encoding: Encoding;
}

/** Kind of a WebAssembly location whose index has four bytes, so that linkers can change it. */
const WASM_GLOBAL_FIXED = 3;

/** Reads the operation at the reader. Throws a FormatError for one that is not known or leaves the expression. */
export function readOperation(reader: DwarfReader, encoding: Encoding): Operation {
  const at = reader.pos;
  const code = reader.u8();
  const known = OPERANDS.get(code);
  if (known === undefined) throw reader.error(`operation 0x${code.toString(16)} is not known`, at);
  const [name, shape] = known;
  const operands: bigint[] = [];
  let start = reader.pos;
  let end = start;
  for (let i = 0; i < shape.length; i++) {
    const letter = shape.charAt(i);
    switch (letter) {
      case 'u':
        operands.push(fixed(reader, Number(shape[++i]), false));
        break;
      case 's':
        operands.push(fixed(reader, Number(shape[++i]), true));
        break;
      case 'a':
        operands.push(fixed(reader, encoding.addressSize, false));
        break;
      case 'o':
        operands.push(
          fixed(reader, encoding.version <= 2 ? encoding.addressSize : encoding.is64 ? 8 : 4, false),
        );
        break;
      case 'U':
        operands.push(leb(reader, false));
        break;
      case 'S':
        operands.push(leb(reader, true));
        break;
      case 'w': {
        const kind = reader.u8();
        operands.push(BigInt(kind), kind === WASM_GLOBAL_FIXED ? BigInt(reader.u32()) : leb(reader, false));
        break;
      }
      default: {
        const length = letter === 'b' ? reader.u8() : reader.uleb();
        operands.push(BigInt(length));
        start = reader.pos;
        reader.skip(length);
        end = reader.pos;
      }
    }
  }
  return { code, name, operands, start, end, at, next: reader.pos };
}

/** All operations of an expression, in order. Throws a FormatError where one is not known or does not end inside it. */
export function readExpression({ section, start, end, encoding }: Expression): Operation[] {
  const reader = new DwarfReader(section, start, end);
  const operations: Operation[] = [];
  while (reader.pos < reader.end) operations.push(readOperation(reader, encoding));
  return operations;
}

function fixed(reader: DwarfReader, size: number, signed: boolean): bigint {
  const low = BigInt(size === 8 ? reader.u32() : reader.unsigned(size));
  const value = size === 8 ? low | (BigInt(reader.u32()) << 32n) : low;
  return signed ? BigInt.asIntN(8 * size, value) : value;
}

/** A LEB128 of up to 64 bits, in full. */
function leb(reader: DwarfReader, signed: boolean): bigint {
  const start = reader.pos;
  reader.skipLeb();
  let value = 0n;
  for (let i = reader.pos - 1; i >= start; i--) value = (value << 7n) | BigInt((reader.bytes[i] ?? 0) & 0x7f);
  const bits = 7 * (reader.pos - start);
  return signed ? BigInt.asIntN(Math.min(bits, 64), value) : BigInt.asUintN(64, value);
}

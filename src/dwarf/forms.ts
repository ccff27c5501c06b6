import type { Abbreviation } from './abbreviations.ts';
import { Form } from './constants.ts';
import type { DwarfReader } from './dwarf-reader.ts';

/** What the sizes of forms depend on. */
export interface Encoding {
  readonly version: number;
  readonly is64: boolean;
  /** Bytes of an address: 4, or 8 where memory is 64 bits. */
  readonly addressSize: number;
}

/**
 * What a form's value is (DWARF 5, 7.5.5). `addressIndex`, `stringIndex`, `locationIndex`, `rangeIndex`: an index to be looked up through the unit's
 * bases. `reference`: bytes from the unit's first byte; `globalReference`: from the start of .debug_info. `supplementary`: in a file
 * that is not here.
 */
export type ValueKind =
  | 'address'
  | 'addressIndex'
  | 'constant'
  | 'flag'
  | 'block'
  | 'expression'
  | 'string'
  | 'stringOffset'
  | 'lineStringOffset'
  | 'stringIndex'
  | 'reference'
  | 'globalReference'
  | 'signature'
  | 'sectionOffset'
  | 'locationIndex'
  | 'rangeIndex'
  | 'supplementary';

/** One attribute's value. Made once and filled again and again: reading entries allocates nothing. */
export class FormValue {
  kind: ValueKind = 'constant';
  /** The number: address, offset, index, constant (unsigned, but for sdata and implicit_const), 0 or 1 for a flag. */
  number = 0;
  /** Where the bytes of a block, expression, string or signature, or of a constant of up to 64 bits, stand, as positions in the section. */
  start = 0;
  end = 0;
  /** DW_FORM_* of a constant that `number` may not hold exactly; 0 else. */
  wide = 0;
}

/** Reads the value of an attribute. Throws a FormatError for an unknown form, or when it leaves the unit. */
export function readForm(
  reader: DwarfReader,
  form: number,
  implicit: number,
  encoding: Encoding,
  into: FormValue,
): void {
  into.wide = 0;
  const number = (kind: ValueKind, value: number): void => {
    into.kind = kind;
    into.number = value;
  };
  const wide = (value: number): void => {
    into.kind = 'constant';
    into.number = value;
    into.wide = form;
    into.end = reader.pos;
  };
  const bytes = (kind: ValueKind, length: number): void => {
    into.kind = kind;
    into.start = reader.pos;
    reader.skip(length);
    into.end = reader.pos;
    into.number = length;
  };
  switch (form) {
    case Form.addr: {
      number('address', reader.unsigned(encoding.addressSize));
      return;
    }
    case Form.addrx:
    case Form.gnuAddrIndex: {
      number('addressIndex', reader.uleb());
      return;
    }
    case Form.addrx1: {
      number('addressIndex', reader.u8());
      return;
    }
    case Form.addrx2: {
      number('addressIndex', reader.u16());
      return;
    }
    case Form.addrx3: {
      number('addressIndex', reader.u24());
      return;
    }
    case Form.addrx4: {
      number('addressIndex', reader.u32());
      return;
    }
    case Form.data1: {
      number('constant', reader.u8());
      return;
    }
    case Form.data2: {
      number('constant', reader.u16());
      return;
    }
    case Form.data4: {
      number('constant', reader.u32());
      return;
    }
    case Form.data8: {
      into.start = reader.pos;
      wide(reader.u64());
      return;
    }
    case Form.data16: {
      bytes('block', 16);
      return;
    }
    case Form.udata: {
      into.start = reader.pos;
      wide(reader.uleb());
      return;
    }
    case Form.sdata: {
      into.start = reader.pos;
      wide(reader.sleb());
      return;
    }
    case Form.implicitConst: {
      number('constant', implicit);
      return;
    }
    case Form.flag: {
      number('flag', reader.u8() === 0 ? 0 : 1);
      return;
    }
    case Form.flagPresent: {
      number('flag', 1);
      return;
    }
    case Form.string: {
      into.kind = 'string';
      into.start = reader.pos;
      reader.skipCstring();
      into.end = reader.pos - 1;
      return;
    }
    case Form.strp: {
      number('stringOffset', reader.offset(encoding.is64));
      return;
    }
    case Form.lineStrp: {
      number('lineStringOffset', reader.offset(encoding.is64));
      return;
    }
    case Form.strx:
    case Form.gnuStrIndex: {
      number('stringIndex', reader.uleb());
      return;
    }
    case Form.strx1: {
      number('stringIndex', reader.u8());
      return;
    }
    case Form.strx2: {
      number('stringIndex', reader.u16());
      return;
    }
    case Form.strx3: {
      number('stringIndex', reader.u24());
      return;
    }
    case Form.strx4: {
      number('stringIndex', reader.u32());
      return;
    }
    case Form.ref1: {
      number('reference', reader.u8());
      return;
    }
    case Form.ref2: {
      number('reference', reader.u16());
      return;
    }
    case Form.ref4: {
      number('reference', reader.u32());
      return;
    }
    case Form.ref8: {
      number('reference', reader.u64());
      return;
    }
    case Form.refUdata: {
      number('reference', reader.uleb());
      return;
    }
    case Form.refAddr: {
      // In DWARF 2 it has the size of an address.
      number(
        'globalReference',
        encoding.version <= 2 ? reader.unsigned(encoding.addressSize) : reader.offset(encoding.is64),
      );
      return;
    }
    case Form.refSig8: {
      bytes('signature', 8);
      return;
    }
    case Form.secOffset: {
      number('sectionOffset', reader.offset(encoding.is64));
      return;
    }
    case Form.loclistx: {
      number('locationIndex', reader.uleb());
      return;
    }
    case Form.rnglistx: {
      number('rangeIndex', reader.uleb());
      return;
    }
    case Form.exprloc: {
      bytes('expression', reader.uleb());
      return;
    }
    case Form.block: {
      bytes('block', reader.uleb());
      return;
    }
    case Form.block1: {
      bytes('block', reader.u8());
      return;
    }
    case Form.block2: {
      bytes('block', reader.u16());
      return;
    }
    case Form.block4: {
      bytes('block', reader.u32());
      return;
    }
    case Form.refSup4: {
      number('supplementary', reader.u32());
      return;
    }
    case Form.refSup8: {
      number('supplementary', reader.u64());
      return;
    }
    case Form.strpSup:
    case Form.gnuRefAlt:
    case Form.gnuStrpAlt: {
      number('supplementary', reader.offset(encoding.is64));
      return;
    }
    case Form.indirect: {
      const at = reader.pos;
      const actual = reader.uleb();
      // A form that names itself would go on for ever, and a constant has to stand in the abbreviation.
      if (actual === Form.indirect || actual === Form.implicitConst)
        throw reader.error('an indirect form that names no form of its own', at);
      readForm(reader, actual, 0, encoding, into);
      return;
    }
    default:
      throw reader.error(`form 0x${form.toString(16)} is not known`);
  }
}

/** A constant of up to 64 bits in full; `number` of other values. */
export function exactConstant({ kind, number, start, end, wide }: FormValue, bytes: Uint8Array): bigint {
  if (kind !== 'constant' || Number.isSafeInteger(number) || wide === 0) return BigInt(Math.trunc(number));
  let result = 0n;
  let shift = 0n;
  const bits = wide === Form.data8 ? 8n : 7n;
  const mask = wide === Form.data8 ? 0xff : 0x7f;
  for (let i = start; i < end; i++, shift += bits) result |= BigInt((bytes[i] ?? 0) & mask) << shift;
  return wide === Form.sdata ? BigInt.asIntN(64, result) : BigInt.asUintN(64, result);
}

/** Bytes of a form where they do not depend on what stands there; -1 else. */
function sizeOfForm(form: number, { version, is64, addressSize }: Encoding): number {
  const offset = is64 ? 8 : 4;
  switch (form) {
    case Form.implicitConst:
    case Form.flagPresent:
      return 0;
    case Form.data1:
    case Form.ref1:
    case Form.flag:
    case Form.strx1:
    case Form.addrx1:
      return 1;
    case Form.data2:
    case Form.ref2:
    case Form.strx2:
    case Form.addrx2:
      return 2;
    case Form.strx3:
    case Form.addrx3:
      return 3;
    case Form.data4:
    case Form.ref4:
    case Form.strx4:
    case Form.addrx4:
    case Form.refSup4:
      return 4;
    case Form.data8:
    case Form.ref8:
    case Form.refSig8:
    case Form.refSup8:
      return 8;
    case Form.data16:
      return 16;
    case Form.addr:
      return addressSize;
    case Form.refAddr:
      return version <= 2 ? addressSize : offset;
    case Form.strp:
    case Form.lineStrp:
    case Form.secOffset:
    case Form.strpSup:
    case Form.gnuRefAlt:
    case Form.gnuStrpAlt:
      return offset;
    default:
      return -1;
  }
}

const scratch = new FormValue();

/** Reads over the value of an attribute. */
export function skipForm(reader: DwarfReader, form: number, encoding: Encoding): void {
  switch (form) {
    case Form.udata:
    case Form.sdata:
    case Form.strx:
    case Form.addrx:
    case Form.refUdata:
    case Form.loclistx:
    case Form.rnglistx: {
      reader.skipLeb();
      return;
    }
    case Form.exprloc:
    case Form.block: {
      reader.skip(reader.uleb());
      return;
    }
    case Form.string: {
      reader.skipCstring();
      return;
    }
    default: {
      const size = sizeOfForm(form, encoding);
      if (size >= 0) reader.skip(size);
      else readForm(reader, form, 0, encoding, scratch);
    }
  }
}

/** Reads over all attributes of an entry; `key` stands for the encoding (`encodingKey`). */
export function skipAttributes(
  reader: DwarfReader,
  abbreviation: Abbreviation,
  encoding: Encoding,
  key: number,
): void {
  let size = abbreviation.sizes.get(key);
  if (size === undefined) {
    size = 0;
    for (const form of abbreviation.forms) {
      const one = sizeOfForm(form, encoding);
      size = one < 0 || size < 0 ? -1 : size + one;
    }
    abbreviation.sizes.set(key, size);
  }
  if (size >= 0) {
    reader.skip(size);
    return;
  }
  const { forms } = abbreviation;
  for (let i = 0; i < forms.length; i++) skipForm(reader, forms[i] ?? 0, encoding);
}

/** One number for each encoding that forms can have. */
export const encodingKey = ({ version, is64, addressSize }: Encoding): number =>
  (version <= 2 ? 32 : 0) + (is64 ? 16 : 0) + addressSize;

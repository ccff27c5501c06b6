import { funcIndex } from '../base/units.ts';
import type { ByteReader } from './byte-reader.ts';
import { readConstant } from './const-expr.ts';
import {
  NO_FUNCTION,
  type ElementSegment,
  type Export,
  type ExternalKind,
  type FunctionType,
  type Global,
  type Import,
  type Limits,
  type Memory,
  type Table,
  type ValueType,
} from './types.ts';

// Readers of one item each of the small sections (core specification 2.0, 5.3 and 5.5).

const KINDS: readonly ExternalKind[] = ['function', 'table', 'memory', 'global', 'tag'];

function readKind(reader: ByteReader): ExternalKind {
  const start = reader.pos;
  const kind = KINDS[reader.u8('an external kind')];
  if (kind === undefined) throw reader.error('unknown external kind', start);
  return kind;
}

/** A value type; of a typed reference (0x63, 0x64) the heap type is read over. */
export function readValueType(reader: ByteReader): ValueType {
  const start = reader.pos;
  const type = reader.u8('a value type');
  if (type === 0x63 || type === 0x64) reader.s33('a heap type');
  else if (type < 0x60 || type > 0x7f) throw reader.error(`unknown value type 0x${type.toString(16)}`, start);
  return type;
}

export function readFunctionType(reader: ByteReader): FunctionType {
  const start = reader.pos;
  const form = reader.u8('a type');
  if (form !== 0x60) throw reader.error(`type form 0x${form.toString(16)} is not a function type`, start);
  return { params: readValueTypes(reader), results: readValueTypes(reader) };
}

function readValueTypes(reader: ByteReader): ValueType[] {
  const types: ValueType[] = [];
  for (let left = reader.u32('the count of value types'); left > 0; left--) types.push(readValueType(reader));
  return types;
}

function readLimits(reader: ByteReader, flags: number): Limits {
  const is64 = (flags & 4) !== 0;
  const read = (what: string) => (is64 ? Number(reader.u64(what)) : reader.u32(what));
  return { min: read('a lower limit'), max: flags & 1 ? read('an upper limit') : undefined };
}

function readLimitFlags(reader: ByteReader): number {
  const start = reader.pos;
  const flags = reader.u8('the flags of limits');
  if (flags > 7) throw reader.error(`unknown flags of limits 0x${flags.toString(16)}`, start);
  return flags;
}

export function readMemory(reader: ByteReader): Memory {
  const flags = readLimitFlags(reader);
  return { ...readLimits(reader, flags), shared: (flags & 2) !== 0, is64: (flags & 4) !== 0 };
}

export function readTable(reader: ByteReader): Table {
  // 0x40 0x00 starts a table with an initial value.
  const withInit = reader.pos < reader.end && reader.bytes[reader.pos] === 0x40;
  if (withInit) reader.skip(2, 'a table with an initial value');
  const elementType = readValueType(reader);
  const table = { ...readLimits(reader, readLimitFlags(reader)), elementType };
  if (withInit) readConstant(reader);
  return table;
}

/** An import, and the memory or table that it brings into its index space. */
export interface ImportedEntity {
  readonly import: Import;
  readonly memory?: Memory;
  readonly table?: Table;
}

export function readImport(reader: ByteReader): ImportedEntity {
  const module = reader.name('the module name of an import');
  const name = reader.name('the name of an import');
  const kind = readKind(reader);
  const entity = (type: number): Import => ({ module, name, kind, type });
  switch (kind) {
    case 'function':
      return { import: entity(reader.u32('a type index')) };
    case 'table':
      return { table: readTable(reader), import: entity(0) };
    case 'memory':
      return { memory: readMemory(reader), import: entity(0) };
    case 'global': {
      const type = readValueType(reader);
      reader.u8('the mutability of a global');
      return { import: entity(type) };
    }
    case 'tag':
      reader.u8('the attribute of a tag');
      return { import: entity(reader.u32('a type index')) };
  }
}

export function readExport(reader: ByteReader): Export {
  return {
    name: reader.name('the name of an export'),
    kind: readKind(reader),
    index: reader.u32('an index'),
  };
}

export function readGlobal(reader: ByteReader): Global {
  const type = readValueType(reader);
  const mutable = reader.u8('the mutability of a global') === 1;
  return { type, mutable, init: readConstant(reader) };
}

/** An element segment in any of its eight forms (core specification 2.0, 5.5.12). */
export function readElementSegment(reader: ByteReader): ElementSegment {
  const start = reader.pos;
  const flags = reader.u32('the flags of an element segment');
  if (flags > 7) throw reader.error(`unknown flags of an element segment ${flags}`, start);
  const active = (flags & 1) === 0;
  const mode = active ? 'active' : flags & 2 ? 'declared' : 'passive';
  const table = active && flags & 2 ? reader.u32('a table index') : 0;
  const constant = active ? readConstant(reader) : undefined;
  const expressions = (flags & 4) !== 0;
  if (flags & 3) {
    if (expressions) readValueType(reader);
    else reader.u8('an element kind');
  }
  const declared = reader.u32('the count of elements');
  // Every element takes a byte at least.
  if (declared > reader.remaining) throw reader.error(`${declared} elements do not fit the section`, start);
  const functions = new Uint32Array(declared);
  for (let i = 0; i < declared; i++) {
    functions[i] = expressions ? functionOf(reader) : reader.u32('a function index');
  }
  const offset =
    constant?.kind === 'i32'
      ? constant.value >>> 0
      : constant?.kind === 'i64'
        ? Number(BigInt.asUintN(64, constant.value))
        : undefined;
  return { mode, table, offset, functions };
}

function functionOf(reader: ByteReader): number {
  const constant = readConstant(reader);
  return constant.kind === 'function' ? constant.index : NO_FUNCTION;
}

export function readFunctionIndex(reader: ByteReader) {
  return funcIndex(reader.u32('a function index'));
}

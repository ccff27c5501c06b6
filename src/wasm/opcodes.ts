/**
 * Opcodes that readers of Go's code look for (core specification 3.0, 5.4; threads proposal). Instructions with a prefix byte are
 * `prefix * 0x1000 + number`: memory.copy is 0xfc00a.
 */
export const Op = {
  unreachable: 0x00,
  nop: 0x01,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  try: 0x06,
  catch: 0x07,
  throw: 0x08,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
  delegate: 0x18,
  catchAll: 0x19,
  drop: 0x1a,
  select: 0x1b,
  tryTable: 0x1f,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  i32Load: 0x28,
  i64Load: 0x29,
  f32Load: 0x2a,
  f64Load: 0x2b,
  i32Load8U: 0x2d,
  i64Load8S: 0x30,
  i64Load8U: 0x31,
  i64Load16S: 0x32,
  i64Load16U: 0x33,
  i64Load32S: 0x34,
  i64Load32U: 0x35,
  i32Store: 0x36,
  i64Store: 0x37,
  i32Store8: 0x3a,
  i64Store8: 0x3c,
  i64Store16: 0x3d,
  i64Store32: 0x3e,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  f64Const: 0x44,
  i32Eqz: 0x45,
  i32Eq: 0x46,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i64Add: 0x7c,
  i32WrapI64: 0xa7,
  i64ExtendI32U: 0xad,
  refNull: 0xd0,
  refFunc: 0xd2,
  memoryInit: 0xfc008,
  memoryCopy: 0xfc00a,
  memoryFill: 0xfc00b,
  v128Const: 0xfd00c,
} as const;

/** What follows an opcode. */
export const Immediate = {
  none: 0,
  /** One index or count, u32. */
  index: 1,
  /** Two indices, u32 each. */
  twoIndices: 2,
  /** Alignment, the memory's index if the alignment's bit 6 is set, and offset. */
  memory: 3,
  i32: 4,
  i64: 5,
  bytes4: 6,
  bytes8: 7,
  /** A block type or heap type, s33. */
  type: 8,
  brTable: 9,
  /** A vector of value types. */
  valueTypes: 10,
  tryTable: 11,
  prefix: 12,
  bytes1: 13,
  bytes16: 14,
  memoryLane: 15,
  invalid: 16,
} as const;

function table(length: number, ...ranges: readonly (readonly [first: number, last: number, kind: number])[]) {
  const kinds = new Uint8Array(length).fill(Immediate.invalid);
  for (const [first, last, kind] of ranges) kinds.fill(kind, first, last + 1);
  return kinds;
}

/** Kind of immediate by first byte. */
export const IMMEDIATES = table(
  256,
  [0x00, 0x01, Immediate.none],
  [0x02, 0x04, Immediate.type],
  [0x05, 0x05, Immediate.none],
  [0x06, 0x06, Immediate.type], // try
  [0x07, 0x09, Immediate.index], // catch, throw, rethrow
  [0x0a, 0x0b, Immediate.none], // throw_ref, end
  [0x0c, 0x0d, Immediate.index],
  [0x0e, 0x0e, Immediate.brTable],
  [0x0f, 0x0f, Immediate.none],
  [0x10, 0x10, Immediate.index],
  [0x11, 0x11, Immediate.twoIndices],
  [0x12, 0x12, Immediate.index],
  [0x13, 0x13, Immediate.twoIndices],
  [0x14, 0x15, Immediate.index], // call_ref, return_call_ref
  [0x18, 0x18, Immediate.index], // delegate
  [0x19, 0x1b, Immediate.none],
  [0x1c, 0x1c, Immediate.valueTypes],
  [0x1f, 0x1f, Immediate.tryTable],
  [0x20, 0x26, Immediate.index],
  [0x28, 0x3e, Immediate.memory],
  [0x3f, 0x40, Immediate.index],
  [0x41, 0x41, Immediate.i32],
  [0x42, 0x42, Immediate.i64],
  [0x43, 0x43, Immediate.bytes4],
  [0x44, 0x44, Immediate.bytes8],
  [0x45, 0xc4, Immediate.none],
  [0xd0, 0xd0, Immediate.type],
  [0xd1, 0xd1, Immediate.none],
  [0xd2, 0xd2, Immediate.index],
  [0xd3, 0xd4, Immediate.none],
  [0xd5, 0xd6, Immediate.index],
  [0xfc, 0xfe, Immediate.prefix],
);

const MISCELLANEOUS = table(
  0x17,
  [0x00, 0x07, Immediate.none], // trunc_sat
  [0x08, 0x08, Immediate.twoIndices], // memory.init
  [0x09, 0x09, Immediate.index],
  [0x0a, 0x0a, Immediate.twoIndices], // memory.copy
  [0x0b, 0x0b, Immediate.index],
  [0x0c, 0x0c, Immediate.twoIndices], // table.init
  [0x0d, 0x0d, Immediate.index],
  [0x0e, 0x0e, Immediate.twoIndices], // table.copy
  [0x0f, 0x11, Immediate.index],
  [0x13, 0x16, Immediate.none], // wide arithmetic
);

const VECTOR = table(
  0x114,
  [0x00, 0x0b, Immediate.memory],
  [0x0c, 0x0d, Immediate.bytes16], // v128.const, i8x16.shuffle
  [0x0e, 0x14, Immediate.none],
  [0x15, 0x22, Immediate.bytes1], // extract_lane, replace_lane
  [0x23, 0x53, Immediate.none],
  [0x54, 0x5b, Immediate.memoryLane],
  [0x5c, 0x5d, Immediate.memory],
  [0x5e, 0xff, Immediate.none],
  [0x100, 0x113, Immediate.none], // relaxed
);
for (const hole of [0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2, 0xc5, 0xc6, 0xcf]) {
  VECTOR[hole] = Immediate.invalid;
}
for (const hole of [0xd0, 0xd2, 0xd3, 0xd4, 0xe2, 0xee]) VECTOR[hole] = Immediate.invalid;

const THREADS = table(
  0x4f,
  [0x00, 0x02, Immediate.memory],
  [0x03, 0x03, Immediate.bytes1], // atomic.fence
  [0x10, 0x4e, Immediate.memory],
);

/** Kind of immediate of an instruction with a prefix byte. */
export function prefixedImmediate(prefix: number, number: number): number {
  const kinds = prefix === 0xfc ? MISCELLANEOUS : prefix === 0xfd ? VECTOR : THREADS;
  return kinds[number] ?? Immediate.invalid;
}

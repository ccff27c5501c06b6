import { describe, expect, it } from 'vitest';
import { evaluate, type EvaluationContext } from '../../../src/dwarf/evaluate.ts';
import { readPieces, type Machine } from '../../../src/dwarf/machine.ts';
import type { Expression } from '../../../src/dwarf/operations.ts';

const expression = (...bytes: number[]): Expression => ({
  section: { name: '.debug_info', bytes: Uint8Array.from(bytes), fileOffset: 0 },
  start: 0,
  end: bytes.length,
  encoding: { version: 5, is64: false, addressSize: 4 },
});

const memory = Uint8Array.from({ length: 256 }, (_, i) => i);
const machine: Machine = {
  value: (store, index) =>
    store === 'local' && index < 4
      ? { bits: [16n, 0xfffffffdn, 7n, 0x4045000000000000n][index] ?? 0n, bytes: index === 3 ? 8 : 4 }
      : store === 'global' && index === 0
        ? { bits: 64n, bytes: 4 }
        : undefined,
  read: (address, length) =>
    address + length <= memory.length ? memory.subarray(address, address + length) : undefined,
};
const context: EvaluationContext = {
  address: (index) => 0x100 + index,
  frameBase: expression(0xed, 0x03, 0, 0, 0, 0, 0x9f),
  baseType: (offset) =>
    offset === 1 ? { size: 4, encoding: 5 } : offset === 2 ? { size: 8, encoding: 4 } : undefined,
};
const places = (...bytes: number[]): unknown[] =>
  evaluate(expression(...bytes), context, machine).map(({ place }) =>
    place.kind === 'value' ? [...place.bytes] : place.kind === 'memory' ? place.address : place,
  );

describe('location expressions', () => {
  it('a local as an address, a local as the value, a global in both encodings', () => {
    expect(places(0xed, 0, 0)).toEqual([16]);
    expect(places(0xed, 0, 0, 0x9f)).toEqual([[16, 0, 0, 0]]);
    expect(places(0xed, 0, 3, 0x9f)).toEqual([[0, 0, 0, 0, 0, 0, 0x45, 0x40]]);
    expect(places(0xed, 1, 0)).toEqual([64]);
    expect(places(0xed, 3, 0, 0, 0, 0)).toEqual([64]);
    expect(places(0xee, 3, 0, 0, 0, 0)).toEqual([64]);
  });

  it('places of the frame, of memory, of .debug_addr', () => {
    expect(places(0x91, 12)).toEqual([76]);
    expect(places(0x91, 0x78)).toEqual([56]);
    expect(places(0x03, 4, 3, 2, 1)).toEqual([0x01020304]);
    expect(places(0xa1, 5)).toEqual([0x105]);
    // What stands in memory at 64, which is 0x43424140.
    expect(places(0x91, 0, 0x06)).toEqual([0x43424140]);
    expect(places(0x91, 0, 0x94, 1, 0x9f)).toEqual([[0x40]]);
  });

  it('arithmetic has the size and the sign of what it is of', () => {
    // local 1 is -3: / 2, >> 1 with and without the sign, < 0.
    expect(places(0xed, 0, 1, 0x32, 0x1b, 0x9f)).toEqual([[0xff, 0xff, 0xff, 0xff]]);
    expect(places(0xed, 0, 1, 0x31, 0x26, 0x9f)).toEqual([[0xfe, 0xff, 0xff, 0xff]]);
    expect(places(0xed, 0, 1, 0x31, 0x25, 0x9f)).toEqual([[0xfe, 0xff, 0xff, 0x7f]]);
    expect(places(0xed, 0, 1, 0x30, 0x2d, 0x9f)).toEqual([[1, 0, 0, 0]]);
    expect(places(0xed, 0, 2, 0x20, 0x9f)).toEqual([[0xf8, 0xff, 0xff, 0xff]]);
    expect(places(0xed, 0, 1, 0x19, 0x9f)).toEqual([[3, 0, 0, 0]]);
    expect(places(0xed, 0, 0, 0xed, 0, 2, 0x1c, 0x23, 1, 0x9f)).toEqual([[10, 0, 0, 0]]);
    // An int as a double.
    expect(places(0xed, 0, 2, 0xa8, 1, 0xa8, 2, 0x9f)).toEqual([[0, 0, 0, 0, 0, 0, 0x1c, 0x40]]);
  });

  it('the stack: dup, swap, rot, over, pick, drop; jumps', () => {
    expect(places(0x31, 0x32, 0x16, 0x1c, 0x9f)).toEqual([[1, 0, 0, 0, 0, 0, 0, 0]]);
    expect(places(0x31, 0x32, 0x33, 0x17, 0x13, 0x9f)).toEqual([[1, 0, 0, 0, 0, 0, 0, 0]]);
    expect(places(0x38, 0x32, 0x14, 0x15, 1, 0x22, 0x9f)[0]).toEqual([10, 0, 0, 0, 0, 0, 0, 0]);
    expect(places(0x31, 0x12, 0x28, 1, 0, 0x13, 0x9f)).toEqual([[1, 0, 0, 0, 0, 0, 0, 0]]);
  });

  it('parts: a part that is not known leaves the others', () => {
    const parts = evaluate(
      expression(0xed, 0, 0, 0x9f, 0x93, 4, 0xed, 2, 0, 0x9f, 0x93, 4, 0x93, 2, 0x91, 1, 0x93, 2),
      context,
      machine,
    );
    expect(parts.map(({ place }) => place.kind)).toEqual(['value', 'missing', 'missing', 'memory']);
    const read = readPieces(parts, 12, machine);
    expect([...read.bytes]).toEqual([16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 65, 66]);
    expect([...read.known]).toEqual([1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1]);
    expect(read.why).toBe('it is on the operand stack, whose value is not known');
  });

  it('a local that is smaller than the variable gives the part that it holds', () => {
    const read = readPieces(evaluate(expression(0xed, 0, 0, 0x9f), context, machine), 16, machine);
    expect(read.known.filter((byte) => byte === 1)).toHaveLength(4);
    expect(read.why).toBe('the debug information has a place for a part of it only');
  });

  it('bit fields and values of the expression itself', () => {
    expect(places(0x9e, 3, 9, 8, 7)).toEqual([[9, 8, 7]]);
    const read = readPieces(evaluate(expression(0x9e, 1, 0xb4, 0x9d, 4, 2), context, machine), 1, machine);
    expect([...read.bytes]).toEqual([0xd]);
  });

  it('nothing is said of what is optimized out, of entry values that nobody kept, of registers', () => {
    const why = (...bytes: number[]): unknown => evaluate(expression(...bytes), context, machine)[0]?.place;
    expect(why()).toEqual({ kind: 'missing', why: 'optimized out: the compiler kept no place for it here' });
    expect(why(0xa3, 3, 0xed, 0, 1, 0x9f)).toEqual({
      kind: 'missing',
      why: 'it is what was in local 1 when the function was called, which nobody kept',
    });
    expect(why(0x50)).toEqual({
      kind: 'missing',
      why: 'it is said to be in a register, which WebAssembly does not have',
    });
    expect(why(0x9c)).toEqual({ kind: 'missing', why: 'DW_OP_call_frame_cfa has no meaning in WebAssembly' });
    expect(why(0x31, 0x30, 0x1b)).toEqual({ kind: 'missing', why: 'its expression divides by zero' });
  });

  it('an entry value that the machine kept', () => {
    const kept: Machine = { ...machine, atEntry: () => ({ bits: 99n, bytes: 4 }) };
    const [piece] = evaluate(expression(0xa3, 3, 0xed, 0, 1, 0x9f), context, kept);
    expect(piece?.place).toEqual({ kind: 'value', bytes: Uint8Array.of(99, 0, 0, 0) });
  });

  it('endless and broken expressions end with an error at a place', () => {
    expect(() => places(0x2f, 0xfd, 0xff)).toThrow(
      /^\.debug_info at offset 0x0: the expression does not end/,
    );
    expect(() => places(0x31, 0x12, 0x2f, 0xfc, 0xff)).toThrow('the expression fills its stack');
    expect(() => places(0x22)).toThrow('.debug_info at offset 0x0: DW_OP_plus on an empty stack');
    expect(() => places(0xff)).toThrow('operation 0xff is not known');
    expect(() => places(0x2f, 0x10, 0)).toThrow('outside');
    const recursive = expression(0x91, 0);
    expect(evaluate(recursive, { ...context, frameBase: recursive }, machine)[0]?.place).toEqual({
      kind: 'missing',
      why: 'expressions call each other without end',
    });
  });
});

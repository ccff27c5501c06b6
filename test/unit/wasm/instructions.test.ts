import { readFileSync } from 'node:fs';
import binaryen from 'binaryen';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/base/format-error.ts';
import { funcIndex } from '../../../src/base/units.ts';
import { InstructionCursor, Op } from '../../../src/wasm/instructions.ts';
import { bodyOf, readModule, type WasmModule } from '../../../src/wasm/module.ts';
import { fixture, fixtureBytes } from '../../support/fixtures.ts';
import { body, moduleOf, sleb, uleb, vector } from './encode.ts';

/** Opens function 0 of a module whose only body holds these bytes. */
function cursorOver(...instructions: number[]): InstructionCursor {
  const module = readModule(moduleOf(vector(10, body(...instructions))));
  const cursor = new InstructionCursor(module.bytes);
  const range = bodyOf(module, funcIndex(0));
  cursor.open(range?.start ?? 0, range?.end ?? 0);
  return cursor;
}

function opcodesOf(cursor: InstructionCursor): number[] {
  const opcodes: number[] = [];
  while (cursor.next()) opcodes.push(cursor.opcode);
  return opcodes;
}

/** Decodes every body; how many do not end with an `end` at their last byte, and how many instructions there are. */
function decodeAll(module: WasmModule) {
  const cursor = new InstructionCursor(module.bytes);
  let instructions = 0;
  let wrongEnds = 0;
  for (let i = 0; i < module.functionCount; i++) {
    const start = module.bodyStart[i] ?? 0;
    const end = start + (module.bodySize[i] ?? 0);
    cursor.open(start, end);
    let depth = 1;
    while (cursor.next()) {
      instructions++;
      if (cursor.opcode >= Op.block && cursor.opcode <= Op.if) depth++;
      if (cursor.opcode === Op.end && --depth === 0 && cursor.pos !== end) wrongEnds++;
    }
    if (cursor.pos !== end || cursor.opcode !== Op.end || depth !== 0) wrongEnds++;
  }
  return { functions: module.functionCount, instructions, wrongEnds };
}

describe('InstructionCursor', () => {
  it('gives immediates', () => {
    const cursor = cursorOver(
      ...[Op.i64Const, ...sleb(-(2n ** 40n) - 7n), Op.drop],
      ...[Op.i32Const, ...sleb(-3), Op.drop],
      ...[Op.localGet, ...uleb(300), Op.i64Load, 3, ...uleb(0xfffffff0), Op.drop],
      ...[Op.i64Store, 0x43, 1, ...uleb(2n ** 33n)],
      ...[Op.call, 7, Op.callIndirect, 5, 2],
    );
    cursor.next();
    expect([cursor.opcode, cursor.constant()]).toEqual([Op.i64Const, -(2 ** 40) - 7]);
    expect(cursor.next() && cursor.next()).toBe(true);
    expect([cursor.opcode, cursor.low, cursor.constant()]).toEqual([Op.i32Const, -3, -3]);
    expect(cursor.next() && cursor.next()).toBe(true);
    expect([cursor.opcode, cursor.index]).toEqual([Op.localGet, 300]);
    cursor.next();
    expect([cursor.opcode, cursor.index, cursor.memoryOffset]).toEqual([Op.i64Load, 3, 0xfffffff0]);
    expect(cursor.next() && cursor.next()).toBe(true);
    expect([cursor.opcode, cursor.second, cursor.memoryOffset]).toEqual([Op.i64Store, 1, 2 ** 33]);
    cursor.next();
    expect([cursor.opcode, cursor.index]).toEqual([Op.call, 7]);
    cursor.next();
    expect([cursor.opcode, cursor.index, cursor.second]).toEqual([Op.callIndirect, 5, 2]);
  });

  it('gives the labels of a br_table and goes on behind it', () => {
    const cursor = cursorOver(Op.brTable, 3, 0, ...uleb(200), 2, 1, Op.nop);
    cursor.next();
    expect(cursor.index).toBe(3);
    expect([...cursor.brTableTargets()]).toEqual([0, 200, 2, 1]);
    expect(opcodesOf(cursor)).toEqual([Op.nop, Op.end]);
  });

  it('reads locals', () => {
    const bytes = Uint8Array.of(2, 5, 0x7f, ...uleb(1000), 0x7e, 0x0b);
    const cursor = new InstructionCursor(bytes);
    cursor.open(0, bytes.length);
    expect(cursor.localCount).toBe(1005);
    expect(opcodesOf(cursor)).toEqual([Op.end]);
  });

  it.each([
    ['an unknown opcode', [0x27], 'unknown opcode 0x27'],
    ['garbage collection', [0xfb, 0], 'unknown opcode 0xfb'],
    ['an unknown vector opcode', [0xfd, 0x9a, 0x01], 'unknown opcode 0xfd 154'],
    ['an unknown bulk opcode', [0xfc, 0x7f], 'unknown opcode 0xfc 127'],
    ['an unknown atomic opcode', [0xfe, 0x04], 'unknown opcode 0xfe 4'],
    ['an index above 32 bits', [Op.call, 0xff, 0xff, 0xff, 0xff, 0x1f], 'does not fit 32 bits'],
    ['a 32-bit constant above 32 bits', [Op.i32Const, 0xff, 0xff, 0xff, 0xff, 0x0f], 'too large'],
    ['a constant without end', [Op.i64Const, ...Array<number>(11).fill(0x80)], 'does not fit 64 bits'],
    ['a body that ends in a constant', [0x44, 0, 0], 'the body ends inside'],
    ['a br_table longer than its body', [Op.brTable, ...uleb(0xffffffff)], 'the body ends inside'],
  ])('refuses %s', (_what, instructions, message) => {
    const cursor = cursorOver(...instructions);
    expect(() => opcodesOf(cursor)).toThrow(FormatError);
    expect(() => opcodesOf(cursorOver(...instructions))).toThrow(message);
  });

  it('refuses locals that leave the body', () => {
    const cursor = new InstructionCursor(Uint8Array.of(9, 1, 0x7f, 0x0b, 0, 0));
    expect(() => cursor.open(0, 4)).toThrow(FormatError);
  });

  // Binaryen writes the same instructions from text: the decoder must end where the body does.
  it('reads vectors, atomics, exceptions, tail calls, tables and bulk memory', () => {
    const wat = `(module
      (memory 1 1 shared)
      (table 2 funcref)
      (tag $tag (param i32))
      (type $unary (func (param i32) (result i32)))
      (func $callee (type $unary) (local.get 0))
      (elem (i32.const 0) $callee $callee)
      (data $bytes "abc")
      (func (param i32) (result i32) (local v128 i64 funcref)
        (local.set 1 (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31
          (v128.const i64x2 1 2) (v128.load offset=70000 align=1 (local.get 0))))
        (local.set 1 (v128.load8_lane offset=3 5 (local.get 0) (local.get 1)))
        (v128.store64_lane 1 (local.get 0) (local.get 1))
        (local.set 1 (v128.load32_zero (local.get 0)))
        (local.set 1 (i32x4.replace_lane 2 (local.get 1) (i32x4.extract_lane 3 (local.get 1))))
        (local.set 1 (f32x4.relaxed_madd (local.get 1) (local.get 1) (local.get 1)))
        (local.set 1 (i8x16.relaxed_swizzle (local.get 1) (f64x2.sqrt (local.get 1))))
        (drop (i32.atomic.rmw.cmpxchg offset=4 (local.get 0) (i32.const 1) (i32.const 2)))
        (drop (memory.atomic.wait64 (local.get 0) (i64.const 1) (i64.const -1)))
        (atomic.fence)
        (memory.init $bytes (i32.const 0) (i32.const 0) (i32.const 3))
        (data.drop $bytes)
        (memory.copy (i32.const 0) (i32.const 8) (i32.const 300))
        (memory.fill (i32.const 0) (i32.const 8) (i32.const 300))
        (local.set 2 (i64.trunc_sat_f64_u (f64.const 1.5)))
        (local.set 3 (table.get 0 (i32.const 1)))
        (table.set 0 (i32.const 0) (ref.func $callee))
        (drop (table.grow 0 (ref.null func) (i32.const 1)))
        (drop (ref.is_null (select (result funcref) (local.get 3) (ref.null func) (local.get 0))))
        (drop (block $caught (result i32)
          (try_table (catch $tag $caught) (throw $tag (i32.const 4)))
          (i32.const 9)))
        (drop (memory.grow (i32.const 1)))
        (drop (f32.const 2.5))
        (if (local.get 0) (then (return_call $callee (i32.const 3))))
        (return_call_indirect (type $unary) (local.get 0) (i32.const 1))))`;
    const text = binaryen.parseText(wat);
    text.setFeatures(binaryen.Features.All);
    expect(text.validate()).toBe(1);
    const module = readModule(text.emitBinary());
    expect(module.diagnostics).toEqual([]);
    const cursor = new InstructionCursor(module.bytes);
    const range = bodyOf(module, funcIndex(1));
    cursor.open(range?.start ?? 0, range?.end ?? 0);
    const opcodes = opcodesOf(cursor);
    expect(cursor.pos).toBe(range?.end);
    for (const opcode of [
      Op.v128Const,
      Op.memoryInit,
      Op.memoryCopy,
      Op.memoryFill,
      Op.tryTable,
      Op.throw,
      Op.returnCall,
      Op.returnCallIndirect,
      0xfd00d, // i8x16.shuffle
      0xfd105, // f32x4.relaxed_madd
      0xfe003, // atomic.fence
    ]) {
      expect(opcodes).toContain(opcode);
    }
  });

  it('decodes every body of esbuild to exactly its end', () => {
    const module = readModule(readFileSync('node_modules/esbuild-wasm/esbuild.wasm'));
    const result = decodeAll(module);
    expect(result.wrongEnds).toBe(0);
    expect(result.functions).toBeGreaterThan(5000);
    expect(result.instructions).toBeGreaterThan(4_000_000);
  });

  it.each(['1.19.8', '1.21.13', '1.24.13', '1.27.3'] as const)('decodes every body of Go %s', (goVersion) => {
    const module = readModule(fixtureBytes(fixture({ family: 'stacks', goVersion, goos: 'js' })));
    expect(decodeAll(module).wrongEnds).toBe(0);
  });

  it('decodes what wasm-opt wrote', () => {
    const optimized = fixture({ family: 'panics', goVersion: '1.27.3', optimized: '-Oz' });
    expect(decodeAll(readModule(fixtureBytes(optimized))).wrongEnds).toBe(0);
  });
});

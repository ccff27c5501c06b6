import { describe, expect, it } from 'vitest';
import { moduleOffset, type FuncIndex } from '../../../src/base/units.ts';
import { AsyncifyCode } from '../../../src/tinygo/asyncify.ts';
import { LostLocals } from '../../../src/tinygo/lost-locals.ts';
import { InstructionCursor, Op } from '../../../src/wasm/instructions.ts';
import { bodyOf, readModule } from '../../../src/wasm/module.ts';
import { llvmModule } from '../../support/llvm-fixtures.ts';

/** Bytes of the functions that are looked at: there are enough. */
const LARGEST = 1500;

describe.each(['held.wasip1.0', 'held.wasip1.z'])('%s', (name) => {
  const wasm = readModule(llvmModule(name));
  const code = AsyncifyCode.of(wasm);
  const lost = LostLocals.of(wasm);

  /** Locals that a function names, and where its first instruction is and the first that begins a loop. */
  const read = (index: FuncIndex): { locals: number[]; start: number; loop: number } => {
    const body = bodyOf(wasm, index);
    const locals = new Set<number>();
    let [start, loop] = [0, Number.POSITIVE_INFINITY];
    if (body === undefined || body.end - body.start > LARGEST) return { locals: [], start, loop };
    const cursor = new InstructionCursor(wasm.bytes);
    cursor.open(body.start, body.end);
    while (cursor.next()) {
      start ||= cursor.offset;
      if (cursor.opcode === Op.loop) loop = Math.min(loop, cursor.offset);
      if (cursor.opcode === Op.localGet || cursor.opcode === Op.localSet) locals.add(cursor.index);
    }
    return { locals: [...locals], start, loop };
  };

  it('may be lost behind a call that waited, but those that the function takes back, and none before it', () => {
    let [rewritten, kept, given] = [0, 0, 0];
    for (let i = 0; i < wasm.functionTypes.length; i++) {
      const index = (wasm.importedFunctionCount + i) as FuncIndex;
      const { locals, start, loop } = read(index);
      const shape = code?.function(index);
      const lostAt = (at: number): number[] =>
        locals.filter((local) => lost?.mayBeLost(index, local, moduleOffset(at)) === true);
      if (shape === undefined || shape.calls.length === 0) {
        expect(lostAt(start)).toEqual([]);
        continue;
      }
      rewritten++;
      const first = Math.min(...shape.calls.map(({ offset }) => offset));
      const last = Math.max(...shape.calls.map(({ offset }) => offset));
      if (loop > first) expect(lostAt(first - 1)).toEqual([]);
      expect(lostAt(last)).toEqual(lostAt(first));
      given += lostAt(last).length;
      kept += locals.length - lostAt(last).length;
    }
    expect(rewritten).toBeGreaterThan(20);
    expect(kept).toBeGreaterThan(50);
    expect(given).toBeGreaterThan(50);
  });
});

it('is of no concern where nothing was rewritten', () => {
  expect(LostLocals.of(readModule(llvmModule('c.types4.o0.wasm')))).toBeUndefined();
});

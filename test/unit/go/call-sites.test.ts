import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { funcIndex, moduleOffset, pcBlock, pcFunction, type FuncIndex } from '../../../src/base/units.ts';
import {
  CallSiteIndex,
  findCallSite,
  FIRST_PC_FUNCTION,
  returnPcOf,
  type CallSites,
} from '../../../src/go/call-sites.ts';
import { InstructionCursor, Op } from '../../../src/wasm/instructions.ts';
import {
  bodyOf,
  NO_FUNCTION,
  readModule,
  tableFunctions,
  type WasmModule,
} from '../../../src/wasm/module.ts';
import { readNameSection } from '../../../src/wasm/name-section.ts';
import { fixture, fixtureBytes, type GoVersion } from '../../support/fixtures.ts';
import { body, moduleOf, sleb, uleb, vector } from '../wasm/encode.ts';

const versions = ['1.19.8', '1.21.13', '1.24.13', '1.26.10', '1.27.3'] as const;
const stacks = (goVersion: GoVersion) =>
  readModule(fixtureBytes(fixture({ family: 'stacks', goVersion, goos: 'js', stripped: false })));
const esbuild = readModule(readFileSync('node_modules/esbuild-wasm/esbuild.wasm'));

const withPc = (sites: CallSites) => sites.pcFunction.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0);

/** Offsets of every call instruction, found without any knowledge of Go. */
function callOffsets(module: WasmModule): number[] {
  const cursor = new InstructionCursor(module.bytes);
  const offsets: number[] = [];
  for (let i = 0; i < module.functionCount; i++) {
    const start = module.bodyStart[i] ?? 0;
    cursor.open(start, start + (module.bodySize[i] ?? 0));
    while (cursor.next()) {
      if (cursor.opcode === Op.call || cursor.opcode === Op.callIndirect) offsets.push(cursor.offset);
    }
  }
  return offsets;
}

/** True when the call's result is returned at once: a tail call, whose frame Go does not have. */
function isTailCall(module: WasmModule, func: FuncIndex, offset: number): boolean {
  const cursor = new InstructionCursor(module.bytes);
  cursor.pos = offset;
  cursor.end = bodyOf(module, func)?.end ?? 0;
  cursor.next();
  const next: number[] = [];
  for (let i = 0; i < 3 && cursor.next(); i++) next.push(cursor.opcode);
  return next.join() === [Op.globalGet, Op.localSet, Op.return].join();
}

// Helpers with calling conventions of their own (notUsePC_B and the lists in Go src/cmd/internal/obj/wasm/wasmobj.go, assemble).
const HELPER =
  /^(runtime\.)?(gcWriteBarrier\d?|wasmDiv|wasmTruncS|wasmTruncU|wasmMove|wasmZero|memeqbody|memchr|memcmp|cmpbody|notInitialized)$/;
// Assembly that says Call, not CALL (Go src/runtime/rt0_js_wasm.s, asm_wasm.s, sys_wasm.s).
const GLUE = /^(runtime\.exit|wasm_export_\w+|wasm_pc_f_loop|wasm_pc_f_loop_export|_rt0_wasm_\w+)$/;

describe('CallSiteIndex', () => {
  it.each(versions)('knows the return PC of every call of Go %s but those that have none', (goVersion) => {
    const module = stacks(goVersion);
    const names = readNameSection(module);
    const index = new CallSiteIndex(module);
    const sites = index.all();
    expect(index.diagnostics).toEqual([]);
    expect(index.rewritten).toBe(false);
    expect([...sites.offset]).toEqual(callOffsets(module));
    const unexplained: string[] = [];
    for (let i = 0; i < sites.count; i++) {
      if (returnPcOf(sites, i) !== undefined) continue;
      const caller = funcIndex(sites.func[i] ?? 0);
      const callee = sites.callee[i] ?? NO_FUNCTION;
      const calleeName = callee === NO_FUNCTION ? '' : (names?.functionName(funcIndex(callee)) ?? '');
      const known =
        callee < module.importedFunctionCount ||
        HELPER.test(calleeName) ||
        GLUE.test(names?.functionName(caller) ?? '') ||
        isTailCall(module, caller, sites.offset[i] ?? 0);
      if (!known) unexplained.push(`${names?.functionName(caller) ?? ''} calls ${calleeName}`);
    }
    expect(unexplained).toEqual([]);
    // 1.19 has no gcWriteBarrierN; it is a tenth of the calls that later versions make.
    expect(withPc(sites) / sites.count).toBeGreaterThan(goVersion === '1.19.8' ? 0.97 : 0.935);
  });

  it('maps 88.9 % of the calls of esbuild, which nobody here built', () => {
    const sites = new CallSiteIndex(esbuild).all();
    expect(sites.count).toBe(callOffsets(esbuild).length);
    expect(withPc(sites) / sites.count).toBeCloseTo(0.889, 3);
  });

  it('gives each return PC of a function to one call only, except PC_B 0', () => {
    const module = stacks('1.27.3');
    const sites = new CallSiteIndex(module).all();
    const seen = new Set<number>();
    for (let i = 0; i < sites.count; i++) {
      const pc = returnPcOf(sites, i);
      if (pc === undefined || pcBlock(pc) === 0) continue;
      expect(pcFunction(pc)).toBe((sites.func[i] ?? 0) - module.importedFunctionCount + FIRST_PC_FUNCTION);
      expect(seen.has(pc)).toBe(false);
      seen.add(pc);
    }
  });

  it('answers the same for one function as for all', () => {
    const lazy = new CallSiteIndex(esbuild);
    const index = new CallSiteIndex(esbuild);
    const all = index.all();
    for (const i of [0, 1, 1000, Math.floor(all.count / 2), all.count - 1]) {
      const offset = moduleOffset(all.offset[i] ?? 0);
      const func = funcIndex(all.func[i] ?? 0);
      expect(lazy.at(offset)).toEqual(index.at(offset));
      expect(lazy.at(offset)?.func).toBe(func);
      expect(lazy.ofFunction(func)).toEqual(index.ofFunction(func));
      expect(lazy.pcFunctionOf(func)).toBe(func - esbuild.importedFunctionCount + FIRST_PC_FUNCTION);
      expect(findCallSite(all, offset)).toBe(i);
      expect(lazy.at(moduleOffset(offset + 1))).toBeUndefined();
    }
    expect(lazy.at(moduleOffset(0))).toBeUndefined();
    expect(lazy.ofFunction(funcIndex(0)).count).toBe(0);
    expect(lazy.pcFunctionOf(funcIndex(0))).toBeUndefined();
  });
});

describe('CallSiteIndex of a module that wasm-opt rewrote', () => {
  it.each([
    ['1.21.13', 'stacks', '-O2', 0.9],
    ['1.21.13', 'stacks', '-Oz', 0.9],
    ['1.27.3', 'panics', '-O2', 0.9],
    ['1.27.3', 'panics', '-Oz', 0.9],
  ] as const)('keeps the calls of Go %s %s after %s', (goVersion, family, optimized, share) => {
    const original = new CallSiteIndex(
      readModule(fixtureBytes(fixture({ family, goVersion, goos: 'js', stripped: true, optimized: null }))),
    );
    const index = new CallSiteIndex(readModule(fixtureBytes(fixture({ family, goVersion, optimized }))));
    expect(index.rewritten).toBe(true);
    // PC_F of the callee by return PC, as linked; undefined for call_indirect.
    const callees = new Map<number, number | undefined>();
    const before = original.all();
    for (let i = 0; i < before.count; i++) {
      const pc = returnPcOf(before, i);
      const callee = before.callee[i] ?? NO_FUNCTION;
      if (pc === undefined) continue;
      callees.set(pc, callee === NO_FUNCTION ? undefined : original.pcFunctionOf(funcIndex(callee)));
    }
    // The same function after rewriting: by the table, as duplicates share one body; or, where a function is nothing but a tail call, the
    // function that it calls.
    const slots = tableFunctions(index.module);
    const isNow = (pcF: number, callee: number) => {
      const tail = original.ofFunction(
        funcIndex(pcF - FIRST_PC_FUNCTION + original.module.importedFunctionCount),
      ).callee;
      const targets = [...tail].map((func) => original.pcFunctionOf(funcIndex(func)) ?? 0);
      return [pcF, ...targets].some((target) => slots[target] === callee);
    };
    const after = index.all();
    let kept = 0;
    const wrong: string[] = [];
    for (let i = 0; i < after.count; i++) {
      const pc = returnPcOf(after, i);
      if (pc === undefined) continue;
      kept++;
      const was = callees.get(pc);
      const callee = after.callee[i] ?? NO_FUNCTION;
      const same = was === undefined ? callee === NO_FUNCTION : isNow(was, callee);
      if (!callees.has(pc) || !same) wrong.push(`0x${pc.toString(16)}`);
      if (index.pcFunctionOf(funcIndex(after.func[i] ?? 0)) !== pcFunction(pc))
        wrong.push(`body of 0x${pc.toString(16)}`);
    }
    expect(wrong).toEqual([]);
    expect(kept / withPc(before)).toBeGreaterThan(share);
  });
});

describe('the literal', () => {
  const push = (pc: number) => [Op.localGet, 1, Op.i64Const, ...sleb(pc), Op.i64Store, 3, 0];
  const call = [Op.i32Const, 0, Op.call, 0];
  /** A module whose functions stand at slots 0x1000 and up, as Go's linker puts them. */
  const linked = (...bodies: number[][]) =>
    readModule(
      moduleOf(
        vector(9, [
          0,
          Op.i32Const,
          ...sleb(0x1000),
          Op.end,
          ...uleb(bodies.length),
          ...bodies.map((_, i) => i),
        ]),
        vector(10, ...bodies),
      ),
    );
  const pcsOf = (module: WasmModule, index: number) => {
    const sites = new CallSiteIndex(module).ofFunction(funcIndex(index));
    return Array.from({ length: sites.count }, (_, i) => returnPcOf(sites, i));
  };

  it('belongs to the next call and to no other', () => {
    const module = linked(body(...push(0x10000003), ...call, ...call, ...push(0x10000004), ...call));
    expect(pcsOf(module, 0)).toEqual([0x10000003, undefined, 0x10000004]);
  });

  it('is of the function itself', () => {
    const module = linked(body(...push(0x10010003), ...call), body(...push(0x10010003), ...call));
    expect(pcsOf(module, 0)).toEqual([undefined]);
    expect(pcsOf(module, 1)).toEqual([0x10010003]);
  });

  it('is stored at offset 0, right after the constant', () => {
    const elsewhere = [Op.localGet, 1, Op.i64Const, ...sleb(0x10000003), Op.i64Store, 3, 8];
    const later = [Op.localGet, 1, Op.i64Const, ...sleb(0x10000003), Op.nop, Op.i64Store, 3, 0];
    expect(pcsOf(linked(body(...elsewhere, ...call, ...later, ...call)), 0)).toEqual([undefined, undefined]);
  });

  it('can lie above 2^31', () => {
    const bodies = Array.from({ length: 0x7002 }, () => body());
    bodies[0x7001] = body(...push(0x8001_0005), ...call);
    const indices = bodies.flatMap((_, i) => uleb(i));
    const module = readModule(
      moduleOf(
        vector(9, [0, Op.i32Const, ...sleb(0x1000), Op.end, ...uleb(bodies.length), ...indices]),
        vector(10, ...bodies),
      ),
    );
    expect(pcsOf(module, 0x7001)).toEqual([0x8001_0005]);
  });

  it('is kept up to a byte that cannot be decoded', () => {
    const index = new CallSiteIndex(linked(body(...push(0x10000003), ...call, 0x27)));
    expect(returnPcOf(index.ofFunction(funcIndex(0)), 0)).toBe(0x10000003);
    expect(index.diagnostics.map((error) => error.section)).toEqual(['Code section']);
  });
});

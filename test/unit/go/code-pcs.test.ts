import { describe, expect, it } from 'vitest';
import { funcIndex, moduleOffset, pcBlock } from '../../../src/base/units.ts';
import { CallSiteIndex, returnPcOf } from '../../../src/go/call-sites.ts';
import { readCodePcs, segmentAt } from '../../../src/go/code-pcs.ts';
import { InstructionCursor } from '../../../src/wasm/instructions.ts';
import { bodyOf, readModule } from '../../../src/wasm/module.ts';
import { readNameSection } from '../../../src/wasm/name-section.ts';
import { listedFunctions, readListing } from '../../support/listing.ts';
import { fixture, fixtureBytes, type GoVersion } from '../../support/fixtures.ts';

const moduleOf = (goVersion: GoVersion) =>
  readModule(fixtureBytes(fixture({ family: 'stacks', goVersion, goos: 'js', stripped: false })));

describe('readCodePcs', () => {
  it.each(['1.19.8', '1.21.13', '1.24.13', '1.27.3'] as const)(
    'holds the PC of every instruction that the assembler of Go %s lists',
    (goVersion) => {
      const module = moduleOf(goVersion);
      const index = new CallSiteIndex(module);
      const functionOf = listedFunctions(module);
      const cursor = new InstructionCursor(module.bytes);
      const wrong: string[] = [];
      const total = { functions: 0, instructions: 0, bytes: 0, exactBytes: 0 };
      for (const { name, pcCount, pcs: listed } of readListing(goVersion)) {
        const func = functionOf(name);
        const body = func && bodyOf(module, func);
        if (func === undefined || body === undefined) continue;
        const code = readCodePcs(module, func, {
          pcFunction: index.pcFunctionOf(func) ?? 0,
          pcCount,
          rewritten: index.rewritten,
        });
        if (code?.shape !== 'anchored') {
          wrong.push(`${name}: ${code?.shape ?? 'no code'}`);
          continue;
        }
        total.functions++;
        expect(code.start[0]).toBe(body.start);
        expect(code.end).toBe(body.end);
        const used = new Set(listed);
        cursor.open(body.start, body.end);
        let at = 0;
        while (cursor.next()) {
          const pc = listed[at++] ?? -1;
          const segment = segmentAt(code, cursor.offset);
          const low = code.pcLow[segment] ?? Infinity;
          const high = code.pcHigh[segment] ?? -1;
          // A call that changes inlined code is listed one PC lower; the PC that is given has no instruction of its own.
          const sameEntries = low === high && pc === low - 1 && !used.has(low);
          if (!sameEntries && (pc < low || pc > high))
            wrong.push(`${name} ${at}: ${pc} not in ${low}..${high}`);
          total.instructions++;
          total.bytes += cursor.pos - cursor.offset;
          if (low === high) total.exactBytes += cursor.pos - cursor.offset;
        }
        if (at !== listed.length) wrong.push(`${name}: ${at} instructions, ${listed.length} listed`);
      }
      expect(wrong).toEqual([]);
      expect(total.functions).toBeGreaterThan(250);
      expect(total.instructions).toBeGreaterThan(30_000);
      expect(total.exactBytes / total.bytes).toBeGreaterThan(0.75);
    },
  );

  it('is exact at every call, and its segments are in order', () => {
    const module = moduleOf('1.27.3');
    const index = new CallSiteIndex(module);
    const sites = index.all();
    let checked = 0;
    for (let i = 0; i < module.functionCount; i += 5) {
      const func = funcIndex(module.importedFunctionCount + i);
      const known = { pcFunction: index.pcFunctionOf(func) ?? 0, pcCount: 65535, rewritten: false };
      const code = readCodePcs(module, func, known);
      if (code?.shape !== 'anchored') continue;
      const disorder: number[] = [];
      for (let k = 1; k < code.count; k++) {
        const inOrder = [code.start, code.pcLow, code.pcHigh].every(
          (column) => (column[k] ?? 0) >= (column[k - 1] ?? 0),
        );
        if (!inOrder) disorder.push(k);
      }
      expect(disorder).toEqual([]);
      const own = index.ofFunction(func);
      for (let k = 0; k < own.count; k++) {
        const pc = returnPcOf(own, k);
        if (pc === undefined) continue;
        const segment = segmentAt(code, moduleOffset(own.offset[k] ?? 0));
        const expected = Math.max(0, pcBlock(pc) - 1);
        expect([code.pcLow[segment], code.pcHigh[segment]]).toEqual([expected, expected]);
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(sites.count / 8);
  });

  it('gives one segment with every PC outside the calling convention and for rewritten modules', () => {
    const module = moduleOf('1.27.3');
    const names = readNameSection(module);
    const named = (wanted: string) => {
      for (let i = module.importedFunctionCount; ; i++)
        if (names?.functionName(funcIndex(i)) === wanted) return funcIndex(i);
    };
    const glue = readCodePcs(module, named('wasm_pc_f_loop'), {
      pcFunction: 0x1000,
      pcCount: 3,
      rewritten: false,
    });
    expect(glue).toMatchObject({ shape: 'unanchored', count: 1 });
    expect([glue?.pcLow[0], glue?.pcHigh[0]]).toEqual([0, 2]);
    const main = readCodePcs(module, named('main.main'), { pcFunction: 0x1000, pcCount: 9, rewritten: true });
    expect(main).toMatchObject({ shape: 'unanchored', count: 1 });
    expect(
      readCodePcs(module, funcIndex(0), { pcFunction: 0x1000, pcCount: 1, rewritten: false }),
    ).toBeUndefined();
  });

  it('says when the anchors contradict the PC count', () => {
    const module = moduleOf('1.27.3');
    const index = new CallSiteIndex(module);
    const shapes = new Set<string>();
    for (let i = 0; i < module.functionCount; i += 50) {
      const func = funcIndex(module.importedFunctionCount + i);
      const known = { pcFunction: index.pcFunctionOf(func) ?? 0, pcCount: 1, rewritten: false };
      shapes.add(readCodePcs(module, func, known)?.shape ?? '');
    }
    expect(shapes).toContain('unexpected');
  });

  it('knows no segment outside the body', () => {
    const module = moduleOf('1.27.3');
    const func = funcIndex(module.importedFunctionCount + 100);
    const code = readCodePcs(module, func, { pcFunction: 0x1064, pcCount: 100, rewritten: false });
    const body = bodyOf(module, func);
    expect(code && body && segmentAt(code, body.end)).toBe(-1);
    expect(code && body && segmentAt(code, moduleOffset(body.start - 1))).toBe(-1);
    expect(code && body && segmentAt(code, body.start)).toBe(0);
  });
});

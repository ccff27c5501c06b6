import { describe, expect, it } from 'vitest';
import { funcIndex, type FuncIndex } from '../../../src/base/units.ts';
import { CallSiteIndex } from '../../../src/go/call-sites.ts';
import { nextStops, resumeOffset } from '../../../src/go/next-stops.ts';
import { InstructionCursor, Op } from '../../../src/wasm/instructions.ts';
import { bodyOf, readModule, type WasmModule } from '../../../src/wasm/module.ts';
import { fixture, fixtureBytes } from '../../support/fixtures.ts';

const moduleOf = (goVersion: '1.19.8' | '1.27.3'): WasmModule =>
  readModule(fixtureBytes(fixture({ family: 'stacks', goVersion, goos: 'js', stripped: true })));

/** The first instruction behind a call that is a resume point, and the check whether to unwind; undefined for other calls, such as one of sigpanic in an `if`. */
function behindCall(wasm: WasmModule, index: FuncIndex, call: number): number | undefined {
  const body = bodyOf(wasm, index);
  if (body === undefined) return undefined;
  const cursor = new InstructionCursor(wasm.bytes);
  cursor.open(body.start, body.end);
  let at = -1;
  const open: number[] = [];
  const next: { opcode: number; offset: number }[] = [];
  while (cursor.next() && next.length < 40) {
    const { opcode } = cursor;
    if (at < 0) {
      if (opcode === Op.block || opcode === Op.loop || opcode === Op.if) open.push(opcode);
      else if (opcode === Op.end) open.pop();
    }
    if (cursor.offset === call) at = 0;
    else if (at >= 0) next.push({ opcode: cursor.opcode, offset: cursor.offset });
  }
  // `global.get 0; local.set 1; br_if; end`, then whatever it is.
  if (open.at(-1) === Op.if) return undefined;
  const shape = [Op.globalGet, Op.localSet, Op.brIf, Op.end];
  if (!shape.every((opcode, i) => next[i]?.opcode === opcode)) return undefined;
  const shaping: readonly number[] = [Op.end, Op.block, Op.loop, Op.else, Op.nop];
  return next.slice(4).find(({ opcode }) => !shaping.includes(opcode))?.offset;
}

describe.each(['1.19.8', '1.27.3'] as const)('Go %s', (version) => {
  const wasm = moduleOf(version);
  const sites = new CallSiteIndex(wasm).all();

  it('goes on behind the call whose return PC it is given', () => {
    let checked = 0;
    const wrong: string[] = [];
    for (let i = 0; i < sites.count; i += 53) {
      const index = funcIndex(sites.func[i] ?? 0);
      const block = sites.pcBlock[i] ?? 0;
      if ((sites.pcFunction[i] ?? 0) === 0 || block === 0) continue;
      const expected = behindCall(wasm, index, sites.offset[i] ?? 0);
      const resumed = resumeOffset(wasm, index, block);
      if (expected === undefined || resumed === undefined) continue;
      checked++;
      if (resumed !== expected)
        wrong.push(`${String(index)}: 0x${resumed.toString(16)} for 0x${expected.toString(16)}`);
    }
    expect(wrong).toEqual([]);
    expect(checked).toBeGreaterThan(200);
  });

  it('stops on every way, inside the function, and knows which functions return', () => {
    let [returning, stopping] = [0, 0];
    for (let i = 0; i < wasm.functionCount; i += 11) {
      const index = funcIndex(wasm.importedFunctionCount + i);
      const body = bodyOf(wasm, index);
      const all = nextStops(wasm, index, 0, () => false);
      expect(all?.offsets ?? []).toEqual([]);
      if (all?.returns === true) returning++;
      const middle = ((body?.start ?? 0) + (body?.end ?? 0)) >>> 1;
      const stops = nextStops(wasm, index, 0, (offset) => offset >= middle)?.offsets ?? [];
      if (stops.length > 0) stopping++;
      for (const offset of stops) {
        expect(offset).toBeGreaterThanOrEqual(middle);
        expect(offset).toBeLessThan(body?.end ?? 0);
      }
    }
    expect(returning).toBeGreaterThan(100);
    expect(stopping).toBeGreaterThan(100);
  });

  it('knows no resume point that the function has not', () => {
    expect(resumeOffset(wasm, funcIndex(sites.func[0] ?? 0), 60_000)).toBeUndefined();
    expect(resumeOffset(wasm, funcIndex(1 << 20), 0)).toBeUndefined();
  });
});

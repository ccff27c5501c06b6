import { beforeAll, describe, expect, it } from 'vitest';
import { funcIndex } from '../../../src/base/units.ts';
import type { StepStop } from '../../../src/protocol/steps.ts';
import { createAnalysis } from '../../../src/worker/analysis.ts';
import { bodyOf, readModule } from '../../../src/wasm/module.ts';
import { fixture, fixtureBytes } from '../../support/fixtures.ts';

const context = () => ({ signal: new AbortController().signal, progress: () => undefined });

describe.each(['1.19.8', '1.27.3'] as const)('where a stop is, Go %s', (goVersion) => {
  const bytes = fixtureBytes(fixture({ family: 'stacks', goVersion, goos: 'js', stripped: true }));
  const wasm = readModule(bytes);
  const analysis = createAnalysis({
    read: () => Promise.reject(new Error('no memory in this test')),
    gather: () => Promise.reject(new Error('no memory in this test')),
  });
  const placeOf = (stack: string): Promise<StepStop | null> =>
    Promise.resolve(analysis['step.place']({ stack, candidates: ['m'] }, context()));
  const frame = (index: number, offset: number): string =>
    `    at http://localhost/a.wasm:wasm-function[${String(index)}]:0x${offset.toString(16)}`;
  const stackOf = (index: number, offset: number): string =>
    `Error\n    at <anonymous>:3:9\n${frame(index, offset)}`;

  beforeAll(async () => {
    await analysis['module.load']({ moduleKey: 'm', bytes: new Uint8Array(bytes).buffer }, context());
  });

  it('tells ways out, loops of the runtime and lines from each other', async () => {
    const places = new Map<string, number>();
    for (let i = 0; i < wasm.functionCount; i += 9) {
      const index = wasm.importedFunctionCount + i;
      const body = bodyOf(wasm, funcIndex(index));
      if (body === undefined) continue;
      const tail = [...wasm.bytes.subarray(body.end - 3, body.end)].join() === '65,1,11';
      const place = (await placeOf(stackOf(index, tail ? body.end - 3 : body.start + 1)))?.place ?? 'none';
      if (tail) expect(['unwinding', 'code', 'none']).toContain(place);
      places.set(place, (places.get(place) ?? 0) + 1);
    }
    expect(places.get('unwinding')).toBeGreaterThan(100);
    expect(places.get('code')).toBeGreaterThan(5);
  });

  it('knows the loop that calls what is next', async () => {
    const found: StepStop[] = [];
    for (let i = 0; i < wasm.functionCount; i++) {
      const index = wasm.importedFunctionCount + i;
      const body = bodyOf(wasm, funcIndex(index));
      if (body === undefined || body.end - body.start > 64) continue;
      const stop = await placeOf(stackOf(index, body.end - 8));
      if (stop?.place === 'switch') found.push(stop);
    }
    expect(found.map((stop) => stop.function)).toEqual(['wasm_pc_f_loop']);
  });

  it('says nothing of a stop in JavaScript that Go has called, and of other modules', async () => {
    const body = bodyOf(wasm, funcIndex(wasm.importedFunctionCount + 9));
    const inside = frame(wasm.importedFunctionCount + 9, (body?.end ?? 0) - 2);
    expect(
      await placeOf(`Error\n    at <anonymous>:3:9\n    at f (http://localhost/a.js:1:2)\n${inside}`),
    ).toBeNull();
    expect(await placeOf('Error\n    at <anonymous>:3:9')).toBeNull();
  });
});

import { describe, expect, test } from 'vitest';
import { SourceMapConsumer } from 'source-map';
import { writeMapOfLines } from '../../../src/sourcemap/write/map-of-lines.ts';
import { chooseSymbols } from '../../../src/symbols/choose.ts';
import { Stretch, type CodeLines } from '../../../src/symbols/code-lines.ts';
import { SteppingLines } from '../../../src/symbols/stepping-lines.ts';
import { Symbolizer } from '../../../src/symbols/symbolizer.ts';
import { ASIDE_COLUMN } from '../../../src/base/aside-column.ts';
import { goSourceUrl } from '../../../src/base/go-source-url.ts';
import { moduleOffset } from '../../../src/base/units.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { fixture, fixtureBytes } from '../../support/fixtures.ts';

// The language plugin's answers about lines are those of the source map for stepping, and of the symbolizer.

function linesOf(goVersion: '1.19.8' | '1.27.3'): { lines: CodeLines; symbolizer: Symbolizer } {
  const { sources } = chooseSymbols(readModule(fixtureBytes(fixture({ family: 'goroutines', goVersion }))));
  const symbolizer = new Symbolizer(sources);
  const steps = symbolizer.codeLines();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return { lines: step.value, symbolizer };
  }
}

describe.each(['1.19.8', '1.27.3'] as const)('Go %s', (version) => {
  const { lines, symbolizer } = linesOf(version);
  const stepping = new SteppingLines(lines);

  test('places are those of the source map', async () => {
    const json = new TextDecoder().decode(
      writeMapOfLines(lines, { lines: 'stepping', nameOf: goSourceUrl }).json,
    );
    const { scopes: _, ...map } = JSON.parse(json) as { scopes: string; version: number };
    const wrong: unknown[] = [];
    await SourceMapConsumer.with(JSON.stringify(map), null, (consumer) => {
      for (let i = 0; i < lines.count; i += 7) {
        const offset = lines.start[i] ?? 0;
        const place = stepping.frames(offset)[0]?.place;
        const mapped = consumer.originalPositionFor({ line: 1, column: offset });
        const url = place === undefined ? null : goSourceUrl(place.file);
        const isSame = mapped.line === (place?.line ?? null) && mapped.column === (place?.column ?? null);
        if ((mapped.source === url && isSame) || lines.kind[i] === Stretch.none) continue;
        wrong.push({ offset, place, mapped });
      }
    });
    expect(wrong.slice(0, 3)).toEqual([]);
  });

  test('functions are those of the symbolizer, wherever it is exact', () => {
    const wrong: unknown[] = [];
    let compared = 0;
    for (let i = 0; i < lines.count; i += 11) {
      const offset = lines.start[i] ?? 0;
      const { frames, confidence } = symbolizer.locate(moduleOffset(offset));
      if (confidence.kind !== 'exact' || lines.kind[i] !== Stretch.exact) continue;
      compared++;
      const ours = stepping.frames(offset).map((frame) => frame.function);
      const theirs = frames.map((frame) => frame.function);
      if (ours.join() !== theirs.join()) wrong.push({ offset, ours, theirs });
    }
    expect(compared).toBeGreaterThan(500);
    expect(wrong.slice(0, 3)).toEqual([]);
  });

  test('code of a line leads back to the line; a line without code to the next that has some', () => {
    const file = 'example.com/fixtures/goroutines/block.go';
    const mapped = stepping.mappedLines(file);
    expect(mapped.length).toBeGreaterThan(50);
    for (const line of mapped) {
      const ranges = stepping.ranges(file, line);
      expect(ranges.length).toBeGreaterThan(0);
      for (const { start, end } of ranges) {
        expect(end).toBeGreaterThan(start);
        for (const offset of [start, end - 1]) {
          expect(stepping.frames(offset)[0]?.place).toMatchObject({ file, line });
        }
        // The step range of the stop is this one.
        const column = stepping.frames(start)[0]?.place?.column ?? 0;
        expect(stepping.ranges(file, line, column)).toContainEqual({ start, end });
      }
    }
    const last = mapped.at(-1) ?? 0;
    for (let line = 1; line <= last; line++) {
      const next = mapped.find((one) => one >= line);
      expect(stepping.frames(stepping.ranges(file, line)[0]?.start ?? 0)[0]?.place?.line).toBe(next);
    }
    expect(stepping.ranges(file, last + 1)).toEqual([]);
    expect(stepping.ranges('nowhere.go', 1)).toEqual([]);
  });

  test('a function whose code has no lines has the place of its declaration, so that it is named', () => {
    const at = lines.start.findIndex(
      (_, i) => stepping.frames(lines.start[i] ?? 0)[0]?.function === 'wasm_pc_f_loop',
    );
    expect(lines.kind[at]).toBe(Stretch.none);
    const [frame] = stepping.frames((lines.start[at] ?? 0) + 20);
    expect(frame?.place).toMatchObject({
      file: expect.stringMatching(/^runtime\/\w+_wasm\.s$/) as string,
      line: expect.any(Number) as number,
    });
  });

  test('the end of a function, where steps end whose call unwinds the stack, has a place and is no code of its line', () => {
    let ends = 0;
    const wrong: unknown[] = [];
    for (let i = 0; i < lines.count; i++) {
      if (lines.kind[i] !== Stretch.none || lines.kind[i - 1] === Stretch.none) continue;
      const end = lines.start[i] ?? 0;
      const [frame, caller] = stepping.frames(end);
      const next = stepping.frames(lines.start[i + 1] ?? 0).at(-1);
      if (frame === undefined || caller !== undefined || next?.function === frame.function) continue;
      // No function, and of no file.
      if (/^go[.:]buildid$/.test(frame.function)) continue;
      ends++;
      const { file = '', line = 0, column } = frame.place ?? {};
      const isCode = stepping.ranges(file, line).some((one) => one.start <= end && end < one.end);
      if (line === 0 || column !== ASIDE_COLUMN || isCode) wrong.push({ end, frame });
    }
    expect(ends).toBeGreaterThan(500);
    expect(wrong.slice(0, 3)).toEqual([]);
  });

  test('code of inlined calls', () => {
    let calls = 0;
    for (let i = 0; i < lines.count && calls < 200; i++) {
      const offset = lines.start[i] ?? 0;
      const frames = stepping.frames(offset);
      if (frames.length < 2) continue;
      calls++;
      const own = stepping.inlinedCall(offset);
      expect(own.some(({ start, end }) => start <= offset && offset < end)).toBe(true);
      // Seen from the function around it, it is code of a callee.
      const around = own[0]?.start ?? 0;
      for (const { start } of own)
        expect(stepping.frames(start).length).toBeGreaterThanOrEqual(frames.length);
      const before = stepping.frames(around - 1);
      if (before.length !== frames.length - 1) continue;
      if (before.at(-1)?.function !== frames.at(-1)?.function) continue;
      const callees = stepping.inlinedCallees(around - 1);
      expect(callees.some(({ start, end }) => start <= offset && offset < end)).toBe(true);
    }
    expect(calls).toBe(200);
  });
});

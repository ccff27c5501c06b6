import { expect } from 'vitest';
import type { ShownTrap } from '../../../scripts/panel.mjs';
import type { ExpectedDeath } from '../main-job-cases.ts';

/**
 * Fails unless the panel shows the death as it was: each of the program's own functions in order, and for the one that died file
 * and line. A line between calls may be shown as a range that holds it, marked as a range; anything else is exact.
 */
export function expectDeath(shown: ShownTrap, expected: ExpectedDeath): void {
  const { fixture } = expected;
  const own = shown.frames.filter((frame) => frame.language === 'go' && frame.function.startsWith('main.'));
  const functions = own.map((frame) => frame.function);
  expect(expected.deep ? functions.slice(0, expected.stack.length) : functions).toEqual(expected.stack);

  // What comes before the function that dies on the expected stack is only called by it.
  const dead = own[expected.stack.indexOf(fixture.function ?? '')];
  if (dead === undefined) throw new Error(`the panel does not show ${String(fixture.function)}`);
  expect(dead.file).toBe(fixture.file);
  if (dead.confidence === 'range' || dead.confidence === 'inferred') {
    expect(dead.line).toBeLessThanOrEqual(expected.line);
    expect(dead.lineEnd).toBeGreaterThanOrEqual(expected.line);
    expect(dead.lineEnd - dead.line).toBeLessThan(10);
  } else {
    expect(dead.confidence).toBe('exact');
    expect([dead.line, dead.lineEnd]).toEqual([expected.line, expected.line]);
  }
  // The excerpt is of the topmost frame that is not folded; the source itself says at which line a case dies.
  if (shown.frames[0] === dead && expected.line === fixture.line) {
    expect(shown.source.join('\n')).toMatch(new RegExp(`// dies: (.*, )?${fixture.name}\\b`));
  }
  // The goroutine of a callback is started by the runtime, which Go's own text does not say.
  const createdBy = shown.createdBy.startsWith('runtime.') ? '' : shown.createdBy;
  expect(createdBy).toBe(expected.createdBy ?? '');
}

/** A line of a traceback: function, file, line. */
export type TextFrame = readonly [string, string, number];

/** The program's own frames of the goroutine that was running, as Go itself printed them to the page's console. */
export function framesOfText(output: readonly string[]): readonly TextFrame[] {
  const lines = output.flatMap((message) => message.split('\n'));
  const start = lines.findIndex((line) => /^goroutine \d+ .*\[running.*\]:$/.test(line));
  if (start < 0) return [];
  const end = lines.findIndex((line, at) => at > start && (line === '' || line.startsWith('created by ')));
  return lines.slice(start, end < 0 ? undefined : end).flatMap((line, at, block): readonly TextFrame[] => {
    const [, name] = /^(main\..+)\([^()]*\)$/.exec(line) ?? [];
    const [, file, number] = /^\t(\S+):(\d+)/.exec(block[at + 1] ?? '') ?? [];
    return name === undefined || file === undefined ? [] : [[name, file, Number(number)]];
  });
}

/** The program's own frames as the panel shows them. */
export const framesOfPanel = (shown: ShownTrap): readonly TextFrame[] =>
  shown.frames
    .filter(({ language, function: name }) => language === 'go' && name.startsWith('main.'))
    .map((frame) => [frame.function, frame.file, frame.line]);

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

  const [innermost] = own;
  if (innermost === undefined) throw new Error('the panel shows no frame of the program');
  expect(innermost.function).toBe(fixture.function);
  expect(innermost.file).toBe(fixture.file);
  if (innermost.confidence === 'range') {
    expect(innermost.line).toBeLessThanOrEqual(fixture.line);
    expect(innermost.lineEnd).toBeGreaterThanOrEqual(fixture.line);
    expect(innermost.lineEnd - innermost.line).toBeLessThan(10);
  } else {
    expect(innermost.confidence).toBe('exact');
    expect([innermost.line, innermost.lineEnd]).toEqual([fixture.line, fixture.line]);
  }
  // The excerpt is of the topmost frame that is not folded; the source says at which line a case dies.
  if (shown.frames[0] === innermost) {
    expect(shown.source.join('\n')).toContain(`// dies: ${fixture.name}`);
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

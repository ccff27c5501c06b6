import { describe, expect, test } from 'vitest';
import { readDeath, type Death } from '../../../../src/go/runtime/death.ts';
import type { RuntimeFrame } from '../../../../src/go/runtime/frames.ts';
import { WholeMemory } from '../../../../src/memory/whole-memory.ts';
import { casesOf, fixtures, type Fixture } from '../../../support/fixtures.ts';
import { readCrashText, type TextFrame } from './crash-text.ts';
import { dyingCases, placesOf, runCase, runtimeOf, type Ended } from './programs.ts';

const families = ['panics', 'traps', 'exits'] as const;
const jsModules = [
  ...families.flatMap((family) => fixtures({ family, goos: 'js', stripped: true })),
  ...(['-O2', '-Oz'] as const).flatMap((optimized) => fixtures({ family: 'panics', optimized })),
];
const compared = { frames: 0, stacks: 0, created: 0, messages: 0 };

/** In the form of Go's text; its `panic` is the function runtime.gopanic. */
function asText(frame: RuntimeFrame): TextFrame {
  const { inlined } = frame;
  return {
    function: frame.function === 'runtime.gopanic' && !inlined ? 'panic' : frame.function,
    args: frame.args ?? '?',
    file: frame.file,
    line: frame.line,
    offset: frame.pcOffset ?? -1,
    fp: inlined ? -1 : frame.fp,
    sp: inlined ? -1 : frame.sp,
    pc: inlined ? -1 : frame.pc,
  };
}

/** Compares with Go's stack of the same goroutine, from the first frame that Go prints; ours may begin earlier, not later. */
function expectStack(ours: readonly RuntimeFrame[], text: ReturnType<typeof readCrashText>[number]): void {
  const mine = ours.map(asText);
  const [first] = text.frames;
  const from = mine.findIndex((frame) => frame.pc === first?.pc && frame.fp === first.fp);
  // With inlined frames in front of it, the first frame with a PC may come a few lines later.
  const start = first?.pc === -1 ? mine.findIndex((frame) => frame.function === first.function) : from;
  expect(start).toBeGreaterThanOrEqual(0);
  expect(ours.slice(0, start).every((frame) => frame.dying)).toBe(true);
  const rest = mine.slice(start);
  if (text.cut) expect(rest.slice(0, text.frames.length)).toEqual(text.frames);
  else if (text.gapAfter === null) expect(rest).toEqual(text.frames);
  else {
    // 1.19 prints only the first hundred, later versions the first and the last fifty.
    expect(rest.slice(0, text.gapAfter)).toEqual(text.frames.slice(0, text.gapAfter));
    const tail = text.frames.slice(text.gapAfter);
    expect(tail.length === 0 ? [] : rest.slice(-tail.length)).toEqual(tail);
  }
  compared.frames += text.frames.length;
  compared.stacks++;
}

function expectLikeText(death: Death, run: Ended): void {
  const stacks = readCrashText(run.stderr);
  const own = stacks.find((stack) => stack.id === death.goroutine?.id);
  expect(own).toBeDefined();
  if (own === undefined) return;
  expect(death.goroutine?.state).toBe(own.state);
  expectStack(death.frames, own);
  expect(death.complete).toBe(true);
  const { createdBy } = death;
  const by = createdBy?.goroutine === null ? '' : ` in goroutine ${createdBy?.goroutine ?? 0}`;
  const text = createdBy && `created by ${createdBy.function}${by} ${createdBy.file}:${createdBy.line}`;
  expect(text).toBe(own.createdBy);
  if (text !== null) compared.created++;
  const system = stacks.find((stack) => stack.id === 0);
  if (system !== undefined) expectStack(death.systemFrames, system);
}

/** Names of the program's own functions on the stack. */
function userFrames(death: Death): string[] {
  return death.frames.filter((frame) => frame.function.startsWith('main.')).map((frame) => frame.function);
}

function readIt(fixture: Fixture, run: Ended, withPlaces: boolean): Death {
  const runtime = runtimeOf(fixture);
  return readDeath(runtime, new WholeMemory(run.death.memory), {
    sp: run.sp,
    places: withPlaces ? placesOf(runtime.program.module, run.death.stack) : [],
  });
}

describe.each(jsModules.map((fixture) => [fixture.name, fixture] as const))('%s', (_, fixture) => {
  const cases = dyingCases(casesOf(fixture.family));

  test.each(cases.map((one) => [one.name, one] as const))(
    '%s: memory says what Go says',
    async (_name, one) => {
      const run = await runCase(fixture, one.name);
      const death = readIt(fixture, run, false);
      const kinds = { panic: 'panic', fatal: 'fatal', exit: 'exit', trap: 'none', blocked: 'none' } as const;
      expect(death.cause.kind).toBe(kinds[one.ends]);
      if (death.cause.kind === 'exit') expect(death.cause.exitCode).toBe(run.exitCode);
      if (death.cause.kind === 'panic' || death.cause.kind === 'fatal') {
        const text = death.cause.text ?? '';
        expect(death.cause.confidence.kind).toBe('exact');
        // Some fatal errors have lines of their own in front, which only the text has.
        expect(`\n${run.stderr}`).toContain(`\n${text}\n`);
        if (!run.stderr.startsWith('runtime: ')) expect(run.stderr.startsWith(`${text}\n`)).toBe(true);
        compared.messages++;
        expectLikeText(death, run);
      } else {
        expect(death.complete).toBe(true);
      }
      // The engine's stack as a hint does not change what is true without it.
      const hinted = readIt(fixture, run, true);
      expect(userFrames(hinted).slice(-userFrames(death).length)).toEqual(userFrames(death));
      expect(hinted.goroutine).toEqual(death.goroutine);
      if (one.function !== null)
        expect(userFrames(hinted).slice(0, 3)).toContain(functionWithBody(one.function));
    },
  );

  /** A function that is inlined at a place without PC is known only to the symbolizer. */
  function functionWithBody(name: string): string {
    return name === 'main.load' ? 'main.farPointer' : name;
  }
});

// Without SP: the engine's stack shows where the program was.
describe.each(fixtures({ family: 'command' }).map((fixture) => [fixture.name, fixture] as const))(
  '%s',
  (_, fixture) => {
    test.each(dyingCases(casesOf('command')).map((one) => [one.name, one] as const))(
      '%s',
      async (_name, one) => {
        const run = await runCase(fixture, one.name);
        const death = readIt(fixture, run, true);
        const kinds = {
          panic: 'panic',
          fatal: 'fatal',
          exit: 'exit',
          trap: 'none',
          blocked: 'none',
        } as const;
        expect(death.cause.kind).toBe(kinds[one.ends]);
        if (one.function !== null) expect(userFrames(death)[0]).toBe(one.function);
        if (death.cause.kind === 'exit') expect(death.complete).toBe(true);
        else {
          expect(run.stderr.startsWith(`${death.cause.text ?? ''}\n`)).toBe(true);
          expectLikeText(death, run);
        }
      },
    );
  },
);

test('as many frames as the committed programs have', () => {
  console.log(
    `memory against Go's crash text: ${compared.frames} frames of ${compared.stacks} stacks, ` +
      `${compared.created} created-by lines, ${compared.messages} messages`,
  );
  expect(compared.frames).toBeGreaterThan(1000);
  expect(compared.messages).toBeGreaterThan(100);
  expect(compared.created).toBeGreaterThan(5);
});

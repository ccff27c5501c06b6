import { describe, expect, it } from 'vitest';
import { classifyDeath } from '../../../src/stack/classify.ts';
import { formatStack } from '../../../src/stack/format.ts';
import { symbolizeJsStack } from '../../../src/stack/from-js.ts';
import { parseGoText } from '../../../src/stack/go-text.ts';
import { parseJsStack } from '../../../src/stack/js-stack.ts';
import type { StackTrace } from '../../../src/stack/stack-trace.ts';
import { chooseSymbols } from '../../../src/symbols/choose.ts';
import { Symbolizer } from '../../../src/symbols/symbolizer.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { casesOf, fixture, fixtureBytes, type Fixture, type FixtureCase } from '../../support/fixtures.ts';
import { runGo } from '../../support/run-go.ts';

/** Function, file, line and PC offset, one line a frame, as Go prints them; arguments are not on a JavaScript stack. */
const places = (stack: StackTrace | undefined): string[] =>
  (stack?.frames ?? []).map(
    (frame) =>
      `${frame.function} ${frame.file}:${frame.line} ${frame.pcOffset ?? '-'} ${frame.inlined ? 'inlined' : ''}`,
  );

/** What formatStack prints of the Go frames that Go prints, read again. */
function printed(stack: StackTrace): string[] {
  const frames = stack.frames.filter((frame) => frame.language === 'go');
  const user = frames.some((frame) => !frame.function.startsWith('runtime.') && frame.fold === null);
  return user ? places(parseGoText(formatStack({ ...stack, frames }))?.goroutines[0]) : [];
}

interface Died {
  readonly stack: StackTrace;
  readonly stderr: string;
  readonly exitCode: number | null;
  readonly error: { readonly name: string; readonly message: string } | null;
}

/** Runs a case to its end and symbolizes V8's stack of that moment. */
async function die(module: Fixture, symbolizer: Symbolizer, known: FixtureCase): Promise<Died> {
  const { death, stderr, exitCode, error } = await runGo(module, { args: [known.name] });
  if (death === null) throw new Error(`${known.name} did not die`);
  const insideImport = death.at === 'exit';
  const stack = symbolizeJsStack(parseJsStack(death.stack), symbolizer, { insideImport });
  return { stack, stderr, exitCode, error: insideImport ? null : error };
}

describe.each(['1.19.8', '1.27.3'] as const)(
  "V8's stacks of dying programs, Go %s",
  { timeout: 120_000 },
  (goVersion) => {
    const open = (family: 'panics' | 'traps') => {
      const module = fixture({ family, goVersion, goos: 'js' });
      return { module, symbolizer: new Symbolizer(chooseSymbols(readModule(fixtureBytes(module))).sources) };
    };

    it("are Go's own text, for every panic", async () => {
      const { module, symbolizer } = open('panics');
      let total = 0;
      for (const known of casesOf('panics')) {
        const { stack, stderr, exitCode } = await die(module, symbolizer, known);
        const go = places(parseGoText(stderr)?.goroutines[0]);
        expect(go.length, known.name).toBeGreaterThan(1);
        // A switch of goroutines, or growth of the stack, has unwound the engine's stack: what was below is not on it.
        const cut = stack.note.includes('may be missing');
        const frames = printed(stack);
        const compared = cut ? Math.min(frames.length, go.length) : go.length;
        expect(frames.slice(0, compared), known.name).toEqual(go.slice(0, compared));
        total += compared;
        // The page may have thrown the text away: the functions tell that it was a panic.
        const functions = stack.frames.map((frame) => frame.function);
        const silent = classifyDeath({ error: null, text: '', exitCode, functions });
        const spoken = classifyDeath({ error: null, text: stderr, exitCode, functions });
        expect(spoken.kind, known.name).toBe('panic');
        expect(silent.kind, known.name).toBe('panic');
        const sameCause = !['repanic', 'deferred'].includes(known.name);
        if (sameCause)
          expect(spoken.title.startsWith(silent.title), `${spoken.title}, ${silent.title}`).toBe(true);
      }
      expect(total).toBeGreaterThan(90);
    });

    it('begin in the function that trapped', async () => {
      const { module, symbolizer } = open('traps');
      for (const known of casesOf('traps').filter((trap) =>
        ['breakpoint', 'import', 'callback'].includes(trap.name),
      )) {
        const { stack, error } = await die(module, symbolizer, known);
        const own = stack.frames.find((frame) => frame.function === known.function);
        expect(own, known.name).toMatchObject({ file: known.file, line: known.line, fold: null });
        expect(classifyDeath({ error, text: '', exitCode: null }).kind).toBe(
          known.name === 'import' ? 'exception' : 'trap',
        );
      }
    });
  },
);

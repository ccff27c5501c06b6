// Variables of suspended goroutines of TinyGo, of the program that prints what its functions hold when they wait (fixtures/programs/tinygo/held).
import { describe, expect, it } from 'vitest';
import { llvmModule } from '../../support/llvm-fixtures.ts';
import { context, goroutineWorker } from '../../support/goroutine-worker.ts';
import { tinyGoStates } from '../../support/tinygo.ts';

type Worker = Awaited<ReturnType<typeof goroutineWorker>>;

interface Shown {
  /** `function name`. */
  readonly name: string;
  readonly local: boolean;
  readonly text: string;
  readonly kind: string;
  readonly why: string;
}

/** What the goroutines show, frame by frame; the recursive function's calls are counted from the innermost one. */
async function shown(worker: Worker): Promise<{ readonly all: Shown[]; readonly without: string[] }> {
  const all: Shown[] = [];
  const without: string[] = [];
  for (const { key } of await worker.rows()) {
    const goroutine = { snapshotKey: 's', key };
    const { stack } = await worker.analysis['snapshot.goroutine'](goroutine, context());
    const frames = await worker.analysis['snapshot.arguments'](
      { ...goroutine, sources: new Map() },
      context(),
    );
    expect(frames).toHaveLength(stack.frames.length);
    let depth = 0;
    stack.frames.forEach((frame, i) => {
      const own = /^(?:main\.|\(\*main\.from\)\.)(\w+(?:\$\d+)?)$/.exec(frame.function)?.[1];
      const found = frames[i];
      if (own === undefined || found === undefined) return;
      const name = own === 'deep' ? `deep${depth++}` : own;
      if (!found.ok) without.push(`${name}: ${found.why}`);
      else
        for (const { name: variable, local, text, confidence } of found.arguments)
          all.push({
            ...{ name: `${name} ${variable}`, local: local === true, text, kind: confidence.kind },
            why: confidence.kind === 'exact' ? '' : confidence.why,
          });
    });
  }
  return { all, without };
}

describe.each([
  { module: 'held.wasip1.0', right: 60 },
  { module: 'held.wasip1.1', right: 42 },
  { module: 'held.wasip1.z', right: 34 },
])('$module', ({ module, right }) => {
  it('shows values that are right, or why there are none', async () => {
    const worker = await goroutineWorker(llvmModule(module));
    const { memory, text } = await tinyGoStates(module, 'held');
    await worker.take({ memory, sp: null, time: 0 });
    /** What the program said: of a parameter that it has changed, the value with which the function was called, too. */
    const said = new Map(
      text.split('\n').flatMap((line): [string, { now: string; called: string }][] => {
        const [, name, now, called] = /^(\S+ \S+) = (.*?)(?: was (.*))?$/.exec(line) ?? [];
        return name === undefined || now === undefined ? [] : [[name, { now, called: called ?? now }]];
      }),
    );
    expect(said.size).toBeGreaterThan(70);
    const { all, without } = await shown(worker);
    expect(without).toEqual([]);
    let known = 0;
    for (const one of all) {
      const expected = said.get(one.name);
      if (one.kind === 'unavailable') {
        expect(one.text).toBe('…');
        expect(one.why).toMatch(/optimized out|wasm-opt|needs|part of it|longer than|another value|computed/);
      } else if (expected !== undefined && !one.text.includes('(unreadable')) {
        const atCall = one.why.startsWith('it is what the function was called with');
        expect(one).toMatchObject({ text: atCall ? expected.called : expected.now });
        known++;
      }
    }
    expect(known).toBeGreaterThanOrEqual(right);
    // Parameters come first, and those of a function that wait in a call of itself differ from call to call.
    const deep = all.filter(({ name }) => /^deep\d n$/.test(name));
    expect(deep.map(({ text: n, local }) => [n, local])).toEqual([
      ...['0', '1', '2', '3'].map((n) => [n, false]),
    ]);
  });
});

it('says why a goroutine that ran has none', async () => {
  const module = 'states.wasm.z';
  const worker = await goroutineWorker(llvmModule(module));
  const { memory, death } = await tinyGoStates(module, 'die');
  await worker.take({ memory, sp: null, time: 0, stack: death?.stack ?? '' }, 'still');
  const [row] = await worker.rows({ with: ['running'] });
  const frames = await worker.analysis['snapshot.arguments'](
    { snapshotKey: 's', key: row?.key ?? '', sources: new Map() },
    context(),
  );
  expect(frames.length).toBeGreaterThan(2);
  for (const frame of frames)
    expect(frame).toMatchObject({ ok: false, why: expect.stringMatching(/ran when .* Scope/) as string });
});

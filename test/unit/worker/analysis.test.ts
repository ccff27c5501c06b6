import { beforeAll, expect, test } from 'vitest';
import { CancelledError } from '../../../src/protocol/endpoint.ts';
import { createAnalysis } from '../../../src/worker/analysis.ts';
import { fixture, fixtureBytes, goSource } from '../../support/fixtures.ts';
import { runGo } from '../../support/run-go.ts';

const context = () => ({ signal: new AbortController().signal, progress: () => undefined });
const noMemory = {
  read: () => Promise.reject(new Error('no memory in this test')),
  gather: () => Promise.reject(new Error('no memory in this test')),
};
const copyOf = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

const traps = fixture({ family: 'traps', goVersion: '1.27.3', stripped: true });
const panics = fixture({ family: 'panics', goVersion: '1.27.3', stripped: true });
let trapStack = '';

beforeAll(async () => {
  trapStack = (await runGo(traps, { args: ['breakpoint'] })).error?.stack ?? '';
});

async function loaded() {
  const analysis = createAnalysis(noMemory);
  const report = await analysis['module.load'](
    { moduleKey: 'traps', bytes: copyOf(fixtureBytes(traps)) },
    context(),
  );
  await analysis['module.load']({ moduleKey: 'panics', bytes: copyOf(fixtureBytes(panics)) }, context());
  return { analysis, report };
}

test('a module is reported at once, and in full after the index, which tells its progress', async () => {
  const { analysis, report } = await loaded();
  expect(report.report).toMatchObject({ toolchain: 'go', goVersion: 'go1.27.3' });
  expect(report.hash).toBe(traps.sha256);
  const seen: number[] = [];
  const full = await analysis['module.index'](
    { moduleKey: 'traps' },
    { signal: new AbortController().signal, progress: (done) => seen.push(done) },
  );
  expect(full.symbols[0]?.exactCalls).toBeGreaterThan(0.9);
  expect(seen.every((done, i) => done <= 1 && done >= (seen[i - 1] ?? 0))).toBe(true);
});

test('indexing ends when it is cancelled, and the module still answers', async () => {
  const { analysis } = await loaded();
  const controller = new AbortController();
  controller.abort();
  const indexing = Promise.resolve(
    analysis['module.index'](
      { moduleKey: 'traps' },
      { signal: controller.signal, progress: () => undefined },
    ),
  );
  // A module that is indexed within one step has nothing to cancel.
  await indexing.catch((error: unknown) => {
    expect(error).toBeInstanceOf(CancelledError);
  });
  const owner = await analysis['stack.owner']({ stack: trapStack, candidates: ['traps'] }, context());
  expect(owner.moduleKey).toBe('traps');
});

test('of two modules the one whose functions hold the offsets owns a stack', async () => {
  const { analysis } = await loaded();
  const owner = await analysis['stack.owner'](
    { stack: trapStack, candidates: ['panics', 'traps'] },
    context(),
  );
  expect(owner.moduleKey).toBe('traps');
  const none = await analysis['stack.owner']({ stack: trapStack, candidates: ['panics'] }, context());
  expect(none.moduleKey).toBe(null);
  expect(none.why).toContain('fit none of the modules');
});

test('pasted text finds its module and becomes Go', async () => {
  const { analysis } = await loaded();
  const report = await analysis['text.symbolize'](
    { moduleKey: null, text: `2026-01-01 ${trapStack}`, candidates: ['panics', 'traps'] },
    context(),
  );
  expect(report.moduleKey).toBe('traps');
  expect(report.title).toBe('RuntimeError: unreachable');
  expect(report.stacks[0]?.frames.slice(0, 2)).toMatchObject([
    { function: 'runtime.breakpoint' },
    { function: 'runtime.Breakpoint' },
  ]);
});

test('text without a stack says so', async () => {
  const { analysis } = await loaded();
  const report = await analysis['text.symbolize'](
    { moduleKey: null, text: 'hello', candidates: ['panics', 'traps'] },
    context(),
  );
  expect(report).toMatchObject({ title: 'No stack found', stacks: [] });
});

test('a source map has the text that fits, and says where another one was looked for', async () => {
  const { analysis } = await loaded();
  const file = 'example.com/fixtures/traps/main.go';
  const text = goSource('traps/main.go');
  const build = async (text: string): Promise<[string | undefined, boolean, string | null]> => {
    const { dataUrl, files } = await analysis['sourcemap.build'](
      {
        moduleKey: 'traps',
        texts: new Map([[file, { text, from: 'http://app.test/main.go' }]]),
        missing: { main: ['main'], standard: ['Looked in GOROOT.'], tinygo: [], dependency: ['dependency'] },
        ignoreStandard: true,
        ignore: ['example.com/fixtures/panics'],
      },
      context(),
    );
    const json = Buffer.from(dataUrl.replace(/^[^,]*,/, ''), 'base64').toString();
    const map = JSON.parse(json) as { sources: string[]; sourcesContent: string[]; ignoreList: number[] };
    const ignored = map.ignoreList.map((i) => map.sources[i]);
    expect(ignored).toContain('go:///runtime/proc.go');
    expect(ignored).not.toContain(`go:///${file}`);
    expect(map.sourcesContent[map.sources.indexOf('go:///runtime/proc.go')]).toMatch(
      /^\/\/ The source text of runtime\/proc.go is not here\.\n\/\/ Looked in GOROOT\./,
    );
    const mapped = files.find((one) => one.file === file);
    const content = map.sourcesContent[map.sources.indexOf(`go:///${file}`)];
    return [content, mapped?.hasText ?? false, mapped?.mismatch ?? null];
  };
  expect(await build(text)).toEqual([text, true, null]);
  const [shifted, hasText, why] = await build(`package main\n\n// one line more\n${text}`);
  expect(hasText).toBe(false);
  expect(why).toMatch(/^function main\.\S+ is not at line \d+$/);
  expect(shifted).toMatch(/^\/\/ The text at http:\/\/app\.test\/main\.go is not shown: /);
  // Functions keep their lines.
  const line = text.split('\n').findIndex((at) => at.startsWith('func main()'));
  expect(shifted?.split('\n')[line]).toBe('func main.main …');
  const [, , short] = await build('package main\n');
  expect(short).toMatch(/^the module has code of line \d+, and the text has 2 lines$/);
});

test('damaged modules: one error with section and offset, or what could still be read; the other modules answer on', async () => {
  const { analysis } = await loaded();
  const bytes = fixtureBytes(panics);
  for (const length of [0, 5, 9, 4000, 200_000, bytes.length >> 1, bytes.length - 100]) {
    const load = Promise.resolve(
      analysis['module.load']({ moduleKey: 'damaged', bytes: copyOf(bytes.subarray(0, length)) }, context()),
    );
    const outcome = await load.then(
      ({ report }) => report.diagnostics.join('\n'),
      (error: unknown) => String(error),
    );
    expect(outcome, `cut at ${length}`).toMatch(/offset 0x[0-9a-f]+|address 0x[0-9a-f]+/);
  }
  const owner = await analysis['stack.owner']({ stack: trapStack, candidates: ['traps'] }, context());
  expect(owner.moduleKey).toBe('traps');
});

test('what is asked of a module that is gone is refused', async () => {
  const { analysis } = await loaded();
  await analysis['module.unload']({ moduleKey: 'traps' }, context());
  await expect(
    Promise.resolve().then(() => analysis['module.index']({ moduleKey: 'traps' }, context())),
  ).rejects.toThrow('no longer loaded');
});

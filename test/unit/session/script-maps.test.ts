import { SourceMapGenerator } from 'source-map';
import { expect, test } from 'vitest';
import { EXACT } from '../../../src/base/confidence.ts';
import { sourceMapOfScript } from '../../../src/session/script-maps.ts';
import type { StackFrame } from '../../../src/stack/stack-trace.ts';
import { exit, instance, module, stack } from './fake-facts.ts';
import { started, until } from './fakes.ts';

// The JavaScript frames of a trap, put where the page's own source maps say that they come from.

const SCRIPT = 'http://app.test/js/app.min.js';

/** Line 1, column 1001 of the script comes from `src/load.ts`, line 12, column 7. */
function map(): string {
  const generator = new SourceMapGenerator();
  const [generated, original] = [
    { line: 1, column: 1000 },
    { line: 12, column: 6 },
  ];
  generator.addMapping({ source: '../src/load.ts', generated, original });
  generator.addMapping({ source: '../src/load.ts', generated: { line: 1, column: 2000 }, original });
  return generator.toString();
}

const frame = (change: Partial<StackFrame>): StackFrame => ({
  function: 'n',
  file: SCRIPT,
  line: 1,
  column: 1001,
  lineEnd: null,
  inlined: false,
  language: 'javascript',
  args: null,
  pcOffset: null,
  moduleOffset: null,
  raw: `at n (${SCRIPT}:1:1001)`,
  confidence: EXACT,
  fold: null,
  ...change,
});

/** The frames of a trap, once all files have been asked for. */
async function framesWith(frames: readonly StackFrame[], files: Record<string, string>) {
  const { page, session, analysis } = await started();
  const asked: string[] = [];
  const { fetchAsPage } = page;
  page.fetchAsPage = (url) => {
    asked.push(url);
    return fetchAsPage(url);
  };
  for (const [url, text] of Object.entries(files)) page.files.set(url, text);
  analysis.stack = { ...stack, frames };
  page.tell({ modules: [module], instances: [instance], traps: [exit] });
  await until(session, () => session.state().traps[0]?.status === 'ready');
  return { session, page, asked, shown: () => session.state().traps[0]?.stack?.frames };
}

const NAMES = '//# sourceMappingURL=app.min.js.map';
const FILES = { [SCRIPT]: `run()\n${NAMES}\n`, [`${SCRIPT}.map`]: map() };

test('a frame is where the map of its script says; what is as printed stays beside it', async () => {
  const go = frame({ language: 'go', file: SCRIPT });
  const elsewhere = frame({ line: 7 });
  const { session, shown, asked } = await framesWith([frame({}), go, elsewhere, frame({})], FILES);
  await until(session, () => shown()?.[0]?.file === 'http://app.test/src/load.ts');
  const original = { ...frame({}), file: 'http://app.test/src/load.ts', line: 12, column: 7 };
  expect(shown()).toEqual([original, go, elsewhere, original]);
  expect(asked).toEqual([SCRIPT, `${SCRIPT}.map`]);
});

test('a map inside its script; another page asks again', async () => {
  const inside = `run()\n//# sourceMappingURL=data:application/json;base64,${btoa(map())}`;
  const { session, page, asked, shown } = await framesWith([frame({})], { [SCRIPT]: inside });
  // Against the script's URL, for want of one of the map.
  await until(session, () => shown()?.[0]?.line === 12);
  expect(shown()?.[0]?.file).toBe('http://app.test/src/load.ts');
  page.navigate();
  page.tell({ modules: [module], instances: [instance], traps: [exit] });
  await until(session, () => shown()?.[0]?.line === 12);
  expect(asked).toEqual([SCRIPT, SCRIPT]);
});

test.each([
  ['no script', {}],
  ['a script without a map', { [SCRIPT]: 'run()' }],
  ['no map', { [SCRIPT]: NAMES }],
  ['a damaged map', { [SCRIPT]: NAMES, [`${SCRIPT}.map`]: '{"version":3}' }],
  ['a map of another kind of URL', { [SCRIPT]: '//# sourceMappingURL=file:///etc/passwd' }],
])('%s: the frame stays as it is', async (_what, files) => {
  const { asked, shown } = await framesWith([frame({}), frame({ file: 'native' })], files);
  await expect.poll(() => asked.length).toBe(Object.keys(files).length > 1 || 'no map' === _what ? 2 : 1);
  expect(shown()).toEqual([frame({}), frame({ file: 'native' })]);
});

test.each([
  ['a()\n//# sourceMappingURL=a.map', 'a.map'],
  ['a()\n//@ sourceMappingURL=a.map \n', 'a.map'],
  ['//# sourceMappingURL=old.map\na()\n//# sourceMappingURL=new.map\r\n', 'new.map'],
  ['a("//# sourceMappingURL=" + url)', null],
  ['a()', null],
  ['//# sourceMappingURL=', null],
])('%j names %s', (script, named) => {
  expect(sourceMapOfScript(script)).toBe(named);
});

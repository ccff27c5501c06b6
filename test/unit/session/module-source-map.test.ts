import { expect, test } from 'vitest';
import { module } from './fake-facts.ts';
import { started, until } from './fakes.ts';

// The source map that a module names: where it is looked for, and what is said where it is not to be had.

const MAP = '{"version":3}';
const BASE64 = `data:application/json;charset=utf-8;base64,${btoa(MAP)}`;

/** What the worker was given of a module's map, and what the report then says. */
async function mapOf(named: string, moduleUrl: string | null, files: Record<string, string>) {
  const { page, session, analysis } = await started();
  analysis.sourceMapUrl = named;
  for (const [url, text] of Object.entries(files)) page.files.set(url, text);
  page.tell({ modules: [{ ...module, url: moduleUrl }], instances: [], traps: [] });
  await until(session, () => session.state().modules[0]?.report?.notes.length === 1);
  return { given: analysis.sourceMaps, notes: session.state().modules[0]?.report?.notes };
}

test.each([
  ['app.wasm.map', 'http://a.test/x/app.wasm?v=1', { 'http://a.test/x/app.wasm.map': MAP }],
  ['/maps/a.map', 'http://a.test/x/app.wasm', { 'http://a.test/maps/a.map': MAP }],
  ['https://b.test/a.map', null, { 'https://b.test/a.map': MAP }],
  [BASE64, null, {}],
  [`data:application/json,${encodeURIComponent(MAP)}`, null, {}],
])('%s of a module at %s', async (named, moduleUrl, files) => {
  const { given, notes } = await mapOf(named, moduleUrl, files);
  expect(given).toEqual([{ text: MAP }]);
  expect(notes).toEqual(['with its source map']);
});

test.each([
  ['app.wasm.map', 'http://a.test/app.wasm', 'the server answered 404'],
  ['app.wasm.map', null, 'the URL of the module is not known'],
  ['file:///etc/passwd', 'http://a.test/app.wasm', 'only http, https and data are read'],
  ['javascript:alert(1)', 'http://a.test/app.wasm', 'only http, https and data are read'],
  ['data:application/json;base64,*', 'http://a.test/app.wasm', ''],
])('%s of a module at %s cannot be had, and the report says why', async (named, moduleUrl, why) => {
  const { notes } = await mapOf(named, moduleUrl, {});
  expect(notes?.[0]).toContain('The module names a source map, which could not be had: ');
  expect(notes?.[0]).toContain(why);
});

test('a damaged map costs the module nothing else', async () => {
  const files = { 'http://a.test/a.map': 'damaged' };
  const { given, notes } = await mapOf('a.map', 'http://a.test/app.wasm', files);
  expect(given).toEqual([{ text: 'damaged' }, { why: 'source map at offset 0x0: damaged' }]);
  expect(notes).toEqual(['source map at offset 0x0: damaged']);
});

import { describe, expect, test } from 'vitest';
import type { DebugFile, DebugFilesAnswer } from '../../../src/protocol/debug-files.ts';
import { debugFileUrl, packageUrl } from '../../../src/session/debug-files.ts';
import { module, report } from './fake-facts.ts';
import { started, until } from './fakes.ts';

// Debug information of modules that is in files of its own: which of them are asked for, and what is said of the others.

const dwo = (name: string, from: string | null = null): DebugFile => ({ kind: 'dwo', name, from });
const external = (name: string): DebugFile => ({ kind: 'external', name, from: null });

type Started = Awaited<ReturnType<typeof started>>;

/** A worker that takes the files whose content is their name. */
function takes({ analysis }: Started): void {
  analysis.takeDebugFiles = ({ moduleKey, files }): DebugFilesAnswer => {
    const refused: { name: string; why: string }[] = [];
    for (const { name, from, bytes } of files) {
      const content = new TextDecoder().decode(bytes);
      if (analysis.debugFiles.every((file) => file.name !== content))
        refused.push({ name, why: 'it is of another build' });
      analysis.debugFiles = analysis.debugFiles.map((file) =>
        file.name === content ? { ...file, from } : file,
      );
    }
    const notes = ['with debug information'];
    return { report: { ...report, notes }, files: analysis.debugFiles, moduleKeys: [moduleKey], refused };
  };
}

async function withFiles(files: readonly DebugFile[], content: Record<string, string>) {
  const all = await started();
  all.analysis.debugFiles = files;
  takes(all);
  for (const [url, text] of Object.entries(content)) all.page.files.set(url, text);
  all.page.tell({ modules: [module] });
  await until(all.session, () => all.session.state().tasks.length === 0 && shown(all) !== undefined);
  return all;
}

const shown = ({ session }: Started) =>
  session.state().modules[0]?.debugFiles?.map(({ name, from, why }) => [name, from, why]);

test('what the module names on the page’s own server is fetched and read', async () => {
  const all = await withFiles([external('debug/app.debug.wasm?v=1')], {
    'http://app.test/debug/app.debug.wasm?v=1': 'debug/app.debug.wasm?v=1',
  });
  await until(all.session, () => shown(all)?.[0]?.[1] != null);
  expect(all.page.debugFiles).toEqual(['http://app.test/debug/app.debug.wasm?v=1']);
  expect(shown(all)).toEqual([
    ['debug/app.debug.wasm?v=1', 'http://app.test/debug/app.debug.wasm?v=1', null],
  ]);
  expect(all.session.state().modules[0]?.report?.notes).toEqual(['with debug information']);
});

test('where the first is not there the others are not asked for; on request they are', async () => {
  const all = await withFiles([dwo('a.dwo'), dwo('b.dwo')], { 'http://app.test/b.dwo': 'b.dwo' });
  await until(all.session, () => shown(all)?.[1]?.[2] != null);
  expect(all.page.debugFiles).toEqual(['http://app.test/a.dwo']);
  expect(shown(all)).toEqual([
    ['a.dwo', null, 'not fetched: HTTP 404'],
    ['b.dwo', null, 'not asked for: the one before it is not on this server'],
  ]);
  await all.session.debugFiles.fetch('m1', ['http://app.test/a.dwo', 'http://app.test/b.dwo']);
  expect(shown(all)).toEqual([
    ['a.dwo', null, 'not fetched: HTTP 404'],
    ['b.dwo', 'http://app.test/b.dwo', null],
  ]);
});

test('another server is asked only on request, with the permission for it', async () => {
  const name = 'https://cdn.test/app.debug.wasm';
  const all = await withFiles([external(name)], {});
  expect(all.page.debugFiles).toEqual([]);
  expect(all.page.fetched).toEqual([]);
  all.page.answer = { status: 404, contentType: '', bytes: new ArrayBuffer(0) };
  await all.session.debugFiles.fetch('m1', [name]);
  expect(shown(all)).toEqual([[name, null, 'not fetched: HTTP 404']]);
  const bytes = new TextEncoder().encode(name).buffer;
  all.page.answer = { status: 200, contentType: 'application/wasm', bytes };
  await all.session.debugFiles.fetch('m1', [name]);
  expect(shown(all)).toEqual([[name, name, null]]);
  expect(all.page.debugFiles).toEqual([]);
  all.page.remote.ask = () => Promise.resolve(false);
  await expect(all.session.debugFiles.fetch('m1', [name])).rejects.toThrow('Without the permission');
  const two = ['https://cdn.test/a', 'https://other.test/b'];
  await expect(all.session.debugFiles.fetch('m1', two)).rejects.toThrow('several servers');
});

test('a file that is chosen or dropped in goes to the module that misses it', async () => {
  const all = await withFiles([external('https://cdn.test/x/app.debug.wasm'), dwo('/build/a.dwo')], {});
  const bytes = (text: string): ArrayBuffer => new TextEncoder().encode(text).buffer;
  await expect(all.session.debugFiles.choose('m1', 'x.dwo', bytes('x'))).rejects.toThrow(
    'x.dwo: it is of another build',
  );
  await expect(all.session.addModuleFile('x.dwo', bytes('x'))).rejects.toThrow('another build');
  await all.session.addModuleFile('renamed.dwo', bytes('/build/a.dwo'));
  await all.session.addModuleFile('app.debug.wasm', bytes('https://cdn.test/x/app.debug.wasm'));
  expect(shown(all)?.map(([, from]) => from)).toEqual([
    'app.debug.wasm, a file of this computer',
    'renamed.dwo, a file of this computer',
  ]);
  await expect(all.session.addModuleFile('y.dwp', bytes('y'))).rejects.toThrow('no module here misses');
  // No debug information that anything misses: a module.
  await all.session.addModuleFile('app.debug.wasm', bytes('any'));
  expect(all.session.state().modules).toHaveLength(2);
});

describe('where a file would be', () => {
  test.each([
    [external('app.debug.wasm'), 'http://a.test/x/app.wasm?v=1', 'http://a.test/x/app.debug.wasm'],
    [external('/d/app.wasm'), 'http://a.test/x/app.wasm', 'http://a.test/d/app.wasm'],
    [external('https://b.test/d.wasm'), null, 'https://b.test/d.wasm'],
    [external('file:///etc/passwd'), 'http://a.test/app.wasm', null],
    [external('javascript:alert(1)'), 'http://a.test/app.wasm', null],
    [external('d.wasm'), null, null],
    [dwo('obj/a.dwo'), 'http://a.test/x/app.wasm', 'http://a.test/x/obj/a.dwo'],
    [dwo('/build/a b.dwo'), 'http://a.test/x/app.wasm', 'http://a.test/x/a%20b.dwo'],
    [dwo('C:\\build\\a.dwo'), 'http://a.test/x/app.wasm', 'http://a.test/x/a.dwo'],
    [dwo('//b.test/a.dwo'), 'http://a.test/x/app.wasm', 'http://a.test/x/a.dwo'],
  ])('%o beside %s', (file, moduleUrl, url) => {
    expect(debugFileUrl(file, moduleUrl)).toBe(url);
  });

  test('a package is beside the module', () => {
    expect(packageUrl('http://a.test/x/app.wasm?v=1#y')).toBe('http://a.test/x/app.wasm.dwp');
    expect(packageUrl('blob:http://a.test/1')).toBeNull();
    expect(packageUrl(null)).toBeNull();
  });
});

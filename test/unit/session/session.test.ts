import { expect, test } from 'vitest';
import { exit, instance, module } from './fake-facts.ts';
import { Session } from '../../../src/session/session.ts';
import { FakeAnalysis, FakePage, started, until } from './fakes.ts';

test('an exit becomes a trap with the stack that the worker found', async () => {
  const { page, session, analysis } = await started();
  page.tell({ modules: [module], instances: [instance], traps: [exit] });
  await until(session, () => session.state().traps[0]?.status === 'ready');
  const trap = session.state().traps[0];
  expect(trap).toMatchObject({
    kind: 'panic',
    title: 'panic: boom',
    moduleKey: 'm1',
    surfaced: ['exit code 2'],
  });
  expect(trap?.stack?.frames[0]).toMatchObject({ function: 'main.main', line: 2 });
  expect(analysis.evidence[0]).toMatchObject({ memory: { target: 'trap t1' }, sp: 4096, exitCode: 2 });
  expect(session.state().instances[0]).toMatchObject({
    label: 'app.wasm · go1.27.3 · page',
    state: 'running',
  });
});

test('an error without an instance finds its module by its stack, and marks the instance as trapped', async () => {
  const { page, session } = await started();
  const error = { name: 'RuntimeError', message: 'unreachable', stack: 'at wasm-function[1]:0x10' };
  page.tell({
    modules: [module],
    instances: [instance],
    traps: [{ ...exit, via: 'error', instanceKey: null, exitCode: null, error, text: '' }],
  });
  await until(session, () => session.state().traps[0]?.status === 'ready');
  expect(session.state().traps[0]).toMatchObject({ instanceKey: 'i1', moduleKey: 'm1' });
  expect(session.state().instances[0]?.state).toBe('trapped');
});

test('a module that cannot be read says so, and its trap is kept', async () => {
  const { page, session, analysis } = await started();
  analysis.loadError = 'Code section at offset 0x40: expected 12 more bytes';
  page.tell({ modules: [module], instances: [instance], traps: [exit] });
  await until(session, () => session.state().traps[0]?.status === 'ready');
  expect(session.state().modules[0]).toMatchObject({ status: 'failed', error: analysis.loadError });
  expect(session.state().traps[0]?.notes.join()).toContain('offset 0x40');
});

test('a navigation drops live data, and answers that come late', async () => {
  const { page, session } = await started();
  let give = (_bytes: ArrayBuffer): void => undefined;
  page.bytes = () =>
    new Promise((resolve) => {
      give = resolve;
    });
  page.tell({ modules: [module], instances: [instance], traps: [exit] });
  await until(session, () => session.state().traps.length === 1);
  page.navigate();
  give(new ArrayBuffer(8));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(session.state()).toMatchObject({ traps: [], instances: [], modules: [], emptyReason: 'starting' });
});

test('empty states: no wasm, loaded before, and neither once there is an instance', async () => {
  const { page, session } = await started();
  expect(session.state().emptyReason).toBe('starting');
  page.tell({});
  expect(session.state().emptyReason).toBe('no-wasm');
  page.tell({ modules: [{ ...module, key: 'r1', origin: 'resource' }] });
  expect(session.state().emptyReason).toBe('loaded-before');
  page.tell({ modules: [module], instances: [instance] });
  expect(session.state().emptyReason).toBe(null);
  expect(session.state().modules.map(({ key }) => key)).toEqual(['m1']);
});

test('a module that the debugger saw and a hook tells of later is one module', async () => {
  const { page, session } = await started();
  page.tell({ modules: [{ ...module, key: 'd1', origin: 'debugger' }] });
  expect(session.state().modules.map(({ key }) => key)).toEqual(['d1']);
  page.tell({ modules: [module], instances: [instance] });
  expect(session.state().modules.map(({ key }) => key)).toEqual(['m1']);
  page.tell({ modules: [{ ...module, key: 'd2', origin: 'debugger' }] });
  expect(session.state().modules.map(({ key }) => key)).toEqual(['m1']);
});

test('source text comes from the page, and Sources has none without a map', async () => {
  const { page, session } = await started();
  page.tell({ modules: [module], instances: [instance] });
  await until(session, () => session.state().modules[0]?.status === 'ready');
  expect(await session.sourceExcerpt('m1', 'app/main.go', 2, 1)).toMatchObject({
    ok: false,
    file: 'app/main.go',
  });
  page.navigate();
  page.tell({ modules: [module], instances: [instance] });
  await until(session, () => session.state().modules[0]?.status === 'ready');
  page.files.set('http://app.test/main.go', 'package main\n\nfunc main() {}\n');
  expect(await session.sourceExcerpt('m1', 'app/main.go', 3, 1)).toEqual({
    ok: true,
    url: 'http://app.test/main.go',
    firstLine: 2,
    lines: ['', 'func main() {}', ''],
  });
  expect(page.attached).toEqual([]);
  expect(await session.openSource('m1', 'app/main.go', 3)).toMatchObject({ ok: false });
});

test('a map is attached to each Go module with what is known of its text, and taken away again', async () => {
  const { page, session, analysis } = await started();
  const kind = { kind: 'pclntab', summary: '' } as const;
  analysis.report = { ...analysis.report, symbols: [kind] };
  const file = { file: 'app/main.go', standard: false, lastLine: 3, hasText: false, mismatch: null };
  analysis.mapFiles = [file, { ...file, file: 'runtime/proc.go', standard: true }];
  page.navigate('http://localhost:8080/');
  page.files.set('http://localhost:8080/main.go', 'package main\n\nfunc main() {}\n');
  page.tell({ modules: [module] });
  await until(session, () => session.state().sourceMaps?.[0]?.status === 'attached');
  expect(page.attached).toEqual(['data:m1']);
  const [built] = analysis.built;
  expect([...(built?.texts.entries() ?? [])]).toEqual([
    ['app/main.go', { text: 'package main\n\nfunc main() {}\n', from: 'http://localhost:8080/main.go' }],
  ]);
  expect(built?.missing.standard.join(' ')).toMatch(/No folder is granted.*GOROOT of go1\.27\.3/);
  expect(built?.missing.main.join(' ')).toMatch(/http:\/\/localhost:8080 is asked only for what you look at/);
  expect(await session.openSource('m1', 'app/main.go', 3)).toEqual({ ok: true, url: 'go:///app/main.go' });

  session.setSettings({ ignoredPackages: ['example.com/log'] });
  await until(session, () => analysis.built.length === 2);
  expect(analysis.built[1]).toMatchObject({ ignoreStandard: true, ignore: ['example.com/log'] });
  await until(session, () => page.attached.length === 2);
  session.setSettings({ mapsOff: ['http://app.test'] });
  expect(session.state().sourceMaps).toEqual([]);
  expect(page.attached[2]).toMatch(/^data:application\/json,.*%22mappings%22%3A%22%22/);
  page.navigate();
  page.tell({ modules: [module] });
  await until(session, () => session.state().modules[0]?.status === 'ready');
  expect(session.state().sourceMaps).toEqual([]);
});

/** A session whose modules have one file, and the addresses at which its text is looked for. */
async function askedSession(): Promise<Awaited<ReturnType<typeof started>> & { asked: string[] }> {
  const made = await started();
  const { page, analysis } = made;
  analysis.report = { ...analysis.report, symbols: [{ kind: 'pclntab', summary: '' }] };
  analysis.mapFiles = [{ file: 'app/main.go', standard: false, lastLine: 3, hasText: false, mismatch: null }];
  const asked: string[] = [];
  const { fetchText } = page;
  page.fetchText = (url) => {
    asked.push(url);
    return fetchText(url);
  };
  return { ...made, asked };
}

test('a server is asked for text once a frame is looked at, and where it had text it is asked after a reload', async () => {
  const { page, session, analysis, asked } = await askedSession();
  page.files.set('http://app.test/main.go', 'package main\n\nfunc main() {}\n');
  page.tell({ modules: [module] });
  await until(session, () => session.state().sourceMaps?.[0]?.status === 'attached');
  expect(asked).toEqual([]);
  expect(analysis.built[0]?.missing.main.join(' ')).toMatch(/app\.test is asked only for what you look at/);

  expect(await session.sourceExcerpt('m1', 'app/main.go', 3, 1)).toMatchObject({ ok: true });
  await until(session, () => analysis.built.length === 2);
  expect([...(analysis.built[1]?.texts.keys() ?? [])]).toEqual(['app/main.go']);

  asked.length = 0;
  page.navigate();
  page.tell({ modules: [{ ...module, key: 'm2' }] });
  await until(session, () => analysis.built.length === 3);
  expect([...(analysis.built[2]?.texts.keys() ?? [])]).toEqual(['app/main.go']);
  expect(asked).toEqual(['http://app.test/main.go']);
});

test('a server of this machine that has no text is asked once', async () => {
  const { page, session, analysis, asked } = await askedSession();
  for (const builds of [1, 2]) {
    page.navigate('http://localhost/');
    page.tell({ modules: [{ ...module, key: `m${String(builds)}` }] });
    await until(session, () => analysis.built.length === builds);
  }
  expect(asked.filter((url) => url === 'http://localhost/main.go')).toHaveLength(1);
});

test('a page that is gone, or stopped, says nothing of its server: the next one is asked', async () => {
  const { page, session, analysis, asked } = await askedSession();
  page.files.set('http://localhost/main.go', 'package main\n\nfunc main() {}\n');
  const { fetchText } = page;
  page.fetchText = (url) => {
    asked.push(url);
    return Promise.reject(new Error('the hook is no longer in the page'));
  };
  page.navigate('http://localhost/');
  page.tell({ modules: [module] });
  await until(session, () => analysis.built.length === 1);
  expect(asked).toHaveLength(1);
  page.fetchText = fetchText;
  page.navigate('http://localhost/');
  page.tell({ modules: [{ ...module, key: 'm2' }] });
  await until(session, () => analysis.built.length === 2);
  expect([...(analysis.built[1]?.texts.keys() ?? [])]).toEqual(['app/main.go']);
});

test('a source root comes before where the server had files', async () => {
  const { page, session, analysis } = await askedSession();
  page.files.set('http://localhost/main.go', 'package main\n\nfunc main() {}\n');
  page.files.set('http://localhost/other/main.go', 'package main // the other\n\nfunc main() {}\n');
  page.navigate('http://localhost/');
  page.tell({ modules: [module] });
  await until(session, () => analysis.built.length === 1);
  session.setSettings({ sourceRoots: [{ from: 'app/', to: '/other/' }] });
  await until(session, () => analysis.built.length === 2);
  expect(analysis.built[1]?.texts.get('app/main.go')?.text).toContain('the other');
});

test('with maps switched off for the site, files of the language plugin have their texts', async () => {
  const { page, session, analysis } = await askedSession();
  page.files.set('http://app.test/main.go', 'package main\n\nfunc main() {}\n');
  session.setSettings({ mapsOff: ['http://app.test'], sourceRoots: [{ from: 'app/', to: '/' }] });
  page.tell({ modules: [module] });
  await until(session, () => session.state().modules[0]?.status === 'ready');
  expect(page.given.size).toBe(0);
  analysis.shown = ({ texts }) => ({
    texts: new Map([...texts].map(([file, { text }]) => [file, text])),
    files: analysis.mapFiles.map((file) => ({ ...file, hasText: texts.has(file.file) })),
  });
  await session.reloadWithValues();
  page.navigate();
  page.tell({ modules: [module] });
  await until(session, () => session.state().sourceMaps?.[0]?.status === 'attached');
  expect(page.given.get('go:///app/main.go')).toContain('package main');
  expect(page.attached).toEqual([]);
  expect(analysis.built).toEqual([]);

  analysis.shown = () => null;
  page.navigate();
  page.tell({ modules: [module] });
  await until(session, () => page.attached.length === 1);
  expect(page.attached[0]).toMatch(/%22mappings%22%3A%22%22/);
  expect(session.state().sourceMaps).toEqual([]);
});

test('settings are read with care and saved', async () => {
  const { session, saved } = await started({
    captureText: 'no',
    hookWorkers: false,
    sourceRoots: [{ from: '' }, { from: 'a', to: 'b' }],
    mapsOff: ['http://app.test', 7, ''],
  });
  expect(session.state().settings).toEqual({
    captureText: true,
    hookWorkers: false,
    foldRuntime: true,
    sampleMs: 1000,
    sourceRoots: [{ from: 'a', to: 'b' }],
    attachMaps: true,
    mapsOff: ['http://app.test'],
    ignoreStandard: true,
    ignoredPackages: [],
  });
  session.setSettings({ foldRuntime: false });
  expect(saved).toHaveLength(1);
});

test('a setting that is chosen while the kept ones are being loaded stays, and so do the kept ones', async () => {
  let loaded: (stored: unknown) => void = () => undefined;
  const saved: unknown[] = [];
  const session = new Session(new FakePage(), new FakeAnalysis(), {
    load: () => new Promise((resolve) => (loaded = resolve)),
    save: (settings) => {
      saved.push(settings);
      return Promise.resolve();
    },
  });
  const start = session.start();
  session.setSettings({ captureText: false });
  expect(session.state().settings.captureText).toBe(false);
  expect(saved).toEqual([]);
  loaded({ captureText: true, foldRuntime: false });
  await start;
  expect(session.state().settings).toMatchObject({ captureText: false, foldRuntime: false });
  expect(saved).toEqual([session.state().settings]);
});

import { expect, test } from 'vitest';
import { exit, instance, module, started, until } from './fakes.ts';

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

test('source text comes from the page, and Sources learns of it through an attached map', async () => {
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
  expect(await session.openSource('m1', 'app/main.go', 3)).toEqual({
    ok: true,
    url: 'http://app.test/main.go',
  });
  expect(page.attached).toHaveLength(1);
});

test('settings are read with care and saved', async () => {
  const { session, saved } = await started({
    captureText: 'no',
    hookWorkers: false,
    sourceRoots: [{ from: '' }, { from: 'a', to: 'b' }],
  });
  expect(session.state().settings).toEqual({
    captureText: true,
    hookWorkers: false,
    foldRuntime: true,
    sourceRoots: [{ from: 'a', to: 'b' }],
  });
  session.setSettings({ foldRuntime: false });
  expect(saved).toHaveLength(1);
});

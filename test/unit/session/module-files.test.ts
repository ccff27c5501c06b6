import { expect, test } from 'vitest';
import type { PageModule, PageTrap } from '../../../src/session/page-events.ts';
import type { Session } from '../../../src/session/session.ts';
import type { ModuleReport } from '../../../src/symbols/module-report.ts';
import { exit, instance, module, report, stack } from './fake-facts.ts';
import { started, until } from './fakes.ts';

// Files that a person drops in: symbols for a module of the page that has none.

const symbols = [{ kind: 'pclntab', summary: '1 function' }] as const;
const builtAs = (buildId: string | null): ModuleReport => ({ ...report, buildId, symbols });

/** A module of the page that cannot be read, with a trap of it. */
async function unreadable(change: Partial<PageModule>, trap: PageTrap = exit) {
  const given = await started();
  const { page, session, analysis } = given;
  analysis.loadError = 'nobody has its bytes';
  page.tell({ modules: [{ ...module, ...change }], instances: [instance], traps: [trap] });
  await until(session, () => session.state().traps[0]?.status === 'ready');
  expect(session.state().traps[0]).toMatchObject({ stack: null });
  expect(analysis.evidence).toEqual([]);
  analysis.loadError = null;
  return given;
}
/** Drops a file in, and waits until the trap says what `accept` takes. */
async function drop(session: Session, accept: (notes: string) => boolean): Promise<void> {
  await session.addModuleFile('mine.wasm', new ArrayBuffer(8));
  await until(session, () => {
    const [trap] = session.state().traps;
    return trap?.status === 'ready' && accept(trap.notes.join());
  });
}
const PAGE_ID = 'Go build ID: "abc/def"';

test('a file with the build ID of a module that could not be read gives it its symbols, and its traps their stacks', async () => {
  const { session, analysis } = await unreadable({ buildId: PAGE_ID });
  analysis.report = builtAs('abc/def');
  await drop(session, (notes) => notes === '');
  expect(analysis.shared).toEqual([['m1', 'file:1']]);
  expect(session.state().modules.find(({ key }) => key === 'm1')).toMatchObject({
    status: 'ready',
    error: null,
    bytesFrom: 'mine.wasm, a file (build id matches)',
    bytesVerified: true,
  });
  expect(session.state().traps[0]).toMatchObject({ moduleKey: 'm1', title: 'panic: boom', stack });
  expect(analysis.evidence).toMatchObject([{ moduleKey: 'm1', memory: { target: 'trap t1' } }]);
});

test('the file is there for the next load of the same module', async () => {
  const { page, session, analysis } = await unreadable({ buildId: PAGE_ID });
  analysis.report = builtAs('abc/def');
  await drop(session, (notes) => notes === '');
  page.navigate();
  analysis.loadError = 'nobody has its bytes';
  const again = { ...module, key: 'm2', buildId: PAGE_ID };
  page.tell({ modules: [again], instances: [{ ...instance, moduleKey: 'm2' }], traps: [exit] });
  await until(session, () => session.state().traps[0]?.stack === stack);
  expect(session.state().modules.find(({ key }) => key === 'm2')?.bytesVerified).toBe(true);
});

test('a file of another build is not used, and the trap says why', async () => {
  const { session, analysis } = await unreadable({ buildId: PAGE_ID });
  analysis.report = builtAs('abc/other');
  analysis.owner = 'file:1';
  await drop(session, (notes) =>
    notes.includes('mine.wasm, the file, is not this module: its build ID differs.'),
  );
  expect(analysis.shared).toEqual([]);
  expect(session.state().traps[0]?.stack).toBeNull();
});

test('a file without a build ID is used where the stack fits it, and the trap says so', async () => {
  const { session, analysis } = await unreadable({ buildId: null });
  analysis.report = builtAs(null);
  analysis.owner = null;
  await drop(session, (notes) =>
    notes.includes('mine.wasm, the file, is not this module: offsets fit none.'),
  );
  analysis.owner = 'file:2';
  await drop(session, (notes) => notes.includes('not proved to be the same build, but offsets fit'));
  expect(analysis.shared).toEqual([['m1', 'file:2']]);
  expect(session.state().modules.find(({ key }) => key === 'm1')?.bytesVerified).toBe(false);
  expect(session.state().traps[0]).toMatchObject({ moduleKey: 'm1', stack });
});

test('a file of another length is not used', async () => {
  const { session, analysis } = await unreadable({ buildId: null, byteLength: 9 });
  analysis.report = builtAs(null);
  analysis.owner = 'file:1';
  await drop(session, (notes) => notes.includes('its length differs'));
  expect(analysis.shared).toEqual([]);
});

test('a file explains a stack that fitted no module of the page', async () => {
  const { page, session, analysis } = await started();
  analysis.owner = null;
  const error = { name: 'RuntimeError', message: 'unreachable', stack: 'at wasm-function[1]:0x10' };
  const sign: PageTrap = { ...exit, via: 'error', instanceKey: null, exitCode: null, error, text: '' };
  page.tell({ traps: [sign] });
  await until(session, () => session.state().traps[0]?.status === 'ready');
  expect(session.state().traps[0]).toMatchObject({
    moduleKey: null,
    notes: ['offsets fit none'],
    stack: null,
  });
  analysis.report = builtAs(null);
  analysis.owner = 'file:1';
  await drop(session, (notes) => notes === '');
  expect(session.state().traps[0]).toMatchObject({ moduleKey: 'file:1', stack });
});

test('a module whose symbols could not be read keeps what was read of it, with the symbols of the file', async () => {
  const { page, session, analysis } = await started();
  const code = { name: 'Code', offset: 10, bytes: 20 };
  analysis.report = { ...report, buildId: 'abc/def', diagnostics: ['pclntab: damaged'], sections: [code] };
  page.tell({ modules: [{ ...module, buildId: PAGE_ID }], instances: [instance] });
  await until(session, () => session.state().modules[0]?.status === 'ready');
  analysis.report = { ...builtAs('abc/def'), sections: [{ ...code, offset: 11 }] };
  await session.addModuleFile('other.wasm', new ArrayBuffer(8));
  expect(analysis.shared).toEqual([]);
  analysis.report = { ...builtAs('abc/def'), sections: [code] };
  await session.addModuleFile('mine.wasm', new ArrayBuffer(8));
  expect(analysis.shared).toEqual([['m1', 'file:2']]);
  expect(session.state().modules[0]?.report).toMatchObject({
    symbols,
    diagnostics: ['pclntab: damaged'],
    notes: ['The symbols are those of mine.wasm, a file (build id matches).'],
  });
});

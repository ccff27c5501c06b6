import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readReferences, readSample } from '../../../src/browser/hook-answer.ts';
import { REGISTRY_KEY, type RealmRequest } from '../../../src/browser/hook-protocol.ts';
import { ofKnownObjects, withDescriptions } from '../../../src/browser/page-references.ts';
import type { PageReferences } from '../../../src/session/page-references.ts';
import { fixture, fixtureBytes, fixturesDirectory, type GoVersion } from '../../support/fixtures.ts';
import { buildHook, TestRealm } from './hooked-realm.ts';

// What the hook tells of the values that a Go program refers to, against the tables of wasm_exec.js themselves.

let hook: string;
beforeAll(async () => {
  hook = await buildHook();
});

interface Table {
  readonly slots: number;
  readonly free: number;
  /** Of each id from 7. */
  readonly counts: readonly number[];
}

/** Runs the case of program `heap` that registers functions, and asks while Go calls the page. `before` runs in the realm first. */
async function readings(
  goVersion: GoVersion,
  before = '',
): Promise<{ told: PageReferences; table: Table }[]> {
  const realm = new TestRealm();
  realm.install(hook);
  const seen: { told: PageReferences; table: Table }[] = [];
  const key = JSON.stringify(REGISTRY_KEY);
  realm.context['told'] = (answer: string, table: string): void => {
    const told = readReferences(answer);
    if (told === null) throw new Error(answer.slice(0, 200));
    seen.push({ told, table: JSON.parse(table) as Table });
  };
  const request: RealmRequest = { op: 'references', instance: 1 };
  realm.run(`
    ${before}
    globalThis.fixtureHeap = () => {
      const registry = globalThis[Symbol.for(${key})];
      const answer = registry.request(JSON.stringify({ op: 'to', realm: registry.realm, request: ${JSON.stringify(request)} }));
      const { _values, _idPool, _goRefCounts } = go;
      told(answer, JSON.stringify({ slots: _values.length, free: _idPool.length, counts: _goRefCounts.slice(7) }));
      return globalThis.given?.();
    };`);
  const of = fixture({ family: 'heap', goVersion });
  expect(await realm.runGo(goVersion, fixtureBytes(of), 'callbacks')).toBeNull();
  const gone = realm.to(request);
  expect(gone).toBe('eThe program has ended: wasm_exec.js has dropped its tables of JavaScript values.');
  return seen;
}

describe.each(['1.19.8', '1.21.13', '1.27.3'] as const)('Go %s', (goVersion) => {
  test('the tables are those of the page, and functions have their numbers', async () => {
    const [first, second] = await readings(goVersion);
    if (first === undefined || second === undefined) throw new Error('the program told nothing');
    for (const { told, table } of [first, second]) {
      const held = table.counts.flatMap((count, i) => (count > 0 ? [{ id: i + 7, count }] : []));
      expect([...told.id]).toEqual(held.map(({ id }) => id));
      expect([...told.count]).toEqual(held.map(({ count }) => count));
      expect(told).toMatchObject({ slots: table.slots, free: table.free, held: held.length });
      expect(told.held).toBe(table.slots - table.free - 7);
      expect(told.sum).toBe(held.reduce((sum, { count }) => sum + count, 0));
    }
    const { told } = second;
    const funcs = [...told.func].filter((number) => number > 0);
    expect(funcs.length).toBeGreaterThan(100);
    expect(new Set(funcs).size).toBe(funcs.length);
    const row = told.func.findIndex((number) => number > 0);
    expect(told.classes[told.class[row] ?? -1]).toEqual({ kind: 'js.Func', name: 'js.Func' });
    // What was there before is known again.
    expect([...told.first].filter((reading) => reading === 1)).toHaveLength(
      [...first.told.first].filter((reading) => reading === 1).length,
    );
    expect(told.first[row + 500]).toBe(2);
  });
});

test.each([
  ['object', 'new Proxy({ a: 1 }, noticing)', 'object', ''],
  ['array', 'new Proxy([1, 2], noticing)', 'array', 'Array'],
  ['function', 'new Proxy(function f() {}, noticing)', 'function', 'function'],
  ['class with getters', 'class Secret { static get name() { ran.push("name"); } }', 'function', 'class'],
  ['object with getters', '({ get [Symbol.toStringTag]() { ran.push("tag"); } })', 'object', ''],
])('nothing of the page runs when its values are described: %s', async (_, value, kind, name) => {
  const [, second] = await readings(
    '1.27.3',
    `
    globalThis.ran = [];
    const noticing = new Proxy({}, { get: (_, trap) => (...args) => { ran.push(trap); return Reflect[trap](...args); } });
    globalThis.given = () => { const made = ${value}; ran.length = 0; return made; };
    const tell = told;
    globalThis.told = (answer, table) => tell(answer, table.replace('{', '{"ran":' + JSON.stringify(ran) + ','));`,
  );
  expect(second?.table).toMatchObject({ ran: [] });
  expect(second?.told.classes).toContainEqual({ kind, name });
});

test('a program that has made no function yet says that the debugger finds the tables', async () => {
  const realm = new TestRealm();
  realm.install(hook);
  const of = fixture({ family: 'panics', goVersion: '1.27.3' });
  await realm.runGo('1.27.3', fixtureBytes(of), 'index');
  expect(realm.to({ op: 'references', instance: 1 })).toMatch(/^eThe program has not made a js\.Func/);
});

test('the debugger’s maps lead to the tables, by structure where names are a minifier’s', async () => {
  const realm = new TestRealm();
  realm.install(hook, { capture: false, captureText: false, channel: null, wrapWorkers: false });
  const of = fixture({ family: 'goroutines', goVersion: '1.27.3' });
  realm.run(`
    globalThis.adopted = null;
    globalThis.fixtureIdle = () => {
      const registry = globalThis[Symbol.for(${JSON.stringify(REGISTRY_KEY)})];
      registry.adopt([go._inst], [null], ['app.wasm']);
      const other = new Map([[null, 2], [false, 4], [{ _values: [] }, 6]]);
      const missed = registry.findGlue(1, [new Map(), other]);
      const renamed = { a: go._values, b: go._goRefCounts, c: go._ids, d: go._idPool, e: go._inst, f: ['js'] };
      const values = go._values;
      values[6] = renamed;
      const ids = new Map([[null, 2], [false, 4], [renamed, 6]]);
      const byStructure = registry.findGlue(1, [ids]) && registry.values(1) === values;
      values[6] = go;
      adopted = [missed, byStructure, registry.findGlue(1, [other, go._ids]), registry.values(1) === go._values];
    };`);
  void realm.runGo('1.27.3', fixtureBytes(of), 'idle');
  // No timer of the realm runs: the hook's lease is one of them.
  while (realm.context['adopted'] === null) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(realm.run<boolean[]>('adopted')).toEqual([false, true, true, true]);
});

test('a sample has the numbers that were asked for', async () => {
  const realm = new TestRealm();
  realm.install(hook);
  const of = fixture({ family: 'panics', goVersion: '1.27.3' });
  await realm.runGo('1.27.3', fixtureBytes(of), 'index');
  // A slice of two pointers at 64, to records at 128 and 256; a pointer at 96.
  realm.run(`
    const view = new DataView(go.mem.buffer);
    const put = (at, value) => view.setBigUint64(at, BigInt(value), true);
    put(64, 512); put(72, 2); put(512, 128); put(520, 256); put(96, 1024); put(1032, 77);
    view.setUint32(132, 4, true); view.setUint32(260, 6, true);`);
  const goroutines = { list: 64, limit: 10, status: 4, dead: 6 };
  const words = [
    { at: 72, through: null },
    { at: 96, through: 8 },
    { at: 2 ** 40, through: null },
    { at: 88, through: 2 ** 33 },
  ];
  const sample = readSample(realm.to({ op: 'sample', instance: 1, words, goroutines }), words.length);
  expect(sample).toMatchObject({ words: [2, 77, null, null], goroutines: 1, references: null });
  expect(sample?.bytes).toBe(realm.run<number>('go.mem.buffer.byteLength'));
  const few = realm.to({ op: 'sample', instance: 1, words, goroutines: { ...goroutines, limit: 1 } });
  expect(readSample(few, words.length)?.goroutines).toBeNull();
});

test('answers that are none are not taken', () => {
  const columns = { id: [7], count: [1], class: [0], first: [1], func: [0], detached: [0], text: ['x'] };
  const whole = {
    reading: 1,
    held: 1,
    slots: 8,
    free: 0,
    sum: 1,
    time: 1,
    pauseMs: 1,
    classes: [['object', '']],
  };
  const answer = (change: object): string => `j${JSON.stringify({ ...whole, ...columns, ...change })}`;
  expect(readReferences(answer({}))).toMatchObject({ held: 1, text: ['x'] });
  for (const change of [{ id: [7, 8] }, { class: [1] }, { slots: -1 }, { held: 'many' }, { text: [] }]) {
    expect(readReferences(answer(change)), JSON.stringify(change)).toBeNull();
  }
  expect(readReferences('enothing')).toBeNull();
  expect(readSample('j{}', 1)).toBeNull();
});

test('what the debugger says fills in what is open, of values that were there before', () => {
  const answer = {
    ...{ reading: 2, held: 4, slots: 11, free: 0, sum: 4, time: 1, pauseMs: 1 },
    ...{
      classes: [
        ['object', ''],
        ['node', 'HTMLDivElement'],
        ['array', 'Array'],
      ],
    },
    ...{ id: [7, 8, 9, 10], count: [1, 1, 1, 1], class: [0, 1, 0, 2], first: [1, 1, 2, 1] },
    ...{ func: [0, 0, 0, 0], detached: [0, 0, 0, 0], text: ['', 'div', '', ''] },
  };
  const found = readReferences(`j${JSON.stringify(answer)}`);
  if (found === null) throw new Error('the answer is not taken');
  const described = new Map([
    [7, { kind: 'promise', name: 'Promise', text: '' }],
    [8, { kind: 'node', name: 'other', text: 'other' }],
    [9, { kind: 'object', name: 'Late', text: '' }],
    [10, { kind: 'array', name: 'Array', text: 'Array(3)' }],
  ]);
  const named = withDescriptions(found, ofKnownObjects(found, described, 1));
  const nameOf = (row: number): string | undefined => named.classes[named.class[row] ?? -1]?.name;
  expect([0, 1, 2, 3].map(nameOf)).toEqual(['Promise', 'HTMLDivElement', '', 'Array']);
  expect(named.text).toEqual(['', 'div', '', 'Array(3)']);
});

/** A section of a module, and a name in it, shorter than 128 bytes. */
const section = (id: number, ...content: readonly number[]): number[] => [id, content.length, ...content];
const named = (text: string): number[] => [text.length, ...Buffer.from(text)];

test('TinyGo’s wasm_exec.js has the same tables, and is told the same way', async () => {
  const realm = new TestRealm();
  realm.install(hook);
  // Imports valueCall(i32, i64, i32, i32, i32, i32, i32) and exports it as `call`, beside a memory.
  realm.context['bytes'] = Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 1, 0x60, 7, 0x7f, 0x7e, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0),
    ...section(2, 1, ...named('gojs'), ...named('syscall/js.valueCall'), 0, 0),
    ...section(5, 1, 0, 1),
    ...section(7, 2, ...named('memory'), 2, 0, ...named('call'), 0, 0),
  ]);
  realm.run('globalThis.self = globalThis');
  realm.run(readFileSync(join(fixturesDirectory, 'wasm_exec/tinygo-0.33.0.js'), 'utf8'), 'wasm_exec.js');
  await realm.run<Promise<unknown>>(`(async () => {
    globalThis.go = new Go();
    const { instance } = await WebAssembly.instantiate(bytes, go.importObject);
    // There is no program to run: it fails once the tables are there.
    await go.run(instance).catch(() => undefined);
    const { memory, call } = instance.exports;
    new Uint8Array(memory.buffer).set(new TextEncoder().encode('_makeFuncWrapper'), 64);
    new DataView(memory.buffer).setFloat64(128, 5, true);
    call(256, 0x7ff8000100000006n, 64, 16, 128, 1, 1);
  })()`);
  const told = readReferences(realm.to({ op: 'references', instance: 1 }));
  expect(told).toMatchObject({ slots: 8, free: 0, held: 1, sum: 1, text: [''] });
  expect(told?.classes).toEqual([{ kind: 'js.Func', name: 'js.Func' }]);
  expect([...(told?.func ?? [])]).toEqual([5]);
});

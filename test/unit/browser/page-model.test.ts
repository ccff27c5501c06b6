import { describe, expect, test } from 'vitest';
import type { HookReport, PollAnswer } from '../../../src/browser/hook-protocol.ts';
import { PageModel } from '../../../src/browser/page-model.ts';

const times = {
  fetchStart: null,
  fetchEnd: null,
  compileStart: null,
  compileEnd: null,
  instantiateStart: null,
  instantiateEnd: null,
  firstGoCode: null,
};
const module = (n: number, scriptUrl: string | null): HookReport['modules'][number] => ({
  n,
  origin: 'hook',
  url: null,
  scriptUrl,
  byteLength: null,
  buildId: null,
  imports: [],
  exports: [],
  bytesKept: true,
});
const report = (realm: string, kind: HookReport['kind'], change: Partial<HookReport> = {}): HookReport => ({
  realm,
  kind,
  url: `https://example.com/${realm}`,
  sequence: 1,
  capturing: true,
  modules: [],
  instances: [],
  traps: [],
  ...change,
});
const answer = (...realms: HookReport[]): PollAnswer => ({ protocol: 1, realms, closedFrames: 0, notes: [] });
const instance = { n: 1, module: 1, memoryBytes: 65536, times, state: 'running' as const };

describe('realms', () => {
  test('get their ids when something is told of them; there is one page', () => {
    const model = new PageModel(1);
    model.take(answer(report('a', 'frame'), report('b', 'page', { modules: [module(1, 'x')] })), null);
    const { modules } = model.take(
      answer(
        report('c', 'frame', { modules: [module(1, 'x')] }),
        report('d', 'page', { modules: [module(1, 'x')] }),
        report('e', 'worker', { modules: [module(1, 'x')] }),
      ),
      null,
    );
    expect(modules.map(({ realm }) => realm.id)).toEqual(['frame:1', 'frame:2', 'worker:1']);
    expect(model.everything().modules.map(({ realm }) => realm.id)).toEqual([
      'page',
      'frame:1',
      'frame:2',
      'worker:1',
    ]);
    expect(model.since()).toEqual({ a: 1, b: 1, c: 1, d: 1, e: 1 });
  });

  test('keys of one navigation never come again', () => {
    const keys = [1, 2].map(
      (navigation) =>
        new PageModel(navigation).take(answer(report('a', 'page', { modules: [module(1, 'x')] })), null)
          .modules[0]?.key,
    );
    expect(new Set(keys).size).toBe(2);
  });
});

describe('nothing is told twice', () => {
  test('modules, unchanged instances, traps', () => {
    const model = new PageModel(1);
    const trap = {
      n: 1,
      instance: 1,
      time: 5,
      via: 'exit' as const,
      exitCode: 2,
      error: null,
      text: '',
      exitStack: null,
      sp: 4,
      memory: { kind: 'kept' as const, bytes: 65536 },
    };
    const once = answer(
      report('a', 'page', { modules: [module(1, 'x')], instances: [instance], traps: [trap] }),
    );
    const first = model.take(once, null);
    expect([first.modules.length, first.instances.length, first.traps.length]).toEqual([1, 1, 1]);
    expect(model.take(once, null)).toEqual({ modules: [], instances: [], traps: [] });
    const grown = { ...instance, memoryBytes: 131072 };
    expect(model.take(answer(report('a', 'page', { instances: [grown] })), null).instances).toMatchObject([
      { memoryBytes: 131072 },
    ]);
    expect(model.trap(first.traps[0]?.key ?? '')).toEqual({ at: { realm: 'a', frameUrl: null }, n: 1 });
    expect(model.instance(first.instances[0]?.key ?? '')).toMatchObject({ n: 1 });
    expect(model.trap('other')).toBeNull();
  });
});

describe('scripts that DevTools lists', () => {
  const poll = (model: PageModel, urls: string[], times = 6): number => {
    let told = 0;
    for (let i = 0; i < times; i++)
      told += model.takeResources(
        urls.map((url) => ({ url, download: null })),
        'https://example.com/',
      ).modules.length;
    return told;
  };

  test('are modules when nobody else tells of them, once', () => {
    const model = new PageModel(1);
    expect(poll(model, ['https://example.com/app.wasm'], 1)).toBe(1);
    expect(poll(model, ['https://example.com/app.wasm'], 20)).toBe(0);
    expect(model.everything().modules).toMatchObject([
      { origin: 'resource', url: 'https://example.com/app.wasm' },
    ]);
  });

  test('wait for a hook to tell of them first, where there is one', () => {
    const model = new PageModel(1);
    model.take(answer(report('a', 'page')), null);
    expect(poll(model, ['https://example.com/app.wasm'], 2)).toBe(0);
    expect(poll(model, ['https://example.com/app.wasm'], 20)).toBe(1);
  });

  test('are none when a hook told of the same script, or of one that has no name yet', () => {
    const model = new PageModel(1);
    model.take(answer(report('a', 'page', { modules: [module(1, null)] })), null);
    expect(poll(model, ['wasm://wasm/00112233'])).toBe(0);
    model.take(answer(report('a', 'page', { modules: [module(1, 'wasm://wasm/00112233')] })), null);
    expect(poll(model, ['wasm://wasm/00112233'])).toBe(0);
    expect(poll(model, ['wasm://wasm/44556677'])).toBe(1);
  });

  test("give way to the debugger's, which come with their realm", () => {
    const model = new PageModel(1);
    poll(model, ['https://example.com/app.wasm']);
    model.take(answer(report('a', 'worker')), null);
    const found = model.takeFindings({
      scripts: [
        { url: 'https://example.com/app.wasm', byteLength: 5, realm: 'a' },
        { url: 'https://example.com/app.wasm', byteLength: 5, realm: 'a' },
      ],
      instances: new Map(),
      traps: [],
      notes: [],
    });
    expect(found.modules).toMatchObject([{ origin: 'debugger', byteLength: 5, realm: { id: 'worker:1' } }]);
  });

  test('are waited for until the hooks have told of all instances that they were given', () => {
    const model = new PageModel(1);
    const given = new Map([
      ['a', 1],
      ['b', 0],
    ]);
    expect(model.hasTold(given)).toBe(false);
    model.take(answer(report('a', 'page'), report('b', 'frame')), null);
    expect(model.hasTold(given)).toBe(false);
    model.take(answer(report('a', 'page', { modules: [module(1, 'x')], instances: [instance] })), null);
    expect(model.hasTold(given)).toBe(true);
  });
});

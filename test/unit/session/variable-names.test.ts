import { expect, test } from 'vitest';
import { VariableNames, type VariableSources } from '../../../src/session/variable-names.ts';

// Names of variables are asked of the worker once it has the texts that it wants.

const NAMED = { name: 'main.sessions', type: 'map[string]int', start: 8, size: 8 };

function namesWith(texts: Readonly<Record<string, string>>, wanted: readonly string[] = ['a.go', 'b.go']) {
  const asked: [string, unknown][] = [];
  const looked: string[] = [];
  const request = (name: string, params: unknown): Promise<unknown> => {
    asked.push([name, params]);
    if (name === 'variable.wanted') return Promise.resolve({ texts: wanted, unlisted: ['a.go'] });
    if (name === 'variable.listed') return Promise.resolve(['v.go']);
    return Promise.resolve(name === 'variable.at' ? NAMED : null);
  };
  const names = new VariableNames({
    analysis: { request } as unknown as VariableSources['analysis'],
    textOf: (_, file) => {
      looked.push(file);
      const text = texts[file];
      return Promise.resolve(text === undefined ? { ok: false, why: 'none' } : { ok: true, text });
    },
    directoryOf: () =>
      Promise.resolve({
        text: 'a',
        names: ['a.go', 'v.go'],
        read: () => Promise.resolve(new Map([['v.go', 'v']])),
      }),
  });
  return { names, looked, asked, order: () => asked.map(([name]) => name) };
}

test('texts and the directory come before the name', async () => {
  const { names, asked, order } = namesWith({ 'a.go': 'a', 'b.go': 'b' });
  expect(await names.at('m', 12)).toEqual(NAMED);
  expect(order()).toEqual([
    'variable.wanted',
    'variable.texts',
    'variable.listed',
    'variable.beside',
    'variable.at',
  ]);
  const sent = new Map(asked).get('variable.texts');
  expect(sent).toEqual({
    moduleKey: 'm',
    texts: new Map([
      ['a.go', 'a'],
      ['b.go', 'b'],
    ]),
  });
  expect(new Map(asked).get('variable.beside')).toEqual({
    ...{ moduleKey: 'm', file: 'a.go', text: 'a', wanted: ['v.go'] },
    texts: new Map([['v.go', 'v']]),
  });
});

test('where the first files have no text, no more are looked for', async () => {
  const files = Array.from({ length: 20 }, (_, i) => `f${String(i)}.go`);
  const { names, looked, order } = namesWith({ 'f9.go': 'late' }, files);
  await names.at('m', 12);
  expect(looked).toEqual(['f0.go', 'f1.go', 'f2.go']);
  expect(order()).not.toContain('variable.texts');
});

test('one question after the other, and only names with a package are looked for', async () => {
  const { names, order } = namesWith({});
  await Promise.all([names.at('m', 1), names.named('m', 'main.sessions'), names.named('m', '0x1f00')]);
  expect(order().filter((name) => /at|wanted|conclude/.test(name))).toEqual([
    'variable.wanted',
    'variable.at',
    'variable.wanted',
    'variable.conclude',
  ]);
});

import { expect, test } from 'vitest';
import {
  callbackFunctions,
  className,
  functionsById,
  growthText,
  referenceClasses,
} from '../../../panel/model/references.ts';
import type { JsFuncTable } from '../../../src/protocol/references.ts';
import type { PageReferences } from '../../../src/session/page-references.ts';

type Row = readonly [id: number, kind: string, name: string, count: number, first: number];

function page(reading: number, rows: readonly Row[]): PageReferences {
  const keys = [...new Set(rows.map(([, kind, name]) => `${kind} ${name}`))];
  const classes = keys.map((key) => {
    const [kind = '', name = ''] = key.split(' ');
    return { kind, name };
  });
  return {
    ...{
      reading,
      slots: rows.length + 7,
      free: 0,
      held: rows.length,
      classes,
      bytes: 0,
      time: 0,
      pauseMs: 0,
    },
    sum: rows.reduce((sum, [, , , count]) => sum + count, 0),
    id: Uint32Array.from(rows, ([id]) => id),
    count: Float64Array.from(rows, ([, , , count]) => count),
    class: Uint32Array.from(rows, ([, kind, name]) => keys.indexOf(`${kind} ${name}`)),
    first: Uint32Array.from(rows, ([, , , , first]) => first),
    func: new Uint32Array(rows.length),
    detached: new Uint8Array(rows.length),
    text: rows.map(() => ''),
  };
}

const funcs = (...ids: readonly (readonly [id: number, name: string])[]): JsFuncTable => {
  const names = [...new Set(ids.map(([, name]) => name))];
  return {
    id: Uint32Array.from(ids, ([id]) => id),
    function: Uint32Array.from(ids, ([, name]) => names.indexOf(name)),
    functions: names.map((name) => ({ name, file: 'main.go', line: 3 })),
    missing: null,
  };
};

test('classes grow and shrink; an object that was named since is counted where it is now', () => {
  const before = page(1, [
    [7, 'object', '', 1, 1],
    [8, 'object', '', 1, 1],
    [9, 'node', 'HTMLDivElement', 1, 1],
    [10, 'string', 'string', 1, 0],
    [11, 'symbol', 'symbol', 1, 0],
  ]);
  const now = page(2, [
    [7, 'promise', 'Promise', 3, 1],
    // The id is another object's now.
    [8, 'object', '', 1, 2],
    [9, 'node', 'HTMLDivElement', 1, 1],
    [10, 'string', 'string', 1, 0],
    [12, 'node', 'HTMLDivElement', 2, 2],
  ]);
  const found = referenceClasses({
    page: now,
    funcs: funcs(),
    before: { page: before, funcs: funcs() },
  });
  expect(found.map(({ kind, values, references, growth }) => [kind, values, references, growth])).toEqual([
    ['promise', 1, 3, 0],
    ['object', 1, 1, 0],
    ['node', 2, 3, 1],
    ['string', 1, 1, 0],
    ['symbol', 0, 0, -1],
  ]);
  expect(found.at(-1)?.number).toBe(-1);
  const first = referenceClasses({ page: before, funcs: funcs(), before: null });
  expect(first.every(({ growth }) => growth === null)).toBe(true);
});

test('callbacks are counted by their Go function', () => {
  const reading = {
    page: page(2, []),
    funcs: funcs([1, 'main.subscribe.func1'], [2, 'main.main.func1'], [5, 'main.subscribe.func1']),
    before: { page: page(1, []), funcs: funcs([1, 'main.subscribe.func1'], [3, 'main.gone.func1']) },
  };
  expect(
    callbackFunctions(reading).map(({ name, registered, growth }) => [name, registered, growth]),
  ).toEqual([
    ['main.subscribe.func1', 2, 1],
    ['main.main.func1', 1, 1],
    ['main.gone.func1', 0, -1],
  ]);
  expect(functionsById(reading).get(5)).toBe('main.subscribe.func1');
});

test('words', () => {
  expect([growthText(null), growthText(0), growthText(1234), growthText(-5)]).toEqual([
    '',
    '0',
    '+1,234',
    '−5',
  ]);
  expect(className('object', '')).toBe('object, class not known');
});

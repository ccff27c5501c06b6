import { expect, test } from 'vitest';
import { isFraction, isNumbers, isString, Store } from '../../../panel/model/store.ts';

function memoryStorage(): {
  values: Map<string, string>;
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
} {
  const values = new Map<string, string>();
  return {
    values,
    getItem: (name) => values.get(name) ?? null,
    setItem: (name, value) => void values.set(name, value),
  };
}

test('values come back when they are of the asked kind', () => {
  const storage = memoryStorage();
  const store = new Store(storage);
  store.set('view', 'traps');
  store.set('widths', [10, 20.5]);
  expect(new Store(storage).get('view', isString)).toBe('traps');
  expect(new Store(storage).get('widths', isNumbers)).toEqual([10, 20.5]);
  expect(store.get('view', isFraction)).toBeUndefined();
  expect(store.get('nothing', isString)).toBeUndefined();
});

test('what is not JSON or not valid is as if it were not there', () => {
  const storage = memoryStorage();
  storage.values.set('go-panel:view', '{');
  storage.values.set('go-panel:widths', '[10, -1, null]');
  const store = new Store(storage);
  expect(store.get('view', isString)).toBeUndefined();
  expect(store.get('widths', isNumbers)).toBeUndefined();
});

test('a storage that refuses only forgets', () => {
  const refuse = (): never => {
    throw new DOMException('no', 'SecurityError');
  };
  const store = new Store({ getItem: refuse, setItem: refuse });
  store.set('view', 'traps');
  expect(store.get('view', isString)).toBeUndefined();
  expect(new Store(null).get('view', isString)).toBeUndefined();
});

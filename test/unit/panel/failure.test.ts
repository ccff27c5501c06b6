import { createContext, runInContext } from 'node:vm';
import { expect, it } from 'vitest';
import { errorText, isCancelled } from '../../../panel/model/failure.ts';
import { CancelledError } from '../../../src/protocol/endpoint.ts';

// The panel and the session are two pages: neither's errors are instances of the other's Error.

it('an error of another page says what it says, without its class', () => {
  const other = createContext({});
  const error: unknown = runInContext(`new TypeError('no such file')`, other);
  expect(error instanceof Error).toBe(false);
  expect(errorText(error)).toBe('no such file');
  expect(isCancelled(error)).toBe(false);
  const given: unknown = runInContext(
    `Object.assign(new Error('given up'), { name: 'CancelledError' })`,
    other,
  );
  expect(isCancelled(given)).toBe(true);
});

it('what is no error is told as it is', () => {
  expect(errorText(new RangeError('too large'))).toBe('too large');
  expect(isCancelled(new CancelledError())).toBe(true);
  expect([errorText('text'), errorText(null), isCancelled(undefined)]).toEqual(['text', 'null', false]);
});

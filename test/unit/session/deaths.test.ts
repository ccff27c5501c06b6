import { expect, test } from 'vitest';
import { isDeath, joinSign, surfacedLine, type Death } from '../../../src/session/deaths.ts';
import type { PageTrap } from '../../../src/session/page-events.ts';

let serial = 0;
function sign(change: Partial<PageTrap>): PageTrap {
  return {
    key: `t${String(++serial)}`,
    instanceKey: 'i1',
    realm: { id: 'page', kind: 'page', url: 'http://app.test/' },
    time: 1000,
    via: 'error',
    exitCode: null,
    error: null,
    text: '',
    exitStack: null,
    sp: null,
    memory: { kind: 'none', why: 'not read' },
    ...change,
  };
}
const exit = (change: Partial<PageTrap> = {}): PageTrap =>
  sign({ via: 'exit', exitCode: 2, text: 'panic: boom\n', ...change });
const error = (message: string, change: Partial<PageTrap> = {}): PageTrap =>
  sign({
    via: 'unhandledrejection',
    error: {
      name: 'RuntimeError',
      message,
      stack: `RuntimeError: ${message}\n    at wasm://wasm/1:wasm-function[3]:0x40`,
    },
    ...change,
  });
const gone = (change: Partial<PageTrap> = {}): PageTrap =>
  sign({
    error: {
      name: 'Error',
      message: 'Go program has already exited',
      stack: 'Error\n at globalThis.Go._resume',
    },
    ...change,
  });

const join = (...signs: PageTrap[]): readonly Death[] =>
  signs.reduce<readonly Death[]>((deaths, one) => joinSign(deaths, one, one.instanceKey), []);
const shape = (deaths: readonly Death[]) =>
  deaths.map((death) => `${String(death.signs.length)} signs, ${String(death.repeats)} repeats`);

test('the exit and the error of one death are one entry', () => {
  expect(shape(join(exit(), error('unreachable', { time: 1200 })))).toEqual(['2 signs, 0 repeats']);
});

test('what an exit throws belongs to it however late it comes, and only the first', () => {
  expect(shape(join(exit(), error('unreachable', { time: 60_000 })))).toEqual(['2 signs, 0 repeats']);
  expect(shape(join(exit(), error('unreachable', { time: 1200 }), error('other', { time: 1300 })))).toEqual([
    '2 signs, 0 repeats',
    '1 signs, 0 repeats',
  ]);
});

test('signs without an exit that are far apart are two deaths', () => {
  const said = sign({ via: 'console-error', text: 'panic: boom\n' });
  expect(shape(join(said, error('unreachable', { time: 60_000 })))).toEqual([
    '1 signs, 0 repeats',
    '1 signs, 0 repeats',
  ]);
});

test('"already exited" joins the death of its instance however late, and is counted after the first', () => {
  expect(shape(join(exit(), gone({ time: 60_000 }), gone({ time: 90_000 })))).toEqual(['2 signs, 1 repeats']);
});

test('"already exited" without a known instance joins the exit in the same realm', () => {
  expect(shape(join(exit(), gone({ time: 60_000, instanceKey: null })))).toEqual(['2 signs, 0 repeats']);
});

test('the same error again is counted, another error is another entry', () => {
  expect(
    shape(
      join(
        error('unreachable'),
        error('unreachable', { time: 50_000 }),
        error('memory access out of bounds'),
      ),
    ),
  ).toEqual(['1 signs, 1 repeats', '1 signs, 0 repeats']);
});

test('deaths of two instances, or in two realms, stay apart', () => {
  const worker = { id: 'worker:1', kind: 'worker', url: '' } as const;
  expect(shape(join(exit(), exit({ instanceKey: 'i2' }), error('x', { realm: worker })))).toHaveLength(3);
});

test('an exit after a trap is another death: the program went on in between', () => {
  expect(shape(join(error('unreachable'), exit({ time: 1500 })))).toEqual([
    '1 signs, 0 repeats',
    '1 signs, 0 repeats',
  ]);
});

test('an error of an unknown instance is not put to the death of a known one', () => {
  expect(shape(join(exit(), error('unreachable', { time: 1200, instanceKey: null })))).toEqual([
    '1 signs, 0 repeats',
    '1 signs, 0 repeats',
  ]);
});

test('an exit with code 0 is no death', () => {
  expect(isDeath(exit({ exitCode: 0 }))).toBe(false);
  expect(isDeath(exit({ exitCode: 1 }))).toBe(true);
});

test('says where a sign surfaced', () => {
  expect(surfacedLine(exit())).toBe('exit code 2');
  expect(surfacedLine(error('unreachable'))).toBe('unhandled rejection: RuntimeError: unreachable');
});

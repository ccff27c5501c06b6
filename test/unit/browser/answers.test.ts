import fc from '../../support/fast-check.ts';
import { describe, expect, test } from 'vitest';
import {
  readBytes,
  readGathered,
  readHeld,
  readPollAnswer,
  readStash,
  readTicket,
} from '../../../src/browser/hook-answer.ts';

// The page's own world may answer anything.

const good = {
  protocol: 1,
  closedFrames: 2,
  notes: ['a note'],
  realms: [
    {
      realm: 'abc123',
      kind: 'page',
      poll: 3,
      url: 'https://example.com/',
      sequence: 7,
      capturing: true,
      modules: [
        {
          n: 1,
          origin: 'hook',
          url: null,
          scriptUrl: null,
          byteLength: 8,
          buildId: 'x',
          imports: ['gojs'],
          exports: ['run'],
          bytesKept: true,
        },
      ],
      instances: [
        {
          n: 1,
          module: 1,
          memoryBytes: 65536,
          times: {
            fetchStart: 1.5,
            fetchEnd: null,
            compileStart: 2,
            compileEnd: null,
            instantiateStart: null,
            instantiateEnd: 3,
            firstGoCode: 4,
          },
          state: 'running',
        },
      ],
      traps: [
        {
          n: 1,
          instance: 1,
          time: 1700000000000,
          via: 'exit',
          exitCode: 2,
          error: null,
          text: 'panic: x',
          exitStack: 'Error',
          sp: 0xffffffff,
          memory: { kind: 'kept', bytes: 65536 },
        },
      ],
    },
  ],
};

/** `good` with one value, at a path, replaced. */
function changed(path: readonly (string | number)[], value: unknown): string {
  const copy = structuredClone(good) as unknown;
  let at = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  at[path.at(-1) ?? ''] = value;
  return `j${JSON.stringify(copy)}`;
}

describe('poll answers', () => {
  test('a good one is taken as it is', () => {
    expect(readPollAnswer(`j${JSON.stringify(good)}`)).toEqual(good);
  });

  test.each([
    ['another protocol', changed(['protocol'], 2)],
    ['no JSON', 'j{'],
    ['another kind', 'b1;AA=='],
    ['nothing', ''],
    ['a list', 'j[]'],
    ['null', 'jnull'],
  ])('%s is none', (_name, answer) => {
    expect(readPollAnswer(answer)).toBeNull();
  });

  test.each([
    ['a realm without name', ['realms', 0, 'realm'], 5],
    ['a realm whose name is code', ['realms', 0, 'realm'], '"); alert(1); ("'],
    ['a realm of unknown kind', ['realms', 0, 'kind'], 'extension'],
    ['realms that are no list', ['realms'], { length: 1e9 }],
  ])('%s is dropped', (_name, path, value) => {
    expect(readPollAnswer(changed(path, value))?.realms).toEqual([]);
  });

  test.each([
    ['a module number', ['realms', 0, 'modules', 0, 'n'], -1, 'modules'],
    ['a module number that is text', ['realms', 0, 'modules', 0, 'n'], '1', 'modules'],
    ['an instance state', ['realms', 0, 'instances', 0, 'state'], 'x', 'instances'],
    ['the way of a trap', ['realms', 0, 'traps', 0, 'via'], 'pasted', 'traps'],
  ] as const)('a record with a wrong value is dropped: %s', (_name, path, value, list) => {
    expect(readPollAnswer(changed(path, value))?.realms[0]?.[list]).toEqual([]);
  });

  test('wrong values of other fields become unknown, long ones short', () => {
    const trap = (path: string, value: unknown): unknown =>
      readPollAnswer(changed(['realms', 0, 'traps', 0, path], value))?.realms[0]?.traps[0];
    expect(trap('sp', 2 ** 33)).toMatchObject({ sp: null });
    expect(trap('sp', -4)).toMatchObject({ sp: null });
    expect(trap('exitCode', 'x')).toMatchObject({ exitCode: null });
    expect(trap('memory', { kind: 'anything' })).toMatchObject({ memory: { kind: 'none' } });
    expect(trap('text', 'x'.repeat(1e6))).toMatchObject({ text: 'x'.repeat(256 << 10) });
    const { imports = [] } =
      readPollAnswer(
        changed(['realms', 0, 'modules', 0, 'imports'], Array<string>(5000).fill('y'.repeat(5000))),
      )?.realms[0]?.modules[0] ?? {};
    expect([imports.length, imports[0]?.length]).toEqual([200, 200]);
  });

  test('any JSON at any place is read without an error', () => {
    const paths = [
      ['realms'],
      ['realms', 0],
      ['realms', 0, 'modules'],
      ['realms', 0, 'modules', 0],
      ['realms', 0, 'instances', 0],
      ['realms', 0, 'instances', 0, 'times'],
      ['realms', 0, 'traps', 0],
      ['realms', 0, 'traps', 0, 'error'],
      ['notes'],
    ];
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
        const answer = readPollAnswer(changed(path, value));
        for (const realm of answer?.realms ?? []) {
          for (const trap of realm.traps) expect(typeof trap.text).toBe('string');
          for (const module of realm.modules)
            expect(module.imports.every((name) => typeof name === 'string')).toBe(true);
        }
      }),
    );
  });
});

describe('bytes', () => {
  test('parts are told by their lengths', () => {
    expect(readBytes('b2,0,1;AQID', 3)).toEqual([Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)]);
    expect(readBytes('b0;', 1)).toEqual([new Uint8Array(0)]);
  });

  test.each([
    ['fewer parts than asked for', 'b3;AQID', 2],
    ['lengths that are not those of the bytes', 'b2;AQID', 1],
    ['a negative length', 'b-1,4;AQID', 2],
    ['no base64', 'b3;****', 1],
    ['no lengths', 'bAQID', 1],
    ['another kind', 'eno', 1],
  ])('%s', (_name, answer, parts) => {
    expect(readBytes(answer, parts)).toBeNull();
  });

  test('stashes and tickets', () => {
    expect(readStash('s12,345')).toEqual({ stash: 12, length: 345 });
    expect([readStash('s12'), readStash('s-1,2'), readStash('s1,1e9'), readStash('s1,2x')]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect([readTicket('t7'), readTicket('w'), readTicket('t')]).toEqual([7, null, null]);
  });
});

describe('answers to hold and gather', () => {
  const moment = { bytes: 65536, sp: 4096, time: 1700000000000, pauseMs: 2.5 };
  const held = { stash: 3, ...moment };
  const gathered = { array: 1024, count: 7, data: 'AQID', ...moment };
  const json = (value: unknown): string => `j${JSON.stringify(value)}`;

  test('good ones are taken as they are, without what does not belong there', () => {
    expect(readHeld(json({ ...held, more: 1 }))).toEqual(held);
    expect(readGathered(json({ ...gathered, more: 1 }))).toEqual(gathered);
  });

  test.each([
    ['no object', [1]],
    ['no size', { bytes: undefined }],
    ['a size that no memory has', { bytes: 2 ** 32 + 1 }],
    ['a size that is none', { bytes: -1 }],
    ['a size with a fraction', { bytes: 0.5 }],
  ])('%s: neither is read', (_name, change) => {
    const changed = (good: object): string => json(Array.isArray(change) ? change : { ...good, ...change });
    expect(readHeld(changed(held))).toBeNull();
    expect(readGathered(changed(gathered))).toBeNull();
  });

  test.each([
    ['no stash', { stash: null }],
    ['a stash that is text', { stash: '3' }],
  ])('%s', (_name, change) => {
    expect(readHeld(json({ ...held, ...change }))).toBeNull();
  });

  test.each([
    ['no array', { array: undefined }],
    ['a count that arithmetic does not keep', { count: 2 ** 60 }],
    ['data that is no text', { data: [1, 2] }],
  ])('%s', (_name, change) => {
    expect(readGathered(json({ ...gathered, ...change }))).toBeNull();
  });

  test('an SP outside of every memory is none; times that are none are 0', () => {
    for (const sp of [2 ** 32, -1, '4096', undefined]) {
      expect(readHeld(json({ ...held, sp }))).toEqual({ ...held, sp: null });
    }
    expect(readHeld(json({ ...held, time: 'now', pauseMs: -1 }))).toEqual({ ...held, time: 0, pauseMs: 0 });
    expect([readHeld('j{'), readHeld('s1,2'), readGathered('')]).toEqual([null, null, null]);
  });
});

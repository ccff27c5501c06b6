import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ESLint, Linter } from 'eslint';
import { describe, expect, test } from 'vitest';
import tseslint from 'typescript-eslint';
import { forbidden, ROOMS, roomImports, roomOf } from '../../../scripts/lint/rooms.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));

describe('the table of rooms', () => {
  test('every source file is in a room', () => {
    const files = ['src', 'panel'].flatMap((top) =>
      readdirSync(join(root, top), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length)),
    );
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter((file) => roomOf(file) === undefined)).toEqual([]);
  });

  test('arrows point one way: no room reaches itself', () => {
    const reaches = (room: string, goal: string, seen = new Set<string>()): boolean =>
      (ROOMS[room]?.imports ?? []).some((next) => {
        if (next === goal) return true;
        if (seen.has(next)) return false;
        seen.add(next);
        return reaches(next, goal, seen);
      });
    expect(Object.keys(ROOMS).filter((room) => reaches(room, room))).toEqual([]);
  });

  test.each([
    ['src/wasm/leb128.ts', 'src/base/units.ts', false, null],
    ['src/wasm/leb128.ts', 'src/go/pclntab.ts', false, 'src/wasm may not import src/go'],
    ['src/go/module.ts', 'src/go/runtime/goroutine.ts', false, 'src/go may not import src/go/runtime'],
    ['src/go/runtime/goroutine.ts', 'src/go/module.ts', false, null],
    ['panel/main.tsx', 'src/stack/stack-trace.ts', true, null],
    ['panel/main.tsx', 'src/stack/parse.ts', false, 'panel may import only types from src/stack'],
    ['src/session/session.ts', 'src/browser/port.ts', true, 'src/session may not import src/browser'],
    ['panel/views/traps.tsx', 'src/worker/worker.ts', false, 'panel may not import src/worker'],
    ['src/worker/worker.ts', 'src/entry/worker.ts', false, 'src/worker may not import src/entry'],
    ['src/stack/parse.ts', 'test/support/fixtures.ts', false, 'src/stack may not import test'],
    ['src/entry/worker.ts', 'src/worker/worker.ts', false, null],
    [
      'src/nowhere/x.ts',
      'src/wasm/leb128.ts',
      false,
      'src/nowhere is in no room: add it to scripts/lint/rooms.mjs',
    ],
  ])('%s imports %s (types only: %s): %s', (from, to, typeOnly, reason) => {
    expect(forbidden(from, to, typeOnly)).toBe(reason);
  });
});

describe('the lint rule', () => {
  const lint = (code: string): string[] =>
    new Linter({ cwd: root })
      .verify(
        code,
        {
          files: ['**/*.ts'],
          languageOptions: { parser: tseslint.parser },
          plugins: { rooms: { rules: { imports: roomImports } } },
          rules: { 'rooms/imports': 'error' },
        },
        join(root, 'panel/probe.ts'),
      )
      .map((message) => message.message);

  test.each([
    `import { parse } from '../src/stack/parse.ts';`,
    `import { parse, type Parsed } from '../src/stack/parse.ts';`,
    `export { parse } from '../src/stack/parse.ts';`,
    `export * from '../src/stack/parse.ts';`,
    `await import('../src/stack/parse.ts');`,
    `new Worker(new URL('../src/stack/parse.ts', import.meta.url));`,
  ])('flags %s', (code) => {
    expect(lint(code)).toEqual(['panel may import only types from src/stack']);
  });

  test.each([
    `import type { Parsed } from '../src/stack/parse.ts';`,
    `import { type Parsed } from '../src/stack/parse.ts';`,
    `export type { Parsed } from '../src/stack/parse.ts';`,
    `let parsed: import('../src/stack/parse.ts').Parsed;`,
    `import { signal } from '@preact/signals';`,
    `new URL('../src/stack/parse.ts', document.baseURI);`,
  ])('lets pass %s', (code) => {
    expect(lint(code)).toEqual([]);
  });
});

describe('the configuration that CI runs', () => {
  const rulesFor = async (file: string): Promise<Record<string, unknown>> => {
    const config = (await new ESLint({ cwd: root }).calculateConfigForFile(join(root, file))) as {
      rules: Record<string, unknown>;
    };
    return config.rules;
  };

  test('keeps chrome.* to src/browser and src/entry', async () => {
    const restricted = async (file: string): Promise<string> =>
      JSON.stringify((await rulesFor(file))['no-restricted-globals']);
    expect(await restricted('panel/main.tsx')).toContain('"chrome"');
    expect(await restricted('src/session/session.ts')).toContain('"chrome"');
    expect(await restricted('src/wasm/leb128.ts')).toContain('"chrome"');
    expect(await restricted('src/browser/port.ts')).not.toContain('"chrome"');
    expect(await restricted('src/entry/devtools.ts')).not.toContain('"chrome"');
    const imports = async (file: string): Promise<string> =>
      JSON.stringify((await rulesFor(file))['no-restricted-imports']);
    expect(await imports('panel/main.tsx')).toContain('"webextension-polyfill"');
    expect(await imports('src/session/session.ts')).toContain('"webextension-polyfill"');
    expect(await imports('src/browser/port.ts')).not.toContain('"webextension-polyfill"');
  });

  test('keeps Node to the command line', async () => {
    const restricted = async (file: string): Promise<string> =>
      JSON.stringify((await rulesFor(file))['no-restricted-imports']);
    expect(await restricted('src/symbols/symbolizer.ts')).toContain('"node:*"');
    expect(await restricted('src/browser/port.ts')).toContain('"node:*"');
    // Switched off: ESLint keeps the options beside the severity.
    expect(await restricted('src/cli/main.ts')).toMatch(/^\[0/);
    expect(await restricted('src/entry/cli.ts')).toMatch(/^\[0/);
    expect(await restricted('src/symbols/symbolizer.ts')).toMatch(/^\[2/);
  });

  test.each(['src/wasm/leb128.ts', 'panel/main.tsx'])('checks rooms and promises in %s', async (file) => {
    const rules = await rulesFor(file);
    for (const rule of ['rooms/imports', '@typescript-eslint/no-floating-promises']) {
      expect((rules[rule] as unknown[])[0]).toBe(2);
    }
  });
});

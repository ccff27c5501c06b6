import { expect, test } from 'vitest';
import { Language, type LanguageSources } from '../../../src/session/language.ts';
import type { SourceDirectory } from '../../../src/session/source-folders.ts';

// Directories are listed when a stop asks for a package of theirs, through requests to the worker.

const PLACE = { rawModuleId: 'raw', codeOffset: 1, inlineFrameIndex: 0 };
const DIRECTORY: SourceDirectory = {
  text: 'package main\n',
  names: ['main.go', 'variables.go'],
  read: (names) => Promise.resolve(new Map(names.map((name) => [name, `text of ${name}`]))),
};

function languageWith(directory: SourceDirectory | null) {
  const asked: [string, unknown][] = [];
  let listed = false;
  const answer = (name: string): unknown => {
    if (name === 'language.unlisted') return listed ? [] : ['app/main.go'];
    if (name === 'language.listed') return ['variables.go'];
    if (name === 'language.beside') listed = true;
    return name === 'language.variables' ? [] : null;
  };
  const request = (name: string, params: unknown): Promise<unknown> => {
    asked.push([name, params]);
    return Promise.resolve(answer(name));
  };
  const language = new Language({
    analysis: { request } as unknown as LanguageSources['analysis'],
    textOf: () => Promise.resolve({ ok: false, why: 'none' }),
    directoryOf: () => Promise.resolve(directory),
    moduleAt: () => Promise.reject(new Error('none')),
    added: () => undefined,
    memoryBytes: () => 65536,
  });
  return { language, asked, names: () => asked.map(([name]) => name) };
}

test('a directory in a folder is listed once, before the answer', async () => {
  const { language, asked, names } = languageWith(DIRECTORY);
  await Promise.all([language.variablesAt(PLACE), language.variablesAt(PLACE)]);
  await language.variablesAt(PLACE);
  expect(names().filter((name) => name === 'language.listed')).toHaveLength(1);
  expect(names().indexOf('language.beside')).toBeLessThan(names().indexOf('language.variables'));
  const about = { rawModuleId: 'raw', file: 'app/main.go', text: 'package main\n' };
  expect(new Map(asked).get('language.listed')).toEqual({ ...about, names: DIRECTORY.names });
  expect(new Map(asked).get('language.beside')).toEqual({
    ...about,
    wanted: ['variables.go'],
    texts: new Map([['variables.go', 'text of variables.go']]),
  });
});

test('without a folder there is nothing to list, and it is asked for again: one may be granted', async () => {
  const { language, names } = languageWith(null);
  await language.variablesAt(PLACE);
  await language.variablesAt(PLACE);
  expect(names()).toEqual([
    'language.unlisted',
    'language.variables',
    'language.unlisted',
    'language.variables',
  ]);
});

test('a folder that cannot be read leaves the answer as it is', async () => {
  const { language, names } = languageWith({ ...DIRECTORY, read: () => Promise.reject(new Error('gone')) });
  await language.variablesAt(PLACE);
  expect(names()).toEqual(['language.unlisted', 'language.listed', 'language.variables']);
});

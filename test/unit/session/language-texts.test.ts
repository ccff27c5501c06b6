import { expect, test, vi } from 'vitest';
import type { GoSourceText } from '../../../src/protocol/goroutines.ts';
import { Language, type LanguageSources } from '../../../src/session/language.ts';

// Texts are looked for when DevTools tells of a module, and again with whatever may bring them.

const FILES = ['app/a.go', 'app/b.go', 'lib/c.go'];

/** A plugin's answers to a module with three files; `texts` are those that can be had. */
async function withModule(texts: Set<string>) {
  const given: string[] = [];
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const state = { isSlow: false };
  const request = (name: string, params: unknown): Promise<unknown> => {
    if (name === 'language.add') return Promise.resolve({ files: FILES, urls: [] });
    if (name === 'language.texts') given.push(...(params as { texts: Map<string, string> }).texts.keys());
    return Promise.resolve(null);
  };
  const textOf = async (file: string): Promise<GoSourceText> => {
    asked.push(file);
    const has = texts.has(file);
    if (state.isSlow) await new Promise<void>((resolve) => waiting.push(resolve));
    return has ? { ok: true, text: `text of ${file}` } : { ok: false, why: 'none' };
  };
  const language = new Language({
    analysis: { request } as unknown as LanguageSources['analysis'],
    textOf,
    directoryOf: () => Promise.resolve(null),
    moduleAt: () => Promise.reject(new Error('none')),
    added: () => undefined,
    memoryBytes: () => 65536,
  });
  const add = (): Promise<readonly string[]> => language.addModule('raw', 'app.wasm', new ArrayBuffer(8));
  await add();
  return { language, given, asked, state, add, answer: () => waiting.splice(0).forEach((go) => go()) };
}

const settled = (language: Language): Promise<void> =>
  vi.waitFor(() => {
    expect(language.searches).toBe(0);
  });

test('a module that the page has not told of yet has its texts once it has', async () => {
  const texts = new Set<string>();
  const { language, given, asked } = await withModule(texts);
  expect(language.searches).toBe(1);
  await settled(language);
  // Where the first file has none, the others are not asked for.
  expect(asked).toEqual(['app/a.go']);
  for (const file of FILES.slice(0, 2)) texts.add(file);
  language.lookForTexts();
  await settled(language);
  expect(given).toEqual(['app/a.go', 'app/b.go']);
  // Only what is missing is looked for again.
  texts.add('lib/c.go');
  language.lookForTexts();
  await settled(language);
  expect(given).toEqual(FILES);
  language.lookForTexts();
  expect(language.searches).toBe(0);
  expect(asked.filter((file) => file === 'app/b.go')).toHaveLength(1);
});

test('what is told while texts are looked for is not missed', async () => {
  const texts = new Set<string>();
  const { language, given, state, answer, add } = await withModule(texts);
  await settled(language);
  state.isSlow = true;
  language.lookForTexts();
  expect(language.searches).toBe(1);
  for (const file of FILES) texts.add(file);
  state.isSlow = false;
  language.lookForTexts();
  expect(language.searches).toBe(1);
  answer();
  await settled(language);
  expect(given).toEqual(FILES);
  // DevTools has the module anew: it gets all texts again.
  await add();
  await settled(language);
  expect(given).toEqual([...FILES, ...FILES]);
});

test('a module that is gone gets none', async () => {
  const texts = new Set(FILES);
  const { language, given, state, answer, add } = await withModule(texts);
  await settled(language);
  given.length = 0;
  state.isSlow = true;
  await add();
  language.removeModule('raw');
  answer();
  await settled(language);
  expect(given).toEqual([]);
});

import { expect, test } from 'vitest';
import {
  bookmarksOf,
  readBookmarks,
  setBookmark,
  type ModuleBookmarks,
} from '../../../src/session/bookmarks.ts';
import { readSettings } from '../../../src/session/settings.ts';

const one = 'a'.repeat(64);
const other = 'b'.repeat(64);

test('a mark is kept for its module, by address, and taken away', () => {
  let all: readonly ModuleBookmarks[] = [];
  all = setBookmark(all, one, 0xf0000000, 'far');
  all = setBookmark(all, one, 16, 'near');
  all = setBookmark(all, other, 16, 'elsewhere');
  all = setBookmark(all, one, 16, 'nearer');
  expect(bookmarksOf(all, one)).toEqual([
    { address: 16, label: 'nearer' },
    { address: 0xf0000000, label: 'far' },
  ]);
  expect(readSettings(JSON.parse(JSON.stringify({ bookmarks: all }))).bookmarks).toEqual(all);
  all = setBookmark(setBookmark(all, one, 16, null), one, 0xf0000000, null);
  expect(all.map(({ module }) => module)).toEqual([other]);
  expect(bookmarksOf(undefined, one)).toEqual([]);
});

test('stored data that is no bookmark is left out, and there are bounds', () => {
  const marks = [
    { address: -1, label: 'a' },
    { address: 1.5, label: 'b' },
    { address: 2 ** 32, label: 'c' },
    { address: 3 },
    null,
  ];
  expect(
    readBookmarks([{ module: one, marks }, { module: 'x', marks: [{ address: 1, label: 'd' }] }, 7]),
  ).toEqual([]);
  expect(readBookmarks({})).toEqual([]);
  let all: readonly ModuleBookmarks[] = [];
  for (let i = 0; i < 300; i++) all = setBookmark(all, one, i, 'x'.repeat(1000));
  expect(bookmarksOf(all, one).length).toBe(200);
  expect(bookmarksOf(all, one)[0]?.label.length).toBe(200);
});

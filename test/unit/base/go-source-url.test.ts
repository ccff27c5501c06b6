import { expect, test } from 'vitest';
import { fileOfGoSourceUrl, goSourceUrl } from '../../../src/base/go-source-url.ts';

test.each([
  ['example.com/app/main.go', 'go:///example.com/app/main.go'],
  ['$GOROOT/src/fmt/print.go', 'go:///GOROOT/src/fmt/print.go'],
  ['/home/me/a b#.go', 'go:///home/me/a%20b%23.go'],
  ['C:\\app\\main.go', 'go:///C:/app/main.go'],
  ['./llvm/shapes.c', 'go:///llvm/shapes.c'],
  ['../lib/./inner/../names.cpp', 'go:///lib/names.cpp'],
  ['example.com/a..b/.c/main.go', 'go:///example.com/a..b/.c/main.go'],
])('%s is listed as %s', (file, url) => {
  expect(goSourceUrl(file)).toBe(url);
  expect(goSourceUrl(fileOfGoSourceUrl(url))).toBe(url);
});

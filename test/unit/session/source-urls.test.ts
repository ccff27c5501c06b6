import { isStandardLibrary } from '../../../src/base/standard-library.ts';
import { expect, test } from 'vitest';
import { looksLikeGo, sourceUrlCandidates, type SourceContext } from '../../../src/session/source-urls.ts';

const context: SourceContext = {
  pageUrl: 'http://app.test/demo/index.html?x=1',
  moduleUrl: 'http://app.test/assets/main.wasm',
  mainModule: 'example.com/shop',
  roots: [],
};

test('a trimmed path below the main module is tried without the module path first', () => {
  expect(sourceUrlCandidates('example.com/shop/cart/total.go', context).slice(0, 3)).toEqual([
    'http://app.test/assets/cart/total.go',
    'http://app.test/cart/total.go',
    'http://app.test/src/cart/total.go',
  ]);
});

test('of an absolute path the last elements are tried, never more than twelve URLs', () => {
  const urls = sourceUrlCandidates('/build/agent 7/shop/cart/total.go', context);
  expect(urls).toContain('http://app.test/demo/cart/total.go');
  expect(urls).toContain('http://app.test/shop/cart/total.go');
  expect(urls.length).toBeLessThanOrEqual(12);
});

test("a person's source root comes first and also serves the standard library", () => {
  const roots = [{ from: '$GOROOT/src/', to: 'http://sources.test/go' }];
  expect(sourceUrlCandidates('$GOROOT/src/fmt/print.go', { ...context, roots })).toEqual([
    'http://sources.test/go/fmt/print.go',
  ]);
});

test('the standard library is not asked for at the page', () => {
  for (const file of [
    'runtime/panic.go',
    'internal/poll/fd.go',
    '/usr/local/go/src/fmt/print.go',
    '$GOROOT/src/os/file.go',
  ]) {
    expect(isStandardLibrary(file), file).toBe(true);
    expect(sourceUrlCandidates(file, context), file).toEqual([]);
  }
  for (const file of ['main.go', 'example.com/shop/main.go', '/home/user/go/src/example.com/x/main.go']) {
    expect(isStandardLibrary(file), file).toBe(false);
  }
});

test('hostile paths cannot leave the URL they are joined to', () => {
  for (const url of sourceUrlCandidates('https://evil.test/../../x.go', context))
    expect(new URL(url).origin).toBe('http://app.test');
});

test("a server's error page is not Go source", () => {
  expect(looksLikeGo('<!doctype html><p>package main</p>', 1)).toBe(false);
  expect(looksLikeGo('// comment\npackage main // import "x"\n\nfunc main() {}\n', 4)).toBe(true);
  expect(looksLikeGo('package main\n', 40)).toBe(false);
});

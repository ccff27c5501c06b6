import { expect, test } from 'vitest';
import { fileKind, folderPaths } from '../../../src/session/folder-paths.ts';
import { suggestMapping } from '../../../src/session/source-texts.ts';

test('a file of Go itself is looked for below a GOROOT, or its src', () => {
  const expected = ['src/fmt/print.go', 'fmt/print.go', 'libexec/src/fmt/print.go'];
  expect(folderPaths('fmt/print.go', null)).toEqual(expected);
  expect(folderPaths('$GOROOT/src/fmt/print.go', null)).toEqual(expected);
  expect(folderPaths('/usr/local/go/src/fmt/print.go', null)).toEqual(expected);
});

test('a dependency is looked for in the module cache, as the cache spells it, and in vendor', () => {
  const expected = [
    'github.com/!burnt!sushi/toml@v1.3.2/decode.go',
    'pkg/mod/github.com/!burnt!sushi/toml@v1.3.2/decode.go',
    'mod/github.com/!burnt!sushi/toml@v1.3.2/decode.go',
    'github.com/BurntSushi/toml@v1.3.2/decode.go',
    'vendor/github.com/BurntSushi/toml/decode.go',
  ];
  expect(folderPaths('github.com/BurntSushi/toml@v1.3.2/decode.go', 'example.com/app')).toEqual(expected);
  expect(fileKind('/home/user/go/pkg/mod/example.com/x@v0.1.0/y.go')).toBe('dependency');
});

test("the program's own file is looked for below its module, then by its last parts", () => {
  expect(folderPaths('example.com/app/shop/cart.go', 'example.com/app').slice(0, 3)).toEqual([
    'shop/cart.go',
    'example.com/app/shop/cart.go',
    'app/shop/cart.go',
  ]);
  expect(folderPaths('C:\\work\\app\\main.go', null)).toEqual(['work/app/main.go', 'app/main.go', 'main.go']);
});

test('the prefixes that a name and its address do not share are a mapping', () => {
  expect(suggestMapping('example.com/app/shop/cart.go', 'http://app.test/src/shop/cart.go')).toEqual({
    from: 'example.com/app/',
    to: 'http://app.test/src/',
  });
  expect(suggestMapping('/build/main.go', 'http://app.test/main.go')).toEqual({
    from: '/build/',
    to: 'http://app.test/',
  });
  expect(suggestMapping('a/b.go', 'http://app.test/c.go')).toBe(null);
});

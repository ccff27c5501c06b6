import { expect, test } from 'vitest';
import { isOfTinyGo, isStandardLibrary } from '../../../src/base/standard-library.ts';

test.each([
  ['fmt/print.go', true, false],
  ['$GOROOT/src/fmt/print.go', true, false],
  ['/usr/local/go/src/fmt/print.go', true, false],
  ['/opt/homebrew/Cellar/go/1.27.3/libexec/src/fmt/print.go', true, false],
  ['/usr/local/lib/tinygo/src/runtime/panic.go', true, true],
  ['/opt/homebrew/Cellar/tinygo/0.33.0/src/runtime/panic.go', true, true],
  ['/home/me/tinygo/src/app/main.go', false, false],
  ['/home/me/go/src/example.com/app/main.go', false, false],
  ['example.com/app/runtime/x.go', false, false],
])('%s: of the standard library %s, of TinyGo %s', (path, isStandard, isTinyGos) => {
  expect([isStandardLibrary(path), isOfTinyGo(path)]).toEqual([isStandard, isTinyGos]);
});

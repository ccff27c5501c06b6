import { expect, test } from 'vitest';
import { cameOutOfWasm, wasmScriptUrl } from '../../../src/browser/hook/stacks.ts';

const frame = 'at main.f (http://app.test/a.wasm:wasm-function[7]:0x1234)';

test('the URL of the innermost wasm frame, named or not', () => {
  expect(wasmScriptUrl(`RuntimeError: unreachable\n    ${frame}`)).toBe('http://app.test/a.wasm');
  expect(wasmScriptUrl('RuntimeError: x\n    at wasm://wasm/00802b66:wasm-function[1]:0x2')).toBe(
    'wasm://wasm/00802b66',
  );
  expect(wasmScriptUrl('Error: x\n    at f (http://app.test/a.js:1:2)')).toBe(null);
});

// With a pattern that backtracks, a message of this length would take minutes.
test('a message of megabytes without a frame is passed over', () => {
  const message = 'QUJD'.repeat(1 << 20);
  const error = { name: 'Error', message, stack: `Error: ${message}` };
  expect(cameOutOfWasm(error)).toBe(false);
  expect(wasmScriptUrl(error.stack)).toBe(null);
  expect(cameOutOfWasm({ ...error, stack: `${error.stack}\n    ${frame}` })).toBe(true);
});

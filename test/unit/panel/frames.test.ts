import { describe, expect, test } from 'vitest';
import {
  framesAsText,
  frameTitle,
  locationText,
  packageOf,
  pathPrefix,
  shortRaw,
  stackAsText,
  stackRows,
} from '../../../panel/model/frames.ts';
import type { StackFrame } from '../../../panel/model/types.ts';

function frame(change: Partial<StackFrame> = {}): StackFrame {
  return {
    function: 'main.f',
    file: 'example.com/app/main.go',
    line: 41,
    lineEnd: null,
    inlined: false,
    language: 'go',
    args: '0x1, 0x2',
    pcOffset: 0x1d,
    moduleOffset: 0x1234,
    raw: '    at main.f (http://localhost/app.wasm:wasm-function[7]:0x1234)',
    confidence: { kind: 'exact' },
    fold: null,
    ...change,
  };
}

const runtime = (): StackFrame => frame({ function: 'runtime.gopanic', fold: 'runtime' });

describe('rows of a stack', () => {
  const frames = [runtime(), runtime(), frame(), frame({ fold: 'glue' }), runtime(), frame()];

  test('neighbouring folded frames become one row', () => {
    const rows = stackRows(frames, true, new Set());
    expect(rows.map((row) => (row.kind === 'fold' ? row.label : row.frame.function))).toEqual([
      '2 runtime frames',
      'main.f',
      '2 runtime and glue frames',
      'main.f',
    ]);
  });

  test('an opened run shows its frames one level deeper and keeps its row', () => {
    const rows = stackRows(frames, true, new Set(['r0']));
    expect(rows.slice(0, 4).map((row) => row.key)).toEqual(['r0', 'f0', 'f1', 'f2']);
    expect(rows.slice(0, 3).map((row) => (row.kind === 'fold' ? row.expanded : row.level))).toEqual([
      true,
      2,
      2,
    ]);
  });

  test('without folding every frame is a row, with the same keys', () => {
    expect(stackRows(frames, false, new Set()).map((row) => row.key)).toEqual([
      'f0',
      'f1',
      'f2',
      'f3',
      'f4',
      'f5',
    ]);
  });

  test('a stack of folded frames only is shown as it is', () => {
    expect(stackRows([runtime(), runtime()], true, new Set()).map((row) => row.kind)).toEqual([
      'frame',
      'frame',
    ]);
  });
});

test('places: exact, a range, without a line, unknown', () => {
  expect(locationText(frame())).toBe('main.go:41');
  expect(locationText(frame({ lineEnd: 44 }))).toBe('main.go:41-44');
  expect(locationText(frame({ lineEnd: 44 }), true)).toBe('example.com/app/main.go:41-44');
  expect(locationText(frame({ line: 0 }))).toBe('main.go');
  expect(locationText(frame({ file: '' }))).toBe('');
});

test('a function has parentheses only where its arguments are known', () => {
  expect(frameTitle(frame())).toBe('main.f(0x1, 0x2)');
  expect(frameTitle(frame({ args: '' }))).toBe('main.f()');
  expect(frameTitle(frame({ args: null }))).toBe('main.f');
  expect(frameTitle(frame({ args: '', language: 'javascript' }))).toBe('main.f');
});

test('copied frames read as Go prints them', () => {
  expect(framesAsText([frame(), frame({ inlined: true, args: '...', pcOffset: null })])).toBe(
    'main.f(0x1, 0x2)\n\texample.com/app/main.go:41 +0x1d\nmain.f(...)\n\texample.com/app/main.go:41\n',
  );
  expect(framesAsText([frame({ file: '', pcOffset: null })])).toContain('\tat main.f (http://localhost');
});

test('a copied stack has its header and who started the goroutine', () => {
  const text = stackAsText({
    source: 'memory',
    note: '',
    header: 'goroutine 34 [running]:',
    frames: [frame()],
    createdBy: { function: 'main.main', file: 'example.com/app/main.go', line: 9, goroutine: 1 },
  });
  expect(text).toMatch(/^goroutine 34 \[running\]:\nmain\.f\(0x1, 0x2\)\n/);
  expect(text).toMatch(/created by main\.main in goroutine 1\n\texample\.com\/app\/main\.go:9\n$/);
});

test.each([
  ['main.main.func1', 'main'],
  ['example.com/app/shape.(*Circle).Area', 'example.com/app/shape'],
  ['example.com/app/list.Map[go.shape.int,example.com/x.T]', 'example.com/app/list'],
  ['gopkg.in/yaml%2ev3.(*parser).parse', 'gopkg.in/yaml%2ev3'],
])('the package of %s', (name, pack) => {
  expect(packageOf(name)).toBe(pack);
});

test('the path that gives way in a narrow table', () => {
  expect(pathPrefix(frame({ function: 'example.com/app/shape.(*Circle).Area' }))).toBe('example.com/app/');
  expect(pathPrefix(frame())).toBe('');
  expect(pathPrefix(frame({ language: 'javascript', function: 'a/b.c' }))).toBe('');
});

test('raw frames are shortened to what says where', () => {
  expect(shortRaw('    at main.f (http://localhost:8080/app.wasm?x=1:wasm-function[7]:0x1234)')).toBe(
    'app.wasm?x=1:wasm-function[7]:0x1234',
  );
  expect(shortRaw('main.f@wasm://wasm/00aa:wasm-function[7]:0x1234')).toBe('00aa:wasm-function[7]:0x1234');
  expect(shortRaw('<?>.wasm-function[main.f]@[wasm code]')).toBe('<?>.wasm-function[main.f]@[wasm code]');
  expect(shortRaw('x'.repeat(1_000_000))).toHaveLength(2000);
  expect(shortRaw('    at Go._resume (http://localhost/wasm_exec.js:540:23)')).toBe(
    'Go._resume (http://localhost/wasm_exec.js:540:23)',
  );
});

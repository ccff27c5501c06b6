import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { parseJsStack, parseJsStacks, type JsFrame } from '../../../src/stack/js-stack.ts';

/** One line a frame: `name | url | index offset | line:column | flags`, with `-` for what is not known. */
function dump(frame: JsFrame): string {
  const wasm = frame.isWasm
    ? `#${frame.funcIndex ?? '-'} ${frame.moduleOffset === null ? '-' : `0x${frame.moduleOffset.toString(16)}`}`
    : 'js';
  const position = frame.line === null ? '-' : `${frame.line}:${frame.column ?? '-'}`;
  return `${frame.functionName ?? '-'} | ${frame.url ?? '-'} | ${wasm} | ${position}${frame.async ? ' | async' : ''}`;
}

const frames = (text: string): string[] => parseJsStack(text).frames.map(dump);

describe('stacks of Chrome and Node', () => {
  it('reads frames without names, with the http URL of a streamed module', () => {
    const stack = parseJsStack(
      [
        'RuntimeError: unreachable',
        '    at http://localhost:8080/main.wasm:wasm-function[1278]:0x128415',
        '    at http://localhost:8080/main.wasm:wasm-function[688]:0xa736a',
        '    at globalThis.Go.run (http://localhost:8080/wasm_exec.js:548:23)',
        '    at http://localhost:8080/app.js:4:20',
      ].join('\n'),
    );
    expect(stack.error).toEqual({ name: 'RuntimeError', message: 'unreachable' });
    expect(stack.frames.map(dump)).toEqual([
      '- | http://localhost:8080/main.wasm | #1278 0x128415 | -',
      '- | http://localhost:8080/main.wasm | #688 0xa736a | -',
      'globalThis.Go.run | http://localhost:8080/wasm_exec.js | js | 548:23',
      '- | http://localhost:8080/app.js | js | 4:20',
    ]);
    expect(stack.frames[0]?.raw).toBe('at http://localhost:8080/main.wasm:wasm-function[1278]:0x128415');
  });

  it('reads names of an unstripped module, and the hash URL of one that was compiled from bytes', () => {
    expect(
      frames(
        [
          '    at main.(*T).Method (wasm://wasm/0082a53a:wasm-function[1278]:0x128415)',
          '    at main.Map[go.shape.int_0,go.shape.struct { F int }] (wasm://wasm/main-0082a53a:wasm-function[9]:0x10)',
        ].join('\n'),
      ),
    ).toEqual([
      'main.(*T).Method | wasm://wasm/0082a53a | #1278 0x128415 | -',
      'main.Map[go.shape.int_0,go.shape.struct { F int }] | wasm://wasm/main-0082a53a | #9 0x10 | -',
    ]);
  });

  it('reads async frames, aliases, eval, native code and addresses without source', () => {
    expect(
      frames(
        [
          'Error',
          '    at Object.f [as syscall/js.valueCall] (http://h/wasm_exec.js:1:2)',
          '    at new Promise (<anonymous>)',
          '    at async Promise.all (index 0)',
          '    at async start (file:///srv/my app/index.mjs:12:5)',
          '    at eval (eval at boot (http://h/a.js:1:2), <anonymous>:3:4)',
          '    at Array.map (<anonymous>)',
          '    at process.processTimers (node:internal/timers:519:7)',
          '    at node:internal/main/run_main_module:36:49',
          '    at C:\\app\\server.js:3:1',
        ].join('\n'),
      ),
    ).toEqual([
      'Object.f [as syscall/js.valueCall] | http://h/wasm_exec.js | js | 1:2',
      'new Promise | - | js | -',
      'Promise.all | - | js | - | async',
      'start | file:///srv/my app/index.mjs | js | 12:5 | async',
      'eval | <anonymous> | js | 3:4',
      'Array.map | - | js | -',
      'process.processTimers | node:internal/timers | js | 519:7',
      '- | node:internal/main/run_main_module | js | 36:49',
      '- | C:\\app\\server.js | js | 3:1',
    ]);
  });

  it('takes the column of a structured call site as the offset plus one, as V8 counts', () => {
    // What Error.prepareStackTrace and the debugging protocol say of the frame that prints as `wasm-function[1]:0x29`.
    expect(
      frames('    at $main.middle (http://h/main.wasm?v=2:1:42)\n    at $func1278 (http://h/main.wasm:1:43)'),
    ).toEqual([
      'main.middle | http://h/main.wasm?v=2 | #- 0x29 | -',
      '- | http://h/main.wasm | #1278 0x2a | -',
    ]);
  });

  it('does not take the function-relative decimals of Chrome before 2019 for module offsets', () => {
    expect(frames('    at wasm-function[79]:46\n    at wasm-function[33]:0x3369')).toEqual([
      '- | - | #79 - | -',
      '- | - | #33 0x3369 | -',
    ]);
  });
});

describe('copies of the DevTools console', () => {
  it('reads short URLs, and the hash alone of a module without URL', () => {
    const stack = parseJsStack(
      [
        '185b031e:0x2904 Uncaught (in promise) RuntimeError: unreachable',
        '    at 185b031e:0x2904',
        '    at claim (main.wasm:0x2fefd)',
        '    at async run ((index):33:9)',
      ].join('\n'),
    );
    expect(stack.error).toEqual({ name: 'RuntimeError', message: 'unreachable' });
    expect(stack.frames.map(dump)).toEqual([
      '- | 185b031e | #- 0x2904 | -',
      'claim | main.wasm | #- 0x2fefd | -',
      'run | (index) | js | 33:9 | async',
    ]);
  });

  it('reads the table form of console.error, with its function indices', () => {
    expect(
      frames(
        [
          'wasm_exec.js:20 exit code: 2',
          'writeConsole @ wasm_exec.js:20',
          '$func958 @ 222743ae:0xe6926',
          'wasm-function[12] @ main.wasm:0x1b2c',
          '$resume @ 222743ae:0x18a2ba',
          '(anonymous) @ wasm_exec.js:530Understand this error',
        ].join('\n'),
      ),
    ).toEqual([
      'writeConsole | wasm_exec.js | js | 20:-',
      '- | 222743ae | #958 0xe6926 | -',
      '- | main.wasm | #12 0x1b2c | -',
      'resume | 222743ae | #- 0x18a2ba | -',
      '- | wasm_exec.js | js | 530:-',
    ]);
  });
});

describe('stacks of Firefox', () => {
  it('reads named and unnamed frames, streamed or made from bytes', () => {
    const stack = parseJsStack(
      [
        'main.middle@http://localhost:8080/main.wasm:wasm-function[1484]:0x13e219',
        'wasm-function[12]@http://localhost:8080/main.wasm:wasm-function[12]:0x1b2c',
        '@http://localhost:8080/app.js line 36 > WebAssembly.instantiate:wasm-function[7]:0x3a',
        'run@http://localhost:8080/wasm_exec.js:548:23',
        '@http://localhost:8080/@fs/app.js:4:20',
        'async*start@http://localhost:8080/app.js:9:1',
        'setTimeout handler*_resume/<@http://localhost:8080/wasm_exec.js:570:8',
        '@debugger eval code:1:1',
        'f@http://h/a.js line 3 > eval:1:2',
      ].join('\n'),
    );
    expect(stack.error).toBeNull();
    expect(stack.frames.map(dump)).toEqual([
      'main.middle | http://localhost:8080/main.wasm | #1484 0x13e219 | -',
      '- | http://localhost:8080/main.wasm | #12 0x1b2c | -',
      '- | http://localhost:8080/app.js line 36 > WebAssembly.instantiate | #7 0x3a | -',
      'run | http://localhost:8080/wasm_exec.js | js | 548:23',
      '- | http://localhost:8080/@fs/app.js | js | 4:20',
      'start | http://localhost:8080/app.js | js | 9:1 | async',
      '_resume/< | http://localhost:8080/wasm_exec.js | js | 570:8 | async',
      '- | debugger eval code | js | 1:1',
      'f | http://h/a.js line 3 > eval | js | 1:2',
    ]);
  });

  it('reads a log line that holds the message and the first frame', () => {
    const stack = parseJsStack(
      'Exception thrown: RuntimeError: unreachable executed,@https://h/app.wasm:wasm-function[2016]:0x8ebcc\n@https://h/app.wasm:wasm-function[9]:0x10',
    );
    expect(stack.error).toEqual({ name: 'RuntimeError', message: 'unreachable executed' });
    expect(stack.frames.map((frame) => frame.moduleOffset)).toEqual([0x8ebcc, 0x10]);
  });
});

describe('stacks of Safari', () => {
  it('reads frames that name the function only', () => {
    expect(
      frames(
        [
          '<?>.wasm-function[1278]@[wasm code]',
          '<?>.wasm-function[main.middle]@[wasm code]',
          'app.wasm-function[9]@[wasm code]',
          'wasm-stub@[wasm code]',
          'run@http://localhost:8080/wasm_exec.js:548:23',
          'promiseReactionJob@[native code]',
          'global code@http://localhost:8080/app.js:1:1',
        ].join('\n'),
      ),
    ).toEqual([
      '- | - | #1278 - | -',
      'main.middle | - | #- - | -',
      '- | - | #9 - | -',
      'wasm-stub | - | #- - | -',
      'run | http://localhost:8080/wasm_exec.js | js | 548:23',
      'promiseReactionJob | - | js | -',
      'global code | http://localhost:8080/app.js | js | 1:1',
    ]);
  });
});

describe('stacks in other texts', () => {
  it('reads JSON with escaped line ends', () => {
    const stack = parseJsStack(
      String.raw`{"level":"error","stack":"RuntimeError: unreachable\n    at main.f (https:\/\/h\/app.wasm:wasm-function[12]:0x1b2c)\n    at run (https://h/wasm_exec.js:1:2)","url":"https://h/"}`,
    );
    expect(stack.error).toEqual({ name: 'RuntimeError', message: 'unreachable' });
    expect(stack.frames.map(dump)).toEqual([
      'main.f | https://h/app.wasm | #12 0x1b2c | -',
      'run | https://h/wasm_exec.js | js | 1:2',
    ]);
  });

  it('passes over prefixes of a log and lines between the frames', () => {
    const stack = parseJsStack(
      [
        '2026-01-02T12:03:04.100Z ERROR RuntimeError: memory access out of bounds',
        '2026-01-02T12:03:04.100Z ERROR     at http://h/main.wasm:wasm-function[5]:0x50',
        '2026-01-02T12:03:04.101Z INFO  looked at 12:30:45',
        '2026-01-02T12:03:04.101Z INFO  mail to someone@example.com:25',
        '[12:03:04] main.f@http://h/main.wasm:wasm-function[6]:0x60',
      ].join('\n'),
    );
    expect(stack.error?.message).toBe('memory access out of bounds');
    expect(stack.frames.map((frame) => [frame.functionName, frame.funcIndex])).toEqual([
      [null, 5],
      ['main.f', 6],
    ]);
  });

  it("takes none of Go's own lines for JavaScript frames", () => {
    const text = [
      'panic: boom',
      '',
      'goroutine 1 [running]:',
      'main.f(...)',
      '\t/go/pkg/mod/golang.org/x/net@v0.1.0/http2/server.go:123 +0x1d',
      'golang.org/x/net/http2.(*T).g({0x1008, 0x5})',
      '\tgolang.org/x/net@v0.1.0/http2/server.go:123',
    ].join('\n');
    expect(parseJsStacks(text)).toEqual([]);
  });

  it('keeps a message of several lines, and begins a new stack at each error', () => {
    const stacks = parseJsStacks(
      'Error: first\nsecond line\n    at f (http://h/a.js:1:2)\nCaused by: TypeError: x is not a function\n    at g (http://h/a.js:3:4)',
    );
    expect(stacks.map((stack) => stack.error)).toEqual([
      { name: 'Error', message: 'first\nsecond line' },
      { name: 'TypeError', message: 'x is not a function' },
    ]);
  });
});

describe('hostile text', () => {
  const pieces = fc.constantFrom(
    'at ',
    ' at ',
    '(',
    ')',
    '@',
    ' @ ',
    ':',
    '0x1f',
    'wasm-function[',
    '12',
    ']',
    'Error: ',
    '\n',
    '\\n',
    'http://h/a.wasm',
    '[wasm code]',
    '$func',
    ' > WebAssembly.instantiate',
    'async ',
    'handler*',
    'eval at ',
    '   ',
  );

  it('never throws, and every frame is consistent', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join('')),
        ),
        (text) => {
          for (const stack of parseJsStacks(text)) {
            for (const frame of stack.frames) {
              expect(frame.raw).not.toBe('');
              if (!frame.isWasm) expect(frame.moduleOffset ?? frame.funcIndex).toBeNull();
              else expect(frame.line).toBeNull();
            }
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('reads a megabyte of any repeated piece in linear time', () => {
    // A quadratic reader would need minutes for one of these; the test's own time limit is the assertion.
    for (const piece of [
      'at ',
      ' at (',
      '@',
      ' @ ',
      ':0x',
      'Error',
      'A',
      'Error: ',
      '(',
      ')',
      '\\n',
      '\\n ',
      'wasm-function[1]:',
      ' ',
      '\n',
      '[',
      '9',
      ' line 1 > ',
    ]) {
      expect(
        parseJsStacks(piece.repeat(Math.ceil(1_000_000 / piece.length))).flatMap((stack) => stack.frames)
          .length,
      ).toBeLessThan(2);
      const long = piece.repeat(Math.floor(16_000 / piece.length));
      expect(parseJsStacks(`${long}\n`.repeat(60))).toBeInstanceOf(Array);
    }
  });
});

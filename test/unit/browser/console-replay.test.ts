import { describe, expect, test } from 'vitest';
import { ConsoleReplay } from '../../../src/browser/console-replay.ts';

const URL = 'http://127.0.0.1:8123/panics.wasm';
const stackTrace = {
  callFrames: [
    {
      functionName: 'writeSync',
      url: 'http://127.0.0.1:8123/wasm_exec.js',
      lineNumber: 21,
      columnNumber: 13,
    },
    { functionName: '$func624', url: URL, lineNumber: 0, columnNumber: 643466 },
    { functionName: '$run', url: URL, lineNumber: 0, columnNumber: 1223099 },
  ],
};
const text = (value: string, timestamp = 1000, trace: unknown = stackTrace): Record<string, unknown> => ({
  args: [{ type: 'string', value }],
  timestamp,
  stackTrace: trace,
});
const exit = (code: number, timestamp = 2000): Record<string, unknown> => ({
  args: [
    { type: 'string', value: 'exit code:' },
    { type: 'number', value: code },
  ],
  timestamp,
  stackTrace,
});

const replay = (...messages: Record<string, unknown>[]): ReturnType<ConsoleReplay['traps']> => {
  const all = new ConsoleReplay();
  for (const message of messages) all.message(message);
  return all.traps();
};

describe('messages', () => {
  test('a panic: its lines, its exit code, the stack at the exit', () => {
    expect(
      replay(
        text('hello'),
        text('panic: x'),
        text(''),
        text('goroutine 1 [running]:'),
        text('main.f()'),
        exit(2),
      ),
    ).toEqual([
      {
        time: 2000,
        via: 'console-error',
        exitCode: 2,
        error: null,
        text: 'panic: x\n\ngoroutine 1 [running]:\nmain.f()',
        exitStack: [
          'Error',
          '    at writeSync (http://127.0.0.1:8123/wasm_exec.js:22:14)',
          `    at ${URL}:wasm-function[624]:0x9d18a`,
        ].join('\n'),
      },
    ]);
  });

  test('several panics in a row, one without exit code', () => {
    const traps = replay(
      text('panic: first [recovered]'),
      text('\tpanic: first again'),
      text('goroutine 1 [running]:'),
      text('fatal error: second', 3000),
      text('goroutine 1 [running]:'),
    );
    expect(traps.map((trap) => [trap.text.split('\n')[0], trap.exitCode, trap.time])).toEqual([
      ['panic: first [recovered]', null, 1000],
      ['fatal error: second', null, 3000],
    ]);
  });

  test('an exit without text (os.Exit)', () => {
    expect(replay(exit(3))).toMatchObject([{ exitCode: 3, text: '' }]);
  });

  test("the page's own messages are not the program's", () => {
    const page = {
      callFrames: [{ functionName: 'f', url: 'http://127.0.0.1/a.js', lineNumber: 3, columnNumber: 1 }],
    };
    expect(replay(text('panic: of the page', 1000, page), text('panic: without stack', 1000, null))).toEqual(
      [],
    );
    expect(replay({ args: 'x', stackTrace }, { stackTrace: { callFrames: [null, 5] } }, {})).toEqual([]);
  });

  test('a module with names gives no stack, but its text', () => {
    const named = {
      callFrames: [{ functionName: '$runtime.exit', url: URL, lineNumber: 0, columnNumber: 9 }],
    };
    const [trap] = replay(text('panic: x', 1000, named));
    expect(trap).toMatchObject({ text: 'panic: x', exitStack: null });
  });
});

describe('exceptions', () => {
  const thrown = (description: unknown): ReturnType<ConsoleReplay['traps']> => {
    const all = new ConsoleReplay();
    all.exception({ timestamp: 5, exceptionDetails: { exception: { description } } });
    return all.traps();
  };

  test('a trap', () => {
    const stack = `RuntimeError: memory access out of bounds\n    at ${URL}:wasm-function[1486]:0x13e342\n    at Go.run (a.js:1:1)`;
    expect(thrown(stack)).toEqual([
      {
        time: 5,
        via: 'console-exception',
        exitCode: null,
        error: { name: 'RuntimeError', message: 'memory access out of bounds', stack },
        text: '',
        exitStack: null,
      },
    ]);
  });

  test('a call into a program that has ended', () => {
    expect(thrown('Error: Go program has already exited\n    at Go._resume (a.js:1:1)')).toHaveLength(1);
  });

  test("the page's own errors", () => {
    expect(thrown('TypeError: x\n    at f (a.js:1:1)')).toEqual([]);
    expect(thrown(undefined)).toEqual([]);
  });
});

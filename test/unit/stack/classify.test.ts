import { describe, expect, it } from 'vitest';
import { classifyDeath, type DeathSigns } from '../../../src/stack/classify.ts';

const signs = (known: Partial<DeathSigns>): DeathSigns => ({
  error: null,
  text: '',
  exitCode: null,
  ...known,
});
const say = (known: Partial<DeathSigns>): string => {
  const { kind, title } = classifyDeath(signs(known));
  return `${kind} | ${title}`;
};
const error = (name: string, message: string) => ({ error: { name, message } });
const stack = (...functions: string[]) => ({ exitCode: 2, functions });

describe('kind and title of a death', () => {
  it.each([
    ['panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\n', 'panic | panic: boom'],
    ['panic: a\n\tb [recovered]\n\tpanic: c\n\n', 'panic | panic: a'],
    ['panic: x [recovered]\n\tpanic: y\n', 'panic | panic: x [recovered]'],
    [
      'fatal error: all goroutines are asleep - deadlock!\n',
      'deadlock | fatal error: all goroutines are asleep - deadlock!',
    ],
    ['fatal error: concurrent map writes\n', 'fatal | fatal error: concurrent map writes'],
    [
      'runtime: goroutine stack exceeds 1000000000-byte limit\nfatal error: stack overflow\n',
      'stack-overflow | fatal error: stack overflow',
    ],
    [
      'runtime: out of memory: cannot allocate 4194304-byte block (4 in use)\nfatal error: out of memory\n',
      'out-of-memory | fatal error: out of memory',
    ],
    [
      'panic: one\nfatal error: panic while printing panic value\n',
      'fatal | fatal error: panic while printing panic value',
    ],
  ])("Go's words: %j", (text, expected) => {
    expect(say({ text, exitCode: 2 })).toBe(expected);
  });

  it.each([
    [error('RuntimeError', 'unreachable'), 'trap | RuntimeError: unreachable'],
    [
      error('RuntimeError', 'memory access out of bounds'),
      'trap | RuntimeError: memory access out of bounds',
    ],
    [
      error('RangeError', 'Maximum call stack size exceeded'),
      'stack-overflow | RangeError: Maximum call stack size exceeded',
    ],
    [error('InternalError', 'too much recursion'), 'stack-overflow | InternalError: too much recursion'],
    [
      error('RangeError', 'WebAssembly.Memory.grow(): Maximum memory size exceeded'),
      'out-of-memory | RangeError: WebAssembly.Memory.grow(): Maximum memory size exceeded',
    ],
    [error('Error', 'the import failed\nmore'), 'exception | Error: the import failed'],
    [error('Error', ''), 'exception | Error'],
  ])('an error: %j', (known, expected) => {
    expect(say(known)).toBe(expected);
  });

  it.each([
    [{ exitCode: 3 }, 'exit | exit code 3'],
    [{ exitCode: 1, text: 'cannot go on\n' }, 'exit | exit code 1'],
    [{ exitCode: 3, ...error('WASIExit', 'exit with code 3') }, 'exit | exit code 3'],
    [{ exitCode: 2, functions: ['syscall.Exit', 'os.Exit', 'main.main'] }, 'exit | exit code 2'],
    [{}, 'exit | the program ended'],
  ])('an exit: %j', (known, expected) => {
    expect(say(known)).toBe(expected);
  });

  it.each([
    [
      ['runtime.fatalpanic', 'runtime.gopanic', 'runtime.goPanicIndex', 'main.at'],
      'panic | panic: runtime error: index out of range',
    ],
    [
      ['runtime.gopanic', 'runtime.panicmem', 'runtime.sigpanic', 'main.f'],
      'panic | panic: runtime error: invalid memory address or nil pointer dereference',
    ],
    [
      ['runtime.gopanic', 'runtime.panicdivide', 'main.f'],
      'panic | panic: runtime error: integer divide by zero',
    ],
    [
      ['runtime.gopanic', 'runtime.mapassign_faststr', 'main.f'],
      'panic | panic: assignment to entry in nil map',
    ],
    [
      ['runtime.gopanic', 'runtime.chansend', 'runtime.chansend1', 'main.f'],
      'panic | panic: send on closed channel',
    ],
    [['runtime.gopanic', 'main.f', 'runtime.panicdivide'], 'panic | panic'],
    [
      ['runtime.fatalthrow', 'runtime.throw', 'runtime.checkdead', 'runtime.mcall'],
      'deadlock | fatal error: all goroutines are asleep - deadlock!',
    ],
    [
      ['runtime.throw', 'runtime.newstack', 'runtime.morestack'],
      'stack-overflow | fatal error: stack overflow',
    ],
    [
      ['runtime.throw', 'runtime.(*mheap).sysAlloc', 'runtime.mallocgc'],
      'out-of-memory | fatal error: out of memory',
    ],
    [['runtime.fatal', 'internal/sync.fatal', 'sync.(*Mutex).Unlock'], 'fatal | fatal error'],
  ])('text thrown away, functions %j', (functions, expected) => {
    expect(say(stack(...functions))).toBe(expected);
  });
});

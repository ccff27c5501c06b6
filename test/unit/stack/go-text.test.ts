import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from '../../support/fast-check.ts';
import { describe, expect, it } from 'vitest';
import { formatGoText } from '../../../src/stack/format.ts';
import { goroutineOf } from '../../../src/stack/go-frames.ts';
import { parseGoText, type GoText } from '../../../src/stack/go-text.ts';
import type { StackTrace } from '../../../src/stack/stack-trace.ts';
import { fixture, goVersions } from '../../support/fixtures.ts';
import { runGo } from '../../support/run-go.ts';

const crashes = join(import.meta.dirname, 'crashes');
const crash = (name: string): string => readFileSync(join(crashes, `${name}.txt`), 'utf8');

function parsed(text: string): GoText {
  const read = parseGoText(text);
  if (read === null) throw new Error('no Go text was found');
  return read;
}

/** What GOTRACEBACK=system adds to each frame, and dumps of a stack's memory, are not kept. */
const withoutRegisters = (text: string): string =>
  text.replaceAll(/ fp=0x[0-9a-f]+ sp=0x[0-9a-f]+ pc=0x[0-9a-f]+/g, '');

/** One line a frame: `function(args) file:line +offset`, and its fold. */
function dump(stack: StackTrace | undefined): string[] {
  return (stack?.frames ?? []).map((frame) => {
    const offset = frame.pcOffset === null ? '' : ` +${frame.pcOffset}`;
    return `${frame.function}(${frame.args ?? '-'}) ${frame.file}:${frame.line}${offset}${frame.fold === null ? '' : ` [${frame.fold}]`}`;
  });
}

describe('crash texts of Go 1.19 to 1.27', () => {
  const versions = readdirSync(crashes).filter((name) => /^\d/.test(name));
  for (const version of versions) {
    for (const file of readdirSync(join(crashes, version))) {
      it(`reads ${version}/${file} and writes it again unchanged`, () => {
        const text = crash(`${version}/${file.replace('.txt', '')}`);
        expect(formatGoText(parsed(text))).toBe(withoutRegisters(text));
      });
    }
  }

  it('reads two panics, the first one recovered, with values of two lines', () => {
    const text = parsed(crash('1.27.3/recovered'));
    expect(text.kind).toBe('panic');
    expect(text.messages).toEqual([
      { kind: 'panic', value: 'first\n\tsecond line', state: 'recovered', nested: false },
      { kind: 'panic', value: 'again: first\n\tsecond line', state: null, nested: true },
    ]);
    expect(dump(text.goroutines[0]).map((line) => line.replace(/\{.*\}/, '{}'))).toEqual([
      'main.main.func2() example.com/crash/main.go:57 +90',
      'panic({}) runtime/panic.go:859 +293 [runtime]',
      'main.main() example.com/crash/main.go:59 +997',
    ]);
  });

  it('reads values of two lines as Go wrote them before 1.23, without a tab', () => {
    expect(parsed(crash('1.21.13/recovered')).messages.map((message) => message.value)).toEqual([
      'first\nsecond line',
      'again: first\nsecond line',
    ]);
  });

  it('reads the same panic raised again', () => {
    expect(parsed(crash('1.27.3/repanic')).messages).toEqual([
      { kind: 'panic', value: 'the same', state: 'recovered, repanicked', nested: false },
    ]);
    expect(parsed(crash('1.21.13/repanic')).messages.map((message) => message.state)).toEqual([
      'recovered',
      null,
    ]);
  });

  it('reads a stack overflow: prelude, runtime stack, registers, elided frames', () => {
    for (const version of ['1.19.8', '1.27.3']) {
      const text = parsed(crash(`${version}/overflow`));
      expect(text.kind).toBe('stack-overflow');
      expect(text.prelude[0]).toBe('runtime: goroutine stack exceeds 65536-byte limit');
      expect(text.goroutines[0]?.header).toBe('runtime stack:');
      const [, overflowing] = text.goroutines;
      expect(overflowing?.frames.some((frame) => /^\.\.\..* frames elided\.\.\.$/.test(frame.function))).toBe(
        true,
      );
      expect(
        overflowing?.frames.filter((frame) => frame.function === 'main.overflow').length,
      ).toBeGreaterThan(90);
    }
  });

  it('reads the signal of a nil dereference', () => {
    const text = parsed(crash('1.27.3/nil'));
    expect(text.signal).toMatch(
      /^\[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x[0-9a-f]+\]$/,
    );
    expect(text.messages[0]?.value).toBe('runtime error: invalid memory address or nil pointer dereference');
  });

  it('reads generic functions and inlined frames', () => {
    expect(dump(parsed(crash('1.27.3/generic')).goroutines[0])).toEqual([
      'main.main.func1(...) example.com/crash/main.go:48',
      'main.Map[...](...) example.com/crash/main.go:25',
      'main.main() example.com/crash/main.go:48 +1583',
    ]);
    expect(parsed(crash('1.27.3/generic')).goroutines[0]?.frames.map((frame) => frame.inlined)).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('keeps the exact text between the parentheses', () => {
    const [frame] = parsed(crash('1.19.8/args')).goroutines[0]?.frames ?? [];
    expect(frame?.function).toBe('main.manyArgs');
    expect(frame?.args).toMatch(/^0x[0-9a-f]+\??, \{0x.*\}, .*, \.\.\.$/);
  });

  it('tells a deadlock, and who created a goroutine', () => {
    expect(parsed(crash('1.21.13/nogoroutines')).kind).toBe('deadlock');
    const created = (name: string) => {
      const stack = parsed(crash(name)).goroutines[0];
      return stack?.createdBy;
    };
    expect(created('1.27.3/goexit')).toMatchObject({ function: 'main.main', line: 70, goroutine: 1 });
    expect(created('1.19.8/goexit')).toMatchObject({ function: 'main.main', line: 70, goroutine: null });
  });

  it('reads the headers', () => {
    const headers = parsed(crash('1.27.3/locked')).goroutines.map((stack) => goroutineOf(stack.header ?? ''));
    expect(headers[0]).toEqual({ id: 1, state: 'running' });
    expect(headers[1]?.state).toBe('select (no cases), locked to thread');
    expect(goroutineOf('goroutine 6 gp=0x202a80 m=0 mp=0x115500 [chan receive, 5 minutes]:')).toEqual({
      id: 6,
      state: 'chan receive, 5 minutes',
    });
    expect(goroutineOf('runtime stack:')).toBeNull();
  });
});

describe('crash texts of wasm fixtures', { timeout: 120_000 }, () => {
  it.each(goVersions.filter((version) => ['1.19.8', '1.24.13', '1.27.3'].includes(version)))(
    'reads what Go %s writes and writes it again unchanged',
    async (goVersion) => {
      const panics = fixture({ family: 'panics', goVersion, goos: 'js' });
      const exits = fixture({ family: 'exits', goVersion, goos: 'js' });
      for (const [module, name] of [
        [panics, 'repanic'],
        [panics, 'deferred'],
        [panics, 'goroutine'],
        [panics, 'nilderef'],
        [exits, 'unlock'],
        [exits, 'deadlock'],
      ] as const) {
        for (const GOTRACEBACK of ['single', 'system']) {
          const { stderr } = await runGo(module, { args: [name], env: { GOTRACEBACK } });
          // The runtime stack of a deadlock ends in a dump of its memory.
          const dumped = stderr.replaceAll(
            /^(?:runtime: g 0: unexpected return pc|stack: frame=|(?:0x)?[0-9a-f]{16}:| {16}).*\n/gm,
            '',
          );
          expect(formatGoText(parsed(stderr)), `${name} ${GOTRACEBACK}`).toBe(withoutRegisters(dumped));
        }
      }
    },
  );
});

describe('crash texts as they are pasted', () => {
  const plain = crash('1.27.3/goexit');
  const expected = parsed(plain);

  it.each([
    ['the DevTools console', (line: string, i: number) => `wasm_exec.js:${i + 20} ${line}`],
    [
      'the DevTools console with times',
      (line: string, i: number) => `12:03:0${i % 10}.12${i} wasm_exec.js:22 ${line}`,
    ],
    ['a quotation', (line: string) => `> ${line}`],
    ['a log', (line: string, i: number) => `2026/01/02 12:24:${10 + i} main.go:241: ${line}`],
    ['a service', (line: string) => `[web-7d9f] ERROR ${line}`],
    ['a terminal', (line: string) => `${line}\r`],
    ['a mail, tabs lost', (line: string) => line.replace('\t', '        ')],
    ['an indented block', (line: string) => `    ${line}`],
  ])('reads %s', (_name, frame) => {
    const text = plain
      .split('\n')
      .map((line, i) => frame(line, i))
      .join('\n');
    const read = parsed(text);
    expect(read.messages).toEqual(expected.messages);
    expect(read.goroutines.map(dump)).toEqual(expected.goroutines.map(dump));
    expect(read.goroutines[0]?.createdBy).toEqual(expected.goroutines[0]?.createdBy);
  });

  it("reads Firefox's console, which puts the source at the end of each line", () => {
    const text = plain
      .split('\n')
      .map((line, i) => (line === '' ? '' : `${line} wasm_exec.js:22:${14 + i}`))
      .join('\n');
    const read = parsed(text);
    expect(read.goroutines.map(dump)).toEqual(expected.goroutines.map(dump));
    expect(read.messages).toEqual(expected.messages);
  });

  it('reads JSON with escaped line ends', () => {
    const read = parsed(JSON.stringify({ time: 1, message: plain, level: 'error' }));
    expect(read.goroutines.map(dump)).toEqual(expected.goroutines.map(dump));
  });

  it('passes over lines of the program and of the host', () => {
    const text = `starting\n${plain.replace('runtime.Goexit()\n', 'runtime.Goexit()\nticker: 12 items (late)\n')}exit code: 2\n`;
    const read = parsed(text);
    expect(read.goroutines.map(dump)).toEqual(expected.goroutines.map(dump));
    expect(read.exitCode).toBe(2);
    expect(read.prelude).toEqual([]);
  });

  it('reads a message without a stack, behind a prefix', () => {
    const read = parsed('[12:00:01] wasm_exec.js:22 panic: boom\n[12:00:01] wasm_exec.js:22 exit code: 2');
    expect(read.messages).toEqual([{ kind: 'panic', value: 'boom', state: null, nested: false }]);
    expect(read.exitCode).toBe(2);
  });

  it('reads frames without a header', () => {
    const read = parsed('main.f(0x1)\n\t/src/main.go:12 +0x1d\nmain.main()\n\t/src/main.go:7 +0x5\n');
    expect(read.kind).toBeNull();
    expect(dump(read.goroutines[0])).toEqual([
      'main.f(0x1) /src/main.go:12 +29',
      'main.main() /src/main.go:7 +5',
    ]);
  });

  it.each([
    '',
    'all is well',
    'the panic: button',
    'f(x)\n  y',
    'RuntimeError: unreachable\n    at f (http://h/a.js:1:2)',
  ])('finds nothing in %j', (text) => {
    expect(parseGoText(text)).toBeNull();
  });
});

describe('hostile text', () => {
  const pieces = fc.constantFrom(
    'panic: ',
    'fatal error: ',
    'goroutine 1 [running]:',
    'goroutine ',
    '[recovered]',
    'main.f(0x1)',
    '...3 frames elided...',
    'created by main.f in goroutine 1',
    '\t/a.go:12 +0x1d',
    '\n',
    '\n\n',
    '\t',
    'x:1 ',
    '[signal 0xb]',
    'runtime: ',
    'exit status 2',
    '\\n',
    ' {a: b}:',
  );

  it('never throws, and what is read is stable', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join('')),
        ),
        (text) => {
          const read = parseGoText(text);
          if (read === null) return;
          const again = parsed(formatGoText(read));
          expect(again.goroutines.map(dump)).toEqual(read.goroutines.map(dump));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('reads repeated pieces in linear time', () => {
    // A quadratic reader would need minutes for one of these; the test's own time limit is the assertion.
    for (const piece of [
      'panic: ',
      'panic: \n',
      '\n',
      'goroutine 1 [',
      'goroutine 1 [a] {',
      ' ',
      '(',
      'a)\n',
      ':1',
      'f(0x1)\n\t/a.go:1\n',
      '[recovered]',
    ]) {
      const text = piece.repeat(Math.ceil(300_000 / piece.length));
      expect([text, `panic: ${text}`, `${text.slice(0, 16_000)}\n`.repeat(60)].map(parseGoText)).toHaveLength(
        3,
      );
    }
  });
});

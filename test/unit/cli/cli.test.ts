import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { casesOf, fixture, fixtureBytes } from '../../support/fixtures.ts';
import { runGo } from '../../support/run-go.ts';
import { runCli, type CliRun } from '../../support/run-cli.ts';

interface JsonEntry {
  readonly raw?: string;
  readonly offset: number | null;
  readonly confidence: string;
  readonly frames: readonly {
    function: string;
    file: string;
    line: number;
    lineEnd?: number;
    inlined: boolean;
  }[];
}

const files = new Map<string, Uint8Array>();
const text = (content: string): Uint8Array => new TextEncoder().encode(content);

const gowasm = (args: readonly string[], stdin = ''): Promise<CliRun> => runCli(files, args, { stdin });

const entries = (ran: CliRun): JsonEntry[] => JSON.parse(ran.out) as JsonEntry[];
const traps = fixture({ family: 'traps', goVersion: '1.27.3', goos: 'js' });
const panics = fixture({ family: 'panics', goVersion: '1.27.3', goos: 'js' });
const breakpoint = casesOf('traps').find((known) => known.name === 'breakpoint');
let trapStack = '';
let panicText = '';

beforeAll(async () => {
  const bytes = fixtureBytes(traps);
  files.set('traps.wasm', bytes);
  files.set('traps.wasm.gz', gzipSync(bytes, { level: 1 }));
  files.set('traps.wasm.br', brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }));
  files.set('panics.wasm', fixtureBytes(panics));
  files.set('text.wasm', text('not a module'));
  files.set('cut.wasm', bytes.slice(0, 100_000));
  files.set('bad.gz', new Uint8Array([0x1f, 0x8b, 8, 0]));
  trapStack = (await runGo(traps, { args: ['breakpoint'] })).error?.stack ?? '';
  panicText = (await runGo(panics, { args: ['index'] })).stderr;
  files.set('stack.txt', text(trapStack));
});

describe('gowasm symbolize', () => {
  it('symbolizes the stack of an error, as JSON', async () => {
    const ran = await gowasm(['symbolize', 'traps.wasm', '--json', '--stack', 'stack.txt']);
    expect(ran).toMatchObject({ code: 0, err: '' });
    const read = entries(ran);
    const frames = read.flatMap((entry) => entry.frames);
    const stop = frames.find((frame) => frame.function === 'main.stop');
    expect(stop).toEqual({
      function: 'main.stop',
      file: breakpoint?.file,
      line: breakpoint?.line,
      inlined: true,
    });
    const own = frames.map((frame) => frame.function).filter((name) => name.startsWith('main.'));
    expect(own).toEqual([
      'main.stop',
      'main.breakpoint',
      'main.middle',
      'main.outer',
      'main.dispatch',
      'main.main',
    ]);
    expect(read[0]?.raw).toMatch(/^at wasm:\/\/wasm\/\w+:wasm-function\[\d+\]:0x[0-9a-f]+$/);
    expect(read[0]?.offset).toBe(Number(/0x[0-9a-f]+$/.exec(read[0]?.raw ?? '')?.[0]));
    const javascript = read.filter((entry) => entry.raw?.includes('wasm_exec.js'));
    expect(javascript.map(({ offset, frames: none }) => ({ offset, none }))).toEqual([
      { offset: null, none: [] },
    ]);
  });

  it('symbolizes offsets, hexadecimal or decimal, and packed modules alike', async () => {
    const [, second] = /0x[0-9a-f]+\n.*:(0x[0-9a-f]+)\n/.exec(trapStack) ?? [];
    const offset = second ?? '';
    const plain = await gowasm(['symbolize', 'traps.wasm', offset, '--json']);
    expect(entries(plain)).toMatchObject([{ offset: Number(offset), confidence: 'exact' }]);
    expect(entries(plain)[0]).not.toHaveProperty('raw');
    expect(entries(plain)[0]?.frames.map((frame) => frame.function)).toEqual([
      'runtime.Breakpoint',
      'main.stop',
      'main.breakpoint',
    ]);
    for (const name of ['traps.wasm.gz', 'traps.wasm.br']) {
      expect((await gowasm(['symbolize', name, String(Number(offset)), '--json'])).out).toBe(plain.out);
    }
    const words = await gowasm(['symbolize', 'traps.wasm', offset]);
    expect(words.out.split('\n').map((line) => line.replace(/ {2,}/g, '  '))).toEqual([
      offset,
      expect.stringMatching(/^ {2}runtime\.Breakpoint \(inlined\) {2}runtime\/proc\.go:\d+$/) as string,
      `  main.stop (inlined)  ${breakpoint?.file ?? ''}:${breakpoint?.line ?? 0}`,
      expect.stringMatching(
        /^ {2}main\.breakpoint {2}example\.com\/fixtures\/traps\/main\.go:\d+$/,
      ) as string,
      '',
    ]);
  });

  it("prints a stack from standard input as Go's traceback", async () => {
    const ran = await gowasm(['symbolize', 'traps.wasm', '--stack', '-'], `2026-01-02 12:03:04 ${trapStack}`);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.out.split('\n').slice(0, 7)).toEqual([
      'RuntimeError: unreachable',
      '',
      'goroutine ? [running]:',
      'runtime.Breakpoint(...)',
      expect.stringMatching(/^\truntime\/proc\.go:\d+$/) as string,
      'main.stop(...)',
      `\t${breakpoint?.file ?? ''}:${breakpoint?.line ?? 0}`,
    ]);
  });

  it("reads Go's own text", async () => {
    const words = await gowasm(['symbolize', 'panics.wasm', '--stack', '-'], panicText);
    expect(words).toEqual({ code: 0, err: '', out: panicText, written: new Map() });
    const json = entries(await gowasm(['symbolize', 'panics.wasm', '--json', '--stack', '-'], panicText));
    expect(json[0]).toMatchObject({
      offset: null,
      confidence: 'exact',
      frames: [{ function: 'main.at', inlined: true }],
    });
  });

  it('refuses a stack of another module, and a text without one', async () => {
    const other = await gowasm(
      ['symbolize', 'panics.wasm', '--stack', '-'],
      trapStack.replaceAll(/\[\d+\]:0x/g, '[7]:0x'),
    );
    expect(other).toMatchObject({ code: 1, out: '' });
    expect(other.err).toMatch(
      /^gowasm: \d+ of \d+ WebAssembly frames are not in panics\.wasm: .*another build\n$/,
    );
    const none = await gowasm(['symbolize', 'traps.wasm', '--stack', '-'], 'all is well');
    expect(none).toMatchObject({ code: 1, out: '', err: 'gowasm: -: no stack was found in this text\n' });
  });

  it('says that nothing is known of an offset outside the code', async () => {
    const ran = await gowasm(['symbolize', 'traps.wasm', '--json', '4', '0xffffffffff']);
    expect(ran.code).toBe(0);
    expect(entries(ran)).toMatchObject([
      { offset: 4, confidence: 'unavailable', frames: [] },
      { offset: 0xffffffffff, confidence: 'unavailable', frames: [] },
    ]);
  });
});

describe('gowasm inspect', () => {
  it('describes a module as JSON', async () => {
    const ran = await gowasm(['inspect', 'panics.wasm', '--json']);
    expect(ran).toMatchObject({ code: 0, err: '' });
    const report = JSON.parse(ran.out) as Record<string, unknown>;
    expect(report).toMatchObject({
      toolchain: 'go',
      goVersion: 'go1.27.3',
      module: { path: 'example.com/fixtures/panics', main: 'example.com/fixtures', deps: [] },
      settings: { GOOS: 'js', GOARCH: 'wasm', '-trimpath': 'true' },
      bytes: panics.size,
    });
    expect(report['symbols']).toContain('pclntab');
    expect(report['functions']).toBeGreaterThan(1000);
    const sections = report['sections'] as { name: string; offset: number; bytes: number }[];
    expect(sections.map((section) => section.name)).toContain('Code');
  });

  it('describes a module in words', async () => {
    const { code, out } = await gowasm(['inspect', 'traps.wasm.gz']);
    expect(code).toBe(0);
    const lines = out.split('\n').map((line) => line.trim().replaceAll(/ {2,}/g, ' | '));
    expect(lines).toContain('toolchain | Go go1.27.3');
    expect(lines).toContain('package | example.com/fixtures/traps');
    expect(lines).toContain('GOOS | js');
    expect(lines.find((line) => line.startsWith('Code | '))).toMatch(/^Code \| 0x[0-9a-f]+ \| [\d,]+ bytes$/);
  });

  it('tells what is damaged, and the rest', async () => {
    const ran = await gowasm(['inspect', 'cut.wasm', '--json']);
    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(/^gowasm: cut\.wasm: .*(?:section|offset) .*0x[0-9a-f]+/);
    expect(JSON.parse(ran.out)).toMatchObject({ bytes: 100_000 });
  });
});

describe('usage', () => {
  it.each([
    [[], 'no command was given'],
    [['dance'], 'unknown command "dance"'],
    [['inspect'], 'inspect needs a MODULE'],
    [['symbolize'], 'symbolize needs a MODULE'],
    [['symbolize', 'traps.wasm'], 'symbolize needs an OFFSET or --stack'],
    [
      ['symbolize', 'traps.wasm', '0xzz'],
      '"0xzz" is no OFFSET: bytes from the start of the module, 0x.. or decimal',
    ],
    [
      ['symbolize', 'traps.wasm', '1e3'],
      '"1e3" is no OFFSET: bytes from the start of the module, 0x.. or decimal',
    ],
    [['inspect', 'traps.wasm', 'more'], 'inspect takes one MODULE: what is "more"?'],
    [['inspect', 'traps.wasm', '--stack', '-'], 'inspect takes no --stack'],
  ])('%j is bad usage', async (args, message) => {
    expect(await gowasm(args)).toEqual({
      code: 2,
      out: '',
      err: `gowasm: ${message}\nTry gowasm --help.\n`,
      written: new Map(),
    });
  });

  it('an unknown option is bad usage', async () => {
    const ran = await gowasm(['inspect', '--yaml', 'traps.wasm']);
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toContain('--yaml');
  });

  it.each([
    ['missing.wasm', 'missing.wasm: cannot be read (ENOENT: no such file or directory)'],
    ['text.wasm', 'text.wasm: not a WebAssembly module (it does not begin with \\0asm and version 1)'],
  ])('%s is bad input', async (path, message) => {
    expect(await gowasm(['inspect', path])).toEqual({
      code: 1,
      out: '',
      err: `gowasm: ${message}\n`,
      written: new Map(),
    });
  });

  it('a broken archive is bad input', async () => {
    const ran = await gowasm(['inspect', 'bad.gz']);
    expect(ran).toMatchObject({ code: 1, out: '' });
    expect(ran.err).toMatch(/^gowasm: bad\.gz: cannot be unpacked \(.+\)\n$/);
  });

  it('--help and --version', async () => {
    const help = await gowasm(['--help']);
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(help.out).toContain('gowasm symbolize  MODULE [--json] [--stack FILE|-] [OFFSET ...]');
    expect(await gowasm(['--version'])).toEqual({
      code: 0,
      err: '',
      out: 'gowasm 1.2.3\n',
      written: new Map(),
    });
  });
});

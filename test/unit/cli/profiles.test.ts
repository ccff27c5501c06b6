import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { readProfile } from '../../../src/profile/read-profile.ts';
import { cpuProfileOfHot, profiledModule } from '../../support/profiled-wasm.ts';
import { runCli, type CliRun } from '../../support/run-cli.ts';
import { profileFixture } from '../profile/fixtures.ts';

const files = new Map<string, Uint8Array>();
/** What the last run wrote. */
let written: CliRun['written'] = new Map();
const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const textOf = (path: string | null): string => new TextDecoder().decode(written.get(path));

async function gowasm(...args: string[]): Promise<CliRun> {
  const ran = await runCli(files, args, { full: 'full' });
  written = ran.written;
  return ran;
}

beforeAll(async () => {
  files.set('hot.wasm', profiledModule('1.27.3'));
  files.set('other.wasm', profiledModule('1.21.13'));
  files.set('hot.cpuprofile', json((await cpuProfileOfHot('1.27.3')).profile));
  files.set('cpu.pb.gz', profileFixture('go1.27.3/cpu.pb.gz'));
  files.set('heap.txt', gunzipSync(profileFixture('go1.24.13/heap.txt.gz')));
  files.set('run.trace', new TextEncoder().encode('go 1.26 trace\0\0\0'));
});

describe('gowasm pprof', () => {
  it('writes a profile with Go functions from a .cpuprofile and the module', async () => {
    const ran = await gowasm('pprof', 'hot.cpuprofile', '--module', 'hot.wasm', '-o', 'out.pb.gz');
    expect(ran).toMatchObject({ code: 0, out: '', err: '' });
    const profile = readProfile(gunzipSync(written.get('out.pb.gz') ?? new Uint8Array()));
    expect(profile.strings).toContain('main.three');
    expect(profile.mappings[0]).toMatchObject({ file: 'hot.wasm' });
    expect(profile.mappings[0]?.buildId).toMatch(/^[0-9a-f]{64}$/);
  });

  it('says when the module is not the one that ran, and writes to standard output', async () => {
    const { code, err } = await gowasm('pprof', 'hot.cpuprofile', '--module', 'other.wasm');
    expect(code).toBe(0);
    expect(err).toMatch(/^gowasm: other\.wasm: wasm:\/\/wasm\/\w+ is another build or another module/);
    const profile = readProfile(gunzipSync(written.get(null) ?? new Uint8Array()));
    expect(profile.strings).not.toContain('main.three');
  });

  it('reads legacy text with the names that it has', async () => {
    expect((await gowasm('pprof', 'heap.txt', '-o', 'out')).code).toBe(0);
    const profile = readProfile(gunzipSync(written.get('out') ?? new Uint8Array()));
    expect(profile.sampleTypes.map(({ type }) => type)).toEqual([
      ...['alloc_objects', 'alloc_space', 'inuse_objects', 'inuse_space'],
    ]);
    expect(profile.strings).toContain('main.grow');
  });
});

describe('gowasm trace', () => {
  it('writes a trace from a profile and says that the axis is synthetic', async () => {
    const { code, err } = await gowasm('trace', 'cpu.pb.gz', '-o', 'out.json');
    expect(code).toBe(0);
    expect(err).toBe(
      'gowasm: synthetic axis: the profile has no order in time: stacks are laid out by size\n',
    );
    expect(textOf('out.json')).toContain('"functionName":"main.recurse"');
    // And so does what is made of that trace.
    files.set('made.json', written.get('out.json') ?? new Uint8Array());
    const again = await gowasm('pprof', 'made.json', '-o', 'again.pb.gz');
    expect(again.err).toMatch(/^gowasm: made\.json: synthetic axis: .*stacks are laid out by size\n$/);
    const { comments } = readProfile(gunzipSync(written.get('again.pb.gz') ?? new Uint8Array()));
    expect(comments.join()).toContain('synthetic axis');
  });

  it('writes a trace from a recording, and gives that one Go names', async () => {
    await gowasm('trace', 'hot.cpuprofile', '-o', 'bare.json');
    expect(textOf('bare.json')).toMatch(/wasm-function\[\d+\]/);
    files.set('bare.json', written.get('bare.json') ?? new Uint8Array());
    expect(await gowasm('trace', 'hot.cpuprofile', '--module', 'hot.wasm')).toMatchObject({
      code: 0,
      out: '',
      err: '',
    });
    expect(textOf(null)).toContain('"functionName":"main.three"');
    expect((await gowasm('trace', 'bare.json')).code).toBe(0);
    expect(JSON.parse(textOf(null))).toEqual(JSON.parse(new TextDecoder().decode(files.get('bare.json'))));
  });
});

describe('what cannot be done', () => {
  it.each([
    [['pprof'], 2, 'pprof needs an INPUT'],
    [['trace', 'a', 'b'], 2, 'trace takes one INPUT: what is "b"?'],
    [['pprof', 'a', '--json'], 2, 'pprof takes no --json and no --stack'],
    [['inspect', 'a', '-o', 'b'], 2, 'inspect takes no --module, --memory, --type and -o'],
    [
      ['pprof', '--memory', 'm', '--module', 'hot.wasm'],
      2,
      'pprof from memory needs --memory, --module and --type',
    ],
    [
      ['pprof', '--memory', 'm', '--module', 'hot.wasm', '--type', 'cpu'],
      2,
      '"cpu" is no type: heap, allocs or goroutine',
    ],
    [['trace', '--memory', 'm'], 2, 'trace takes no --memory and no --type'],
    [['pprof', 'missing'], 1, 'missing: cannot be read (ENOENT: no such file or directory)'],
    [
      ['trace', 'run.trace'],
      1,
      'a Go execution trace (runtime/trace), which is not supported: open it with go tool trace',
    ],
    [['pprof', 'hot.wasm'], 1, 'hot.wasm: pprof '],
    [['pprof', 'cpu.pb.gz', '-o', 'full'], 1, 'full: cannot be written (no space left)'],
  ])('%j: exit code %d', async (args, code, message) => {
    const ran = await gowasm(...args);
    expect(ran.code).toBe(code);
    expect(ran.err).toContain(message);
    expect(ran.out).toBe('');
  });
});

import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { address } from '../../../src/base/units.ts';
import { writeDumpHeader } from '../../../src/memory/dump.ts';
import { WholeMemory } from '../../../src/memory/whole-memory.ts';
import { fixture, fixtureBytes } from '../../support/fixtures.ts';
import { runGo, type HeapSnapshot } from '../../support/run-go.ts';
import { runCli, type CliRun } from '../../support/run-cli.ts';

interface JsonHeap {
  readonly inUseBytes: number;
  readonly objects: number;
  readonly spans: number;
  readonly reachableBytes: number;
  readonly classes: readonly { size: number; objects: number; bytes: number }[];
  readonly types: readonly { name: string; objects: number; bytes: number; confidence: string }[];
  readonly growth?: {
    readonly exceeded: boolean;
    readonly percent: number;
    readonly goroutines: { before: number; after: number };
    readonly types: readonly { name: string; objectsBefore: number; objectsAfter: number }[];
  };
}

const HEAP_ALLOC = 48;
const goVersion = '1.27.3';
const module = fixture({ family: 'heap', goVersion });
const files = new Map<string, Uint8Array>();

const gowasm = (...args: string[]): Promise<CliRun> => runCli(files, args);

/** A dump as the panel saves it. */
function dumpOf({ memory, sp, name }: HeapSnapshot): Uint8Array {
  const header = writeDumpHeader({
    module: {
      sha256: createHash('sha256').update(fixtureBytes(module)).digest('hex'),
      name: 'app.wasm',
    },
    goVersion: `go${goVersion}`,
    url: 'http://app.test/',
    time: null,
    sp,
    origin: 'live',
    title: name,
    memoryBytes: memory.length,
    consistent: true,
  });
  return Buffer.concat([header, gzipSync(memory, { level: 1 })]);
}

const leaks = new Map<string, readonly HeapSnapshot[]>();

beforeAll(async () => {
  files.set('app.wasm', fixtureBytes(module));
  for (const name of ['map', 'callbacks', 'blocked']) {
    const { heaps } = await runGo(module, { args: [name] });
    leaks.set(name, heaps);
    heaps.forEach((heap, i) => files.set(`${name}.${i}.gowasm-dump`, dumpOf(heap)));
  }
});

describe('gowasm heap', () => {
  it('says in JSON what is in the heap', async () => {
    const { code, out, err } = await gowasm('heap', 'app.wasm', 'map.1.gowasm-dump', '--json');
    expect(err).toBe('');
    expect(code).toBe(0);
    const json = JSON.parse(out) as JsonHeap;
    const snapshot = leaks.get('map')?.[1];
    if (snapshot === undefined) throw new Error('no snapshot');
    const truth = new WholeMemory(snapshot.memory).word(address(snapshot.stats + HEAP_ALLOC));
    expect(Math.abs(json.inUseBytes - truth)).toBeLessThan(truth / 1000);
    const sum = (rows: readonly { objects: number; bytes: number }[], key: 'objects' | 'bytes'): number =>
      rows.reduce((total, row) => total + row[key], 0);
    for (const rows of [json.classes, json.types]) {
      expect(sum(rows, 'bytes')).toBe(json.inUseBytes);
      expect(sum(rows, 'objects')).toBe(json.objects);
    }
    const sessions = json.types.find(({ name }) => name === 'main.session');
    expect(sessions).toMatchObject({ objects: 1010, bytes: 1010 * 48, confidence: 'inferred' });
    expect(json.growth).toBeUndefined();
  });

  it('prints it for people', async () => {
    const { code, out, err } = await gowasm('heap', 'app.wasm', 'map.1.gowasm-dump');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^in use +\d\.\d\d MiB in [\d,]+ objects\n/);
    expect(out).toMatch(/^main\.session +1,010 +47\.3 KiB +inferred$/m);
    expect(out).toMatch(/^48 +1,\d{3} /m);
    expect(out).not.toContain('growth');
  });

  it.each([
    ['map', 'main.session', 'which main.init, main.open use', '  map[string]*main.session entries'],
    [
      'callbacks',
      'func main.subscribe.func1',
      'kept by syscall/js.funcs',
      '  map[uint32]func(js.Value, []js.Value) interface {} entries',
    ],
    ['blocked', 'main.session', 'kept by goroutine', '  main.session.body'],
  ])('names what leaks: %s', async (name, type, root, step) => {
    const paths = ['app.wasm', `${name}.1.gowasm-dump`, '--base', `${name}.0.gowasm-dump`];
    const { code, out, err } = await gowasm('heap', ...paths);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(new RegExp(`^${type.replaceAll('.', '\\.')} +\\+1,000 `, 'm'));
    expect(out).toContain(root);
    expect(out.split('\n')).toContain(step);
    if (name === 'blocked') expect(out).toMatch(/^goroutines: 16 to 1016 \(\+1,000\)$/m);
  });

  it('fails when what is reachable has grown by more than a share', async () => {
    const grown = ['app.wasm', 'map.1.gowasm-dump', '--base', 'map.0.gowasm-dump'];
    const failed = await gowasm('heap', ...grown, '--fail-growth', '5', '--json');
    expect(failed.code).toBe(3);
    expect(failed.err).toMatch(/^gowasm: the heap has grown by \d+\.\d %, more than 5 %\n$/);
    const { growth } = JSON.parse(failed.out) as JsonHeap;
    expect(growth?.exceeded).toBe(true);
    expect(growth?.goroutines).toEqual({ before: 6, after: 6 });
    expect(growth?.types).toContainEqual(
      expect.objectContaining({ name: 'main.session', objectsBefore: 10, objectsAfter: 1010 }),
    );
    expect((await gowasm('heap', ...grown, '--fail-growth', '500')).code).toBe(0);
    const same = ['app.wasm', 'map.1.gowasm-dump', '--base', 'map.1.gowasm-dump'];
    expect((await gowasm('heap', ...same, '--fail-growth', '0')).code).toBe(0);
  });

  it('compares with another build of the program: types are told apart by their names', async () => {
    const older = fixture({ family: 'heap', goVersion: '1.24.13' });
    files.set('older.wasm', fixtureBytes(older));
    const { heaps } = await runGo(older, { args: ['map'] });
    const [before] = heaps;
    if (before === undefined) throw new Error('no heap');
    files.set('older.gz', gzipSync(before.memory, { level: 1 }));
    const base = ['--base', 'older.gz', '--base-module', 'older.wasm'];
    const { code, out, err } = await gowasm('heap', 'app.wasm', 'map.1.gowasm-dump', ...base, '--json');
    expect(code).toBe(0);
    // A raw memory says nothing of where the running goroutine's stack ends.
    expect(err).toMatch(/^gowasm: older\.gz: One stack could not be walked to the end.*\n$/);
    expect((JSON.parse(out) as JsonHeap).growth?.types).toContainEqual(
      expect.objectContaining({ name: 'main.session', objectsBefore: 10, objectsAfter: 1010 }),
    );
    const failed = await gowasm('heap', 'app.wasm', 'map.1.gowasm-dump', ...base, '--fail-growth', '1');
    expect(failed.code).toBe(3);
  });

  it('refuses arguments that make no sense', async () => {
    const bad: readonly (readonly [number, RegExp, ...string[]])[] = [
      [2, /heap needs a MEMORY/, 'heap', 'app.wasm'],
      [2, /go with --base/, 'heap', 'app.wasm', 'map.1.gowasm-dump', '--fail-growth', '5'],
      [2, /"x" is no PERCENT/, 'heap', 'app.wasm', 'm', '--base', 'n', '--fail-growth', 'x'],
      [2, /what is "more"/, 'heap', 'app.wasm', 'm', 'more'],
      [2, /inspect takes no --base/, 'inspect', 'app.wasm', '--base', 'n'],
      [1, /no such file/, 'heap', 'app.wasm', 'nowhere'],
    ];
    for (const [want, text, ...args] of bad) {
      const { code, err } = await gowasm(...args);
      expect(code, args.join(' ')).toBe(want);
      expect(err).toMatch(text);
    }
    files.set('zeros', new Uint8Array(1 << 20));
    const { code, err } = await gowasm('heap', 'app.wasm', 'zeros');
    expect(code).toBe(1);
    expect(err).toContain('no heap of app.wasm is in this memory');
  });
});

import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeDumpHeader } from '../../../src/memory/dump.ts';
import { formatStack } from '../../../src/stack/format.ts';
import { parseGoText } from '../../../src/stack/go-text.ts';
import { fixture, fixtureBytes, goSource } from '../../support/fixtures.ts';
import { runGo, type GoroutineSnapshot } from '../../support/run-go.ts';
import { runCli, type CliRun } from '../../support/run-cli.ts';

interface JsonGoroutine {
  readonly id: number;
  readonly state: string;
  readonly waitReason: string | null;
  readonly waitSince: number | null;
  readonly createdBy: { function: string; file: string; line: number; goroutine: number | null } | null;
  readonly system: boolean;
  readonly frames: readonly {
    function: string;
    file: string;
    line: number;
    pcOffset: number | null;
    args: string | null;
    inlined: boolean;
    arguments?: readonly { name: string; type: string; value: string; confidence: string }[] | null;
  }[];
  readonly sleepUntil: number | null;
  readonly waitsOn: readonly {
    channel: { elementType: string; length: number; capacity: number; closed: boolean } | null;
    kind: string;
    direction: string | null;
    select: boolean;
  }[];
  readonly labels: Readonly<Record<string, string>>;
}

const files = new Map<string, Uint8Array>();

const gowasm = (...args: string[]): Promise<CliRun> => runCli(files, args);

describe.each(['1.21.13', '1.27.3'] as const)('gowasm goroutines, Go %s', (goVersion) => {
  let idle: GoroutineSnapshot;
  let sp = '';

  beforeAll(async () => {
    const module = fixture({ family: 'goroutines', goVersion });
    const snapshot = (await runGo(module, { args: ['idle'] })).snapshots[1];
    if (snapshot === undefined) throw new Error('the program told nothing');
    idle = snapshot;
    sp = String(idle.sp);
    files.set('app.wasm', fixtureBytes(module));
    files.set('memory', idle.memory);
    files.set('memory.gz', gzipSync(idle.memory, { level: 1 }));
    files.set('zeros', new Uint8Array(1 << 20));
  });

  it('--source: arguments by name, type and value below each frame of a file that is there', async () => {
    files.set('src/goroutines/block.go', new TextEncoder().encode(goSource('goroutines/block.go')));
    const plain = await gowasm('goroutines', 'app.wasm', 'memory', '--sp', sp);
    const { code, out } = await gowasm('goroutines', 'app.wasm', 'memory', '--sp', sp, '--source', 'src/');
    expect(code).toBe(0);
    const lines = out.split('\n');
    // Nothing else changes.
    expect(lines.filter((line) => !line.startsWith('\t\t')).join('\n')).toBe(plain.out);
    const at = lines.findIndex((line) => line.startsWith('main.receive('));
    expect(lines.slice(at + 2, at + 5)).toEqual([
      expect.stringMatching(/^\t\tc <-chan message = 0x[0-9a-f]+ \(0 of 0\)$/),
      '\t\tname string = "a"',
      '\t\tn int = 1',
    ]);
    const args = ['goroutines', 'app.wasm', 'memory', '--sp', sp, '--source', 'src', '--json'];
    const all = JSON.parse((await gowasm(...args)).out) as readonly JsonGoroutine[];
    const frames = all.flatMap((one) => one.frames);
    expect(frames.find((frame) => frame.function === 'main.send')?.arguments).toMatchObject([
      { name: 'c', type: 'chan<- *message', confidence: 'exact' },
      { name: 'm', type: '*message' },
    ]);
    // Of other files nothing is known.
    expect(frames.filter(({ file }) => file.startsWith('sync/')).every((one) => one.arguments === null)).toBe(
      true,
    );
    expect(await gowasm('inspect', 'app.wasm', '--source', 'src')).toMatchObject({ code: 2 });
    expect(await gowasm('trace', 'app.wasm', '--source', 'src')).toMatchObject({ code: 2 });
  });

  it('opens a dump that the panel saved, takes SP from it, and says when it is of another module', async () => {
    const { sha256 } = fixture({ family: 'goroutines', goVersion });
    const dump = (hash: string): Uint8Array =>
      Buffer.concat([
        writeDumpHeader({
          ...{ goVersion: `go${goVersion}`, url: '', time: 1, sp: idle.sp, origin: 'live', title: '' },
          module: { sha256: hash, name: 'app.wasm' },
          memoryBytes: idle.memory.length,
          consistent: true,
        }),
        gzipSync(idle.memory, { level: 1 }),
      ]);
    files.set('dump', dump(sha256));
    files.set('other', dump('00'.repeat(32)));
    const raw = await gowasm('goroutines', 'app.wasm', 'memory', '--sp', sp);
    expect(await gowasm('goroutines', 'app.wasm', 'dump')).toEqual(raw);
    const other = await gowasm('goroutines', 'app.wasm', 'other');
    expect(other).toMatchObject({ code: 0, out: raw.out });
    expect(other.err).toContain('the dump is of another module, app.wasm');
    files.set('cut', dump(sha256).subarray(0, 40));
    expect(await gowasm('goroutines', 'app.wasm', 'cut')).toMatchObject({ code: 1, out: '' });
  });

  const byFunction = (all: readonly JsonGoroutine[], name: string): JsonGoroutine[] =>
    all.filter((one) => one.frames.some((frame) => frame.function === name));

  it('gives what runtime.Stack says, as JSON', async () => {
    const ran = await gowasm('goroutines', 'app.wasm', 'memory', '--json', '--sp', sp);
    expect(ran).toMatchObject({ code: 0, err: '' });
    const all = JSON.parse(ran.out) as JsonGoroutine[];
    const told = (parseGoText(idle.text)?.goroutines ?? []).slice(1);
    expect(told.length).toBeGreaterThan(100);
    for (const stack of told) {
      const id = Number(/\d+/.exec(stack.header ?? '')?.[0]);
      const one = all.find((entry) => entry.id === id);
      expect(stack.header).toContain(`[${one?.state}`);
      expect(one?.waitReason).toBe(one?.state === 'runnable' ? null : one?.state);
      expect(one?.waitSince !== null).toBe(stack.header?.includes('minutes'));
      expect(one?.system).toBe(false);
      if (stack.createdBy !== null)
        expect({ ...one?.createdBy, pcOffset: 0 }).toEqual({ ...stack.createdBy, pcOffset: 0 });
      const expected = stack.frames.map(({ function: name, file, line, pcOffset, args, inlined }) => ({
        ...{ function: name, file, line, pcOffset, args, inlined },
      }));
      const gap = expected.findIndex((frame) => frame.function.endsWith('frames elided...'));
      if (gap < 0) expect(one?.frames).toEqual(expected);
      else expect(one?.frames.slice(0, gap)).toEqual(expected.slice(0, gap));
    }
    expect(all.find((one) => one.state === 'event handler')?.frames[0]?.function).toBe(
      'runtime.handleAsyncEvent',
    );
  });

  it('says what a goroutine waits on', async () => {
    const all = JSON.parse(
      (await gowasm('goroutines', 'app.wasm', 'memory', '--json')).out,
    ) as JsonGoroutine[];
    const [receiver] = byFunction(all, 'main.receive');
    expect(receiver?.waitsOn).toMatchObject([
      {
        channel: { elementType: 'main.message', length: 0, capacity: 0, closed: false },
        direction: 'receive',
        select: false,
      },
    ]);
    const full = byFunction(all, 'main.send').flatMap((one) => one.waitsOn);
    expect(full[0]).toMatchObject({
      channel: { elementType: '*main.message', length: 2, capacity: 2 },
      direction: 'send',
    });
    const [selecting] = byFunction(all, 'main.selecting');
    expect(
      selecting?.waitsOn
        .map(({ channel, direction, select }) => `${channel?.elementType} ${direction} ${select}`)
        .sort(),
    ).toEqual(['*main.message send true', 'int receive true', 'main.message receive true']);
    expect(byFunction(all, 'main.receiveNil')[0]?.waitsOn).toMatchObject([{ forever: true, channel: null }]);
    const sleeping = byFunction(all, 'main.sleep').filter((one) => one.sleepUntil !== null);
    const hours = sleeping.map((one) => Math.round(((one.sleepUntil ?? 0) - idle.now) / 360e9) / 10).sort();
    expect(hours).toEqual([0.9, 1, 23.9, 24]);
    const locked = byFunction(all, 'main.lock').flatMap((one) => one.waitsOn);
    expect(locked.length).toBe(6);
    for (const wait of locked) expect(wait).toMatchObject({ kind: 'mutex', channel: null });
    expect(all.map((one) => one.labels)).toContainEqual({ request: '42', user: 'gopher', part: 'inner' });
  });

  it("prints Go's traceback; packed memory is the same", async () => {
    const ran = await gowasm('goroutines', 'app.wasm', 'memory', '--sp', sp);
    expect(ran).toMatchObject({ code: 0, err: '' });
    for (const stack of (parseGoText(idle.text)?.goroutines ?? []).slice(1)) {
      const text = formatStack({ ...stack, header: (stack.header ?? '').replace(/, \d+ minutes/, '') });
      // Long stacks are printed in full; what the runtime created has no such line in Go's text.
      if (!text.includes('elided') && stack.createdBy !== null) expect(ran.out).toContain(text);
    }
    expect(await gowasm('goroutines', 'app.wasm', 'memory.gz', '--sp', sp)).toEqual(ran);
  });

  it('tells bad input and bad usage apart', async () => {
    const none = await gowasm('goroutines', 'app.wasm', 'zeros');
    expect(none).toMatchObject({ code: 1, out: '' });
    expect(none.err).toContain('zeros: no goroutine of app.wasm is in this memory');
    expect((await gowasm('goroutines', 'app.wasm', 'missing')).err).toBe(
      'gowasm: missing: cannot be read (ENOENT: no such file or directory)\n',
    );
    expect(await gowasm('goroutines', 'app.wasm')).toMatchObject({ code: 2 });
    expect(await gowasm('goroutines', 'app.wasm', 'memory', '--sp', 'top')).toMatchObject({ code: 2 });
    expect(await gowasm('goroutines', 'app.wasm', 'memory', 'more')).toMatchObject({ code: 2 });
    expect(await gowasm('inspect', 'app.wasm', '--sp', '1')).toMatchObject({ code: 2 });
  });
});

import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer } from '../../fixtures/serve.mjs';
import { fixture } from '../support/fixtures.ts';
import { launch, type TestBrowser } from './support/harness.ts';
import { portExtension } from './support/port-extension.ts';
import { openPort } from './support/port-page.ts';

// src/browser in real Chromium with real DevTools, without session and panel: what the page port tells and gives.

const HOOK = { workers: false, captureText: true };
const HOOK_WORKERS = { workers: true, captureText: true };

let fixtures: Awaited<ReturnType<typeof startServer>>;
/** Serves one page, made by the test, on another origin. */
let pages: { server: Server; url: string; html: string; headers: Record<string, string> };
let directory: string;
let tested: TestBrowser;

beforeAll(async () => {
  fixtures = await startServer();
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (path.startsWith('/go/')) {
      // The fixtures' files, on this origin.
      void fetch(fixtures.url + path.slice(3)).then(async (from) => {
        response.writeHead(from.status, { 'content-type': from.headers.get('content-type') ?? '' });
        response.end(Buffer.from(await from.arrayBuffer()));
      });
      return;
    }
    response.writeHead(200, { 'content-type': 'text/html', ...pages.headers }).end(pages.html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  pages = { server, url: `http://localhost:${port}/`, html: '', headers: {} };
  directory = await portExtension('extension');
  tested = await launch('extension', directory);
});

afterAll(async () => {
  await tested.close();
  await fixtures.close();
  pages.server.close();
  rmSync(directory, { recursive: true, force: true });
});

const serve = (html: string, headers: Record<string, string> = {}): string => {
  pages.html = `<!doctype html><link rel="icon" href="data:,">${html}`;
  pages.headers = headers;
  return pages.url;
};

/** A page that runs a fixture and keeps it reachable as `globalThis.go`. */
const goPage = (family: string, name: string, rest = ''): string => `
  <script src="/go/wasm_exec/1.27.3.js"></script>
  <script>
    globalThis.go = new Go();
    go.argv = ['program', '${name}'];
    go.importObject.fixture = { fail() { throw new Error('the import failed'); } };
    WebAssembly.instantiateStreaming(fetch('/go/modules/${family}.1.27.3.js.stripped.wasm'), go.importObject)
      .then(({ instance }) => go.run(instance));
    ${rest}
  </script>`;

describe('reload with the hook', () => {
  test('a panic: module, instance, exit, text, memory, bytes', async () => {
    const port = await openPort(tested.browser, `${fixtures.url}/?family=panics&case=index&auto=1`);
    const before = await port.eventually('the module as a resource', ({ modules }) => modules.length > 0);
    expect(before.modules.map((module) => module.origin)).toEqual(['resource']);
    expect((await port.access()).active).toEqual(['resources']);

    await port.reload(HOOK);
    const { modules, instances, traps } = await port.eventually('the exit', (told) => told.traps.length > 0);
    await expect.poll(async () => (await port.access()).active).toEqual(['resources', 'hook']);
    const url = `${fixtures.url}/modules/panics.1.27.3.js.stripped.wasm`;
    expect(modules).toHaveLength(1);
    expect(modules[0]).toMatchObject({ origin: 'hook', url, realm: { id: 'page', kind: 'page' } });
    expect(modules[0]?.imports).toContain('gojs');
    expect(modules[0]?.exports).toContain('getsp');
    expect(modules[0]?.buildId).toContain('/');
    expect(instances).toHaveLength(1);
    expect(instances[0]).toMatchObject({ moduleKey: modules[0]?.key, state: 'exited' });
    const times = instances[0]?.times;
    for (const name of ['compileStart', 'instantiateEnd', 'firstGoCode'] as const) {
      expect(times?.[name], name).toBeGreaterThan(0);
    }
    expect(traps).toHaveLength(1);
    const [trap] = traps;
    expect(trap).toMatchObject({ via: 'exit', exitCode: 2, memory: { kind: 'kept' }, error: null });
    expect(trap?.instanceKey).toBe(instances[0]?.key);
    expect(trap?.text).toMatch(
      /^panic: runtime error: index out of range \[5\] with length 3\n\ngoroutine 1 \[running\]:\nmain\.at/,
    );
    expect(trap?.exitStack).toMatch(
      /\n {4}at http:\/\/127\.0\.0\.1:\d+\/modules\/[^ ]+:wasm-function\[\d+\]:0x[0-9a-f]+\n/,
    );
    // The first frame is wasm: the hook's own are not in it.
    expect(trap?.exitStack?.split('\n')[1]).toContain(':wasm-function[');

    // In the exit import the word at SP is the return PC into runtime.exit: PC_F at least 0x1000 (facts of the linker).
    const sp = trap?.sp ?? 0;
    const [word] = await port.run(
      (given, { trapKey, address }) => given.read({ trapKey }, [{ address, length: 8 }]),
      { trapKey: trap?.key ?? '', address: sp },
    );
    const pc = Buffer.from(word ?? []).readUInt32LE(0);
    expect(Math.floor(pc / 65536)).toBeGreaterThanOrEqual(0x1000);

    const expected = fixture({ family: 'panics', goVersion: '1.27.3' });
    const bytes = await port.run((given, key) => given.bytes(key), modules[0]?.key ?? '');
    expect(bytes).toMatchObject({ length: expected.size, hash: expected.sha256, verified: true });
    await port.page.close();
  });

  test('a trap: the error, and a copy of the memory', async () => {
    const port = await openPort(
      tested.browser,
      `${fixtures.url}/?family=traps&case=farpointer&auto=1&load=bytes`,
    );
    await port.reload(HOOK);
    const { traps, modules } = await port.eventually('the trap', (told) => told.traps.length > 0);
    expect(traps[0]).toMatchObject({
      via: 'unhandledrejection',
      error: { name: 'RuntimeError', message: 'memory access out of bounds' },
      memory: { kind: 'copied' },
    });
    expect(traps[0]?.sp).toBeGreaterThan(0);
    expect(modules[0]).toMatchObject({
      url: null,
      scriptUrl: expect.stringMatching(/^wasm:\/\/wasm\//) as string,
    });
    const parts = await port.run(
      (given, trapKey) =>
        given.read({ trapKey }, [
          { address: 0, length: 4 },
          { address: 2 ** 32 - 8, length: 8 },
        ]),
      traps[0]?.key ?? '',
    );
    // What lies beyond the memory's end is not there.
    expect(parts.map((part) => part.length)).toEqual([4, 0]);
    const expected = fixture({ family: 'traps', goVersion: '1.27.3' });
    expect(await port.run((given, key) => given.bytes(key), modules[0]?.key ?? '')).toEqual({
      length: expected.size,
      hash: expected.sha256,
      from: 'kept by the hook',
      verified: true,
    });
    // The script is listed by DevTools too, under its wasm:// URL; it is the same module.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect((await port.told()).modules).toHaveLength(1);
    await port.page.close();
  });

  test('DevTools lists the resources late: a download is no second module', async () => {
    const url = `${fixtures.url}/?family=traps&case=farpointer&auto=1&load=bytes`;
    const port = await openPort(tested.browser, url);
    await port.run(() => {
      const { inspectedWindow } = chrome.devtools;
      const list = inspectedWindow.getResources.bind(inspectedWindow);
      const value = (done: Parameters<typeof list>[0]): void => {
        setTimeout(() => {
          list(done);
        }, 1000);
      };
      Object.defineProperty(inspectedWindow, 'getResources', { value });
    });
    await port.reload(HOOK);
    await port.eventually('the trap', (told) => told.traps.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect((await port.told()).modules.map(({ origin }) => origin)).toEqual(['hook']);
    await port.page.close();
  });

  test.each(['stream', 'bytes', 'module'])('start-up times in their order: %s', async (how) => {
    const port = await openPort(tested.browser, `${fixtures.url}/plain.html`);
    await port.page.goto(`${fixtures.url}/?family=exits&case=blocked&auto=1&load=${how}`);
    await port.reload(HOOK);
    const { instances } = await port.eventually('all times', ({ instances: [instance] }) => {
      const { fetchEnd = null, firstGoCode = null } = instance?.times ?? {};
      return fetchEnd !== null && firstGoCode !== null;
    });
    const [times] = instances.map((instance) => instance.times);
    if (times === undefined) throw new Error('no instance');
    const { fetchStart, fetchEnd, compileStart, compileEnd, instantiateStart, instantiateEnd, firstGoCode } =
      times;
    const inOrder = (...moments: (number | null)[]): void => {
      const known = moments.filter((moment) => moment !== null);
      expect(known, JSON.stringify(times)).toHaveLength(moments.length);
      expect(known, JSON.stringify(times)).toEqual(known.toSorted((a, b) => a - b));
    };
    inOrder(fetchStart, compileStart, instantiateEnd, firstGoCode);
    inOrder(fetchStart, fetchEnd, instantiateEnd);
    if (how === 'module') inOrder(compileStart, compileEnd, instantiateStart, instantiateEnd);
    else expect([compileEnd, instantiateStart]).toEqual([null, null]);
    // Bytes have no URL: their request is told by its size, and had ended before.
    expect(times.fetchBySize).toBe(how === 'bytes' ? true : undefined);
    if (how === 'bytes') inOrder(fetchEnd, compileStart);
    await port.page.close();
  });

  test('large reads come in one piece of time, in several messages', async () => {
    const port = await openPort(tested.browser, serve(goPage('exits', 'blocked')));
    await port.reload(HOOK);
    const { instances } = await port.eventually('the instance', (told) =>
      told.instances.some((instance) => instance.state === 'running'),
    );
    // The program may have made it larger since that was told.
    const size = Number(await port.page.evaluate('go._inst.exports.mem.grow(1024)')) << 16;
    expect(size).toBeGreaterThan(1 << 20);
    await port.eventually(
      'the larger memory',
      (told) => told.instances[0]?.memoryBytes === size + (64 << 20),
    );
    const sum = await port.run(
      async (given, { instanceKey, length }) => {
        const [bytes] = await given.port.readMemory({ instanceKey }, [{ address: 0, length }]);
        return { length: bytes?.length, tail: bytes?.at(-1) };
      },
      { instanceKey: instances[0]?.key ?? '', length: size + (64 << 20) },
    );
    expect(sum).toEqual({ length: size + (64 << 20), tail: 0 });
    await port.page.close();
  });

  test('a frame of the same origin', async () => {
    const same = await openPort(
      tested.browser,
      `${fixtures.url}/frame.html?family=panics&case=nilmap&auto=1`,
    );
    await same.reload(HOOK);
    const inSame = await same.eventually('the exit', (told) => told.traps.length > 0);
    expect(inSame.traps[0]).toMatchObject({ exitCode: 2, realm: { id: 'frame:1', kind: 'frame' } });
    await same.page.close();
  });

  test('a frame of another origin, through the debugger', async () => {
    const other = await openPort(
      tested.browser,
      serve(`<iframe src="${fixtures.url}/?family=panics&case=nilmap&auto=1"></iframe>`),
    );
    await other.eventually('the module as a resource', (told) => told.modules.length > 0);
    await other.reload(HOOK);
    const inOther = await other.eventually('the exit', (told) => told.traps.length > 0);
    expect(inOther.traps[0]).toMatchObject({ exitCode: 2, realm: { id: 'frame:1', kind: 'frame' } });
    const bytes = await other.run(
      (given, trapKey) => given.read({ trapKey }, [{ address: 4096, length: 16 }]),
      inOther.traps[0]?.key ?? '',
    );
    // Where wasm_exec.js put the program's name.
    expect(Buffer.from(bytes[0] ?? []).toString('latin1')).toMatch(/^program\0/);
    await other.page.close();
  });

  test.each(['worker.html', 'worker-module.html', 'worker-nested.html'])(
    'workers through the debugger: %s',
    async (name) => {
      const port = await openPort(tested.browser, `${fixtures.url}/${name}?family=panics&case=index&auto=1`);
      await port.reload(HOOK_WORKERS);
      const { traps, modules } = await port.eventually('the exit', (told) => told.traps.length > 0);
      expect(traps[0]).toMatchObject({
        exitCode: 2,
        memory: { kind: 'kept' },
        realm: { id: 'worker:1', kind: 'worker' },
      });
      expect(traps[0]?.text).toContain('index out of range');
      // The worker may be gone by the time that somebody asks.
      await port.page.evaluate('worker.terminate()');
      const [word] = await port.run(
        (given, { trapKey, address }) => given.read({ trapKey }, [{ address, length: 8 }]),
        { trapKey: traps[0]?.key ?? '', address: traps[0]?.sp ?? 0 },
      );
      expect(Buffer.from(word ?? []).readUInt32LE(0)).toBeGreaterThan(0x10000000);
      const bytes = await port.run((given, key) => given.bytes(key), modules[0]?.key ?? '');
      expect(bytes).toMatchObject({
        hash: fixture({ family: 'panics', goVersion: '1.27.3' }).sha256,
        verified: true,
      });
      await port.page.close();
    },
  );

  test('source text comes from the page itself, of its own origin only', async () => {
    const port = await openPort(tested.browser, `${fixtures.url}/plain.html`);
    await port.eventually('an answer', () => true);
    const fetchText = (url: string): Promise<string | null> =>
      port.run((given, wanted) => given.port.fetchText(wanted), url);
    await expect.poll(async () => (await port.access()).pageOrigin).toBe(fixtures.url);
    expect(await fetchText(`${fixtures.url}/src/panics/main.go`)).toContain('package main');
    expect(await fetchText(`${fixtures.url}/src/panics/nothing.go`)).toBeNull();
    expect(await fetchText(`${serve('other')}main.go`)).toBeNull();
    expect(await fetchText('file:///etc/hostname')).toBeNull();
    expect(
      await port.run((given, url) => given.port.openResource(url, 1), `${fixtures.url}/nothing.go`),
    ).toBe(false);
    await port.page.close();
  });
});

describe('a page that was loaded before', () => {
  test('the debugger finds module, instance, memory and the earlier trap', async () => {
    const died = "addEventListener('unhandledrejection', () => { globalThis.hasDied = true; });";
    const port = await openPort(tested.browser, serve(goPage('traps', 'farpointer', died)));
    await port.page.waitForFunction('globalThis.hasDied === true', { polling: 100 });
    await port.run((given) => given.port.attachDebugger());
    const { modules, instances, traps } = await port.eventually('the trap', (told) => told.traps.length > 0);
    expect(modules.filter((module) => module.origin !== 'resource')).toHaveLength(1);
    expect(instances).toHaveLength(1);
    expect(modules.find((module) => module.key === instances[0]?.moduleKey)).toMatchObject({
      origin: 'debugger',
      url: `${pages.url}go/modules/traps.1.27.3.js.stripped.wasm`,
    });
    expect(traps).toHaveLength(1);
    expect(traps[0]).toMatchObject({
      via: 'console-exception',
      error: { name: 'RuntimeError', message: 'memory access out of bounds' },
      memory: { kind: 'none' },
    });
    expect(traps[0]?.error?.stack).toMatch(/wasm-function\[\d+\]:0x/);
    const [bytes] = await port.run(
      (given, instanceKey) => given.read({ instanceKey }, [{ address: 4096, length: 16 }]),
      instances[0]?.key ?? '',
    );
    expect(Buffer.from(bytes ?? []).toString('latin1')).toMatch(/^program\0/);
    expect((await port.access()).active).toEqual(['resources', 'debugger']);
    const module = instances[0]?.moduleKey ?? '';
    const { size, sha256 } = fixture({ family: 'traps', goVersion: '1.27.3' });
    expect(await port.run((given, key) => given.bytes(key), module)).toMatchObject({
      length: size,
      hash: sha256,
      verified: true,
    });
    // Again: nothing is told twice.
    await port.run((given) => given.port.attachDebugger());
    expect((await port.told()).traps).toHaveLength(1);
    expect((await port.told()).instances).toHaveLength(1);
    await port.page.close();
  });

  test('an earlier panic is read from the console', async () => {
    const port = await openPort(tested.browser, `${fixtures.url}/?family=panics&case=index&auto=1`);
    await port.page.waitForFunction("document.getElementById('status').textContent === 'ended'", {
      polling: 100,
    });
    await port.run((given) => given.port.attachDebugger());
    const { traps } = await port.eventually('the trap', (told) => told.traps.length > 0);
    expect(traps).toHaveLength(1);
    expect(traps[0]).toMatchObject({ via: 'console-error', exitCode: 2 });
    expect(traps[0]?.text).toMatch(
      /^panic: runtime error: index out of range \[5\] with length 3\n\ngoroutine 1 \[running\]:\nmain\.at/,
    );
    expect(traps[0]?.exitStack).toMatch(/wasm-function\[\d+\]:0x/);
    await port.page.close();
  });

  test.each(['worker.html', 'worker-nested.html'])('in a worker: %s', async (name) => {
    const port = await openPort(tested.browser, `${fixtures.url}/${name}?family=panics&case=index&auto=1`);
    const { traps, modules } = await port.lookUntil('the exit', (told) =>
      told.traps.some(({ exitCode }) => exitCode !== null),
    );
    expect(traps[0]).toMatchObject({ via: 'console-error', exitCode: 2, realm: { kind: 'worker' } });
    expect(modules.some((module) => module.origin === 'debugger' && module.realm.kind === 'worker')).toBe(
      true,
    );
    await port.page.close();
  });
});

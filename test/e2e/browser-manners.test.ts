import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer } from '../../fixtures/serve.mjs';
import { goSource } from '../support/fixtures.ts';
import { launch, type TestBrowser } from './support/harness.ts';
import { portExtension } from './support/port-extension.ts';
import { openPort, type PortPage } from './support/port-page.ts';

// What the hook leaves as it was, what it leaves behind, and what each build of the extension does without permissions.

let fixtures: Awaited<ReturnType<typeof startServer>>;
/** Serves one page with headers of the test's choice, and the fixtures' files under /go/. */
let pages: { server: Server; url: string; html: string; headers: Record<string, string> };

beforeAll(async () => {
  fixtures = await startServer();
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (path.startsWith('/go/')) {
      void fetch(fixtures.url + path.slice(3)).then(async (from) => {
        const type = path.includes('untyped') ? 'text/plain' : (from.headers.get('content-type') ?? '');
        response.writeHead(from.status, { 'content-type': type });
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
});

afterAll(async () => {
  await fixtures.close();
  pages.server.close();
});

const serve = (html: string, headers: Record<string, string> = {}): string => {
  pages.html = `<!doctype html><link rel="icon" href="data:,">${html}`;
  pages.headers = headers;
  return pages.url;
};

/** Everything that a page could notice, as text. */
const NOTICED = `
  globalThis.noticed = (async () => {
    const out = [];
    const events = [];
    addEventListener('unhandledrejection', (event) => events.push('rejection ' + event.reason?.name + ' ' + event.defaultPrevented));
    addEventListener('error', (event) => events.push('error ' + event.message));
    const of = (promise) => promise.then((value) => Object.prototype.toString.call(value), (error) => error.name + ': ' + error.message);
    for (const name of ['compile', 'compileStreaming', 'instantiate', 'instantiateStreaming', 'Module', 'Instance']) {
      const f = WebAssembly[name];
      out.push([name, f.name, f.length, String(f), JSON.stringify(Object.getOwnPropertyDescriptor(WebAssembly, name))]);
    }
    out.push(Object.keys(globalThis).filter((name) => !/^(noticed|go)$/.test(name)).length, typeof Worker, String(Worker));
    const url = '/go/modules/other.wasm';
    out.push(await of(WebAssembly.compileStreaming(fetch(url))), await of(WebAssembly.instantiateStreaming(fetch(url), {})));
    out.push(await of(WebAssembly.instantiateStreaming(fetch(url + '?untyped'))), await of(WebAssembly.compileStreaming(fetch('/go/nothing'))));
    out.push(await of(WebAssembly.compileStreaming(5)), await of(WebAssembly.instantiateStreaming(Promise.reject(new RangeError('mine')))));
    // A body is read once, and by the engine: as a stream.
    const response = await fetch(url);
    const used = WebAssembly.compileStreaming(response);
    out.push(response.bodyUsed, response.body.locked, await of(used), await of(WebAssembly.compileStreaming(response)));
    const bytes = await (await fetch(url)).arrayBuffer();
    const both = await WebAssembly.instantiate(bytes);
    out.push(Object.keys(both), both.module instanceof WebAssembly.Module, both.instance instanceof WebAssembly.Instance, both.instance.exports.add(2, 3));
    class Own extends WebAssembly.Module {}
    out.push(new Own(bytes) instanceof Own, Object.prototype.toString.call(new WebAssembly.Instance(both.module)));
    const promise = WebAssembly.instantiate(bytes);
    out.push(promise.constructor === Promise, Object.getPrototypeOf(promise) === Promise.prototype, Object.getOwnPropertyNames(promise));
    // Nobody handles these three, the last one not in time.
    const [first, second] = [await fetch('/go/nothing'), await fetch('/go/nothing')];
    WebAssembly.instantiate(new Uint8Array(4));
    WebAssembly.compileStreaming(first);
    const late = WebAssembly.instantiateStreaming(second);
    WebAssembly.compile(new Uint8Array(5)).catch(() => {});
    const come = async (count) => {
      for (let left = 400; events.length < count && left > 0; left--) await new Promise((resolve) => setTimeout(resolve, 50));
      // And no more than these.
      await new Promise((resolve) => setTimeout(resolve, 300));
    };
    await come(3);
    late.catch(() => {});
    setTimeout(both.instance.exports.boom);
    await come(4);
    out.push(events.sort(), Error.stackTraceLimit);
    return JSON.stringify(out, null, 1);
  })();`;

describe('build with the debugger', () => {
  let directory: string;
  let tested: TestBrowser;
  beforeAll(async () => {
    directory = await portExtension('extension');
    tested = await launch('extension', directory);
  });
  afterAll(async () => {
    await tested.close();
    rmSync(directory, { recursive: true, force: true });
  });

  test('the page sees with the hook what it sees without', async () => {
    const port = await openPort(tested.browser, serve(`<script>${NOTICED}</script>`));
    const noticed = async (): Promise<unknown> => {
      await port.page.waitForFunction('globalThis.noticed !== undefined', { polling: 100 });
      return port.page.evaluate('noticed');
    };
    const without = await noticed();
    await port.reload({ workers: false, captureText: true });
    // Its script may not have run yet, nor the hook have been asked.
    const hooked = await noticed();
    await port.eventually('a module by the hook', ({ modules }) =>
      modules.some((module) => module.origin === 'hook'),
    );
    expect(hooked).toBe(without);
    expect(hooked).toContain('rejection CompileError false');
    // The trap of that page, seen by the hook, was an uncaught error of a module that is not Go.
    const { traps } = await port.eventually('the trap', (told) => told.traps.length > 0);
    expect(traps).toMatchObject([{ via: 'error', error: { name: 'RuntimeError', message: 'unreachable' } }]);
    await port.page.close();
  });

  test('a hook becomes inert when DevTools closes', async () => {
    const port = await openPort(tested.browser, serve('<p>a page</p>'));
    // The one thing by which a page could tell a wrapper from the original.
    const state = (): Promise<unknown> =>
      port.page.evaluate(() => [
        WebAssembly.instantiate.toString === Function.prototype.toString,
        Object.getOwnPropertySymbols(globalThis).map(String),
      ]);
    expect(await state()).toEqual([true, []]);
    await port.reload({ workers: false, captureText: true });
    await expect.poll(state).toEqual([false, ['Symbol(go-wasm-devtools)']]);
    await port.frontEnd.close();
    await expect.poll(state, { timeout: 60_000, interval: 1000 }).toEqual([true, []]);
    await port.page.close();
  });

  test('after a look into the page nothing of the debugger is left', async () => {
    const port = await openPort(tested.browser, `${fixtures.url}/?family=exits&case=blocked&auto=1`);
    await port.run((given) => given.port.attachDebugger());
    const attached = await port.run(() =>
      chrome.debugger
        .getTargets()
        .then((all) => all.filter((target) => target.tabId === chrome.devtools.inspectedWindow.tabId)),
    );
    expect(attached.map((target) => target.url)).toEqual([port.page.url()]);
    // Attaching again works only when it was detached.
    await port.run(async () => {
      const target = { tabId: chrome.devtools.inspectedWindow.tabId };
      await chrome.debugger.attach(target, '1.3');
      await chrome.debugger.detach(target);
    });
    await port.page.close();
  });
});

describe('minimal build', () => {
  let directory: string;
  let tested: TestBrowser;
  beforeAll(async () => {
    // Chrome's permission dialog cannot be clicked: here the site is granted at installation.
    directory = await portExtension('extension-minimal', {
      permissions: ['scripting'],
      host_permissions: ['http://localhost/*'],
    });
    tested = await launch('extension-minimal', directory);
  });
  afterAll(async () => {
    await tested.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const open = async (url: string): Promise<PortPage> => {
    const port = await openPort(tested.browser, url);
    // DevTools logs the page's headers from here on, and may be a moment behind the page.
    await port.reload({ workers: false, captureText: true });
    await port.page.waitForFunction('document.readyState === "complete"');
    const isLogged = (): Promise<boolean> =>
      port.run(
        (_given, logged) =>
          new Promise<boolean>((resolve) => {
            chrome.devtools.network.getHAR(({ entries }) => {
              resolve(
                entries.some(({ request, response }) => request.url === logged && response.status >= 200),
              );
            });
          }),
        port.page.url(),
      );
    await expect.poll(isLogged).toBe(true);
    return port;
  };

  test('has no debugger, and says so', async () => {
    const port = await open(`${fixtures.url}/?family=panics&case=index&auto=1`);
    expect((await port.access()).debuggerAvailable).toBe(false);
    await expect(port.run((given) => given.port.attachDebugger())).rejects.toThrow(
      'cannot attach the debugger',
    );
    await port.eventually('the exit', (told) => told.traps.length > 0);
    await port.page.close();
  });

  test.each(['worker.html', 'worker-module.html', 'worker-nested.html'])(
    'workers through a blob: %s',
    async (name) => {
      const port = await open(`${fixtures.url}/${name}?family=panics&case=index&auto=1`);
      await port.reload({ workers: true, captureText: true });
      const { traps } = await port.eventually('the exit', (told) => told.traps.length > 0);
      expect(traps).toMatchObject([{ exitCode: 2, realm: { kind: 'worker' }, memory: { kind: 'kept' } }]);
      expect((await port.access()).notes).toEqual([]);
      await port.page.close();
    },
  );

  test('a page whose policy forbids blob: workers works as before, and the reason is told', async () => {
    const html = `<script src="/go/pages/forbidden.js"></script><script>
      globalThis.worker = new Worker('/go/pages/worker.js?family=panics&case=index');
      globalThis.failed = new Promise((resolve) => { worker.onerror = () => resolve('error'); setTimeout(() => resolve('none'), 1500); });
    </script>`;
    const port = await open(serve(html, { 'content-security-policy': "worker-src 'self'" }));
    await port.reload({ workers: true, captureText: true });
    await port.page.waitForFunction('globalThis.failed !== undefined');
    expect(await port.page.evaluate('String(failed && Worker)')).toBe('function Worker() { [native code] }');
    expect((await port.access()).notes).toEqual([
      expect.stringContaining('Content-Security-Policy of this page forbids blob: workers'),
    ]);
    await port.page.close();
  });

  test('a frame of another origin is not hooked, and the reason is told', async () => {
    const port = await open(
      serve(`<iframe src="${fixtures.url}/?family=panics&case=index&auto=1"></iframe>`),
    );
    await expect
      .poll(async () => (await port.access()).notes)
      .toEqual([expect.stringContaining('without the debugger the hook cannot be put there')]);
    const { modules, traps } = await port.eventually('the module', (told) => told.modules.length > 0);
    expect(modules.map(({ origin }) => origin)).toEqual(['resource']);
    expect(traps).toEqual([]);
    await port.page.close();
  });

  test('a site that was opted in is hooked on every load, while DevTools is open', async () => {
    const html = '<script>globalThis.early = Object.getOwnPropertySymbols(globalThis).length</script>';
    const port = await openPort(tested.browser, serve(html));
    const early = (): Promise<unknown> => port.page.evaluate('early');
    await expect.poll(async () => (await port.access()).pageOrigin).toBe(new URL(pages.url).origin);
    expect(await port.run((given) => given.port.requestSite())).toBe(true);
    await expect.poll(async () => (await port.access()).active).toContain('site');
    await port.page.reload();
    expect(await early()).toBe(1);
    await port.page.reload();
    expect(await early()).toBe(1);
    await expect.poll(async () => (await port.access()).active).toEqual(['resources', 'hook', 'site']);

    // There, the extension asks for source texts itself: the page and its Console know nothing of it.
    const heard: string[] = [];
    port.page.on('console', (message) => heard.push(message.text()));
    port.page.on('request', (request) => heard.push(request.url()));
    const texts = await port.run(async ({ port: page }, site) => {
      const text = (path: string): Promise<string | null> => page.fetchText(`${site}go/${path}`);
      return { nothing: await text('src/nothing.go'), found: await text('src/panics/main.go') };
    }, pages.url);
    expect(texts).toEqual({ nothing: null, found: goSource('panics/main.go') });
    expect(heard).toEqual([]);

    // There, memory comes out as buffers, through a content script that listens to an event of a random name.
    await port.page.evaluate(async () => {
      // (module (memory (export "memory") 16))
      const module = '0061736d01000000050301001007 0a 01 066d656d6f72790200'.replaceAll(' ', '');
      const bytes = Uint8Array.from(module.match(/../g) ?? [], (byte) => parseInt(byte, 16));
      const { instance } = await WebAssembly.instantiate(bytes);
      const { buffer } = instance.exports['memory'] as WebAssembly.Memory;
      crypto.getRandomValues(new Uint8Array(buffer, 0, 65536));
      new Uint8Array(buffer, 2 ** 20 - 65536).set(new Uint8Array(buffer, 0, 65536));
      Object.assign(globalThis, { kept: buffer });
    });
    const { instances } = await port.eventually('the instance', (told) => told.instances.length > 0);
    const hashes = await port.run(async ({ port: page }, key) => {
      const hashOf = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> =>
        [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].join();
      const { tabs } = chrome;
      const connect = tabs.connect.bind(tabs);
      let buffers = 0;
      tabs.connect = (...args) => {
        const opened = connect(...args);
        opened.onMessage.addListener((message: { bytes?: unknown }) => {
          if (message.bytes instanceof ArrayBuffer) buffers++;
        });
        return opened;
      };
      const [low, rest] = (await page.readMemory({ instanceKey: key }, [
        { address: 0, length: 65536 },
        { address: 2 ** 20 - 65536, length: 2 ** 20 },
      ])) as Uint8Array<ArrayBuffer>[];
      if (low === undefined || rest === undefined) throw new Error('no bytes');
      return { low: await hashOf(low), rest: await hashOf(rest), length: rest.length, buffers };
    }, instances[0]?.key ?? '');
    const own = await port.page.evaluate(async () => {
      const { kept } = globalThis as unknown as { kept: ArrayBuffer };
      return [...new Uint8Array(await crypto.subtle.digest('SHA-256', kept.slice(0, 65536)))].join();
    });
    expect(hashes).toEqual({ low: own, rest: own, length: 65536, buffers: 1 });
    await port.frontEnd.close();
    await expect
      .poll(
        async () => {
          await port.page.reload();
          return early();
        },
        { timeout: 60_000, interval: 500 },
      )
      .toBe(0);
    await port.page.close();
  });
});

import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer } from '../../fixtures/serve.mjs';
import { fixture, fixtureBytes } from '../support/fixtures.ts';
import { launch, type TestBrowser } from './support/harness.ts';
import { portExtension } from './support/port-extension.ts';
import { openPort, PortPage } from './support/port-page.ts';
import { openDevTools } from '../../scripts/devtools.mjs';

// However a debugger session ends, nothing of it is left: another one can attach, and workers start.

let fixtures: Awaited<ReturnType<typeof startServer>>;
/** A page whose load event is held back while `isHeld`: the debugger of a reload stays until some seconds after that. */
let loading: { server: Server; url: string; isHeld: boolean };
let directory: string;
let tested: TestBrowser;

beforeAll(async () => {
  fixtures = await startServer();
  const server = createServer((request, response) => {
    if (request.url === '/late') {
      if (!loading.isHeld) response.writeHead(204).end();
      return;
    }
    const html = '<!doctype html><link rel="icon" href="data:,"><img src="/late">';
    response.writeHead(200, { 'content-type': 'text/html' }).end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  loading = { server, url: `http://127.0.0.1:${String(port)}/`, isHeld: false };
  directory = await portExtension('extension');
  tested = await launch('extension', directory);
});

afterAll(async () => {
  await tested.close();
  await fixtures.close();
  loading.server.closeAllConnections();
  loading.server.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Attaches and detaches a debugger; Chrome's reason where it may not. */
const attachAgain = (port: PortPage): Promise<string> =>
  port.run(async () => {
    const target = { tabId: chrome.devtools.inspectedWindow.tabId };
    try {
      await chrome.debugger.attach(target, '1.3');
      await chrome.debugger.detach(target);
      return 'attached';
    } catch (error) {
      return String(error);
    }
  });

/** DevTools on the same page, opened again. */
const reopen = async (port: PortPage): Promise<PortPage> => {
  const frontEnd = await openDevTools(port.page, { undock: true });
  const devtools = await frontEnd.waitForFrame(
    (frame) => frame.url().startsWith('chrome-extension://') && frame.url().endsWith('/devtools.html'),
  );
  // The page is never drawn, and has no animation frames to wait for.
  await devtools.waitForFunction('globalThis.tested !== undefined', { polling: 50 });
  return new PortPage(port.page, frontEnd, devtools);
};

/** What a new worker of the page says; `nothing` where it does not start. */
const newWorker = (port: PortPage): Promise<unknown> =>
  port.page.evaluate(
    () =>
      new Promise((resolve) => {
        const url = URL.createObjectURL(new Blob(['postMessage("started")']));
        new Worker(url).onmessage = (event) => {
          resolve(event.data);
        };
        setTimeout(() => {
          resolve('nothing');
        }, 20_000);
      }),
  );

const HOOK_WORKERS = { workers: true, captureText: true };

/** A page that is being reloaded with the hook, and stays so. */
async function openLoading(): Promise<PortPage> {
  loading.isHeld = false;
  const port = await openPort(tested.browser, loading.url);
  loading.isHeld = true;
  await port.reload(HOOK_WORKERS);
  return port;
}

test('DevTools is closed while the page is reloaded with the hook', async () => {
  const port = await openLoading();
  expect(await attachAgain(port)).toContain('already attached');
  await port.frontEnd.close();
  const again = await reopen(port);
  await expect.poll(() => attachAgain(again), { timeout: 60_000 }).toBe('attached');
  expect(await newWorker(again)).toBe('started');
  await port.page.close();
});

test('the page port is closed while the page is reloaded with the hook', async () => {
  const port = await openLoading();
  await port.run((given) => {
    given.port.close();
  });
  expect(await attachAgain(port)).toBe('attached');
  expect(await newWorker(port)).toBe('started');
  await port.page.close();
});

test('DevTools is closed while the debugger looks into the page', async () => {
  const port = await openPort(tested.browser, `${fixtures.url}/?family=exits&case=blocked&auto=1`);
  await port.run(async (given) => {
    void given.port.attachDebugger();
    const { tabId } = chrome.devtools.inspectedWindow;
    // Until Chrome says so: attaching takes a few messages.
    while (!(await chrome.debugger.getTargets()).some((target) => target.tabId === tabId && target.attached))
      await new Promise((resolve) => setTimeout(resolve, 5));
  });
  await port.frontEnd.close();
  const again = await reopen(port);
  await expect.poll(() => attachAgain(again), { timeout: 60_000 }).toBe('attached');
  expect(await newWorker(again)).toBe('started');
  await port.page.close();
});

test('DevTools is closed while CPU is recorded', async () => {
  const port = await openPort(tested.browser, `${fixtures.url}/plain.html`);
  await port.run(async (given) => {
    const never = new AbortController().signal;
    await new Promise<void>((started) => {
      const control = { stop: never, cancel: never, started, bufferFull: () => null, reading: () => null };
      given.port.recorder.record({ intervalMicros: 1000 }, control).catch(() => undefined);
    });
  });
  expect(await attachAgain(port)).toContain('already attached');
  await port.frontEnd.close();
  const again = await reopen(port);
  await expect.poll(() => attachAgain(again), { timeout: 60_000 }).toBe('attached');
  // The browser is free to record again.
  const trace = await again.run(async (given) => {
    const stop = new AbortController();
    const recorded = await given.port.recorder.record(
      { intervalMicros: 1000 },
      {
        ...{ stop: stop.signal, cancel: new AbortController().signal },
        ...{ bufferFull: () => undefined, reading: () => undefined },
        started: () => {
          stop.abort();
        },
      },
    );
    return new TextDecoder().decode(recorded.json);
  });
  expect(trace).toContain('TracingStartedInBrowser');
  await port.page.close();
});

test('a look into a page whose thread is busy can be given up', async () => {
  const port = await openPort(tested.browser, `${fixtures.url}/?family=exits&case=blocked&auto=1`);
  const outcome = port.run(async (given) => {
    const controller = new AbortController();
    const { tabId } = chrome.devtools.inspectedWindow;
    const looking = given.port.attachDebugger(controller.signal).then(
      () => 'done',
      (error: unknown) => String(error),
    );
    void chrome.devtools.inspectedWindow.eval(
      'setTimeout(() => { const end = Date.now() + 20_000; while (Date.now() < end); })',
    );
    await new Promise((resolve) => setTimeout(resolve, 1000));
    controller.abort(new Error('given up'));
    const said = await looking;
    await chrome.debugger.attach({ tabId }, '1.3');
    await chrome.debugger.detach({ tabId });
    return said;
  });
  expect(await outcome).toContain('given up');
  await port.page.close();
});

test('text that is not wanted any more is dropped', async () => {
  const port = await openPort(tested.browser, `${fixtures.url}/worker.html?family=panics&case=index&auto=1`);
  await port.run((given) => {
    given.port.setCaptureText(false);
  });
  const { traps } = await port.lookUntil('the trap', (told) => told.traps.length > 0);
  expect(traps.map((trap) => trap.text)).toEqual(['']);
  await port.page.close();
});

test('the debugger is not attached for the bytes of a module before the user attached it', async () => {
  const port = await openPort(tested.browser, `${fixtures.url}/plain.html`);
  // A module made from bytes has no URL to fetch it from again; DevTools lists its script when it sees it being compiled. An empty custom
  // section makes it longer than what was downloaded, which it would be taken for. What nothing refers to would be collected.
  await port.page.evaluate(`(async () => {
    await import('/wasm_exec/1.27.3.js');
    const go = (globalThis.kept = new Go());
    go.argv = ['program', 'blocked'];
    const file = await (await fetch('/modules/exits.1.27.3.js.stripped.wasm')).arrayBuffer();
    const bytes = new Uint8Array([...new Uint8Array(file), 0, 2, 1, 120]);
    void go.run((await WebAssembly.instantiate(bytes, go.importObject)).instance);
  })()`);
  const isScript = ({ scriptUrl }: { scriptUrl: string | null }): boolean =>
    scriptUrl?.startsWith('wasm://') === true;
  const { modules } = await port.eventually('the script', (told) => told.modules.some(isScript));
  const script = modules.find(isScript);
  expect(script).toMatchObject({ origin: 'resource', url: null });
  const [refusal, attached, isCounted] = await port.run(async (given, key) => {
    const { debugger: debuggerApi } = chrome;
    const { attach } = debuggerApi;
    let calls = 0;
    const counted = new Proxy(attach, {
      apply(target, self, args): unknown {
        calls++;
        return Reflect.apply(target, self, args);
      },
    });
    debuggerApi.attach = counted;
    try {
      const said = await given.bytes(key).then(JSON.stringify, String);
      return [said, calls, debuggerApi.attach === counted] as const;
    } finally {
      debuggerApi.attach = attach;
    }
  }, script?.key ?? '');
  expect(refusal).toContain('debugger: not used unasked; press "Attach to the page" for it');
  expect([attached, isCounted]).toEqual([0, true]);

  await port.run((given) => given.port.attachDebugger());
  const after = await port.eventually('the module', (told) =>
    told.modules.some((module) => module.origin === 'debugger'),
  );
  const module = after.modules.find((candidate) => candidate.origin === 'debugger');
  expect(module?.scriptUrl).toBe(script?.scriptUrl);
  const bytes = Buffer.concat([
    fixtureBytes(fixture({ family: 'exits', goVersion: '1.27.3' })),
    Uint8Array.of(0, 2, 1, 120),
  ]);
  expect(await port.run((given, key) => given.bytes(key), module?.key ?? '')).toEqual({
    length: bytes.length,
    hash: createHash('sha256').update(bytes).digest('hex'),
    from: 'debugger',
    verified: true,
  });
  await port.page.close();
});

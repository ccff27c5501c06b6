// @ts-check
// How fast memory comes out of the page: as a snapshot reads it, beside the raw channel that it goes through; without and with access to the site. Part
// of `npm run bench`; uses what `npm run build` has built. Without access there is inspectedWindow.eval, whose answers are text. With access a content
// script passes on buffers over a port (src/browser/memory-lines.ts).
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchBrowser, openDevTools, showGoPanel } from './devtools.mjs';
import { reloadWithHook } from './panel.mjs';

/** @typedef {import('puppeteer-core').Frame} Frame */

const built = fileURLToPath(new URL('../dist/extension', import.meta.url));
const MIB = 2 ** 20;
/** Of the memory that is read. */
const SIZE = 64 * MIB;
/** What a snapshot asks for at a time, and how often at once (src/worker/heap.ts). */
const STEP = 3 * MIB;
const READS = 3;
const RUNS = 3;

/** (module (memory (export "memory") 1024)) */
const MODULE = [
  0, 97, 115, 109, 1, 0, 0, 0, 5, 4, 1, 0, 128, 8, 7, 10, 1, 6, 109, 101, 109, 111, 114, 121, 2, 0,
];
const PAGE = `<!doctype html><link rel="icon" href="data:,"><title>memory</title><script>
  globalThis.ready = WebAssembly.instantiate(new Uint8Array([${MODULE.join()}])).then(({ instance }) => {
    globalThis.kept = instance;
    // Random bytes: nothing on the way can make them smaller.
    const bytes = new Uint8Array(instance.exports.memory.buffer);
    for (let at = 0; at < bytes.length; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  });
</script>`;

const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
const address = server.address();
const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;

const withAccess = join(mkdtempSync(join(tmpdir(), 'go-wasm-bench-')), 'extension');
cpSync(built, withAccess, { recursive: true });
const path = join(withAccess, 'manifest.json');
const manifest = JSON.parse(readFileSync(path, 'utf8'));
manifest.permissions = [...manifest.permissions, 'scripting'];
manifest.host_permissions = ['http://127.0.0.1/*'];
writeFileSync(path, JSON.stringify(manifest));

try {
  for (const [title, extension] of /** @type {const} */ ([
    ['without host access', built],
    ['with host access', withAccess],
  ])) {
    const browser = await launchBrowser({ extension, headless: true });
    try {
      const page = await browser.newPage();
      await page.goto(url);
      const frontEnd = await openDevTools(page, { undock: true });
      const panel = await showGoPanel(frontEnd);
      await reloadWithHook(page, panel);
      await page.evaluate('ready');
      await panel.waitForFunction(() => window.goSession?.state().instances[0] !== undefined);
      if (extension !== built) {
        await panel.waitForFunction(() => window.goSession?.state().access.active.includes('site') === true);
      }
      const snapshot = await best(() => panel.evaluate(readAll, SIZE, STEP, READS));
      const raw =
        extension === built
          ? await best(() => panel.evaluate(rawEval, SIZE, STEP))
          : await best(() => panel.evaluate(rawPort, SIZE, STEP));
      const channel =
        extension === built ? 'inspectedWindow.eval, text alone' : 'tabs.connect, buffers alone';
      console.log(
        [
          `${SIZE / MIB} MiB of memory, ${title}:`,
          `  ${'as a snapshot reads it'.padEnd(52)}${rate(snapshot)}`,
          `  ${`raw channel: ${channel}`.padEnd(52)}${rate(raw)}  ${((100 * raw) / snapshot).toFixed(0)} % of it is reached`,
        ].join('\n'),
      );
    } finally {
      await browser.close();
    }
  }
} finally {
  server.close();
  rmSync(join(withAccess, '..'), { recursive: true });
}

/** @param {() => Promise<number>} measure milliseconds */
async function best(measure) {
  const times = [];
  for (let run = 0; run < RUNS; run++) times.push(await measure());
  return Math.min(...times);
}

/** @param {number} ms */
function rate(ms) {
  return `${(SIZE / 1000 / ms).toFixed(0)} MB/s`.padStart(10);
}

/**
 * Reads the memory of the only program through the session, as a snapshot does. Milliseconds.
 * @param {number} size
 * @param {number} step
 * @param {number} reads
 */
async function readAll(size, step, reads) {
  const session = /** @type {import('../src/session/session.ts').Session} */ (window.goSession);
  const target = `instance ${session.state().instances[0]?.key ?? ''}`;
  const start = performance.now();
  let next = 0;
  const readOn = async () => {
    while (next < size) {
      const at = next;
      const length = Math.min(step, size - at);
      next += length;
      const [bytes] = await session.readMemory({ target, ranges: [{ address: at, length }] });
      if (bytes?.length !== length) throw new Error('too few bytes came');
    }
  };
  await Promise.all(Array.from({ length: reads }, readOn));
  return performance.now() - start;
}

/**
 * Text of the length that base64 of as many bytes has, made in the page at once. Milliseconds.
 * @param {number} size
 * @param {number} part
 */
async function rawEval(size, part) {
  const start = performance.now();
  for (let at = 0; at < size; at += part) {
    const length = Math.ceil((Math.min(part, size - at) * 4) / 3);
    await new Promise((resolve, reject) => {
      chrome.devtools.inspectedWindow.eval(`'A'.repeat(${length})`, (...answer) => {
        const text = /** @type {unknown} */ (answer[0]);
        if (typeof text === 'string' && text.length === length) resolve(undefined);
        else reject(new Error('no text came'));
      });
    });
  }
  return performance.now() - start;
}

/**
 * Buffers that a content script sends over a port. Milliseconds.
 * @param {number} size
 * @param {number} step
 */
async function rawPort(size, step) {
  const { tabId } = chrome.devtools.inspectedWindow;
  await chrome.scripting.executeScript({
    target: { tabId },
    func: () => {
      if ('benchSends' in globalThis) return;
      Object.assign(globalThis, { benchSends: true });
      chrome.runtime.onConnect.addListener((port) => {
        port.onMessage.addListener((/** @type {number} */ length) => {
          port.postMessage(new Uint8Array(length).buffer);
        });
      });
    },
  });
  const port = chrome.tabs.connect(tabId);
  const start = performance.now();
  let received = 0;
  await new Promise((resolve, reject) => {
    port.onMessage.addListener((/** @type {ArrayBuffer} */ buffer) => {
      if (!(buffer instanceof ArrayBuffer)) reject(new Error('no buffer came'));
      received += buffer.byteLength;
      if (received >= size) resolve(undefined);
    });
    for (let at = 0; at < size; at += step) port.postMessage(step);
  });
  const took = performance.now() - start;
  port.disconnect();
  return took;
}

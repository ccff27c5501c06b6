// @ts-check
// Serves a page with esbuild, 14 MB, as its npm package has it: the large real program of the benches.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const esbuild = join(createRequire(import.meta.url).resolve('esbuild-wasm/package.json'), '..');

/**
 * Starts a server on a free port. `/esbuild.wasm` is the module.
 * @param {object} wanted
 * @param {string} wanted.page what follows the title, as HTML
 * @param {Readonly<Record<string, string>>} wanted.scripts path on the server -> path in the package
 * @returns {Promise<{ url: string, close(): void }>}
 */
export async function serveEsbuild({ page, scripts }) {
  /** @type {Map<string, () => [type: string, body: string | Buffer]>} */
  const files = new Map();
  const html = `<!doctype html><link rel="icon" href="data:,"><title>esbuild</title>${page}`;
  files.set('/', () => ['text/html', html]);
  files.set('/esbuild.wasm', () => ['application/wasm', readFileSync(join(esbuild, 'esbuild.wasm'))]);
  for (const [path, name] of Object.entries(scripts))
    files.set(path, () => ['text/javascript', readFileSync(join(esbuild, name))]);
  const server = createServer((request, response) => {
    const [type, body] = files.get(request.url ?? '')?.() ?? ['text/plain', ''];
    response.writeHead(200, { 'content-type': type }).end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`,
    close: () => {
      server.close();
    },
  };
}

import { createServer } from 'node:http';
import { readFile, rm, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import type { MadeOptions } from './made-goroutines.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
};

/** The panel as a plain page on a server of its own, with recorded sessions beside it. */
export interface PanelServer {
  /** URL of the panel with this recording: the name of a file in test/support/recordings, or of one given to `add`. */
  url(recording: string): string;
  /** Serves a recording that a test made. */
  add(name: string, recording: unknown): void;
  close(): Promise<void>;
}

/** Builds the panel and serves it from a port of the system's choice. */
export async function servePanel(): Promise<PanelServer> {
  const outDir = await mkdtemp(join(tmpdir(), 'go-panel-'));
  await build({
    root: join(root, 'panel'),
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    base: './',
    build: {
      outDir,
      emptyOutDir: true,
      minify: false,
      rolldownOptions: { input: join(root, 'panel/panel.html') },
    },
  });
  const made = new Map<string, string>();
  const read = async (path: string): Promise<string | Buffer> => {
    const name = /^\/recordings\/([\w-]+)\.json$/.exec(path)?.[1];
    if (name === undefined) return readFile(join(outDir, normalize(path)));
    return made.get(name) ?? (await readFile(join(root, 'test/support/recordings', `${name}.json`)));
  };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://panel');
    read(pathname).then(
      (body) => {
        response.setHeader('content-type', TYPES[extname(pathname)] ?? 'application/octet-stream');
        response.end(body);
      },
      () => {
        response.statusCode = 404;
        response.end();
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: (recording) =>
      `http://127.0.0.1:${String(port)}/panel.html?recording=${encodeURIComponent(`/recordings/${recording}.json`)}`,
    add: (name, recording) => void made.set(name, JSON.stringify(recording)),
    close: async () => {
      await new Promise((resolve) => server.close(resolve));
      await rm(outDir, { recursive: true, force: true });
    },
  };
}

/** A script that gives the panel's page a session with made goroutines, see made-goroutines.ts. */
export async function madeSessionScript(options: MadeOptions): Promise<string> {
  madeScript ??= bundle('test/support/made-session-page.ts');
  return `window.madeOptions = ${JSON.stringify(options)};\n${await madeScript}`;
}

let madeScript: Promise<string> | undefined;

/** A script that gives the panel's page a session that really reads profiles, see made-profiles-page.ts. */
export function profilesSessionScript(): Promise<string> {
  return (profilesScript ??= bundle('test/support/made-profiles-page.ts'));
}

let profilesScript: Promise<string> | undefined;

async function bundle(entry: string): Promise<string> {
  const built = await build({
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    build: {
      write: false,
      minify: false,
      lib: { entry: join(root, entry), formats: ['iife'], name: 'made' },
    },
  });
  const output = Array.isArray(built) ? built[0] : built;
  if (output === undefined || !('output' in output)) throw new Error(`${entry} was not bundled`);
  return output.output[0].code;
}

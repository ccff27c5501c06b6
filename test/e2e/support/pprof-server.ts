import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { profileFixture } from '../../unit/profile/fixtures.ts';

/** A server with profiles that a Go program recorded, at the URLs of net/http/pprof. */
export interface PprofServer {
  readonly port: number;
  /** What was asked, oldest first: path and query. */
  readonly asked: readonly {
    readonly url: string;
    readonly cookie: string;
    readonly closed: () => boolean;
  }[];
  close(): Promise<void>;
}

/** Secret of the path /secret/debug/pprof/heap. */
export const TOKEN = 'Bearer of-this-test';

/** `?seconds=` takes that long, as a Go server does. `/` is an empty page that sets a cookie. */
export async function startPprofServer(): Promise<PprofServer> {
  const asked: { url: string; cookie: string; closed: () => boolean }[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname === '/') {
      response.writeHead(200, {
        'content-type': 'text/html',
        'set-cookie': 'signed-in=yes; Path=/; SameSite=Lax',
      });
      response.end('<!doctype html><title>A server with profiles</title><link rel="icon" href="data:,">');
      return;
    }
    const cookie = request.headers.cookie ?? '';
    asked.push({ url: url.pathname + url.search, cookie, closed: () => request.destroyed });
    const name = /^(?:\/secret)?\/debug\/pprof\/(\w+)$/.exec(url.pathname)?.[1] ?? '';
    if (url.pathname.startsWith('/secret/') && request.headers.authorization !== TOKEN) {
      response.writeHead(401, { 'content-type': 'text/plain' }).end('who are you?\n');
      return;
    }
    const body = profileFixture(`go1.27.3/${name === 'profile' ? 'cpu' : name}.pb.gz`);
    setTimeout(
      () => {
        response.writeHead(200, {
          'content-type': 'application/octet-stream',
          'content-length': body.length,
        });
        response.end(body);
      },
      1000 * Number(url.searchParams.get('seconds') ?? 0),
    );
  };
  const server = createServer((request, response) => {
    try {
      answer(request, response);
    } catch (error) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end(String(error));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

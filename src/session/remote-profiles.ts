import { CancelledError } from '../protocol/endpoint.ts';
import type { Profiles } from './profiles.ts';
import type { RemoteAccess, RemoteAnswer, RemoteFetcher, RemoteRequest } from './remote-fetch.ts';
import type { TaskList } from './tasks.ts';

/** The profiles of package net/http/pprof, by the last part of their URLs; `profile` is the CPU's. */
export const PPROF_TYPES = [
  'profile',
  'heap',
  'allocs',
  'goroutine',
  'block',
  'mutex',
  'threadcreate',
] as const;
export type PprofType = (typeof PPROF_TYPES)[number];

/** Where net/http/pprof stands on a server as a rule. */
const PPROF_PATH = '/debug/pprof/';
/** How long a CPU profile takes where the URL does not say (Go src/net/http/pprof/pprof.go, Profile). Seconds. */
const DEFAULT_SECONDS = 30;

/**
 * The URL of a profile. `text`: what the user typed, a whole URL, or a server (`localhost:6060`), to which the path of net/http/pprof and `type` are added.
 * `seconds`: how long the profile is taken; of other types than `profile` the difference between both ends. Throws an Error with a sentence for the user.
 */
export function endpointUrl(text: string, type: PprofType, seconds: number | null): URL {
  const trimmed = text.trim();
  const whole = /^[a-z][\w+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`;
  if (trimmed === '' || !URL.canParse(whole)) throw new Error('This is not a URL.');
  const url = new URL(whole);
  if (!/^https?:$/.test(url.protocol)) throw new Error('Profiles are fetched over http and https.');
  if (url.username !== '' || url.password !== '')
    throw new Error('Type the password as a header, not into the URL: Authorization: Basic …');
  url.hash = '';
  if (/^\/?$/.test(url.pathname)) url.pathname = PPROF_PATH + type;
  else if (/\/debug\/pprof\/?$/.test(url.pathname)) url.pathname = url.pathname.replace(/\/?$/, `/${type}`);
  if (url.pathname.endsWith('/pprof/trace')) {
    throw new Error(
      'An execution trace (runtime/trace) is not supported: open it with go tool trace, or take a CPU profile (…/debug/pprof/profile).',
    );
  }
  if (/\/pprof\/(?:cmdline|symbol)$/.test(url.pathname)) throw new Error('There is no profile at this URL.');
  // With it the answer is a text for people.
  url.searchParams.delete('debug');
  if (seconds !== null) url.searchParams.set('seconds', String(seconds));
  return url;
}

/** A name of a header (RFC 9110, 5.6.2). */
const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]+$/;

/** Headers as they are typed: `Name: value`, one a line. Throws an Error with a sentence that does not repeat what was typed. */
export function headersOf(text: string): [name: string, value: string][] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line): [string, string] => {
      const colon = line.indexOf(':');
      const name = line.slice(0, Math.max(0, colon)).trim();
      if (!HEADER_NAME.test(name)) throw new Error('Headers: one a line, as Name: value.');
      return [name, line.slice(colon + 1).trim()];
    });
}

export interface RemoteProfilesClient {
  /** Whether a URL can be fetched, or the user has to be asked for its origin first. */
  access(url: URL): Promise<RemoteAccess>;
  /** Asks for the permission for that one origin. Must be called in a click. */
  ask(url: URL): Promise<boolean>;
  /**
   * Fetches a profile, a task with progress that can be cancelled; resolves with the capture's key. Headers are sent with this one request and kept
   * nowhere. Rejects with a sentence.
   */
  take(request: RemoteRequest): Promise<string>;
}

/** Profiles of servers. */
export class RemoteProfiles implements RemoteProfilesClient {
  readonly #fetcher: RemoteFetcher;
  readonly #tasks: TaskList;
  readonly #profiles: Profiles;

  constructor(fetcher: RemoteFetcher, tasks: TaskList, profiles: Profiles) {
    this.#fetcher = fetcher;
    this.#tasks = tasks;
    this.#profiles = profiles;
  }

  access(url: URL): Promise<RemoteAccess> {
    return this.#fetcher.access(url);
  }

  ask(url: URL): Promise<boolean> {
    return this.#fetcher.ask(url);
  }

  async take(request: RemoteRequest): Promise<string> {
    const url = new URL(request.url);
    const seconds = secondsOf(url);
    const title = `Profile of ${url.host}${seconds === 0 ? '' : `, ${seconds} s`}`;
    const answer = await this.#tasks.run(title, async ({ signal, progress }) => {
      // Until bytes come, the server takes its time: as much as was asked for.
      const start = Date.now();
      const waiting =
        seconds === 0
          ? undefined
          : setInterval(() => {
              progress(Math.min(0.95, (Date.now() - start) / (seconds * 1000)));
            }, 250);
      try {
        return await this.#fetcher.fetch(request, {
          signal,
          received: (bytes, total) => {
            if (bytes === 0) return;
            clearInterval(waiting);
            if (total !== null && total > 0) progress(Math.min(1, bytes / total));
          },
        });
      } catch (error) {
        if (isAborted(signal)) throw new CancelledError();
        const why = error instanceof Error ? error.message : String(error);
        throw new Error(`${url.origin} could not be asked: ${why}`, { cause: error });
      } finally {
        clearInterval(waiting);
      }
    });
    const refusal = refusalOf(answer);
    if (refusal !== null) throw new Error(`${url.origin} gave no profile: ${refusal}`);
    const type = url.pathname.replace(/^.*\//, '');
    const when = new Date().toTimeString().slice(0, 8);
    // Neither user nor query, which may hold secrets.
    const origin = `${url.origin}${url.pathname}`;
    return this.#profiles.add(answer.bytes, `${type === 'profile' ? 'cpu' : type} ${url.host} ${when}`, {
      origin,
    });
  }
}

/** A call, so that a later question is not taken for answered. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;

/** How long the server takes for a profile, in seconds; 0: it answers at once. */
function secondsOf(url: URL): number {
  const given = Number(url.searchParams.get('seconds'));
  if (given > 0) return given;
  return url.pathname.endsWith('/profile') ? DEFAULT_SECONDS : 0;
}

/** Why an answer is no profile; null when it may be one. */
function refusalOf({ status, contentType, bytes }: RemoteAnswer): string | null {
  const isHtml = contentType.startsWith('text/html');
  const text = (): string => new TextDecoder().decode(bytes.slice(0, 300)).split('\n', 1)[0]?.trim() ?? '';
  if (status === 401 || status === 403)
    return `it wants to know who asks (${status}). Sign in there in this browser, or give a header.`;
  if (status === 404) return 'there is nothing at this URL (404). The server has to import net/http/pprof.';
  if (status !== 200) return `it answered ${status}${isHtml ? '' : `: ${text()}`}`;
  if (isHtml)
    return 'it answered with a page for people: the URL is that of a list of profiles, or of a sign-in.';
  return bytes.byteLength === 0 ? 'its answer is empty.' : null;
}

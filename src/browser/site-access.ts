import browser, { type Runtime } from 'webextension-polyfill';
import { KEEP_ALIVE, REGISTERED, SITE_PORT } from './site-messages.ts';

/** Between two messages that keep the service worker awake (Chrome stops one after 30 idle seconds). */
const KEEP_ALIVE_MS = 20_000;
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;

const permissionsFor = (origin: string): { origins: string[]; permissions: 'scripting'[] } => ({
  origins: [`${origin}/*`],
  permissions: ['scripting'],
});

/** Whether an origin can be opted in at all. */
export const isSite = (origin: string | null): origin is string =>
  origin !== null && /^https?:\/\//.test(origin);

/** Whether the permission for a site is granted. */
export function hasSite(origin: string): Promise<boolean> {
  return browser.permissions.contains(permissionsFor(origin));
}

/** Whether the extension itself may fetch from an origin. */
export async function mayFetchFrom(origin: string): Promise<boolean> {
  return isSite(origin) && (await browser.permissions.contains({ origins: [`${origin}/*`] }));
}

/**
 * Asks for the permission in a click. `permissions`: `chrome.permissions` of the page that was clicked, because Chrome wants that
 * page's user gesture.
 */
export function askForSite(origin: string, permissions: typeof chrome.permissions): Promise<boolean> {
  return permissions.request(permissionsFor(origin));
}

/** Gives the permission back. */
export async function giveSiteBack(origin: string): Promise<void> {
  const { origins } = permissionsFor(origin);
  await browser.permissions.remove({ origins });
}

/**
 * Keeps the hook registered for a site while this is open: a port to the service worker, which unregisters when the last one closes.
 * Connects again, ever more slowly, when the service worker was stopped.
 */
export class SiteRegistration {
  readonly origin: string;
  #port: Runtime.Port | null = null;
  #closed = false;
  #retryMs = FIRST_RETRY_MS;
  #keepAlive: ReturnType<typeof setInterval> | null = null;
  readonly #onState: (registered: boolean, why: string | null) => void;

  /** `onState` hears whether the hook is registered and, when not, why. */
  constructor(origin: string, onState: (registered: boolean, why: string | null) => void) {
    this.origin = origin;
    this.#onState = onState;
    this.#connect();
  }

  close(): void {
    this.#closed = true;
    if (this.#keepAlive !== null) clearInterval(this.#keepAlive);
    this.#port?.disconnect();
    this.#port = null;
  }

  #connect(): void {
    if (this.#closed) return;
    const port = browser.runtime.connect({ name: SITE_PORT + this.origin });
    this.#port = port;
    port.onMessage.addListener((message: unknown) => {
      if (message === REGISTERED) {
        this.#retryMs = FIRST_RETRY_MS;
        this.#onState(true, null);
      } else {
        this.#onState(false, typeof message === 'string' ? message : null);
      }
    });
    port.onDisconnect.addListener(() => {
      if (this.#keepAlive !== null) clearInterval(this.#keepAlive);
      if (this.#closed) return;
      setTimeout(() => {
        this.#connect();
      }, this.#retryMs);
      this.#retryMs = Math.min(this.#retryMs * 2, MAX_RETRY_MS);
    });
    this.#keepAlive = setInterval(() => {
      port.postMessage(KEEP_ALIVE);
    }, KEEP_ALIVE_MS);
  }
}

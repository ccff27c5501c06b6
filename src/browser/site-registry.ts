import browser, { type Runtime } from 'webextension-polyfill';
import { KEEP_ALIVE, REGISTERED, SITE_PORT } from './site-messages.ts';

/**
 * The service worker's only task: the hook is a content script of a site as long as a devtools page holds a port for that site open, and
 * no longer. Registrations are not kept across browser sessions; one that is left from a service worker that was stopped is taken
 * back at the next start.
 */
export function serveSites(): void {
  const ports = new Map<string, Set<Runtime.Port>>();
  const queues = new Map<string, Promise<void>>();
  let swept: Promise<void> | null = null;

  /** Makes the registration of a site what its open ports want; one at a time, and by what is wanted when its turn comes. */
  const settle = (origin: string): Promise<void> => {
    const turn = (queues.get(origin) ?? Promise.resolve()).then(async () => {
      swept ??= sweep(ports);
      await swept.catch((error: unknown) => {
        // Tried again at the next turn.
        swept = null;
        throw error;
      });
      await (ports.has(origin) ? register(origin) : unregister(origin));
    });
    queues.set(
      origin,
      turn.catch(() => undefined),
    );
    return turn;
  };

  browser.runtime.onConnect.addListener((port) => {
    if (!port.name.startsWith(SITE_PORT)) return;
    const origin = port.name.slice(SITE_PORT.length);
    ports.set(origin, (ports.get(origin) ?? new Set()).add(port));
    let open = true;
    const answer = (text: string): void => {
      if (open) port.postMessage(text);
    };
    port.onMessage.addListener((message) => {
      // Receiving it is what keeps this service worker running.
      if (message === KEEP_ALIVE) return;
    });
    port.onDisconnect.addListener(() => {
      open = false;
      const left = ports.get(origin);
      left?.delete(port);
      if (left?.size === 0) ports.delete(origin);
      settle(origin).catch(() => undefined);
    });
    settle(origin).then(
      () => answer(REGISTERED),
      (error: unknown) => answer(error instanceof Error ? error.message : String(error)),
    );
  });
}

async function register(origin: string): Promise<void> {
  const id = scriptId(origin);
  const known = await browser.scripting.getRegisteredContentScripts({ ids: [id] });
  if (known.length > 0) return;
  await browser.scripting.registerContentScripts([
    {
      id,
      js: ['hook.js'],
      matches: [`${origin}/*`],
      allFrames: true,
      runAt: 'document_start',
      world: 'MAIN',
      persistAcrossSessions: false,
    },
  ]);
}

async function unregister(origin: string): Promise<void> {
  // Nothing is registered when the permission was taken back meanwhile: Chrome removes the script then.
  await browser.scripting.unregisterContentScripts({ ids: [scriptId(origin)] }).catch(() => undefined);
}

/** Takes back what an earlier run of the service worker registered and nobody wants now. */
async function sweep(ports: ReadonlyMap<string, unknown>): Promise<void> {
  const wanted = new Set([...ports.keys()].map(scriptId));
  const known = await browser.scripting.getRegisteredContentScripts();
  const left = known.map((script) => script.id).filter((id) => !wanted.has(id));
  if (left.length > 0) await browser.scripting.unregisterContentScripts({ ids: left });
}

const scriptId = (origin: string): string => `hook ${origin}`;

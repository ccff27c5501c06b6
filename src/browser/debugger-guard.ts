/** Name of the port that a devtools page keeps open while the debugger is attached; the tab's id follows. */
const GUARD_PORT = 'debugger ';
/** From the service worker: it watches. From the devtools page: still attached; and: detached, there is nothing left to do. */
const WATCHING = 'watching';
const STILL_ATTACHED = 'still attached';
const DETACHED = 'detached';

/** Between two messages that keep the service worker awake (Chrome stops one after 30 idle seconds). */
const KEEP_ALIVE_MS = 20_000;
/** Attaching does not wait longer than this for the service worker: the guard is the second safety, not the first. */
const START_MS = 2000;
const RETRY_MS = 500;

/**
 * Opens the port behind which the service worker detaches the debugger should this page go while it is attached. Resolves once the
 * service worker watches; the function that it gives back says that the debugger is detached.
 */
export async function guardDebugger(tabId: number): Promise<() => void> {
  let released = false;
  let port: chrome.runtime.Port | null = null;
  await new Promise<void>((resolve) => {
    const connect = (): void => {
      if (released) return;
      port = chrome.runtime.connect({ name: `${GUARD_PORT}${tabId}` });
      port.onMessage.addListener(() => {
        resolve();
      });
      // The service worker was stopped: the next one is to know.
      port.onDisconnect.addListener(() => {
        port = null;
        setTimeout(connect, RETRY_MS);
      });
    };
    connect();
    setTimeout(resolve, START_MS);
  });
  const keepAlive = setInterval(() => port?.postMessage(STILL_ATTACHED), KEEP_ALIVE_MS);
  return () => {
    released = true;
    clearInterval(keepAlive);
    port?.postMessage(DETACHED);
    port?.disconnect();
  };
}

/** The service worker's side: detaches the debugger from a tab whose devtools page went without having done so. */
export function serveDebuggerGuard(): void {
  chrome.runtime.onConnect.addListener((port) => {
    if (!port.name.startsWith(GUARD_PORT)) return;
    const tabId = Number(port.name.slice(GUARD_PORT.length));
    let attached = true;
    port.onMessage.addListener((message) => {
      if (message === DETACHED) attached = false;
    });
    port.onDisconnect.addListener(() => {
      // Fails when it is detached already.
      if (attached) void chrome.debugger.detach({ tabId }).catch(() => undefined);
    });
    port.postMessage(WATCHING);
  });
}

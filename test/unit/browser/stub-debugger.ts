import { vi } from 'vitest';

/** Puts `chrome.debugger` in place, with a service worker that answers; `vi.unstubAllGlobals` takes it away. */
export function stubDebugger(api: object): void {
  const port = {
    onMessage: {
      addListener: (listener: () => void) => {
        listener();
      },
    },
    onDisconnect: { addListener: () => undefined },
    postMessage: () => undefined,
    disconnect: () => undefined,
  };
  vi.stubGlobal('chrome', { debugger: api, runtime: { connect: () => port } });
}

/** What the content script says once it listens, and once it has the hook's port. */
export const CARRIER_LISTENS = 'listens';
export const CARRIER_HAS_PORT = 'has port';

/** Bytes that the hook sent, as they come out of the content script. */
export interface CarriedBytes {
  readonly id: number;
  readonly bytes: ArrayBuffer;
}

/**
 * The content script that passes on what a hook sends over its message port (hook/line.ts), while the extension's port of this name is open and no longer.
 * It runs in the extension's own world of a page. Chrome takes its text: it refers to nothing outside.
 */
export function carry(name: string, listens: string, hasPort: string): void {
  const accept = (port: chrome.runtime.Port): void => {
    if (port.name !== name) return;
    chrome.runtime.onConnect.removeListener(accept);
    let line: MessagePort | undefined;
    const take = (event: Event): void => {
      const [given] = (event as MessageEvent).ports;
      if (given === undefined) return;
      event.stopImmediatePropagation();
      removeEventListener(name, take, true);
      line = given;
      line.onmessage = ({ data }: MessageEvent<unknown>) => {
        port.postMessage(data);
      };
      port.postMessage(hasPort);
    };
    addEventListener(name, take, true);
    port.onDisconnect.addListener(() => {
      removeEventListener(name, take, true);
      line?.close();
    });
    port.postMessage(listens);
  };
  chrome.runtime.onConnect.addListener(accept);
}

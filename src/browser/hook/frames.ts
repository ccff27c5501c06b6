import { REGISTRY_KEY } from '../hook-protocol.ts';

/** Frames of one window that are hooked, at most. */
const MAX_FRAMES = 200;

/**
 * Whether a window has the origin of the running code. Asked without touching what other origins forbid: that would throw, and stop in the debugger of
 * a person who stops at caught exceptions.
 */
export const isOpen = (window: Window): boolean =>
  (window as unknown as Record<symbol, unknown>)[Symbol.toStringTag] === 'Window';

export interface FrameWatch {
  /** Hooks frames that are not hooked yet. */
  check(): void;
  stop(): void;
}

/** How long a frame that is leaving its page is watched for the next one, and how often: as often as the event loop turns. */
const WATCH_MS = 500;

/**
 * Hooks the frames of a window that have its origin. A frame begins with an empty document of its parent's origin, and the first page that
 * is loaded into it, when of that origin too, runs in the same global: a hook that is installed as soon as the element is in the document is
 * there before the page's scripts. A frame that navigates later gets a new global: it is looked for in each task after the old page said that it
 * goes (`pagehide`), which is before most of the new page's scripts, but not promised to be.
 */
export function watchFrames(
  window: Window,
  now: () => number,
  install: (child: typeof globalThis) => void,
): FrameWatch {
  const key = Symbol.for(REGISTRY_KEY);
  let frames = 0;
  const { MutationObserver, MessageChannel, AbortController } = window as unknown as typeof globalThis;
  const ended = new AbortController();
  const check = (): void => {
    observe();
    frames = window.length;
    for (let i = 0; i < Math.min(frames, MAX_FRAMES); i++) {
      const child = window[i];
      if (child !== undefined && isOpen(child) && !(key in child)) {
        install(child as unknown as typeof globalThis);
        child.addEventListener('pagehide', watchClosely, { capture: true, signal: ended.signal });
      }
    }
  };
  const quietCheck = (): void => {
    try {
      check();
    } catch {
      // A frame that cannot be hooked is the page's as before.
    }
  };
  const turn = new MessageChannel();
  let until = 0;
  const watchClosely = (): void => {
    until = now() + WATCH_MS;
    turn.port2.postMessage(null);
  };
  turn.port1.onmessage = () => {
    quietCheck();
    if (now() < until) turn.port2.postMessage(null);
  };
  const observer = new MutationObserver(() => {
    if (window.length !== frames) quietCheck();
  });
  let observed: Document | null = null;
  const observe = (): void => {
    // In a frame the first document gives way to the page's own.
    if (observed === window.document) return;
    observer.disconnect();
    observed = window.document;
    observer.observe(observed, { childList: true, subtree: true });
  };
  quietCheck();
  window.addEventListener('DOMContentLoaded', quietCheck, true);
  window.addEventListener('load', quietCheck, true);
  return {
    check: quietCheck,
    stop() {
      until = 0;
      ended.abort();
      turn.port1.close();
      observer.disconnect();
      window.removeEventListener('DOMContentLoaded', quietCheck, true);
      window.removeEventListener('load', quietCheck, true);
    },
  };
}

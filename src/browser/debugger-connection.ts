import { guardDebugger } from './debugger-guard.ts';

/** A command that is not answered after this long will not be: the page's thread is busy. */
const COMMAND_MS = 10_000;
/** The longest that the debugger is attached, unless the user asked for longer. */
const ATTACHED_MS = 60_000;

/** A session of the debugger: with the page (no sessionId), or with a frame of another process or a worker. */
export interface DebuggerTarget {
  readonly tabId: number;
  readonly sessionId?: string;
}

export interface AttachedTarget {
  readonly target: DebuggerTarget;
  /** `page`, `iframe`, `worker`, ... (the protocol's TargetInfo.type). */
  readonly type: string;
  readonly url: string;
}

export type Params = Readonly<Record<string, unknown>>;
type Listener = (target: DebuggerTarget, params: Params) => void;

/** False in the build without the `debugger` permission. */
export const debuggerAvailable = (): boolean =>
  (chrome as { debugger?: typeof chrome.debugger }).debugger !== undefined;

/**
 * The debugger attached to the inspected tab, with its frames in other processes and its dedicated workers. Only for as long as it is needed:
 * `withDebugger` detaches whatever happens.
 */
export class DebuggerConnection {
  readonly #tabId: number;
  readonly #listeners = new Map<string, Listener>();
  readonly #targets: AttachedTarget[];
  readonly #ended: AbortSignal;
  #onTarget: ((attached: AttachedTarget) => void) | null = null;

  /** `ended`: once it is aborted, no command is sent any more. */
  constructor(tabId: number, ended: AbortSignal) {
    this.#tabId = tabId;
    this.#ended = ended;
    this.#targets = [{ target: { tabId }, type: 'page', url: '' }];
    this.on('Target.attachedToTarget', (_parent, params) => {
      const info = (params['targetInfo'] ?? {}) as { type?: unknown; url?: unknown };
      const attached: AttachedTarget = {
        target: { tabId, sessionId: String(params['sessionId']) },
        type: String(info.type),
        url: String(info.url),
      };
      this.#targets.push(attached);
      this.#onTarget?.(attached);
    });
  }

  /** Everything that is attached, the page first. */
  get targets(): readonly AttachedTarget[] {
    return this.#targets;
  }

  /** Sends a command of the Chrome DevTools Protocol; rejects with the protocol's message, or when the page does not answer in `ms`. */
  async send(
    target: DebuggerTarget,
    method: string,
    params: Params = {},
    ms: number = COMMAND_MS,
  ): Promise<Params> {
    this.#ended.throwIfAborted();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`the page did not answer the debugger within ${ms / 1000} s (${method})`));
      }, ms);
    });
    try {
      return (await Promise.race([chrome.debugger.sendCommand(target, method, params), silence])) ?? {};
    } finally {
      clearTimeout(timer);
    }
  }

  /** Calls back for an event; one listener an event. */
  on(event: string, listener: Listener): void {
    this.#listeners.set(event, listener);
  }

  /** Calls back for each frame of another process and each worker that is attached to from now on. */
  onTarget(listener: (attached: AttachedTarget) => void): void {
    this.#onTarget = listener;
  }

  /**
   * Attaches to the frames and workers below a target as well, those to come included, and then below each of them. With `wait` each
   * stops before its first script and has to be let go (Runtime.runIfWaitingForDebugger).
   */
  async autoAttach(target: DebuggerTarget, wait: boolean): Promise<void> {
    await this.send(target, 'Target.setAutoAttach', {
      autoAttach: true,
      waitForDebuggerOnStart: wait,
      flatten: true,
    });
  }

  /** Takes an event of chrome.debugger. */
  dispatch(source: chrome.debugger.DebuggerSession, method: string, params: Params): void {
    if (source.tabId !== this.#tabId) return;
    const target: DebuggerTarget =
      source.sessionId === undefined
        ? { tabId: this.#tabId }
        : { tabId: this.#tabId, sessionId: source.sessionId };
    this.#listeners.get(method)?.(target, params);
  }
}

/** What this extension is attached for. */
interface Attachment {
  /** Resolves when it is over. */
  readonly over: Promise<void>;
  /** Ends it for what cannot wait; null where it has to come to its own end. */
  readonly giveWay: (() => void) | null;
}

/** By tab. */
const attachments = new Map<number, Attachment>();

/** Resolves once this extension is not attached to the tab any more; rejects with the signal's reason when it is aborted before. */
export async function untilDetached(tabId: number, signal: AbortSignal): Promise<void> {
  for (let current = attachments.get(tabId); current !== undefined; current = attachments.get(tabId)) {
    const { over } = current;
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', abort, { once: true });
      void over.then(() => {
        signal.removeEventListener('abort', abort);
        resolve();
      });
    });
    signal.throwIfAborted();
  }
}

/**
 * Resolves once this extension is not attached to the tab any more, or after `ms`: `withDebugger` says then what it is attached for. With `isUrgent`, what can
 * give way does. Rejects with the signal's reason when it is aborted before.
 */
export async function untilFree(
  tabId: number,
  signal: AbortSignal,
  ms: number,
  isUrgent = false,
): Promise<void> {
  if (isUrgent) attachments.get(tabId)?.giveWay?.();
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort();
  }, ms);
  try {
    await untilDetached(tabId, AbortSignal.any([signal, late.signal]));
  } catch {
    signal.throwIfAborted();
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Attaches, runs `body`, detaches: when `body` is done, when `signal` is aborted, after `attachedMs`, and, through the service worker, when this page goes.
 * `giveWay`: has `body` come to its end early, for what cannot wait.
 * Rejects with Chrome's reason where attaching is refused, with the signal's where it was aborted.
 */
export async function withDebugger<T>(
  tabId: number,
  signal: AbortSignal,
  body: (connection: DebuggerConnection) => Promise<T>,
  attachedMs: number = ATTACHED_MS,
  giveWay: (() => void) | null = null,
): Promise<T> {
  signal.throwIfAborted();
  if (attachments.has(tabId)) {
    throw new Error(
      'the debugger is in use: the extension is recording this page, looking into it, or following a step',
    );
  }
  let free = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    free = () => {
      attachments.delete(tabId);
      resolve();
    };
  });
  attachments.set(tabId, { over, giveWay });
  const end = new AbortController();
  const connection = new DebuggerConnection(tabId, end.signal);
  const onEvent: Parameters<typeof chrome.debugger.onEvent.addListener>[0] = (source, method, params) => {
    connection.dispatch(source, method, params ?? {});
  };
  const onDetach: Parameters<typeof chrome.debugger.onDetach.addListener>[0] = (source) => {
    if (source.tabId === tabId) end.abort(new Error('the debugger was detached: by Chrome, or by the user'));
  };
  let attached = false;
  const detach = async (): Promise<void> => {
    if (!attached) return;
    attached = false;
    // Fails only when it is detached already: the tab was closed, or the user pressed "Cancel" in Chrome's bar.
    await chrome.debugger.detach({ tabId }).catch(() => undefined);
  };
  // Called in the very task in which this page goes: nothing may be waited for.
  const onAbort = (): void => {
    end.abort(signal.reason);
    void detach();
  };
  const ended = new Promise<never>((_resolve, reject) => {
    end.signal.addEventListener('abort', () => {
      reject(end.signal.reason as Error);
    });
  });
  ended.catch(() => undefined);
  signal.addEventListener('abort', onAbort);
  chrome.debugger.onEvent.addListener(onEvent);
  chrome.debugger.onDetach.addListener(onDetach);
  const timer = setTimeout(() => {
    end.abort(new Error(`the debugger was detached after ${attachedMs / 1000} s`));
  }, attachedMs);
  let release = (): void => undefined;
  try {
    release = await guardDebugger(tabId);
    end.signal.throwIfAborted();
    attached = true;
    await chrome.debugger.attach({ tabId }, '1.3').catch((error: unknown) => {
      // Another one that is attached stays.
      attached = false;
      throw error;
    });
    return await Promise.race([body(connection), ended]);
  } finally {
    await detach();
    release();
    clearTimeout(timer);
    end.abort(new Error('the debugger is detached'));
    signal.removeEventListener('abort', onAbort);
    chrome.debugger.onEvent.removeListener(onEvent);
    chrome.debugger.onDetach.removeListener(onDetach);
    free();
  }
}

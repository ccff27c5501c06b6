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
  #onTarget: ((attached: AttachedTarget) => void) | null = null;

  constructor(tabId: number) {
    this.#tabId = tabId;
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

  /** Sends a command of the Chrome DevTools Protocol; rejects with the protocol's message. */
  async send(target: DebuggerTarget, method: string, params: Params = {}): Promise<Params> {
    return (await chrome.debugger.sendCommand(target, method, params)) ?? {};
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

/** Attaches, runs `body`, detaches. Rejects with Chrome's reason where attaching is refused. */
export async function withDebugger<T>(
  tabId: number,
  body: (connection: DebuggerConnection) => Promise<T>,
): Promise<T> {
  const connection = new DebuggerConnection(tabId);
  const listener: Parameters<typeof chrome.debugger.onEvent.addListener>[0] = (source, method, params) => {
    connection.dispatch(source, method, params ?? {});
  };
  chrome.debugger.onEvent.addListener(listener);
  try {
    await chrome.debugger.attach({ tabId }, '1.3');
    try {
      return await body(connection);
    } finally {
      // Fails only when it is detached already: the tab was closed, or the user pressed "Cancel" in Chrome's bar.
      await chrome.debugger.detach({ tabId }).catch(() => undefined);
    }
  } finally {
    chrome.debugger.onEvent.removeListener(listener);
  }
}

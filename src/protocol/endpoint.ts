// One end of a two-way request channel over postMessage: requests with results, errors, progress and cancellation.

/** A map from request name to its parameters and result. */
export type RequestMap<Map> = { [Name in keyof Map]: { params: unknown; result: unknown } };

/** What a handler gets besides its parameters. */
export interface RequestContext {
  /** Aborted when the other side cancels. */
  readonly signal: AbortSignal;
  /** Tells the other side how far the work is: 0..1. */
  progress(fraction: number): void;
}

export type Handlers<Map extends RequestMap<Map>> = {
  [Name in keyof Map]: (
    params: Map[Name]['params'],
    context: RequestContext,
  ) => Map[Name]['result'] | Promise<Map[Name]['result']>;
};

export interface RequestOptions {
  /** Moved to the other side instead of copied. */
  readonly transfer?: readonly Transferable[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number) => void;
}

/** The part of Worker, MessagePort and the worker's global scope that an endpoint uses. */
export interface MessageChannelLike {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
}

type Message =
  | { readonly type: 'request'; readonly id: number; readonly name: string; readonly params: unknown }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly message: string; readonly cancelled: boolean }
  | { readonly type: 'progress'; readonly id: number; readonly fraction: number }
  | { readonly type: 'cancel'; readonly id: number };

interface Pending {
  resolve(value: unknown): void;
  reject(reason: Error): void;
  onProgress: ((fraction: number) => void) | undefined;
}

/** The request was cancelled by whoever asked. */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';
  constructor() {
    super('cancelled');
  }
}

/**
 * Serves `Local` requests with the handlers and sends `Remote` requests. Both ends are our own code; what crosses is trusted in
 * shape, not in content.
 */
export class Endpoint<Local extends RequestMap<Local>, Remote extends RequestMap<Remote>> {
  readonly #channel: MessageChannelLike;
  readonly #handlers: Handlers<Local>;
  readonly #pending = new Map<number, Pending>();
  readonly #running = new Map<number, AbortController>();
  #nextId = 1;

  constructor(channel: MessageChannelLike, handlers: Handlers<Local>) {
    this.#channel = channel;
    this.#handlers = handlers;
    channel.addEventListener('message', (event) => {
      this.#receive(event.data as Message);
    });
  }

  /** Sends a request; rejects with the other side's error text, or CancelledError. */
  request<Name extends keyof Remote & string>(
    name: Name,
    params: Remote[Name]['params'],
    options: RequestOptions = {},
  ): Promise<Remote[Name]['result']> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      if (options.signal?.aborted === true) {
        reject(new CancelledError());
        return;
      }
      this.#pending.set(id, { resolve, reject, onProgress: options.onProgress });
      options.signal?.addEventListener(
        'abort',
        () => {
          if (this.#pending.has(id)) this.#send({ type: 'cancel', id });
        },
        { once: true },
      );
      this.#send({ type: 'request', id, name, params }, options.transfer);
    });
  }

  #send(message: Message, transfer: readonly Transferable[] = []): void {
    this.#channel.postMessage(message, [...transfer]);
  }

  #receive(message: Message): void {
    switch (message.type) {
      case 'request':
        void this.#serve(message.id, message.name, message.params);
        break;
      case 'cancel':
        this.#running.get(message.id)?.abort();
        break;
      case 'progress':
        this.#pending.get(message.id)?.onProgress?.(message.fraction);
        break;
      case 'result':
        this.#take(message.id)?.resolve(message.value);
        break;
      case 'error':
        this.#take(message.id)?.reject(message.cancelled ? new CancelledError() : new Error(message.message));
        break;
    }
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  async #serve(id: number, name: string, params: unknown): Promise<void> {
    const controller = new AbortController();
    this.#running.set(id, controller);
    try {
      const handler = this.#handlers[name as keyof Local] as Handlers<Local>[keyof Local] | undefined;
      if (handler === undefined) throw new Error(`no handler for ${name}`);
      const value = await handler(params, {
        signal: controller.signal,
        progress: (fraction) => {
          this.#send({ type: 'progress', id, fraction });
        },
      });
      if (controller.signal.aborted) throw new CancelledError();
      this.#send({ type: 'result', id, value });
    } catch (error) {
      const cancelled = error instanceof CancelledError || controller.signal.aborted;
      this.#send({
        type: 'error',
        id,
        message: error instanceof Error ? error.message : String(error),
        cancelled,
      });
    } finally {
      this.#running.delete(id);
    }
  }
}

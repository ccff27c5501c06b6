/**
 * Carries bytes out of a realm as buffers: a message port whose other end a content script of this extension holds (src/browser/carrier.ts). The port is
 * handed over in an event with a random name, which nothing in the page listens to.
 */
export class Line {
  readonly #scope: typeof globalThis;
  readonly #dispatch: typeof globalThis.dispatchEvent | undefined;
  readonly #Channel: typeof MessageChannel | undefined;
  readonly #Event: typeof MessageEvent | undefined;
  #port: MessagePort | null = null;

  /** Takes the built-ins of a global, before the page's scripts run. */
  constructor(scope: typeof globalThis) {
    this.#scope = scope;
    this.#dispatch = (scope as Partial<typeof globalThis>).dispatchEvent;
    this.#Channel = (scope as Partial<typeof globalThis>).MessageChannel;
    this.#Event = (scope as Partial<typeof globalThis>).MessageEvent;
  }

  /** Hands a new port over in an event of this type; the port before is closed. Throws in realms without a window. */
  open(type: string): void {
    if (this.#dispatch === undefined || this.#Channel === undefined || this.#Event === undefined)
      throw new Error('this realm has no events');
    if (typeof (this.#scope as { window?: unknown }).window !== 'object')
      throw new Error('content scripts do not reach this realm');
    this.close();
    const { port1, port2 } = new this.#Channel();
    this.#port = port1;
    Reflect.apply(this.#dispatch, this.#scope, [new this.#Event(type, { ports: [port2] })]);
  }

  /** Sends bytes, which are its own from here on. Throws where no port was handed over. */
  send(id: number, bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#port === null) throw new Error('no port was handed over');
    this.#port.postMessage({ id, bytes: bytes.buffer }, [bytes.buffer]);
  }

  close(): void {
    this.#port?.close();
    this.#port = null;
  }
}

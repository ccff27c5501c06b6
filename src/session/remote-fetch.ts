/** How a URL can be fetched: as the page itself would, with a permission that was granted, or once the user grants one. */
export type RemoteAccess = 'page' | 'granted' | 'ask';

export interface RemoteRequest {
  readonly url: string;
  /** Typed by the user for this one request; kept nowhere. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export interface RemoteAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly bytes: ArrayBuffer;
}

export interface RemoteControl {
  /** Aborted to give the request up. */
  readonly signal: AbortSignal;
  /** Bytes that have come, and how many there will be; null where the server does not say. */
  received(bytes: number, total: number | null): void;
}

/** Fetches from servers with the browser's cookies; implemented in src/browser. */
export interface RemoteFetcher {
  access(url: URL): Promise<RemoteAccess>;
  /** Asks for the permission for the URL's origin alone. Must be called in a click. */
  ask(url: URL): Promise<boolean>;
  /** Rejects where there is no access, no answer, or the answer is too large. */
  fetch(request: RemoteRequest, control: RemoteControl): Promise<RemoteAnswer>;
}

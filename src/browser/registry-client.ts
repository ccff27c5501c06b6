import { decodeBase64, readBytes, readGathered, readHeld, readStash, readTicket } from './hook-answer.ts';
import {
  type HookGathered,
  type HookHeld,
  type HookRange,
  type HookRequest,
  type HookTarget,
  type RealmRequest,
} from './hook-protocol.ts';
import type { PageEval } from './page-eval.ts';

/** Where a registry is: its random name, and the URL of the frame to evaluate in (null: the page itself). */
export interface RealmAddress {
  readonly realm: string;
  readonly frameUrl: string | null;
}

/** Bytes read in one answer without freezing them first. */
const MAX_READ = 16 << 20;
/** What is taken at once: turning it into text keeps the page's thread for some 10 ms a MiB. */
const PART = 3 << 20;
/** Longest thing that is taken in parts: wasm modules may not be longer (JS API limits), and memories are walked, not copied. */
const MAX_STASH = 1 << 30;
/** How often a ticket is asked for, and how long: a worker's loop may be busy. */
const TICKET_PAUSE_MS = 25;
const TICKET_PATIENCE_MS = 20_000;

/** Asks registries for bytes. */
export class RegistryClient {
  readonly #page: PageEval;

  constructor(page: PageEval) {
    this.#page = page;
  }

  /** Reads ranges of memory, all in one task of their realm; as many bytes of each as the memory has. */
  async read(
    at: RealmAddress,
    target: HookTarget,
    ranges: readonly HookRange[],
  ): Promise<Uint8Array<ArrayBuffer>[]> {
    const total = ranges.reduce((sum, range) => sum + range.length, 0);
    if (total <= MAX_READ) {
      return bytesOf(await this.#settled(at, { op: 'read', target, ranges }), ranges.length);
    }
    const frozen = await this.#take(at, { op: 'freeze', target, ranges });
    let from = 0;
    return ranges.map(({ length }) => frozen.subarray(from, (from += length)));
  }

  /** Copies a whole memory in one task of its realm; the copy stays there until it is dropped. */
  async hold(at: RealmAddress, target: HookTarget): Promise<HookHeld> {
    const held = readHeld(await this.#settled(at, { op: 'hold', target }));
    if (held === null) throw new Error('the page gave no answer');
    return held;
  }

  async drop(at: RealmAddress, stash: number): Promise<void> {
    await this.#settled(at, { op: 'drop', stash });
  }

  /** Follows pointers in one task of their realm; `data` as hook-protocol.ts says it, decoded from base64. */
  async gather(
    at: RealmAddress,
    request: Omit<Extract<RealmRequest, { op: 'gather' }>, 'op'>,
  ): Promise<Omit<HookGathered, 'data'> & { readonly data: Uint8Array<ArrayBuffer> }> {
    const found = readGathered(await this.#settled(at, { op: 'gather', ...request }));
    const data = found === null ? null : decodeBase64(found.data);
    if (found === null || data === null || found.count > request.limit)
      throw new Error('the page gave no answer');
    return { ...found, data };
  }

  /** The bytes that the page compiled a module from; the hook lets them go. */
  moduleBytes(at: RealmAddress, module: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#take(at, { op: 'module', module });
  }

  /** Fetches in the page's own context. */
  fetch(
    at: RealmAddress,
    request: Omit<Extract<RealmRequest, { op: 'fetch' }>, 'op'>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.#take(at, { op: 'fetch', ...request });
  }

  /** Takes what a request stashes, in parts. */
  async #take(at: RealmAddress, request: RealmRequest): Promise<Uint8Array<ArrayBuffer>> {
    const found = readStash(await this.#settled(at, request));
    if (found === null || found.length > MAX_STASH) throw new Error('the page gave no answer');
    const bytes = new Uint8Array(found.length);
    try {
      for (let offset = 0; offset < found.length; offset += PART) {
        const part = { op: 'part', stash: found.stash, offset, length: PART } as const;
        const [content] = bytesOf(await this.#settled(at, part), 1);
        if (content?.length !== Math.min(PART, found.length - offset)) {
          throw new Error('the page gave fewer bytes than it said');
        }
        bytes.set(content, offset);
      }
    } finally {
      await this.#settled(at, { op: 'drop', stash: found.stash }).catch(() => undefined);
    }
    return bytes;
  }

  /** The answer to a request, waited for where it comes later. Rejects with the page's reason. */
  async #settled(at: RealmAddress, request: RealmRequest): Promise<string> {
    let answer = await this.#ask(at, request);
    const end = performance.now() + TICKET_PATIENCE_MS;
    for (let ticket = readTicket(answer); ticket !== null;) {
      if (performance.now() > end)
        throw new Error('the worker does not answer: its event loop is busy or it has ended');
      await new Promise((resolve) => setTimeout(resolve, TICKET_PAUSE_MS));
      answer = await this.#ask(at, { op: 'ticket', ticket });
      if (answer !== 'w') ticket = readTicket(answer);
    }
    if (answer.startsWith('e')) throw new Error(answer.slice(1, 500));
    return answer;
  }

  async #ask(at: RealmAddress, request: RealmRequest): Promise<string> {
    const whole: HookRequest = { op: 'to', realm: at.realm, request };
    const { answer } = await this.#page.ask(JSON.stringify(whole), at.frameUrl);
    if (answer === null) throw new Error('the hook is no longer in the page');
    return answer;
  }
}

function bytesOf(answer: string, parts: number): Uint8Array<ArrayBuffer>[] {
  const bytes = readBytes(answer, parts);
  if (bytes === null) throw new Error('the page gave no answer');
  return bytes;
}

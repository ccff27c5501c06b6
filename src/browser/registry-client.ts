import type { PageReferences, PageSample, SampleRequest } from '../session/page-references.ts';
import {
  decodeBase64,
  readBytes,
  readGathered,
  readHeld,
  readLengths,
  readReferences,
  readSample,
  readStash,
  readTicket,
} from './hook-answer.ts';
import {
  type HookGathered,
  type HookHeld,
  type HookRange,
  type HookRequest,
  type HookTarget,
  type HookWordWrite,
  type RealmRequest,
} from './hook-protocol.ts';
import type { MemoryLine, MemoryLines } from './memory-lines.ts';
import type { PageEval } from './page-eval.ts';

/** The page answered, with a reason why not. Other errors say that it did not answer: it is gone, or stopped. */
export class PageRefusal extends Error {}

/** Where a registry is: its random name, and the URL of the frame to evaluate in (null: the page itself). */
export interface RealmAddress {
  readonly realm: string;
  readonly frameUrl: string | null;
}

/** Bytes read in one answer without freezing them first. */
const MAX_READ = 16 << 20;
/** Fewer bytes are sooner here as text. */
const MIN_SENT = 64 << 10;
/** What is taken at once: turning it into text keeps the page's thread for some 10 ms a MiB. */
const PART = 3 << 20;
/** Longest thing that is taken in parts: wasm modules may not be longer (JS API limits), and memories are walked, not copied. */
const MAX_STASH = 1 << 30;
/** How often a ticket is asked for, and how long: a worker's loop may be busy. */
const TICKET_PAUSE_MS = 25;
/** ... and, after a second in vain, how often. */
const TICKET_LATE_PAUSE_MS = 250;
const TICKET_PATIENCE_MS = 20_000;

/** Asks registries for bytes. */
export class RegistryClient {
  readonly #page: Pick<PageEval, 'ask'>;
  readonly #lines: Pick<MemoryLines, 'of'> | null;

  /** `lines`: the faster way for many bytes, where there is one. */
  constructor(page: Pick<PageEval, 'ask'>, lines: Pick<MemoryLines, 'of'> | null = null) {
    this.#page = page;
    this.#lines = lines;
  }

  /** Reads ranges of memory, all in one task of their realm; as many bytes of each as the memory has. */
  async read(
    at: RealmAddress,
    target: HookTarget,
    ranges: readonly HookRange[],
  ): Promise<Uint8Array<ArrayBuffer>[]> {
    const total = ranges.reduce((sum, range) => sum + range.length, 0);
    if (total <= MAX_READ) {
      const sent = await this.#sent(at, target, ranges, total);
      if (sent !== null) return sent;
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

  /** Writes words of an instance's memory in one task of its realm, all or none. */
  async write(at: RealmAddress, instance: number, words: readonly HookWordWrite[]): Promise<void> {
    await this.#settled(at, { op: 'write', instance, words });
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

  /** The JavaScript values that an instance's program refers to. */
  async references(at: RealmAddress, instance: number): Promise<PageReferences> {
    const found = readReferences(await this.#settled(at, { op: 'references', instance }));
    if (found === null) throw new Error('the page gave no answer');
    return found;
  }

  /** A few numbers of a program, read in one task of its realm. */
  async sample(at: RealmAddress, instance: number, request: SampleRequest): Promise<PageSample> {
    const answer = await this.#settled(at, { op: 'sample', instance, ...request });
    const sample = readSample(answer, request.words.length);
    if (sample === null) throw new Error('the page gave no answer');
    return sample;
  }

  /** The bytes that the page compiled a module from; the hook lets them go. */
  moduleBytes(at: RealmAddress, module: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#take(at, { op: 'module', module });
  }

  /** Fetches in the page's own context. `patience`: milliseconds after which it is given up. */
  fetch(
    at: RealmAddress,
    request: Omit<Extract<RealmRequest, { op: 'fetch' }>, 'op'>,
    patience?: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return this.#take(at, { op: 'fetch', ...request }, patience);
  }

  /** Reads ranges over the realm's line; null where they are few bytes, or there is no line, or they do not come over it. */
  async #sent(
    at: RealmAddress,
    target: HookTarget,
    ranges: readonly HookRange[],
    total: number,
  ): Promise<Uint8Array<ArrayBuffer>[] | null> {
    if (total < MIN_SENT) return null;
    const line = await this.#line(at);
    if (line === null) return null;
    let lengths: readonly number[] = [];
    const bytes = await line.send(async (id) => {
      lengths = readLengths(await this.#settled(at, { op: 'send', id, target, ranges }), ranges);
    });
    if (bytes?.length !== lengths.reduce((sum, length) => sum + length, 0)) return null;
    let from = 0;
    return lengths.map((length) => bytes.subarray(from, (from += length)));
  }

  async #line(at: RealmAddress): Promise<MemoryLine | null> {
    if (this.#lines === null) return null;
    return this.#lines.of(at.realm, async (event) => {
      await this.#settled(at, { op: 'carry', event });
    });
  }

  /** Takes what a request stashes, in parts. */
  async #take(at: RealmAddress, request: RealmRequest, patience?: number): Promise<Uint8Array<ArrayBuffer>> {
    const found = readStash(await this.#settled(at, request, patience));
    if (found === null || found.length > MAX_STASH) throw new Error('the page gave no answer');
    const bytes = new Uint8Array(found.length);
    try {
      for (let offset = 0; offset < found.length; offset += PART) {
        const length = Math.min(PART, found.length - offset);
        const held = { held: found.stash };
        const [sent] = (await this.#sent(at, held, [{ address: offset, length }], length)) ?? [];
        if (sent?.length === length) {
          bytes.set(sent, offset);
          continue;
        }
        const part = { op: 'part', stash: found.stash, offset, length: PART } as const;
        const [content] = bytesOf(await this.#settled(at, part), 1);
        if (content?.length !== length) {
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
  async #settled(at: RealmAddress, request: RealmRequest, patience = TICKET_PATIENCE_MS): Promise<string> {
    let answer = await this.#ask(at, request);
    const start = performance.now();
    for (let ticket = readTicket(answer); ticket !== null;) {
      const waited = performance.now() - start;
      if (waited > patience)
        throw new Error('the worker does not answer: its event loop is busy or it has ended');
      const pause = waited < 1000 ? TICKET_PAUSE_MS : TICKET_LATE_PAUSE_MS;
      await new Promise((resolve) => setTimeout(resolve, pause));
      answer = await this.#ask(at, { op: 'ticket', ticket });
      if (answer !== 'w') ticket = readTicket(answer);
    }
    if (answer.startsWith('e')) throw new PageRefusal(answer.slice(1, 500));
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

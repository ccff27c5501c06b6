import { MAX_PART } from '../hook-protocol.ts';

/** Bytes of whole memories that are held at a time. */
const MAX_HELD = 1536 * 2 ** 20;

/** Bytes that wait to be taken in parts, and what asynchronous requests will have as their answer. */
export class Stashes {
  #next: number;
  readonly #bytes = new Map<number, Uint8Array>();
  readonly #held = new Set<number>();
  /** Null: nothing has come yet. */
  readonly #tickets = new Map<number, string | null>();

  /** `first`: where numbers begin; a page and its workers use ranges of their own. */
  constructor(first: number) {
    this.#next = first;
  }

  has(stash: number): boolean {
    return this.#bytes.has(stash);
  }

  /** Stashes bytes; the answer tells number and length. */
  put(bytes: Uint8Array): string {
    const stash = this.#next++;
    this.#bytes.set(stash, bytes);
    return `s${stash},${bytes.length}`;
  }

  /** Holds a copy of a memory until it is dropped. */
  hold(bytes: Uint8Array): { readonly stash: number } {
    const stash = this.#next++;
    this.#bytes.set(stash, bytes);
    this.#held.add(stash);
    return { stash };
  }

  /** Throws when one more copy of so many bytes is too much. */
  makeRoom(bytes: number): void {
    let total = bytes;
    for (const stash of this.#held) total += this.#bytes.get(stash)?.length ?? 0;
    if (total > MAX_HELD) throw new Error('copies of earlier moments take too much memory: drop one first');
  }

  /** All bytes of a stash. */
  bytes(stash: number): Uint8Array {
    const bytes = this.#bytes.get(stash);
    if (bytes === undefined) throw new Error('these bytes were dropped');
    return bytes;
  }

  /** Bytes of a stash, at most what fits one answer. */
  part(stash: number, offset: number, length: number): Uint8Array {
    return this.bytes(stash).subarray(offset, offset + Math.min(length, MAX_PART));
  }

  drop(stash: number): void {
    this.#bytes.delete(stash);
    this.#held.delete(stash);
  }

  /** A ticket for an answer that comes later. */
  ticket(): number {
    const ticket = this.#next++;
    this.#tickets.set(ticket, null);
    return ticket;
  }

  answer(ticket: number, answer: string): void {
    if (this.#tickets.has(ticket)) this.#tickets.set(ticket, answer);
  }

  /** The answer, which is then forgotten; `w` while there is none. */
  collect(ticket: number): string {
    const answer = this.#tickets.get(ticket);
    if (answer === undefined) return 'ethis request is not known';
    if (answer === null) return 'w';
    this.#tickets.delete(ticket);
    return answer;
  }

  clear(): void {
    this.#bytes.clear();
    this.#held.clear();
    this.#tickets.clear();
  }
}

/** Bytes in the form of an answer: the length of each part, then all of them in one. */
export function bytesAnswer(
  parts: readonly Uint8Array[],
  encodeBase64: (bytes: Uint8Array) => string,
): string {
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  if (total > MAX_PART) throw new Error('these ranges are too long for one answer');
  const [only] = parts;
  const bytes = parts.length === 1 && only !== undefined ? only : joined(parts);
  return `b${parts.map((part) => part.length).join(',')};${encodeBase64(bytes)}`;
}

export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Bytes kept of what a program wrote most recently. */
const RECENT_BYTES = 64 << 10;
/** Bytes kept from where the last death message began, and of the newest bytes, when a traceback is longer than the ring. */
const HEAD_BYTES = 48 << 10;
const TAIL_BYTES = 15 << 10;

/** How Go's runtime begins a death message (runtime/panic.go: printpanics and fatalthrow). */
const DEATH_STARTS = ['panic: ', 'fatal error: '];

/**
 * What a program wrote to fd 2, at most 64 KiB. Goes round, but keeps the beginning of the last death message: Go prints the reason
 * first and, with many goroutines, more stacks after it than the ring holds.
 */
export class TextRing {
  readonly #ring = new Uint8Array(RECENT_BYTES);
  readonly #head = new Uint8Array(HEAD_BYTES);
  #headLength = 0;
  /** Bytes written when the last death message began; -1 when none did. */
  #mark = -1;
  #written = 0;

  /** Adds one write of the runtime; it writes `panic: ` and `fatal error: ` in a piece of their own. */
  write(bytes: Uint8Array): void {
    const start = String.fromCharCode(...bytes.subarray(0, 13));
    if (DEATH_STARTS.some((text) => start.startsWith(text))) {
      this.#mark = this.#written;
      this.#headLength = 0;
    }
    if (this.#mark >= 0) {
      const room = bytes.subarray(0, HEAD_BYTES - this.#headLength);
      this.#head.set(room, this.#headLength);
      this.#headLength += room.length;
    }
    const recent = bytes.subarray(Math.max(0, bytes.length - RECENT_BYTES));
    const at = (this.#written + bytes.length - recent.length) % RECENT_BYTES;
    const first = recent.subarray(0, RECENT_BYTES - at);
    this.#ring.set(first, at);
    this.#ring.set(recent.subarray(first.length), 0);
    this.#written += bytes.length;
  }

  clear(): void {
    this.#written = 0;
    this.#mark = -1;
    this.#headLength = 0;
  }

  /** The text; where some had to go, a line says how much. */
  text(): string {
    const decoder = new TextDecoder();
    const sinceMark = this.#written - this.#mark;
    if (this.#mark < 0 || sinceMark <= RECENT_BYTES) return decoder.decode(this.#last(RECENT_BYTES));
    const left = sinceMark - this.#headLength - TAIL_BYTES;
    const head = decoder.decode(this.#head.subarray(0, this.#headLength));
    return `${head}\n... ${left} bytes left out ...\n${decoder.decode(this.#last(TAIL_BYTES))}`;
  }

  /** The newest bytes, at most `count`. */
  #last(count: number): Uint8Array {
    const length = Math.min(count, this.#written, RECENT_BYTES);
    const end = this.#written % RECENT_BYTES;
    const result = new Uint8Array(length);
    if (length <= end) {
      result.set(this.#ring.subarray(end - length, end));
    } else {
      const older = this.#ring.subarray(RECENT_BYTES - (length - end));
      result.set(older);
      result.set(this.#ring.subarray(0, end), older.length);
    }
    return result;
  }
}

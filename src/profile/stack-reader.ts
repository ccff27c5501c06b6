import type { IdMap } from './id-map.ts';
import type { ProtoReader } from './proto-reader.ts';

/** Reads ids of locations: most of what a profile is made of. */
export class StackReader {
  readonly #reader: ProtoReader;
  readonly #locations: IdMap;
  #stack: Uint32Array<ArrayBuffer>;
  /** How many rows of locations have been read; what is beyond is forgotten when it is made less. */
  length = 0;

  constructor(reader: ProtoReader, locations: IdMap, samples: number) {
    const { bytes } = reader;
    this.#reader = reader;
    this.#locations = locations;
    // Ids have two or three bytes as a rule, and samples are most of a large profile.
    this.#stack = new Uint32Array(Math.max(16, samples === 0 ? 0 : bytes.length >> 1));
  }

  /** Adds the row of one id; false where it is none that most files have. */
  addPlain(id: number): boolean {
    const row = (this.#locations.dense[id] ?? 0) - 1;
    if (row < 0) return false;
    this.#withRoom(1)[this.length++] = row;
    return true;
  }

  /**
   * Reads the packed ids from `from` to `end`, as most files have them: of at most three bytes, and counted from 1. False for others: `length` is then what it
   * was.
   */
  readPlain(from: number, end: number): boolean {
    const { bytes } = this.#reader;
    const { dense } = this.#locations;
    // Each takes a byte at least.
    const stack = this.#withRoom(end - from);
    let at = this.length;
    let pos = from;
    while (pos < end) {
      const first = bytes[pos++] ?? 0;
      let id = first;
      if (first >= 0x80) {
        const second = bytes[pos++] ?? 0;
        id = (first & 0x7f) | ((second & 0x7f) << 7);
        if (second >= 0x80) {
          const third = bytes[pos++] ?? 0;
          if (third >= 0x80) return false;
          id |= third << 14;
        }
      }
      const row = id < dense.length ? (dense[id] ?? 0) - 1 : -1;
      if (row < 0) return false;
      stack[at++] = row;
    }
    if (pos !== end) return false;
    this.length = at;
    return true;
  }

  /** Reads those up to the reader's end where they are packed, else one. `sample`: which one it is of. */
  read(packed: boolean, sample: number): void {
    const reader = this.#reader;
    const { end } = reader;
    if (reader.pos === end && packed) return;
    const stack = this.#withRoom(packed ? end - reader.pos : 1);
    let at = this.length;
    do {
      const start = reader.pos;
      const id = reader.varint('sample.location_id');
      const row = this.#locations.find(reader, id);
      if (row < 0) {
        const problem = `sample ${sample}: there is no location with id ${id}`;
        throw reader.error('sample.location_id', problem, start);
      }
      stack[at++] = row;
    } while (packed && reader.pos < end);
    this.length = at;
  }

  #withRoom(more: number): Uint32Array<ArrayBuffer> {
    if (this.length + more > this.#stack.length) {
      const larger = new Uint32Array(Math.max(this.length + more, this.#stack.length * 2));
      larger.set(this.#stack.subarray(0, this.length));
      this.#stack = larger;
    }
    return this.#stack;
  }

  /** All rows. */
  done(): Uint32Array<ArrayBuffer> {
    const { length } = this;
    // What was never written takes no memory of the machine; a copy of most of it would.
    return length * 2 > this.#stack.length ? this.#stack.subarray(0, length) : this.#stack.slice(0, length);
  }
}

/**
 * Reads numbers of rows that have the form which nearly all have; what has another form is left to `ProtoReader`, which knows the whole format and says
 * what is wrong. Nothing is checked here: past the end of the bytes zeros are read, so that whoever reads a message has to see that it ended where it should.
 */
export class PlainCursor {
  readonly bytes: Uint8Array;
  pos = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** A varint of at most seven bytes; -1 for a longer one. */
  number(): number {
    const { bytes } = this;
    let { pos } = this;
    let byte = bytes[pos++] ?? 0;
    let value = byte & 0x7f;
    if (byte >= 0x80) {
      byte = bytes[pos++] ?? 0;
      value |= (byte & 0x7f) << 7;
      if (byte >= 0x80) {
        byte = bytes[pos++] ?? 0;
        value |= (byte & 0x7f) << 14;
        if (byte >= 0x80) {
          byte = bytes[pos++] ?? 0;
          value |= (byte & 0x7f) << 21;
        }
      }
    }
    this.pos = pos;
    return byte < 0x80 ? value : this.#long(value);
  }

  #long(low: number): number {
    const { bytes } = this;
    let { pos } = this;
    let high = 0;
    for (let shift = 0; shift < 21; shift += 7) {
      const byte = bytes[pos++] ?? 0;
      high |= (byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      this.pos = pos;
      return high * 0x10000000 + low;
    }
    return -1;
  }

  /** Where the message ends whose length is next; -1 where it is longer than `end`. */
  messageEnd(end: number): number {
    const length = this.number();
    return length >= 0 && length <= end - this.pos ? this.pos + length : -1;
  }
}

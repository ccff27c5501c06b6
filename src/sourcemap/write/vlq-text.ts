const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const DIGIT = Uint8Array.from(BASE64, (digit) => digit.charCodeAt(0));
const CONTINUES = 32;

/** ASCII text of base64 VLQ numbers (ECMA-426, 6), written into bytes. */
export class VlqText {
  length = 0;
  #bytes: Uint8Array<ArrayBuffer>;

  constructor(capacity = 1 << 16) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** A character of one byte. */
  char(code: number): void {
    if (this.length === this.#bytes.length) this.#grow();
    this.#bytes[this.length++] = code;
  }

  /** 0 to 2^31 - 1, five bits a digit, the lowest first. */
  unsigned(value: number): void {
    if (this.length + 7 > this.#bytes.length) this.#grow();
    const bytes = this.#bytes;
    let left = value;
    while (left >= 32) {
      bytes[this.length++] = DIGIT[CONTINUES | (left & 31)] ?? 0;
      left >>>= 5;
    }
    bytes[this.length++] = DIGIT[left] ?? 0;
  }

  /** -2^30 to 2^30 - 1; the sign is the lowest bit. */
  signed(value: number): void {
    this.unsigned(value < 0 ? (-value << 1) | 1 : value << 1);
  }

  /** The bytes written so far; they stay the writer's own. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.length);
  }

  #grow(): void {
    const grown = new Uint8Array(this.#bytes.length * 2);
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

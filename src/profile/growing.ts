// Columns whose length is not known beforehand.

/** A column of unsigned 32-bit numbers that grows. */
export class GrowingU32 {
  #array: Uint32Array<ArrayBuffer>;
  length = 0;

  constructor(capacity = 64) {
    this.#array = new Uint32Array(Math.max(16, capacity));
  }

  push(value: number): void {
    if (this.length === this.#array.length) {
      const larger = new Uint32Array(this.length * 2);
      larger.set(this.#array);
      this.#array = larger;
    }
    this.#array[this.length++] = value;
  }

  /** An entry that was pushed. */
  at(index: number): number {
    return this.#array[index] ?? 0;
  }

  /** What was pushed, as an array of exactly that length. */
  done(): Uint32Array<ArrayBuffer> {
    return this.#array.slice(0, this.length);
  }
}

/** A column of doubles that grows. */
export class GrowingF64 {
  #array: Float64Array<ArrayBuffer>;
  length = 0;

  constructor(capacity = 64) {
    this.#array = new Float64Array(Math.max(16, capacity));
  }

  push(value: number): void {
    if (this.length === this.#array.length) {
      const larger = new Float64Array(this.length * 2);
      larger.set(this.#array);
      this.#array = larger;
    }
    this.#array[this.length++] = value;
  }

  /** An entry that was pushed. */
  at(index: number): number {
    return this.#array[index] ?? 0;
  }

  /** Adds to an entry that was pushed. */
  add(index: number, value: number): void {
    this.#array[index] = (this.#array[index] ?? 0) + value;
  }

  /** What was pushed, as an array of exactly that length. */
  done(): Float64Array<ArrayBuffer> {
    return this.#array.slice(0, this.length);
  }
}

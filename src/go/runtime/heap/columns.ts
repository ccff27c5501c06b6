/** A column of numbers below 2^32 that grows. */
export class GrowingColumn {
  #values = new Uint32Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const wider = new Uint32Array(this.#length * 2);
      wider.set(this.#values);
      this.#values = wider;
    }
    this.#values[this.#length++] = value;
  }

  /** Takes the last one away; undefined when there is none. */
  pop(): number | undefined {
    return this.#length === 0 ? undefined : this.#values[--this.#length];
  }

  at(index: number): number {
    return this.#values[index] ?? 0;
  }

  /** What is in it, in an array of its own length. */
  toArray(): Uint32Array<ArrayBuffer> {
    return this.#values.slice(0, this.#length);
  }
}

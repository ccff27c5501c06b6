/** What a key queue needs to know of the list that the keys work. */
export interface KeyTarget<Key> {
  /** False while what the key works on is on the way. */
  readonly ready: (key: Key) => boolean;
  readonly handle: (key: Key) => void;
}

/**
 * Keys of a list whose rows are not all here. A key that works on what is still on the way waits for it, and those pressed after it wait
 * their turn: typing ahead of the answers comes to the same as waiting for each.
 */
export class KeyQueue<Key> {
  readonly #target: KeyTarget<Key>;
  readonly #waiting: Key[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(target: KeyTarget<Key>) {
    this.#target = target;
  }

  /** Handles a key, at once where nothing has to be waited for. */
  press(key: Key): void {
    if (this.#waiting.length === 0 && this.#target.ready(key)) this.#target.handle(key);
    else this.#waiting.push(key);
  }

  /** Told that the list has changed: what waited for that is handled, after the present change is complete. */
  changed(): void {
    if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => this.#next(), 0);
  }

  /** Forgets the keys that wait. */
  clear(): void {
    this.#waiting.length = 0;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** One key at a time: what it changes is drawn before the next is handled. */
  #next(): void {
    this.#timer = null;
    const [key] = this.#waiting;
    if (key === undefined || !this.#target.ready(key)) return;
    this.#waiting.shift();
    this.#target.handle(key);
    this.changed();
  }
}

import type { CaptureState, CaptureStore, KeptCapture } from './captures-state.ts';

/** Captures that are kept in the store: by number, and bytes of all together. Beyond, the oldest go. */
export const MAX_KEPT = 50;
export const MAX_KEPT_BYTES = 256 << 20;

/** The files of captures in the browser's store. What the store refuses is not kept: it is there as long as DevTools is open. */
export class KeptCaptures {
  readonly #store: CaptureStore;
  /** By key, and how many bytes each has. */
  readonly #stored = new Map<string, number>();

  constructor(store: CaptureStore) {
    this.#store = store;
  }

  /** What is kept, newest first. A store that cannot be read has nothing. */
  async list(): Promise<readonly KeptCapture[]> {
    const kept = await this.#store.list().catch(() => []);
    for (const { key, byteLength } of kept) this.#stored.set(key, byteLength);
    return kept;
  }

  has(key: string): boolean {
    return this.#stored.has(key);
  }

  /** The file of a capture; null when it is gone. */
  read(key: string): Promise<ArrayBuffer | null> {
    return this.#store.read(key).catch(() => null);
  }

  /** Keeps a capture: its file, or with null only what else is known of it. */
  async keep({ key, name, origin, added, facts }: CaptureState, bytes: ArrayBuffer | null): Promise<void> {
    const byteLength = bytes?.byteLength ?? this.#stored.get(key) ?? 0;
    if (facts === null || byteLength > MAX_KEPT_BYTES) return;
    try {
      await this.#store.put({ key, name, origin, added, facts, byteLength }, bytes);
      if (bytes !== null) this.#stored.set(key, byteLength);
      await this.#dropOldest();
    } catch {
      // A full or forbidden store.
    }
  }

  remove(key: string): void {
    this.#stored.delete(key);
    this.#store.remove(key).catch(() => undefined);
  }

  async #dropOldest(): Promise<void> {
    let bytes = 0;
    for (const [index, { key, byteLength }] of (await this.#store.list()).entries()) {
      bytes += byteLength;
      if (index < MAX_KEPT && bytes <= MAX_KEPT_BYTES) continue;
      this.#stored.delete(key);
      await this.#store.remove(key);
    }
  }
}

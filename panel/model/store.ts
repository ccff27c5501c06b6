/**
 * What the panel remembers for as long as DevTools is open: tab, widths, filters. Each value is checked when it is read, and a
 * storage that is full or forbidden only means that nothing is remembered.
 */
export class Store {
  readonly #storage: Pick<Storage, 'getItem' | 'setItem'> | null;
  readonly #prefix: string;

  constructor(storage: Pick<Storage, 'getItem' | 'setItem'> | null, prefix = 'go-panel:') {
    this.#storage = storage;
    this.#prefix = prefix;
  }

  /** The stored value when it passes `check`, else undefined. */
  get<Value>(name: string, check: (value: unknown) => value is Value): Value | undefined {
    try {
      const text = this.#storage?.getItem(this.#prefix + name) ?? null;
      if (text === null) return undefined;
      const value: unknown = JSON.parse(text);
      return check(value) ? value : undefined;
    } catch {
      return undefined;
    }
  }

  set(name: string, value: unknown): void {
    try {
      this.#storage?.setItem(this.#prefix + name, JSON.stringify(value));
    } catch {
      // Full or forbidden: the panel works the same, it only forgets.
    }
  }
}

/** The tab's session storage, or a store that forgets where the browser denies it. */
export function sessionStore(): Store {
  try {
    return new Store(window.sessionStorage);
  } catch {
    return new Store(null);
  }
}

export const isString = (value: unknown): value is string => typeof value === 'string';
export const isFraction = (value: unknown): value is number =>
  typeof value === 'number' && value > 0 && value < 1;
export const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) &&
  value.every((item) => typeof item === 'number' && Number.isFinite(item) && item > 0);
export const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';

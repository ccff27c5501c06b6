import type { ImportObserver } from './import-observer.ts';

/** A function of the program's imports, as wasm calls it. */
export type ImportFunction = (this: unknown, ...args: unknown[]) => unknown;

/** Modules from which a Go program imports what it needs of its host (`go` up to Go 1.20; wasip1). */
const RUNTIME_MODULES = ['gojs', 'go', 'wasi_snapshot_preview1'];

/**
 * The imports with a few functions of Go's runtime replaced by ones that tell `observer` and then call the program's own. Nothing of
 * the page's object is changed: what the engine gets is a view that reads the page's object when and as often as the engine asks,
 * so getters, proxies, inherited and frozen properties behave as they would.
 */
export function observedImports(imports: object, observer: ImportObserver): object {
  return view(imports, (name, value) =>
    RUNTIME_MODULES.includes(name) && isObject(value)
      ? view(value, (importName, f) =>
          isReplaceable(f) ? (observer.replacement(name, importName, f) ?? f) : f,
        )
      : value,
  );
}

/** The target is an empty object of our own: a proxy over the page's would be bound by the invariants of its frozen properties. */
function view(object: object, map: (name: string, value: unknown) => unknown): object {
  return new Proxy(Object.create(null) as object, {
    get(_target, key) {
      const value: unknown = Reflect.get(object, key);
      return typeof key === 'string' ? map(key, value) : value;
    },
    has: (_target, key) => Reflect.has(object, key),
  });
}

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

/**
 * Plain JavaScript functions only. A function exported by another wasm instance (its name is its index) is linked by its type,
 * which a replacement would not have.
 */
function isReplaceable(f: unknown): f is ImportFunction {
  if (typeof f !== 'function') return false;
  const name = Object.getOwnPropertyDescriptor(f, 'name')?.value as unknown;
  return !(typeof name === 'string' && /^\d+$/.test(name));
}

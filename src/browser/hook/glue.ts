import type { ImportFunction } from './wrap-imports.ts';

// The object of wasm_exec.js (`new Go()`) and its tables of the JavaScript values that Go refers to: Go lib/wasm/wasm_exec.js (misc/wasm before
// 1.24), the same from 1.19 to 1.27; TinyGo targets/wasm_exec.js, 0.33. Nothing exported leads to the object: `importObject` has functions that
// close over it. Go names it itself when it makes a js.Func: syscall/js.FuncOf calls `_makeFuncWrapper(id)` on it, through the import valueCall.

/** Index of the object itself among the values that are always there: NaN, 0, null, true, false, the global, the object. */
const GO_ID = 6;
export const PREDEFINED = 7;
/** High half of a reference: a NaN, and the type of the value. */
const NAN_HEAD = 0x7ff80000;
const MAKE_WRAPPER = Array.from('_makeFuncWrapper', (letter) => letter.charCodeAt(0));

/** The tables. `counts[id]` and `values[id]` are of the same value; `pool` has the ids that are free. */
export interface GlueTables {
  readonly values: readonly unknown[];
  readonly counts: readonly unknown[];
  readonly pool: readonly unknown[];
}

/** Where a call of the import valueCall has its arguments and will have its result. */
interface Call {
  readonly name: number;
  readonly nameLength: number;
  readonly args: number;
  readonly result: number;
}

/** What a program's wasm_exec.js is known to hold. */
export class Glue {
  #go: WeakRef<object> | null = null;
  /** Numbers of the functions that js.FuncOf registered, by their JavaScript wrappers. */
  readonly funcs = new WeakMap<object, number>();
  #view: DataView | null = null;

  /** The object of wasm_exec.js; null until it was seen, and after it was collected. */
  get go(): object | null {
    return this.#go?.deref() ?? null;
  }

  /** Takes an object when it has the tables. */
  adopt(go: object): boolean {
    if (tablesOf(go) === null) return false;
    this.#go = new WeakRef(go);
    return true;
  }

  /** Null while the object was not seen, and once the program has ended: wasm_exec.js then drops the tables. */
  tables(): GlueTables | null {
    const { go } = this;
    return go === null ? null : tablesOf(go);
  }

  /**
   * The program's valueCall, and a look at calls on the object itself. Where that is not known yet, `Reflect.get`, to which wasm_exec.js gives
   * it next, is another function until it is called: nothing of the page runs in between.
   */
  watch(
    f: ImportFunction,
    memory: () => WebAssembly.Memory | null,
    reflect: typeof Reflect,
    active: () => boolean,
  ): ImportFunction {
    const before = (args: readonly unknown[]): (() => void) | null => {
      const call = active() ? this.#callOnGo(args, memory) : null;
      if (call === null) return null;
      const restore = this.go === null ? watchNextGet(reflect, (target) => this.adopt(target)) : null;
      return () => {
        restore?.();
        this.#noteWrapper(call, memory);
      };
    };
    return function (...args) {
      const after = before(args);
      if (after === null) return Reflect.apply(f, this, args);
      try {
        return Reflect.apply(f, this, args);
      } finally {
        after();
      }
    };
  }

  #dataView(memory: () => WebAssembly.Memory | null): DataView | null {
    const buffer = memory()?.buffer;
    if (buffer === undefined) return null;
    if (this.#view?.buffer !== buffer) this.#view = new DataView(buffer);
    return this.#view;
  }

  /** Null for calls on other values. */
  #callOnGo(args: readonly unknown[], memory: () => WebAssembly.Memory | null): Call | null {
    try {
      const [first, ref] = args;
      // TinyGo passes arguments as wasm's own: (result, v ref, m pointer, m length, args pointer, ...).
      if (typeof ref === 'bigint') {
        if (Number(ref & 0xffffffffn) !== GO_ID || Number(ref >> 32n) < NAN_HEAD) return null;
        const [, , name, nameLength, list] = args.map(Number);
        if (name === undefined || nameLength === undefined || list === undefined) return null;
        return { name: name >>> 0, nameLength, args: list >>> 0, result: Number(first) >>> 0 };
      }
      // func valueCall(v ref, m string, args []ref) (ref, bool): on Go's stack, from SP+8.
      const view = this.#dataView(memory);
      if (view === null || typeof first !== 'number') return null;
      const sp = first >>> 0;
      if (view.getUint32(sp + 8, true) !== GO_ID || view.getUint32(sp + 12, true) < NAN_HEAD) return null;
      return {
        name: view.getUint32(sp + 16, true),
        nameLength: view.getUint32(sp + 24, true),
        args: view.getUint32(sp + 32, true),
        result: sp + 56,
      };
    } catch {
      return null;
    }
  }

  #noteWrapper(call: Call, memory: () => WebAssembly.Memory | null): void {
    try {
      const view = this.#dataView(memory);
      if (view === null || call.nameLength !== MAKE_WRAPPER.length) return;
      if (MAKE_WRAPPER.some((byte, i) => view.getUint8(call.name + i) !== byte)) return;
      const wrapper = this.tables()?.values[view.getUint32(call.result, true)];
      if (typeof wrapper === 'function') this.funcs.set(wrapper, view.getFloat64(call.args, true));
    } catch {
      // A wrapper without its number is one that is not named.
    }
  }
}

/** Gives `seen` the target of the next Reflect.get, once; the function that it gives back ends the wait. Null where it cannot be replaced. */
function watchNextGet(reflect: typeof Reflect, seen: (target: object) => void): (() => void) | null {
  const own = Object.getOwnPropertyDescriptor(reflect, 'get');
  if (own?.configurable !== true || typeof own.value !== 'function') return null;
  const original = own.value as (...args: unknown[]) => unknown;
  const restore = (): void => {
    if (Object.getOwnPropertyDescriptor(reflect, 'get')?.value === spy)
      Object.defineProperty(reflect, 'get', own);
  };
  const spy = (...args: unknown[]): unknown => {
    restore();
    const [target] = args;
    if (typeof target === 'object' && target !== null) seen(target);
    return original(...args);
  };
  Object.defineProperty(reflect, 'get', { ...own, value: spy });
  return restore;
}

/** The tables of an object of wasm_exec.js, by their names, or by what is in them where a minifier has renamed them; null when it has none. */
export function tablesOf(go: object): GlueTables | null {
  const own: Record<string, unknown> = {};
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(go))) {
    own[name] = descriptor.value;
  }
  const arrays = Object.values(own).filter((value): value is unknown[] => Array.isArray(value));
  const isValues = (list: unknown): list is unknown[] =>
    Array.isArray(list) && list[GO_ID] === go && list[2] === null && list[3] === true && list[4] === false;
  const values = isValues(own['_values']) ? own['_values'] : arrays.find(isValues);
  if (values === undefined) return null;
  const named = (name: string): unknown[] | undefined => {
    const list = own[name];
    return Array.isArray(list) ? list : undefined;
  };
  // TinyGo has no counts of the values that are always there.
  const counts =
    named('_goRefCounts') ??
    arrays.find((list) => list !== values && (list[0] === Infinity || list[PREDEFINED] === 1));
  if (counts === undefined) return null;
  const isId = (id: unknown): boolean => typeof id === 'number' || typeof id === 'bigint';
  const pool =
    named('_idPool') ??
    arrays.find((list) => list !== values && list !== counts && list.length > 0 && list.every(isId));
  return { values, counts, pool: pool ?? [] };
}

/**
 * Finds the object of wasm_exec.js that runs the instance with these exports: it is a key of its own map of ids (TinyGo: one of its values is).
 * Reads properties of objects that are the keys of such maps, and of no others.
 */
export function findGlue(glue: Glue, exports: WebAssembly.Exports | null, maps: readonly unknown[]): boolean {
  const { get } = Map.prototype;
  const keys = Map.prototype.keys;
  for (const map of maps) {
    // `_ids` of Go: null, true and false have these ids in every version.
    if (Reflect.apply(get, map, [null]) !== 2 || Reflect.apply(get, map, [false]) !== 4) continue;
    for (const key of Reflect.apply(keys, map, []) as Iterable<unknown>) {
      if (typeof key !== 'object' || key === null || Reflect.apply(get, map, [key]) !== GO_ID) continue;
      const runs = Object.values(Object.getOwnPropertyDescriptors(key)).some((own: PropertyDescriptor) =>
        isInstanceWith(own.value, exports),
      );
      if (runs && glue.adopt(key)) return true;
    }
  }
  return false;
}

function isInstanceWith(value: unknown, exports: WebAssembly.Exports | null): boolean {
  return value instanceof WebAssembly.Instance && value.exports === exports;
}

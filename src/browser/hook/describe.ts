// What kind of value something is, found without running any code of the page: no property of an object is read before it is certain that
// reading runs nothing. What tells a class is a getter of the browser's own that throws on objects of other classes, a Proxy among them. A plain
// object, an instance of a class of the page's and a promise cannot be told from a Proxy in this way: their class stays open.

/** What is told of one value. */
export interface Description {
  /** `string`, `symbol`, `function`, `js.Func`, `node`, `object`, ... */
  readonly kind: string;
  /** Name of the class; '' where it is not known. */
  readonly name: string;
  readonly text: string;
  /** A node that is in no document. */
  readonly detached: boolean;
}

type Read = (value: object) => unknown;

const MAX_TEXT = 100;
/** What a bound function, a nameless function of the browser and a Proxy of a function have as their text. */
const NAMELESS = 'function () { [native code] }';

/** A getter that throws on objects of other classes, by class: the class that is looked for first stands first. */
const BRANDS: readonly (readonly [name: string, getter: string])[] = [
  ['Map', 'size'],
  ['Set', 'size'],
  ['ArrayBuffer', 'byteLength'],
  ['SharedArrayBuffer', 'byteLength'],
  ['DataView', 'byteLength'],
  ['Event', 'type'],
  ['Response', 'status'],
  ['Request', 'url'],
  ['Blob', 'size'],
  ['URL', 'href'],
  ['AbortSignal', 'aborted'],
  ['AbortController', 'signal'],
  ['Window', 'window'],
  ['XMLHttpRequest', 'readyState'],
  ['WebSocket', 'readyState'],
  ['MessagePort', 'onmessage'],
  ['MessageEvent', 'data'],
  ['Worker', 'onmessage'],
  ['Storage', 'length'],
  ['History', 'length'],
  ['Navigator', 'userAgent'],
  ['Performance', 'timeOrigin'],
  ['CanvasRenderingContext2D', 'canvas'],
  ['WebGLRenderingContext', 'canvas'],
  ['WebGL2RenderingContext', 'canvas'],
  ['GPUDevice', 'queue'],
  ['GPUBuffer', 'size'],
  ['CSSStyleDeclaration', 'length'],
  ['DOMTokenList', 'length'],
  ['NodeList', 'length'],
  ['HTMLCollection', 'length'],
  ['FileList', 'length'],
  ['ImageData', 'width'],
  ['DOMRectReadOnly', 'x'],
  ['ReadableStream', 'locked'],
  ['Crypto', 'subtle'],
  ['BaseAudioContext', 'state'],
  ['AudioNode', 'context'],
  ['IDBDatabase', 'name'],
  ['IDBTransaction', 'mode'],
];

/** Describes values of a realm, with the built-ins that it had when this was made. */
export class Describer {
  readonly #sourceOf: (f: unknown) => string;
  readonly #clip: (text: string) => string;
  readonly #symbol: Read | null;
  readonly #node: { readonly type: Read; readonly name: Read; readonly connected: Read } | null;
  readonly #elementId: Read | null;
  readonly #attribute: ((value: unknown, ...args: unknown[]) => unknown) | null;
  readonly #typedArray: Read | null;
  readonly #length: Read | null;
  readonly #isError: ((value: unknown) => boolean) | null;
  readonly #brands: readonly (readonly [string, Read])[];
  readonly #time: Read | null;
  readonly #source: Read | null;
  readonly #isArray: (value: unknown) => boolean;

  constructor(scope: typeof globalThis) {
    const { apply } = scope.Reflect;
    const getter = (name: string, property: string): Read | null => {
      const prototype = (scope as unknown as Record<string, { prototype?: object } | undefined>)[name]
        ?.prototype;
      const get =
        prototype === undefined ? undefined : Object.getOwnPropertyDescriptor(prototype, property)?.get;
      return get === undefined ? null : (value) => apply(get, value, []) as unknown;
    };
    const method = (
      name: string,
      property: string,
    ): ((value: unknown, ...args: unknown[]) => unknown) | null => {
      const prototype = (scope as unknown as Record<string, { prototype?: object } | undefined>)[name]
        ?.prototype;
      const f: unknown =
        prototype === undefined ? undefined : Object.getOwnPropertyDescriptor(prototype, property)?.value;
      return typeof f === 'function' ? (value, ...args) => apply(f, value, args) as unknown : null;
    };
    const toText = scope.Function.prototype.toString;
    const slice = scope.String.prototype.slice;
    this.#sourceOf = (f) => apply(toText, f, []);
    this.#clip = (text) => (text.length <= MAX_TEXT ? text : `${apply(slice, text, [0, MAX_TEXT])}…`);
    this.#symbol = getter('Symbol', 'description');
    const [type, name, connected] = ['nodeType', 'nodeName', 'isConnected'].map((one) => getter('Node', one));
    this.#node = type && name && connected ? { type, name, connected } : null;
    this.#elementId = getter('Element', 'id');
    this.#attribute = method('Element', 'getAttribute');
    const typed = Object.getPrototypeOf(scope.Uint8Array.prototype) as object;
    const tag = Object.getOwnPropertyDescriptor(typed, Symbol.toStringTag)?.get;
    this.#typedArray = tag === undefined ? null : (value) => apply(tag, value, []) as unknown;
    const length = Object.getOwnPropertyDescriptor(typed, 'length')?.get;
    this.#length = length === undefined ? null : (value) => apply(length, value, []) as unknown;
    this.#isError = (scope.Error as { isError?: (value: unknown) => boolean }).isError ?? null;
    this.#isArray = scope.Array.isArray;
    this.#time = method('Date', 'getTime');
    this.#source = getter('RegExp', 'flags') === null ? null : getter('RegExp', 'source');
    this.#brands = BRANDS.flatMap(([brand, property]) => {
      const read = getter(brand, property);
      return read === null ? [] : [[brand, read] as const];
    });
  }

  /** `wrapper`: whether it is what js.FuncOf made. */
  describe(value: unknown, wrapper: boolean): Description {
    switch (typeof value) {
      case 'string':
        return plain('string', 'string', JSON.stringify(this.#clip(value)));
      case 'symbol':
        return plain('symbol', 'symbol', this.#clip(textOf(this.#symbol?.(value as unknown as object))));
      case 'function':
        return this.#function(value, wrapper);
      case 'object':
        return value === null ? plain('null', 'null', '') : this.#object(value);
      case 'bigint':
      case 'boolean':
      case 'number':
      case 'undefined':
        return plain(typeof value, typeof value, this.#clip(String(value)));
    }
  }

  #function(f: object, wrapper: boolean): Description {
    const source = this.#sourceOf(f);
    if (wrapper) return plain('js.Func', 'js.Func', '');
    if (source === NAMELESS) return plain('function', 'function', 'bound, nameless, or a Proxy');
    // It is no Proxy: those have the text above.
    const name = Object.getOwnPropertyDescriptor(f, 'name')?.value as unknown;
    const kind = source.startsWith('class') ? 'class' : 'function';
    return plain('function', kind, this.#clip(textOf(name)));
  }

  #object(value: object): Description {
    const node = this.#asNode(value);
    if (node !== null) return node;
    const typed = quietly(() => this.#typedArray?.(value));
    if (typeof typed === 'string') return plain('array', typed, `length ${String(this.#length?.(value))}`);
    if (this.#isArray(value)) return plain('array', 'Array', '');
    if (this.#isError?.(value) === true) return plain('error', this.#className(value), '');
    const time = quietly(() => this.#time?.(value));
    if (typeof time === 'number')
      return plain('object', 'Date', Number.isFinite(time) ? new Date(time).toISOString() : '');
    // Of all objects only RegExp.prototype, which is the browser's, is no regular expression and does not throw.
    const source = quietly(() => this.#source?.(value));
    if (typeof source === 'string') return plain('object', 'RegExp', this.#clip(`/${source}/`));
    for (const [brand, read] of this.#brands) {
      const found = quietly(() => read(value));
      if (found !== undefined) return plain('object', this.#className(value) || brand, '');
    }
    return plain('object', '', '');
  }

  #asNode(value: object): Description | null {
    const node = this.#node;
    if (node === null || typeof quietly(() => node.type(value)) !== 'number') return null;
    let text = textOf(node.name(value)).toLowerCase();
    const id = quietly(() => this.#elementId?.(value));
    if (typeof id === 'string' && id !== '') text += `#${id}`;
    const classes = quietly(() => this.#attribute?.(value, 'class'));
    if (typeof classes === 'string' && classes !== '') text += `.${classes.trim().replaceAll(/\s+/g, '.')}`;
    return {
      kind: 'node',
      name: this.#className(value),
      text: this.#clip(text),
      detached: node.connected(value) === false,
    };
  }

  /** Of an object that is certainly no Proxy: the name of its prototype's constructor, read as data. */
  #className(value: object): string {
    const prototype = Object.getPrototypeOf(value) as object | null;
    const made =
      prototype === null
        ? undefined
        : (Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value as unknown);
    if (typeof made !== 'function' || this.#sourceOf(made) === NAMELESS) return '';
    return this.#clip(textOf(Object.getOwnPropertyDescriptor(made, 'name')?.value));
  }
}

const plain = (kind: string, name: string, text: string): Description => ({
  kind,
  name,
  text,
  detached: false,
});

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

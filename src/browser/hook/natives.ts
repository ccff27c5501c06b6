/**
 * The built-in functions that the hook uses, taken before the page's scripts run: a page that replaces them later (fake timers, a
 * patched Promise, Zone.js) neither breaks the hook nor is called by it.
 */
export interface Natives {
  readonly setTimeout: (callback: () => void, ms: number) => unknown;
  readonly now: () => number;
  readonly epoch: () => number;
  readonly then: typeof Promise.prototype.then;
  readonly encodeBase64: (bytes: Uint8Array) => string;
  readonly fetch: typeof fetch | undefined;
  readonly randomName: () => string;
  readonly responseUrl: (source: unknown) => string | null;
  readonly resourceEntry: (url: string) => ResourceTimes | null;
  /** The request that brought so many bytes and had ended by then; null when there is none, or several URLs did. */
  readonly requestOfSize: (size: number, before: number) => ResourceTimes | null;
}

/** Of the newest request for a URL: milliseconds since the time origin, and bytes after decoding (null where not told). */
export interface ResourceTimes {
  readonly start: number;
  readonly end: number;
  readonly size: number | null;
}

/** A body shorter than this may have its size by chance, in bytes. */
const MIN_TELLING_SIZE = 4096;

/** `base64` of bytes through `btoa`, in pieces that fit the argument list of one call. */
function encodeWithBtoa(
  bytes: Uint8Array,
  toBinary: typeof String.fromCharCode,
  encode: typeof btoa,
): string {
  // A multiple of 3, so that the pieces can be joined without padding between them.
  const piece = 0x6000;
  let text = '';
  for (let at = 0; at < bytes.length; at += piece) {
    text += encode(Reflect.apply(toBinary, null, [...bytes.subarray(at, at + piece)]));
  }
  return text;
}

/** Takes the built-ins of a global. */
export function takeNatives(scope: typeof globalThis): Natives {
  const { apply } = Reflect;
  const setTimer = scope.setTimeout as unknown as (callback: () => void, ms: number) => unknown;
  const clock = scope.performance;
  const clockNow = clock.now;
  const { getEntriesByName: entriesByName, getEntriesByType: entriesByType } = clock as Partial<Performance>;
  const epoch = scope.Date.now;
  const toBinary = scope.String.fromCharCode;
  const encode = scope.btoa as typeof btoa | undefined;
  const native = (Uint8Array.prototype as { toBase64?: () => string }).toBase64;
  const random = scope.crypto;
  const getRandomValues = random.getRandomValues;
  const responsePrototype = (scope as { Response?: typeof Response }).Response?.prototype;
  const urlOf =
    responsePrototype === undefined
      ? undefined
      : Object.getOwnPropertyDescriptor(responsePrototype, 'url')?.get;
  return {
    setTimeout: (callback, ms) => apply(setTimer, scope, [callback, ms]),
    now: () => apply(clockNow, clock, []),
    epoch: () => apply(epoch, scope.Date, []),
    then: scope.Promise.prototype.then,
    encodeBase64: (bytes) => {
      if (native !== undefined) return apply(native, bytes, []);
      if (encode === undefined) throw new Error('this realm has no base64');
      return encodeWithBtoa(bytes, toBinary, encode);
    },
    fetch: (scope as { fetch?: typeof fetch }).fetch?.bind(scope),
    randomName: () => {
      const bytes = new Uint8Array(12);
      apply(getRandomValues, random, [bytes]);
      let name = '';
      for (const byte of bytes) name += byte.toString(16).padStart(2, '0');
      return name;
    },
    responseUrl: (source) => {
      try {
        const url: unknown = urlOf === undefined ? '' : apply(urlOf, source, []);
        return typeof url === 'string' && url !== '' ? url : null;
      } catch {
        return null;
      }
    },
    resourceEntry: (url) => {
      if (entriesByName === undefined) return null;
      const entries = apply(entriesByName, clock, [url, 'resource']) as PerformanceResourceTiming[];
      return timesOf(entries[entries.length - 1]);
    },
    requestOfSize: (size, before) => {
      if (entriesByType === undefined || size < MIN_TELLING_SIZE) return null;
      const entries = (apply(entriesByType, clock, ['resource']) as PerformanceResourceTiming[]).filter(
        (entry) => entry.decodedBodySize === size && entry.responseEnd <= before,
      );
      return entries.some(({ name }) => name !== entries[0]?.name)
        ? null
        : timesOf(entries[entries.length - 1]);
    },
  };
}

function timesOf(entry: PerformanceResourceTiming | undefined): ResourceTimes | null {
  if (entry === undefined) return null;
  const { startTime: start, responseEnd: end, decodedBodySize } = entry;
  return { start, end, size: decodedBodySize === 0 ? null : decodedBodySize };
}

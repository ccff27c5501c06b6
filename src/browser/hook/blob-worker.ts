/**
 * Makes a worker that started from a blob: URL see the URL of its script: `location`, and relative URLs in fetch, Request, XMLHttpRequest,
 * importScripts, WebSocket, EventSource and nested workers. Its text is put into the worker, so it uses nothing from outside itself.
 */
export function blobWorkerPreamble(href: string): void {
  const scope = self as unknown as Record<string, unknown>;
  const resolve = (url: unknown): unknown =>
    typeof url === 'string' || url instanceof URL ? new URL(String(url), href).href : url;

  const location: Record<string, unknown> = { toString: () => href };
  for (const name of [
    'href',
    'origin',
    'protocol',
    'host',
    'hostname',
    'port',
    'pathname',
    'search',
    'hash',
  ] as const) {
    location[name] = new URL(href)[name];
  }
  Object.defineProperty(scope, 'location', {
    value: Object.freeze(location),
    configurable: true,
    enumerable: true,
  });

  const first = (args: unknown[]): unknown[] => [resolve(args[0]), ...args.slice(1)];
  const wrapCall = (name: string, map: (args: unknown[]) => unknown[]): void => {
    const original = scope[name];
    if (typeof original !== 'function') return;
    scope[name] = new Proxy(original, {
      apply: (target, self, args: unknown[]): unknown =>
        Reflect.apply(target as (...args: unknown[]) => unknown, self, map(args)),
    });
  };
  const wrapConstructor = (name: string): void => {
    const original = scope[name];
    if (typeof original !== 'function') return;
    scope[name] = new Proxy(original, {
      construct: (target, args: unknown[], newTarget): object =>
        Reflect.construct(target as new (...args: unknown[]) => object, first(args), newTarget) as object,
    });
  };
  wrapCall('fetch', first);
  wrapCall('importScripts', (urls) => urls.map(resolve));
  for (const name of ['Request', 'WebSocket', 'EventSource', 'Worker']) wrapConstructor(name);

  const xhr = XMLHttpRequest.prototype;
  const open = xhr.open as (...args: unknown[]) => void;
  xhr.open = new Proxy(open, {
    apply: (target, self, args: unknown[]): unknown =>
      Reflect.apply(target, self, [args[0], resolve(args[1]), ...args.slice(2)]),
  });
}

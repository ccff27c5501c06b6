import type { HookOptions } from '../hook-protocol.ts';
import { blobWorkerPreamble } from './blob-worker.ts';

type AnyConstructor = new (...args: unknown[]) => object;

/**
 * Wraps `Worker` so that dedicated workers of the page's own origin, and those that they start, start through a blob that installs the hook and then loads the
 * worker's script. For pages whose CSP was seen to allow it, and only where the user asked: it is the one thing here that changes how
 * something is loaded. Other workers (blob:, data:, other origins) start as they would. Returns what undoes it.
 */
export function wrapWorker(
  scope: typeof globalThis,
  hookText: string,
  options: HookOptions,
  active: () => boolean,
  notes: Set<string>,
): () => void {
  const descriptor = Object.getOwnPropertyDescriptor(scope, 'Worker');
  const original: unknown = descriptor?.value;
  if (descriptor?.configurable !== true || typeof original !== 'function') return () => undefined;

  const wrapper: object = new Proxy(original, {
    construct(target, args: unknown[], newTarget): object {
      const constructor = target as AnyConstructor;
      const actual = (newTarget as unknown) === wrapper ? constructor : (newTarget as AnyConstructor);
      const hooked = active() ? hookedArguments(scope, hookText, options, args) : null;
      if (typeof hooked === 'string') notes.add(hooked);
      if (hooked === null || typeof hooked === 'string')
        return Reflect.construct<unknown[], object>(constructor, args, actual);
      try {
        return Reflect.construct<unknown[], object>(constructor, hooked.args, actual);
      } finally {
        // The worker's script is being loaded: the engine has resolved the URL.
        URL.revokeObjectURL(hooked.url);
      }
    },
  });
  Object.defineProperty(scope, 'Worker', { ...descriptor, value: wrapper });
  return () => {
    if (Object.getOwnPropertyDescriptor(scope, 'Worker')?.value === wrapper) {
      Object.defineProperty(scope, 'Worker', descriptor);
    }
  };
}

/** The arguments that start a worker with the hook; a sentence why not; null for arguments that are the constructor's to refuse. */
function hookedArguments(
  scope: typeof globalThis,
  hookText: string,
  options: HookOptions,
  args: unknown[],
): { args: unknown[]; url: string } | string | null {
  try {
    const [script, given] = args;
    if (typeof script !== 'string' && !(script instanceof scope.URL)) return null;
    const { document } = scope as { document?: Document };
    const url = new URL(String(script), document?.baseURI ?? scope.location.href);
    if (url.origin !== scope.location.origin || !/^https?:$/.test(url.protocol)) {
      return `the worker ${url.href.slice(0, 200)} was not hooked: only scripts of the page's own origin can be`;
    }
    const prepare = [
      `(${hookText})(${JSON.stringify(options)});`,
      `(${String(blobWorkerPreamble)})(${JSON.stringify(url.href)});`,
    ].join('\n');
    // Modules are evaluated in the order of their imports, and messages wait until then. The first blob: URL stays, because it is read later.
    const text =
      (given as { type?: unknown } | undefined)?.type === 'module'
        ? `import ${JSON.stringify(blobOf(prepare))};\nimport ${JSON.stringify(url.href)};`
        : `${prepare}\nimportScripts(${JSON.stringify(url.href)});`;
    const blobUrl = blobOf(text);
    return { args: [blobUrl, ...args.slice(1)], url: blobUrl };
  } catch {
    return null;
  }
}

const blobOf = (text: string): string => URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));

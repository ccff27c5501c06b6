import type { HookOptions, HookReport } from '../hook-protocol.ts';
import { PROTOCOL, REGISTRY_KEY } from '../hook-protocol.ts';
import { Deaths } from './deaths.ts';
import { Describer } from './describe.ts';
import { isOpen, watchFrames, type FrameWatch } from './frames.ts';
import { HeldStarts } from './held-starts.ts';
import { Lease } from './lease.ts';
import { Line } from './line.ts';
import { takeNatives } from './natives.ts';
import { PageSide } from './page-side.ts';
import { RealmServer } from './realm.ts';
import { Records } from './records.ts';
import { createRegistry, type Registry } from './registry.ts';
import { Stashes } from './stash.ts';
import { memoryOf, wrapWebAssembly } from './wrap-wasm.ts';
import { wrapWorker } from './wrap-worker.ts';
import { openWorkerSide } from './worker-side.ts';

/** Where the numbers of a worker's stashes and tickets begin, above those of its page. */
const WORKER_NUMBERS = 2 ** 40;

/**
 * Starts the hook in a realm, unless one is there that does what is asked. `hookText`: the text of the whole hook as a function of its options, to start it
 * in workers; null where it is not known.
 */
export function installHook(scope: typeof globalThis, options: HookOptions, hookText: string | null): void {
  const key = Symbol.for(REGISTRY_KEY);
  const property = Object.getOwnPropertyDescriptor(scope, key);
  if (property !== undefined) {
    upgrade(property.value, options, hookText);
    return;
  }
  if (typeof (scope as { WebAssembly?: unknown }).WebAssembly !== 'object') return;

  const natives = takeNatives(scope);
  const records = new Records();
  const deaths = new Deaths(records, natives);
  const kind = realmKind(scope);
  const stashes = new Stashes(kind === 'worker' ? WORKER_NUMBERS : 1);
  const name = natives.randomName();
  const describer = new Describer(scope);
  const line = new Line(scope);
  const server = new RealmServer(
    { name, kind, url: () => locationOf(scope) },
    records,
    natives,
    stashes,
    scope.WebAssembly.Module,
    describer,
    line,
  );
  const goOn = (): void => server.starts?.release();
  const debugSections = (wanted: HookOptions): void => {
    if (wanted.debugSection === true) server.starts ??= new HeldStarts(scope, natives);
  };
  debugSections(options);
  let active = true;
  let captureText = options.captureText;
  let listening = false;
  /** Text of the hook that workers start with; null while they are not wrapped. */
  let wrapping: string | null = null;
  const ends: (() => void)[] = [];

  const onPoll = (wanted: boolean | null): void => {
    lease.renew();
    frames?.check();
    if (wanted === null || wanted === captureText) return;
    captureText = wanted;
    if (!wanted) records.dropTexts();
  };

  const listen = (): void => {
    if (listening || typeof (scope as Partial<typeof globalThis>).addEventListener !== 'function') return;
    listening = true;
    const onError = (event: Event): void => deaths.thrown('error', (event as Partial<ErrorEvent>).error);
    const onRejection = (event: Event): void =>
      deaths.thrown('unhandledrejection', (event as Partial<PromiseRejectionEvent>).reason);
    // In the capture phase of the global itself these come first, so no other listener can keep them from us.
    scope.addEventListener('error', quiet(onError), true);
    scope.addEventListener('unhandledrejection', quiet(onRejection), true);
  };
  const quiet = (listener: (event: Event) => void): ((event: Event) => void) => {
    const safe = (event: Event): void => {
      try {
        listener(event);
      } catch {
        // The page's own handling of the error goes on as if nobody had looked.
      }
    };
    ends.push(() => {
      scope.removeEventListener('error', safe, true);
      scope.removeEventListener('unhandledrejection', safe, true);
    });
    return safe;
  };

  const lease = new Lease(natives, () => {
    active = false;
    for (const end of ends) end();
    goOn();
    records.clear();
    stashes.clear();
    line.close();
    if (Object.getOwnPropertyDescriptor(scope, key)?.value === registry) Reflect.deleteProperty(scope, key);
  });

  if (options.capture) {
    const wrap = wrapWebAssembly(scope, {
      records,
      deaths,
      natives,
      active: () => active,
      captureText: () => captureText,
      starts: () => server.starts,
      reflect: scope.Reflect,
    });
    ends.push(() => wrap.restore());
    server.capturing = true;
    listen();
  }

  let frames: FrameWatch | null = null;
  if (options.capture && typeof (scope as { window?: unknown }).window === 'object') {
    // Everything that reaches the frames of this origin is done from here: Chrome injects into the main frame only.
    frames = watchFrames(scope.window, natives.now, (child) =>
      installHook(
        child,
        {
          ...{ ...options, captureText, channel: null, wrapWorkers: wrapping !== null },
          debugSection: server.starts !== null,
        },
        wrapping,
      ),
    );
    ends.push(() => frames?.stop());
  }

  let pageSide: PageSide | null = null;
  const listenToWorkers = (channel: string): void => {
    if (pageSide !== null || kind === 'worker' || !isOutermostOfOrigin(scope.window)) return;
    pageSide = new PageSide(channel, stashes, natives);
    ends.push(() => pageSide?.close());
  };
  if (options.channel !== null) {
    if (kind === 'worker') {
      ends.push(openWorkerSide(server, records, { channel: options.channel, realm: name, onPoll, goOn }));
    } else {
      listenToWorkers(options.channel);
    }
  }
  const wrapWorkers = (wanted: HookOptions, text: string | null): void => {
    if (!wanted.wrapWorkers || text === null || wrapping !== null) return;
    wrapping = text;
    ends.push(wrapWorker(scope, text, wanted, () => active, records.notes));
  };
  wrapWorkers(options, hookText);

  const adopt: Registry['adopt'] = (instances, modules, scriptUrls) => {
    listen();
    instances.forEach((instance, i) => {
      const { exports } = instance;
      if (records.instances.some((known) => known.exports() === exports)) return;
      const found: unknown = modules[i];
      const scriptUrl = scriptUrls[i] ?? null;
      const owner = records.addModule(found instanceof scope.WebAssembly.Module ? found : null, 'debugger', {
        url: scriptUrl?.startsWith('wasm:') === true ? null : scriptUrl,
        bytes: null,
      });
      if (owner?.origin === 'debugger') owner.scriptUrl = scriptUrl;
      const record = records.newInstance({});
      record.state = 'running';
      records.addInstance(record, owner ?? null, exports, memoryOf(exports, scope.WebAssembly.Memory));
    });
  };

  const registry = createRegistry({
    scope,
    realm: name,
    server,
    records,
    pageSide: () => pageSide,
    listenToWorkers,
    onPoll,
    adopt,
    goOn,
    upgrade(wanted, text) {
      debugSections(wanted);
      if (wanted.channel !== null) listenToWorkers(wanted.channel);
      wrapWorkers(wanted, text);
      // What one of the two hooks was told not to keep is not kept.
      if (wanted.capture && !wanted.captureText) onPoll(false);
    },
  });
  Object.defineProperty(scope, key, {
    value: Object.freeze(registry),
    configurable: true,
    enumerable: false,
    writable: false,
  });
}

/** Gives what is asked to the hook that came first: that of a site that was opted in, when the page is reloaded with the hook. */
function upgrade(found: unknown, options: HookOptions, hookText: string | null): void {
  try {
    const registry = found as Partial<Registry> | undefined;
    if (registry?.protocol === PROTOCOL) registry.upgrade?.(options, hookText);
  } catch {
    // It is something of the page's.
  }
}

function realmKind(scope: typeof globalThis): HookReport['kind'] {
  if (typeof scope.window !== 'object') {
    return typeof (scope as { importScripts?: unknown }).importScripts === 'function' ? 'worker' : 'page';
  }
  return scope.window.top === scope.window ? 'page' : 'frame';
}

/** False when a frame above has the same origin: that one's hook listens to the workers. */
function isOutermostOfOrigin(window: Window): boolean {
  for (let at = window; at !== at.parent;) {
    at = at.parent;
    if (isOpen(at)) return false;
  }
  return true;
}

function locationOf(scope: typeof globalThis): string {
  const location = (scope as { location?: Location }).location;
  return location === undefined ? '' : location.href;
}

import type { HookOptions, HookReport, HookRequest, PollAnswer, RealmRequest } from '../hook-protocol.ts';
import { PROTOCOL, REGISTRY_KEY } from '../hook-protocol.ts';
import { isOpen } from './frames.ts';
import { findGlue } from './glue.ts';
import type { PageSide } from './page-side.ts';
import type { RealmServer } from './realm.ts';
import type { Records } from './records.ts';
import { stopBelow } from './stop.ts';

/** The value of the hook's one global property. */
export interface Registry {
  readonly protocol: number;
  /** Random name of the realm. */
  readonly realm: string;
  /** Answers a HookRequest in JSON, in the form of hook-protocol.ts. Never throws. */
  request(text: string): string;
  /** For registries of other frames of the same origin: what is new here, and renewal of the lease. */
  poll(since: number, captureText: boolean | null): { report: HookReport; notes: readonly string[] };
  answer(request: RealmRequest): string;
  /** Takes instances, and modules, that the debugger found in this realm. `modules[i]` is the module of `instances[i]`, or null. */
  adopt(
    instances: readonly WebAssembly.Instance[],
    modules: readonly (WebAssembly.Module | null)[],
    scriptUrls: readonly (string | null)[],
  ): void;
  /** Lets programs that are held start. */
  goOn(): void;
  /** For the debugger: finds the object of wasm_exec.js of an instance among the keys of `maps`, one of which is its map of ids. */
  findGlue(instance: number, maps: readonly unknown[]): boolean;
  /** For the debugger: the values that an instance's program refers to, by their ids; null where that is not known. */
  values(instance: number): readonly unknown[] | null;
  /** For the debugger: the numbers (`funcs`) of the js.Func wrappers with these ids. */
  nameFuncs(instance: number, ids: readonly number[], funcs: readonly number[]): void;
  /** Takes over what a second hook of this realm was to do with its workers and its text. */
  upgrade(options: HookOptions, hookText: string | null): void;
}

/** Frames that are looked into, at most. */
const MAX_FRAMES = 200;

export interface RegistryParts {
  readonly scope: typeof globalThis;
  readonly realm: string;
  readonly server: RealmServer;
  readonly records: Records;
  /** Null until workers are hooked, in workers, and in frames below another of the same origin. */
  readonly pageSide: () => PageSide | null;
  /** Starts to listen to workers. */
  readonly listenToWorkers: (channel: string) => void;
  readonly onPoll: (captureText: boolean | null) => void;
  readonly adopt: Registry['adopt'];
  readonly upgrade: Registry['upgrade'];
  readonly goOn: Registry['goOn'];
}

/** Makes the registry of a realm. It reaches the registries of same-origin frames below it, and of the page's workers. */
export function createRegistry(parts: RegistryParts): Registry {
  const { server, records, onPoll } = parts;
  const registry: Registry = {
    protocol: PROTOCOL,
    realm: parts.realm,
    adopt: parts.adopt,
    upgrade: parts.upgrade,
    goOn: parts.goOn,
    answer: (request) => server.answer(request),
    findGlue(n, maps) {
      const record = records.instances.find((instance) => instance.n === n);
      return record !== undefined && findGlue(record.glue, record.exports(), maps);
    },
    values: (n) => records.instances.find((instance) => instance.n === n)?.glue.tables()?.values ?? null,
    nameFuncs(n, ids, funcs) {
      const glue = records.instances.find((instance) => instance.n === n)?.glue;
      const values = glue?.tables()?.values;
      ids.forEach((id, i) => {
        const wrapper = values?.[id];
        if (typeof wrapper === 'function') glue?.funcs.set(wrapper, funcs[i] ?? 0);
      });
    },
    poll(since, captureText) {
      onPoll(captureText);
      return { report: server.report(since), notes: [...records.notes] };
    },
    request(text) {
      try {
        const request = JSON.parse(text) as HookRequest;
        switch (request.op) {
          case 'poll':
            return poll(request);
          case 'goOn':
            for (const each of reachable(parts.scope, registry).registries) each.goOn();
            parts.pageSide()?.goOn();
            return 'jnull';
          case 'listen':
            parts.listenToWorkers(request.channel);
            return 'jnull';
          case 'to':
            return to(request.realm, request.request);
        }
      } catch (error) {
        return `e${error instanceof Error ? error.message : 'it failed'}`;
      }
    },
  };

  function poll({ since, captureText, n }: Extract<HookRequest, { op: 'poll' }>): string {
    const { registries, closedFrames } = reachable(parts.scope, registry);
    const notes = new Set<string>();
    const realms: HookReport[] = [];
    for (const each of registries) {
      const answer = each.poll(since[each.realm] ?? 0, captureText);
      realms.push(answer.report);
      for (const note of answer.notes) notes.add(note);
    }
    const pageSide = parts.pageSide();
    if (pageSide !== null) {
      realms.push(...pageSide.poll(since, captureText, n ?? null));
      for (const note of pageSide.notes) notes.add(note);
    }
    const stop = stopBelow(records.instances, registry.request);
    const answer: PollAnswer = {
      ...{ protocol: PROTOCOL, realms, closedFrames, notes: [...notes] },
      ...(stop === null ? {} : { stop }),
    };
    return `j${JSON.stringify(answer)}`;
  }

  function to(realm: string, request: RealmRequest): string {
    if (realm === parts.realm) return server.answer(request);
    const pageSide = parts.pageSide();
    if (pageSide?.knows(realm) === true) return pageSide.ask(realm, request);
    const other = reachable(parts.scope, registry).registries.find((each) => each.realm === realm);
    if (other === undefined) return 'ethis frame or worker is gone';
    return other.answer(request);
  }

  return registry;
}

/** Registries of this frame and of the frames below it that have the same origin; other origins are counted. */
function reachable(
  scope: typeof globalThis,
  own: Registry,
): { registries: Registry[]; closedFrames: number } {
  const registries: Registry[] = [own];
  let closedFrames = 0;
  let left = MAX_FRAMES;
  const key = Symbol.for(REGISTRY_KEY);
  const visit = (window: Window): void => {
    for (let i = 0; i < window.length && left > 0; i++, left--) {
      const child = window[i];
      if (child === undefined) continue;
      if (isOpen(child)) {
        const found = (child as unknown as Record<symbol, Registry | undefined>)[key];
        if (found?.protocol === PROTOCOL) registries.push(found);
      } else {
        closedFrames++;
      }
      visit(child);
    }
  };
  if (typeof scope.window === 'object') visit(scope.window);
  return { registries, closedFrames };
}

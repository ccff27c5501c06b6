import { ConsoleReplay, type ReplayedTrap } from './console-replay.ts';
import {
  untilFree,
  withDebugger,
  type DebuggerConnection,
  type DebuggerTarget,
  type Params,
} from './debugger-connection.ts';
import { REGISTRY_KEY } from './hook-protocol.ts';

/** A wasm script that V8 knows. */
export interface WasmScript {
  readonly url: string;
  readonly byteLength: number | null;
  /** Random name of the realm that compiled it; null when that realm could not be looked into. */
  readonly realm: string | null;
}

export interface LateFindings {
  readonly scripts: readonly WasmScript[];
  /** How many instances were handed to the hook of each realm, by its random name. */
  readonly instances: ReadonlyMap<string, number>;
  readonly traps: readonly (ReplayedTrap & { readonly realm: string | null })[];
  readonly notes: readonly string[];
}

/** A JavaScript global of the page, a frame or a worker. */
interface Context {
  readonly target: DebuggerTarget;
  readonly id: number;
  readonly replay: ConsoleReplay;
}

/** A wasm script of a thread; `contextId` is that of the global which compiled it last, of those that share it. */
interface Script {
  readonly url: string;
  readonly byteLength: number | null;
  readonly contextId: unknown;
}

/** A thread: the page with its frames, a frame of another process, a worker. */
type Scripts = Map<string, Script>;

/** Instances of one realm that are looked at. */
const MAX_INSTANCES = 200;
/** Globals of threads without wasm scripts that are looked into all the same: each costs a collection of its thread's garbage. */
const MAX_BLIND = 10;
/** Time for frames in other processes and workers to be attached to; they are announced right after Target.setAutoAttach. */
const SETTLE_MS = 200;
/** Instances that were looked for in vain are looked for again, so many times, unless that takes too long already: a program may be about to start. */
const AGAIN = 2;
const AGAIN_AFTER_MS = 300;
const AGAIN_WITHIN_MS = 5000;
/** A reload with the hook keeps the debugger for some seconds: it is waited for so long. Milliseconds. */
const FREE_MS = 15_000;
/** Time for the bytes of a module, which may be hundreds of MiB in base64. */
const BYTES_MS = 40_000;

/**
 * Looks into a page that was loaded before: what wasm scripts there are, which instances live, what the console's history tells. Instances are handed
 * to a hook that is put into each realm and only answers questions (`hook(worker)` is its text). The debugger is enabled for moments only, and detached at
 * the end.
 */
export async function lookIntoPage(tabId: number, signal: AbortSignal, hook: string): Promise<LateFindings> {
  await untilFree(tabId, signal, FREE_MS);
  return withDebugger(tabId, signal, async (connection) => {
    const found = new Map<string, Context>();
    const scriptsOf = new Map<string, Scripts>();
    const contextOf = (target: DebuggerTarget, id: unknown): Context | undefined =>
      found.get(contextKey(target, id));
    connection.on('Runtime.executionContextCreated', (target, params) => {
      const context = params['context'] as { id?: unknown; auxData?: { isDefault?: unknown } } | undefined;
      if (typeof context?.id !== 'number' || context.auxData?.isDefault === false) return;
      const key = contextKey(target, context.id);
      if (!found.has(key)) found.set(key, { target, id: context.id, replay: new ConsoleReplay() });
    });
    connection.on('Runtime.executionContextDestroyed', (target, params) => {
      found.delete(contextKey(target, params['executionContextId']));
    });
    connection.on('Runtime.exceptionThrown', (target, params) => {
      const details = params['exceptionDetails'] as { executionContextId?: unknown } | undefined;
      contextOf(target, details?.executionContextId)?.replay.exception(params);
    });
    connection.on('Runtime.consoleAPICalled', (target, params) => {
      contextOf(target, params['executionContextId'])?.replay.message(params);
    });
    connection.on('Debugger.scriptParsed', (target, params) => {
      if (params['scriptLanguage'] !== 'WebAssembly') return;
      const length = params['length'];
      const thread = threadKey(target);
      const scripts = scriptsOf.get(thread) ?? new Map<string, Script>();
      scriptsOf.set(thread, scripts);
      scripts.set(String(params['scriptId']), {
        url: String(params['url']),
        byteLength: typeof length === 'number' ? length : null,
        contextId: params['executionContextId'],
      });
    });

    const problems = new Map<string, string>();
    await attachBelow(connection);
    const threads = [...connection.targets];
    const workers = new Set(
      threads.filter(({ type }) => type === 'worker').map(({ target }) => threadKey(target)),
    );
    for (const { target, url } of threads) {
      try {
        await connection.send(target, 'Runtime.enable');
        await connection.send(target, 'Debugger.enable');
        await connection.send(target, 'Debugger.disable');
      } catch (error) {
        problems.set(threadKey(target), `${url} could not be looked into: ${messageOf(error)}`);
      }
    }

    const realms = new Map<Context, string>();
    const instances = new Map<string, number>();
    const handOverAll = async (): Promise<void> => {
      // Of one module that several globals run V8 tells one script, that of the global which compiled it last; none once that one is gone.
      let blind = 0;
      for (const [key, context] of [...found].sort(([, a], [, b]) => a.id - b.id)) {
        const thread = threadKey(context.target);
        const scripts: Scripts = scriptsOf.get(thread) ?? new Map<string, Script>();
        if (scripts.size === 0 && context.replay.traps().length === 0) {
          if (workers.has(thread) || blind >= MAX_BLIND) continue;
          blind++;
        }
        try {
          const { realm, count } = await handOver(connection, context, scripts, hook);
          realms.set(context, realm);
          instances.set(realm, count);
          problems.delete(key);
        } catch (error) {
          if (found.has(key)) problems.set(key, `instances could not be reached: ${messageOf(error)}`);
        }
      }
    };
    const hasScripts = (): boolean => [...scriptsOf.values()].some(({ size }) => size > 0);
    const hasInstances = (): boolean => [...instances.values()].some((count) => count > 0);
    const latest = performance.now() + AGAIN_WITHIN_MS;
    await handOverAll();
    for (let again = 0; again < AGAIN; again++) {
      if (!hasScripts() || hasInstances() || performance.now() > latest) break;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
      await handOverAll();
    }

    const scripts = [...scriptsOf].flatMap(([thread, list]) =>
      [...list.values()].map(({ url, byteLength, contextId }): WasmScript => {
        const context = found.get(`${thread} ${String(contextId)}`);
        return { url, byteLength, realm: (context && realms.get(context)) ?? null };
      }),
    );
    const traps = [...found.values()].flatMap((context) =>
      context.replay.traps().map((trap) => ({ ...trap, realm: realms.get(context) ?? null })),
    );
    const notes = [...problems.values()];
    if (problems.size === 0 && hasScripts() && !hasInstances()) {
      notes.push(
        'The debugger found WebAssembly modules here, and no instance of them: attach to the page again once the program runs, or reload with the hook.',
      );
    }
    for (const { target } of connection.targets) {
      await connection.send(target, 'Runtime.disable').catch(() => undefined);
    }
    return { scripts, instances, traps, notes };
  });
}

/** Bytes (base64) of the newest wasm script with a URL, of the page, its frames or its workers; null when V8 knows none. */
export async function wasmBytecode(tabId: number, signal: AbortSignal, url: string): Promise<string | null> {
  await untilFree(tabId, signal, FREE_MS);
  return withDebugger(tabId, signal, async (connection) => {
    const scripts: { target: DebuggerTarget; scriptId: string }[] = [];
    connection.on('Debugger.scriptParsed', (target, params) => {
      if (params['scriptLanguage'] === 'WebAssembly' && params['url'] === url)
        scripts.push({ target, scriptId: String(params['scriptId']) });
    });
    await attachBelow(connection);
    for (const { target } of [...connection.targets]) {
      try {
        await connection.send(target, 'Debugger.enable');
        const script = scripts.findLast((candidate) => candidate.target.sessionId === target.sessionId);
        if (script === undefined) continue;
        const wanted = { scriptId: script.scriptId };
        const answer = await connection.send(target, 'Debugger.getWasmBytecode', wanted, BYTES_MS);
        if (typeof answer['bytecode'] === 'string') return answer['bytecode'];
      } finally {
        await connection.send(target, 'Debugger.disable').catch(() => undefined);
      }
    }
    return null;
  });
}

/** Attaches to frames in other processes and to workers, and to the workers of those. */
export async function attachBelow(connection: DebuggerConnection): Promise<void> {
  let known = 0;
  while (known < connection.targets.length) {
    const fresh = connection.targets.slice(known);
    known = connection.targets.length;
    for (const { target } of fresh) {
      await connection.autoAttach(target, false).catch(() => undefined);
    }
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  }
}

/**
 * Puts a hook into a realm where there is none, gives it the instances that live there, and returns the realm's name and how many there
 * are.
 */
async function handOver(
  connection: DebuggerConnection,
  context: Context,
  scripts: Scripts,
  hook: string,
): Promise<{ readonly realm: string; readonly count: number }> {
  const { target, id } = context;
  const group = { objectGroup: 'go-wasm-devtools' };
  const evaluate = (expression: string): Promise<Params> =>
    connection.send(target, 'Runtime.evaluate', { expression, contextId: id, ...group });
  try {
    const prototype = objectIdOf(await evaluate('WebAssembly.Instance.prototype'));
    const query = await connection.send(target, 'Runtime.queryObjects', {
      prototypeObjectId: prototype,
      ...group,
    });
    const list = (query['objects'] as { objectId?: unknown } | undefined)?.objectId;
    const instances = await elements(connection, target, String(list));
    const modules: Params[] = [];
    const urls: (string | null)[] = [];
    for (const instance of instances) {
      const internal = await internalProperties(connection, target, instance);
      const module = internal['[[Module]]']?.objectId;
      modules.push(typeof module === 'string' ? { objectId: module } : { value: null });
      urls.push(await scriptUrlOf(connection, context.target, scripts, instance));
    }
    await evaluate(hook);
    const answer = await connection.send(target, 'Runtime.callFunctionOn', {
      functionDeclaration: `function (key, urls, ...found) {
        const registry = globalThis[Symbol.for(key)];
        const half = found.length / 2;
        registry.adopt(found.slice(0, half), found.slice(half), urls);
        return registry.realm;
      }`,
      executionContextId: id,
      arguments: [
        { value: REGISTRY_KEY },
        { value: urls },
        ...instances.map((objectId) => ({ objectId })),
        ...modules,
      ],
      returnByValue: true,
    });
    const realm = (answer['result'] as { value?: unknown } | undefined)?.value;
    if (typeof realm !== 'string') throw new Error('the hook did not start');
    return { realm, count: instances.length };
  } finally {
    await connection.send(target, 'Runtime.releaseObjectGroup', group).catch(() => undefined);
  }
}

/** URL of the script that an instance's code belongs to: V8 tells where an exported function is. */
async function scriptUrlOf(
  connection: DebuggerConnection,
  target: DebuggerTarget,
  scripts: Scripts,
  instance: string,
): Promise<string | null> {
  const exported = await connection.send(target, 'Runtime.callFunctionOn', {
    objectId: instance,
    functionDeclaration: `function () {
      return Object.values(this.exports).find((value) => typeof value === 'function');
    }`,
    objectGroup: 'go-wasm-devtools',
  });
  const f = (exported['result'] as { objectId?: unknown } | undefined)?.objectId;
  if (typeof f !== 'string') return null;
  const internal = await internalProperties(connection, target, f);
  const location = internal['[[FunctionLocation]]']?.value as { scriptId?: unknown } | undefined;
  return scripts.get(String(location?.scriptId))?.url ?? null;
}

type Properties = Record<string, { objectId?: unknown; value?: unknown } | undefined>;

async function internalProperties(
  connection: DebuggerConnection,
  target: DebuggerTarget,
  objectId: string,
): Promise<Properties> {
  const answer = await connection.send(target, 'Runtime.getProperties', { objectId, ownProperties: true });
  return properties(answer['internalProperties']);
}

/** Object ids of an array's elements. */
async function elements(
  connection: DebuggerConnection,
  target: DebuggerTarget,
  objectId: string,
): Promise<string[]> {
  const answer = await connection.send(target, 'Runtime.getProperties', { objectId, ownProperties: true });
  return Object.entries(properties(answer['result']))
    .filter(([name]) => /^\d+$/.test(name))
    .map(([, value]) => value?.objectId)
    .filter((id) => typeof id === 'string')
    .slice(0, MAX_INSTANCES);
}

function properties(value: unknown): Properties {
  const result: Properties = Object.create(null) as Properties;
  for (const property of (Array.isArray(value) ? value : []) as { name?: unknown; value?: unknown }[]) {
    result[String(property.name)] = property.value as Properties[string];
  }
  return result;
}

function objectIdOf(answer: Params): string {
  const id = (answer['result'] as { objectId?: unknown } | undefined)?.objectId;
  if (typeof id !== 'string') throw new Error('there is no WebAssembly here');
  return id;
}

const threadKey = (target: DebuggerTarget): string => target.sessionId ?? '';
const contextKey = (target: DebuggerTarget, id: unknown): string => `${threadKey(target)} ${String(id)}`;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

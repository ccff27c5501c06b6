import {
  untilDetached,
  withDebugger,
  type DebuggerConnection,
  type DebuggerTarget,
  type Params,
} from './debugger-connection.ts';
import { REGISTRY_KEY } from './hook-protocol.ts';
import { attachBelow } from './late-attach.ts';
import type { DebuggerDescription } from './page-references.ts';

/** Functions whose scopes are looked into: three messages each. */
const MAX_SCOPES = 1000;
const MAX_TEXT = 100;
const MAX_VALUES = 1 << 18;
/** Reading many values takes longer than other commands. Milliseconds. */
const READING_MS = 30_000;
/** In the text of what `_makeFuncWrapper` returns: it is set by this name from Go, so no minifier renames it. */
const WRAPPER = '_pendingEvent';

interface RemoteObject {
  readonly type?: unknown;
  readonly subtype?: unknown;
  readonly className?: unknown;
  readonly description?: unknown;
  readonly objectId?: unknown;
  readonly value?: unknown;
}

/**
 * Describes the values that a program refers to, by their ids, as the debugger sees them: that runs no code of the page. Before, it finds the tables
 * of wasm_exec.js where the hook of the realm has not seen them (one of all maps of the page is its map of ids), and tells the hook the numbers of
 * functions that js.FuncOf made, which only their scopes have.
 */
export async function describeThroughDebugger(
  tabId: number,
  signal: AbortSignal,
  realm: string,
  instance: number,
): Promise<ReadonlyMap<number, DebuggerDescription>> {
  // A reload with workers may still be under way.
  await untilDetached(tabId, signal);
  return withDebugger(tabId, signal, async (connection) => {
    const contexts: { target: DebuggerTarget; id: number }[] = [];
    connection.on('Runtime.executionContextCreated', (target, params) => {
      const context = params['context'] as { id?: unknown; auxData?: { isDefault?: unknown } } | undefined;
      if (typeof context?.id !== 'number' || context.auxData?.isDefault === false) return;
      contexts.push({ target, id: context.id });
    });
    await attachBelow(connection);
    try {
      for (const { target } of [...connection.targets]) {
        await connection.send(target, 'Runtime.enable').catch(() => undefined);
      }
      for (const { target, id } of contexts) {
        const context = new RealmContext(connection, target, id);
        if ((await context.realm().catch(() => null)) !== realm) continue;
        try {
          return await context.describe(instance);
        } finally {
          await context.release();
        }
      }
    } finally {
      for (const { target } of connection.targets) {
        await connection.send(target, 'Runtime.disable').catch(() => undefined);
      }
    }
    throw new Error('the debugger does not reach the frame or worker of this program');
  });
}

/** The debugger in one realm. */
class RealmContext {
  readonly #connection: DebuggerConnection;
  readonly #target: DebuggerTarget;
  readonly #id: number;
  readonly #group = { objectGroup: 'go-wasm-devtools-references' };

  constructor(connection: DebuggerConnection, target: DebuggerTarget, id: number) {
    this.#connection = connection;
    this.#target = target;
    this.#id = id;
  }

  /** Name of the realm, by its registry. */
  async realm(): Promise<unknown> {
    const answer = await this.#call(
      `function (key) { return globalThis[Symbol.for(key)]?.realm ?? null; }`,
      [],
    );
    return answer.value;
  }

  async describe(instance: number): Promise<ReadonlyMap<number, DebuggerDescription>> {
    const valuesOf = (): Promise<RemoteObject> =>
      this.#call('function (key, n) { return globalThis[Symbol.for(key)].values(n); }', [
        { value: instance },
      ]);
    let values = await valuesOf();
    if (typeof values.objectId !== 'string') {
      if (!(await this.#findGlue(instance))) {
        throw new Error(
          'no tables of wasm_exec.js were found for this program: it has ended, or its glue is another one',
        );
      }
      values = await valuesOf();
    }
    const answer = await this.#send('Runtime.getProperties', {
      objectId: values.objectId,
      ownProperties: true,
      ...this.#group,
    });
    const described = new Map<number, DebuggerDescription>();
    const wrappers: { id: number; objectId: string }[] = [];
    for (const { name, value } of propertiesOf(answer['result'])) {
      const id = Number(name);
      if (!Number.isInteger(id) || value === undefined || described.size >= MAX_VALUES) continue;
      described.set(id, describe(value));
      const { type, objectId, description } = value;
      if (type !== 'function' || typeof objectId !== 'string' || typeof description !== 'string') continue;
      if (description.includes(WRAPPER) && wrappers.length < MAX_SCOPES) wrappers.push({ id, objectId });
    }
    await this.#nameFuncs(instance, wrappers);
    return described;
  }

  async release(): Promise<void> {
    await this.#send('Runtime.releaseObjectGroup', this.#group).catch(() => undefined);
  }

  async #findGlue(instance: number): Promise<boolean> {
    const prototype = await this.#call('function () { return Map.prototype; }', []);
    const query = await this.#send('Runtime.queryObjects', {
      prototypeObjectId: prototype.objectId,
      ...this.#group,
    });
    const maps = (query['objects'] as RemoteObject | undefined)?.objectId;
    const found = await this.#call(
      'function (key, n, maps) { return globalThis[Symbol.for(key)].findGlue(n, maps); }',
      [{ value: instance }, { objectId: maps }],
    );
    return found.value === true;
  }

  /** Tells the hook the numbers of wrappers: `id` in the scope of the function. */
  async #nameFuncs(instance: number, wrappers: readonly { id: number; objectId: string }[]): Promise<void> {
    const ids: number[] = [];
    const funcs: number[] = [];
    await Promise.all(
      wrappers.map(async ({ id, objectId }) => {
        const number = await this.#funcNumber(objectId).catch(() => null);
        if (number === null) return;
        ids.push(id);
        funcs.push(number);
      }),
    );
    await this.#call(
      'function (key, n, ids, funcs) { globalThis[Symbol.for(key)].nameFuncs(n, ids, funcs); }',
      [{ value: instance }, { value: ids }, { value: funcs }],
    );
  }

  /** The only whole number in the innermost scope of the function that has one: names are a minifier's. */
  async #funcNumber(objectId: string): Promise<number | null> {
    const inside = await this.#send('Runtime.getProperties', {
      objectId,
      ownProperties: true,
      ...this.#group,
    });
    const scopes = propertiesOf(inside['internalProperties']).find(({ name }) => name === '[[Scopes]]');
    const list = scopes?.value?.objectId;
    if (typeof list !== 'string') return null;
    const answer = await this.#send('Runtime.getProperties', { objectId: list, ...this.#group });
    for (const { value } of propertiesOf(answer['result'])) {
      if (typeof value?.objectId !== 'string' || value.description === 'Global') continue;
      const scope = await this.#send('Runtime.getProperties', { objectId: value.objectId, ...this.#group });
      const numbers = propertiesOf(scope['result']).flatMap((one) =>
        typeof one.value?.value === 'number' && Number.isInteger(one.value.value) ? [one.value.value] : [],
      );
      if (numbers.length > 0) return numbers.length === 1 ? (numbers[0] ?? null) : null;
    }
    return null;
  }

  /** Calls a function of this file; its first argument is the registry's key. */
  async #call(functionDeclaration: string, args: readonly Params[]): Promise<RemoteObject> {
    const answer = await this.#send('Runtime.callFunctionOn', {
      functionDeclaration,
      executionContextId: this.#id,
      arguments: [{ value: REGISTRY_KEY }, ...args],
      ...this.#group,
    });
    if (answer['exceptionDetails'] !== undefined) throw new Error('the hook of this page did not answer');
    return answer['result'] ?? {};
  }

  #send(method: string, params: Params): Promise<Params> {
    return this.#connection.send(this.#target, method, params, READING_MS);
  }
}

/** What the debugger's own words for a value come to here. */
function describe({ type, subtype, className, description }: RemoteObject): DebuggerDescription {
  const kind = typeof subtype === 'string' ? (KINDS[subtype] ?? 'object') : String(type);
  const text = typeof description === 'string' ? (description.split('\n', 1)[0] ?? '') : '';
  const name = subtype === 'proxy' ? 'Proxy' : typeof className === 'string' ? className : String(type);
  return { kind, name: name.slice(0, MAX_TEXT), text: text === name ? '' : text.slice(0, MAX_TEXT) };
}

const KINDS: Readonly<Record<string, string>> = {
  array: 'array',
  typedarray: 'array',
  node: 'node',
  error: 'error',
  promise: 'promise',
  proxy: 'proxy',
};

function propertiesOf(value: unknown): readonly { readonly name?: unknown; readonly value?: RemoteObject }[] {
  return Array.isArray(value) ? (value as { name?: unknown; value?: RemoteObject }[]) : [];
}

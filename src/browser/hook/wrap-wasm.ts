import { responseWithDebugSection, withDebugSection } from './append-section.ts';
import { ImportObserver, type ObserverContext } from './import-observer.ts';
import type { InstanceRecord, ModuleRecord } from './records.ts';
import { observedImports } from './wrap-imports.ts';

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;
type AnyConstructor = new (...args: unknown[]) => object;

/** Wrapped properties of `WebAssembly`, put back by `restore`. */
export interface WasmWrap {
  /** Puts back what is still ours. Wrappers that the page took go on, and only pass through. */
  restore(): void;
}

/**
 * Wraps `WebAssembly.{compile,compileStreaming,instantiate,instantiateStreaming,Module,Instance}`. Each wrapper passes its arguments
 * on (a Response stays the Response, so streaming compilation is kept) except for the imports, which become `observedImports`,
 * and gives back what the original gave; errors are the original's own.
 *
 * A wrapper is a proxy of the original, so name, length, properties, `instanceof`, `new.target` and subclasses are the original's. The promises
 * are derived from the original's, one reaction later: whoever leaves one unhandled sees exactly one unhandledrejection, as before.
 */
export function wrapWebAssembly(scope: typeof globalThis, context: ObserverContext): WasmWrap {
  const wasm = scope.WebAssembly;
  const tools = new Observations(scope, context);
  const restores: (() => void)[] = [];

  const replace = (name: keyof typeof wasm, wrapper: (original: object) => object): void => {
    const descriptor = Object.getOwnPropertyDescriptor(wasm, name);
    const original: unknown = descriptor?.value;
    if (descriptor?.configurable !== true || typeof original !== 'function') return;
    const wrapped = wrapper(original);
    Object.defineProperty(wasm, name, { ...descriptor, value: wrapped });
    restores.push(() => {
      if (Object.getOwnPropertyDescriptor(wasm, name)?.value === wrapped) {
        Object.defineProperty(wasm, name, descriptor);
      }
    });
  };

  const wrapCall = (
    name: keyof typeof wasm,
    call: (original: AnyFunction, self: unknown, args: unknown[]) => unknown,
  ): void => {
    replace(
      name,
      (original) =>
        new Proxy(original, {
          apply: (target, self, args: unknown[]): unknown =>
            context.active()
              ? call(target as AnyFunction, self, args)
              : Reflect.apply(target as AnyFunction, self, args),
          get: nativeText,
        }),
    );
  };

  const wrapConstructor = (
    name: 'Module' | 'Instance',
    before: (args: unknown[]) => { args: unknown[]; made: (object: object) => void },
  ): void => {
    replace(name, (original) => {
      const wrapper: object = new Proxy(original, {
        construct(target, args: unknown[], newTarget): object {
          const constructor = target as AnyConstructor;
          const actual = (newTarget as unknown) === wrapper ? constructor : (newTarget as AnyConstructor);
          if (!context.active()) return Reflect.construct<unknown[], object>(constructor, args, actual);
          const observed = before(args);
          const object = Reflect.construct<unknown[], object>(constructor, observed.args, actual);
          quietly(() => observed.made(object));
          return object;
        },
        get: nativeText,
      });
      // `instance.constructor === WebAssembly.Instance` holds as it did.
      const { prototype } = original as { prototype: object };
      const own = Object.getOwnPropertyDescriptor(prototype, 'constructor');
      if (own?.configurable === true) {
        Object.defineProperty(prototype, 'constructor', { ...own, value: wrapper });
        restores.push(() => {
          if (Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value === wrapper) {
            Object.defineProperty(prototype, 'constructor', own);
          }
        });
      }
      return wrapper;
    });
  };

  wrapCall('compile', (original, self, args) => {
    const compiling = tools.compiling(args[0]);
    const wanted = tools.withSection(args);
    return tools.after(Reflect.apply(original, self, wanted.args), wanted, (module) =>
      compiling.done(module),
    );
  });
  wrapCall('compileStreaming', (original, self, args) => {
    const compiling = tools.streaming(args[0]);
    const wanted = tools.withSectionStreaming(args);
    return tools.after(Reflect.apply(original, self, wanted.args), wanted, (module) =>
      compiling.done(module),
    );
  });
  wrapCall('instantiate', (original, self, args) => {
    const compiling = tools.compiling(args[0]);
    const wanted = tools.withSection(args);
    const instantiating = tools.instantiating(wanted.args, args[0]);
    return tools.after(Reflect.apply(original, self, instantiating.args), wanted, (result) => {
      instantiating.done(result, compiling);
    });
  });
  wrapCall('instantiateStreaming', (original, self, args) => {
    const compiling = tools.streaming(args[0]);
    const wanted = tools.withSectionStreaming(args);
    const instantiating = tools.instantiating(wanted.args, null);
    return tools.after(Reflect.apply(original, self, instantiating.args), wanted, (result) => {
      instantiating.done(result, compiling);
    });
  });
  wrapConstructor('Module', (args) => {
    const compiling = tools.compiling(args[0]);
    return { args: tools.withSection(args).args, made: (module) => compiling.done(module) };
  });
  wrapConstructor('Instance', (args) => {
    const instantiating = tools.instantiating(args, args[0]);
    return {
      args: instantiating.args,
      made: (instance) => instantiating.done(instance, tools.compiling(null)),
    };
  });

  return {
    restore() {
      for (const undo of restores) quietly(undo);
    },
  };
}

/** `String(wrapper)` gives the original's text; that of a bare proxy would lack the name. */
function nativeText(target: object, key: string | symbol, receiver: unknown): unknown {
  const value: unknown = Reflect.get(target, key, receiver);
  if (key !== 'toString' || typeof value !== 'function') return value;
  return new Proxy(value, {
    apply: (toString, self, args): unknown =>
      Reflect.apply(toString as AnyFunction, self === receiver ? target : self, args),
  });
}

/** Arguments of a call that compiles. */
interface WantedArguments {
  readonly args: unknown[];
  /** Whether the module has a debug section of the hook's, once it is compiled. */
  readonly hasSection: () => boolean;
}

/** What a compilation will have made. */
interface Compiling {
  /** Takes the module; undefined when it is none, or too many are known. */
  done(module: unknown): ModuleRecord | undefined;
  times(): Partial<InstanceRecord['times']>;
}

/** Reads what goes into and comes out of the wrapped functions; nothing in here throws into the page. */
class Observations {
  readonly #context: ObserverContext;
  readonly #Module: typeof WebAssembly.Module;
  readonly #Instance: typeof WebAssembly.Instance;
  readonly #Memory: typeof WebAssembly.Memory;
  readonly #Promise: PromiseConstructor;
  readonly #exportsOf: ((this: WebAssembly.Instance) => WebAssembly.Exports) | undefined;
  readonly #times = new WeakMap<ModuleRecord, Partial<InstanceRecord['times']>>();

  constructor(scope: typeof globalThis, context: ObserverContext) {
    const wasm = scope.WebAssembly;
    this.#context = context;
    this.#Promise = scope.Promise;
    this.#Module = wasm.Module;
    this.#Instance = wasm.Instance;
    this.#Memory = wasm.Memory;
    this.#exportsOf = Object.getOwnPropertyDescriptor(wasm.Instance.prototype, 'exports')?.get;
  }

  /** Arguments of which the first is a buffer: a Go module in it has a debug section, where that was asked for. */
  withSection(args: unknown[]): WantedArguments {
    const bytes = this.#context.starts() === null ? null : copyOf(args[0]);
    const longer = bytes === null ? null : withDebugSection(bytes);
    return longer === null
      ? { args, hasSection: () => false }
      : { args: [longer, ...args.slice(1)], hasSection: () => true };
  }

  /** The same for a Response, or a promise of one. */
  withSectionStreaming(args: unknown[]): WantedArguments {
    if (this.#context.starts() === null) return { args, hasSection: () => false };
    let hasSection = false;
    const appended = (): void => {
      hasSection = true;
    };
    const response = this.#Promise
      .resolve(args[0])
      .then((one) => (one instanceof Response ? responseWithDebugSection(one, appended) : one));
    return { args: [response, ...args.slice(1)], hasSection: () => hasSection };
  }

  /** A promise like the one given, whose result was seen on the way. That of a module with a debug section is held until breakpoints are set. */
  after(promise: unknown, { hasSection }: WantedArguments, seen: (result: unknown) => void): unknown {
    const { natives, active, starts } = this.#context;
    return Reflect.apply(natives.then as AnyFunction, promise, [
      (result: unknown) => {
        if (!active()) return result;
        quietly(() => seen(result));
        return hasSection() ? (starts()?.hold(result) ?? result) : result;
      },
    ]);
  }

  /** `source` is a buffer (copied now: the page may change it) or a module or anything else (ignored). */
  compiling(source: unknown): Compiling {
    const start = this.#context.natives.now();
    let bytes: Uint8Array | null = null;
    quietly(() => {
      bytes = copyOf(source);
    });
    return {
      done: (module) => this.#module(module, { url: null, bytes }, { compileStart: start }),
      times: () => (bytes === null ? {} : { compileStart: start }),
    };
  }

  /** `source` is a Response or a promise of one. */
  streaming(source: unknown): Compiling {
    const { natives } = this.#context;
    const start = natives.now();
    let url = natives.responseUrl(source);
    if (url === null && source instanceof this.#Promise) {
      // The engine handles this promise's rejection; a second reaction changes nothing.
      quietly(() => {
        Reflect.apply(natives.then as AnyFunction, source, [
          (response: unknown) => {
            url = natives.responseUrl(response);
          },
          () => undefined,
        ]);
      });
    }
    return {
      done: (module) => this.#module(module, { url, bytes: null }, { compileStart: start }),
      times: () => ({ compileStart: start }),
    };
  }

  /** `source`: what is instantiated when that may be a module. */
  instantiating(
    args: unknown[],
    source: unknown,
  ): { args: unknown[]; done: (result: unknown, compiling: Compiling) => void } {
    const { records, natives } = this.#context;
    const module = source instanceof this.#Module ? source : null;
    const record = records.newInstance({ instantiateStart: module === null ? null : natives.now() });
    const imports = args[1];
    const observed =
      typeof imports === 'object' && imports !== null
        ? observedImports(imports, new ImportObserver(this.#context, record))
        : imports;
    return {
      args: args.length < 2 ? args : [args[0], observed, ...args.slice(2)],
      done: (result, compiling) => {
        record.times.instantiateEnd = natives.now();
        if (result instanceof this.#Instance) {
          const owner = module === null ? undefined : this.#module(module, { url: null, bytes: null }, {});
          this.#instance(record, result, owner, (owner && this.#times.get(owner)) ?? {});
          return;
        }
        const both = result as { module?: unknown; instance?: unknown };
        const owner = compiling.done(both.module);
        if (both.instance instanceof this.#Instance) {
          this.#instance(record, both.instance, owner, { ...compiling.times(), compileEnd: null });
        }
      },
    };
  }

  #instance(
    record: InstanceRecord,
    instance: WebAssembly.Instance,
    module: ModuleRecord | undefined,
    times: Partial<InstanceRecord['times']>,
  ): void {
    if (this.#exportsOf === undefined) return;
    const exports = Reflect.apply(this.#exportsOf, instance, []);
    Object.assign(record.times, times);
    // A wasip1 program gives no sign of starting.
    if (record.state === 'created' && !('getsp' in exports)) record.state = 'running';
    this.#context.records.addInstance(record, module ?? null, exports, memoryOf(exports, this.#Memory));
  }

  #module(
    module: unknown,
    source: { url: string | null; bytes: Uint8Array | null },
    times: Partial<InstanceRecord['times']>,
  ): ModuleRecord | undefined {
    if (!(module instanceof this.#Module)) return undefined;
    const { records, natives } = this.#context;
    const known = records.moduleOf(module);
    if (known !== undefined) return known;
    const record = records.addModule(module, 'hook', source);
    if (record !== undefined) {
      this.#times.set(record, {
        compileStart: null,
        compileEnd: natives.now(),
        ...times,
      });
    }
    return record;
  }
}

/** The memory among an instance's exports: Go's is `mem` (GOOS=js) or `memory` (wasip1). */
export function memoryOf(
  exports: WebAssembly.Exports,
  Memory: typeof WebAssembly.Memory,
): WebAssembly.Memory | null {
  const named = [exports['mem'], exports['memory'], ...Object.values(exports)];
  return named.find((value): value is WebAssembly.Memory => value instanceof Memory) ?? null;
}

/** A copy of a buffer source; null for anything else. */
function copyOf(source: unknown): Uint8Array | null {
  if (ArrayBuffer.isView(source)) {
    return new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice();
  }
  // Told by their class, not by `instanceof`: a frame's buffers belong to another realm than this code.
  const tag = Object.prototype.toString.call(source);
  return tag === '[object ArrayBuffer]' || tag === '[object SharedArrayBuffer]'
    ? new Uint8Array(source as ArrayBuffer).slice()
    : null;
}

function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // The page must not see that something could not be observed.
  }
}

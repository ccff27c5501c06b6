import type { ImportFunction } from './wrap-imports.ts';
import type { Deaths } from './deaths.ts';
import type { HeldStarts } from './held-starts.ts';
import type { Natives } from './natives.ts';
import type { InstanceRecord, Records } from './records.ts';
import { captureStack, wasmScriptUrl } from './stacks.ts';

/** What a realm's hook shares between the imports of all instances. */
export interface ObserverContext {
  readonly records: Records;
  readonly deaths: Deaths;
  readonly natives: Natives;
  /** False once the hook is inert: replaced functions then only pass through. */
  readonly active: () => boolean;
  readonly captureText: () => boolean;
  /** Where modules of Go get an empty debug section; null where they do not. */
  readonly starts: () => HeldStarts | null;
  /** The realm's own. */
  readonly reflect: typeof Reflect;
}

/**
 * Watches the few imports through which Go's runtime says that it runs, writes to fd 2 (TinyGo: to fd 1), makes functions for JavaScript, and ends. Each replacement calls the
 * program's own function with the same receiver and arguments and gives back its result.
 */
export class ImportObserver {
  readonly #context: ObserverContext;
  readonly #instance: InstanceRecord;
  /** Modules that functions are imported from. */
  #fromGo = false;
  #fromWasi = false;

  constructor(context: ObserverContext, instance: InstanceRecord) {
    this.#context = context;
    this.#instance = instance;
  }

  /** The function to import instead of `f`, or null for the program's own. */
  replacement(module: string, name: string, f: ImportFunction): ImportFunction | null {
    const wasi = module === 'wasi_snapshot_preview1';
    if (wasi) this.#fromWasi = true;
    else if (module === 'gojs') this.#fromGo = true;
    switch (name) {
      case 'runtime.wasmExit':
        return wasi ? null : this.#before(f, ([sp], self) => this.#exit(this.#int32(sp, 8), self));
      case 'runtime.wasmWrite':
        return wasi ? null : this.#before(f, ([sp]) => this.#wasmWrite(sp));
      case 'runtime.resetMemoryDataView':
        return wasi ? null : this.#before(f, (_args, self) => this.#firstGoCode(self));
      case 'proc_exit':
        return wasi
          ? this.#before(f, ([code], self) => this.#exit(typeof code === 'number' ? code : null, self))
          : null;
      case 'syscall/js.valueCall': {
        const { reflect, active } = this.#context;
        return wasi ? null : this.#instance.glue.watch(f, () => this.#instance.memory(), reflect, active);
      }
      case 'fd_write':
        return wasi ? this.#before(f, ([fd, vectors, count]) => this.#fdWrite(fd, vectors, count)) : null;
      default:
        return null;
    }
  }

  /** `self` is the replacement: stacks are taken from below it. */
  #before(f: ImportFunction, observe: (args: unknown[], self: ImportFunction) => void): ImportFunction {
    const { active } = this.#context;
    const self: ImportFunction = function (...args) {
      if (active()) {
        try {
          observe(args, self);
        } catch {
          // What cannot be observed must not keep the program from going on.
        }
      }
      return Reflect.apply(f, this, args);
    };
    return self;
  }

  #exit(code: number | null, self: ImportFunction): void {
    this.#context.deaths.exited(this.#instance, code, captureStack(self));
  }

  #firstGoCode(self: ImportFunction): void {
    const { records, natives } = this.#context;
    if (this.#instance.times.firstGoCode !== null) return;
    this.#instance.times.firstGoCode = natives.now();
    if (this.#instance.state === 'created') this.#instance.state = 'running';
    records.touch(this.#instance);
    const module = this.#instance.module;
    const scriptUrl = wasmScriptUrl(captureStack(self));
    if (module !== null && scriptUrl !== null && module.scriptUrl !== scriptUrl) {
      module.scriptUrl = scriptUrl;
      records.touch(module);
    }
  }

  /** func wasmWrite(fd uintptr, p unsafe.Pointer, n int32), arguments on Go's stack (Go src/runtime/sys_wasm.go). */
  #wasmWrite(sp: unknown): void {
    if (!this.#context.captureText() || this.#int32(sp, 8) !== 2) return;
    const from = this.#int32(sp, 16);
    const length = this.#int32(sp, 24);
    if (from !== null && length !== null) this.#text(from, length);
  }

  /** fd_write(fd, iovs, iovs_len, nwritten): iovs is an array of {pointer, length}, 4 bytes each (WASI preview 1). */
  #fdWrite(fd: unknown, vectors: unknown, count: unknown): void {
    const isRuntimes = fd === 2 || (fd === 1 && this.#isTinyGo);
    if (!isRuntimes || !this.#context.captureText() || typeof count !== 'number') return;
    for (let i = 0; i < Math.min(count, 1024); i++) {
      const from = this.#int32(vectors, i * 8);
      const length = this.#int32(vectors, i * 8 + 4);
      if (from !== null && length !== null) this.#text(from, length);
    }
  }

  /** TinyGo's runtime prints panics to fd 1. Go's own imports functions for WASI or for JavaScript, never both. */
  get #isTinyGo(): boolean {
    return this.#fromGo && this.#fromWasi;
  }

  #text(from: number, length: number): void {
    const memory = this.#instance.memory();
    if (memory === null) return;
    this.#instance.text.write(new Uint8Array(memory.buffer, from >>> 0, length >>> 0));
  }

  #int32(base: unknown, offset: number): number | null {
    const memory = this.#instance.memory();
    if (memory === null || typeof base !== 'number') return null;
    return new DataView(memory.buffer).getInt32((base >>> 0) + offset, true);
  }
}

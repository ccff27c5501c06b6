import type { Natives } from './natives.ts';
import type { InstanceRecord, Records, TrapRecord } from './records.ts';
import { cameOutOfWasm, errorText, isAlreadyExited, wasmScriptUrl } from './stacks.ts';

/** Memories larger than this are not copied at a trap. */
const MAX_COPY = 256 << 20;
/** A program that traps again and again is copied no more often than this. */
const COPY_PAUSE_MS = 2000;

/** Records how programs end: through the exit import, or by an error that nobody handles. */
export class Deaths {
  readonly #records: Records;
  readonly #natives: Natives;
  readonly #lastCopy = new WeakMap<InstanceRecord, number>();

  constructor(records: Records, natives: Natives) {
    this.#records = records;
    this.#natives = natives;
  }

  /** The program calls its exit import. Nothing runs in its memory after that, so the memory itself is kept. */
  exited(instance: InstanceRecord, exitCode: number | null, exitStack: string): void {
    instance.state = 'exited';
    this.#records.touch(instance);
    this.#nameScript(instance, exitStack);
    const memory = instance.memory();
    this.#records.addTrap(
      {
        instance: instance.n === 0 ? null : instance.n,
        time: this.#natives.epoch(),
        via: 'exit',
        exitCode,
        error: null,
        text: instance.text.text(),
        exitStack,
        sp: stackPointer(instance),
      },
      memory === null ? { kind: 'none', why: 'the program exported no memory' } : { kind: 'kept', memory },
    );
  }

  /** Something was thrown that nobody handled; recorded when it came out of wasm. */
  thrown(via: 'error' | 'unhandledrejection', value: unknown): void {
    const error = errorText(value);
    if (error === null) return;
    const refused = isAlreadyExited(error);
    if (!refused && !cameOutOfWasm(error)) return;
    const instance = refused ? this.#lastExited() : this.#instanceOf(error.stack);
    const late = refused || instance?.state === 'exited';
    if (instance !== null) this.#nameScript(instance, error.stack);
    this.#records.addTrap(
      {
        instance: instance?.n ?? null,
        time: this.#natives.epoch(),
        via,
        exitCode: null,
        error,
        text: late ? '' : (instance?.text.text() ?? ''),
        exitStack: null,
        sp: instance === null || late ? null : stackPointer(instance),
      },
      late ? { kind: 'none', why: 'the program had ended before' } : this.#memoryNow(instance),
    );
  }

  /** A module from a buffer is named by V8; only stacks tell how. */
  #nameScript({ module }: InstanceRecord, stack: string): void {
    if (module?.scriptUrl !== null) return;
    module.scriptUrl = wasmScriptUrl(stack);
    this.#records.touch(module);
  }

  #memoryNow(instance: InstanceRecord | null): TrapRecord['memory'] {
    if (instance === null) {
      return { kind: 'none', why: 'which of several instances it was is not known' };
    }
    const buffer = instance.memory()?.buffer;
    if (buffer === undefined) return { kind: 'none', why: 'the program exported no memory' };
    if (buffer.byteLength > MAX_COPY) {
      const mib = Math.round(buffer.byteLength / (1 << 20));
      return { kind: 'none', why: `its memory of ${mib} MiB is too large to copy` };
    }
    const now = this.#natives.now();
    if (now - (this.#lastCopy.get(instance) ?? -COPY_PAUSE_MS) < COPY_PAUSE_MS) {
      return { kind: 'none', why: 'its memory was copied a moment before' };
    }
    try {
      const bytes = new Uint8Array(buffer).slice();
      this.#lastCopy.set(instance, now);
      return { kind: 'copied', bytes };
    } catch {
      return { kind: 'none', why: 'there was no room for a copy of its memory' };
    }
  }

  /** The only instance that may have the stack: of the script that its frames name, else of the whole realm. */
  #instanceOf(stack: string): InstanceRecord | null {
    const url = wasmScriptUrl(stack);
    const named = this.#records.instances.filter((instance) => instance.module?.scriptUrl === url);
    const unnamed = this.#records.instances.filter((instance) => instance.module?.scriptUrl == null);
    const candidates = named.length > 0 ? named : unnamed;
    const living = candidates.filter((instance) => instance.state !== 'exited');
    // What the exit import throws to end the module (wasip1) comes after the exit.
    return only(living.length > 0 ? living : candidates);
  }

  #lastExited(): InstanceRecord | null {
    return only(this.#records.instances.filter((instance) => instance.state === 'exited'));
  }
}

const only = <T>(list: readonly T[]): T | null => (list.length === 1 ? (list[0] ?? null) : null);

/** Go's stack pointer as an unsigned address; null where the module exports no getsp (wasip1) or the call fails. */
export function stackPointer(instance: InstanceRecord): number | null {
  const getsp = instance.exports()?.['getsp'];
  if (typeof getsp !== 'function') return null;
  try {
    const sp: unknown = Reflect.apply(getsp, undefined, []);
    return typeof sp === 'number' ? sp >>> 0 : null;
  } catch {
    return null;
  }
}

import type { StartupTimes } from '../../session/page-events.ts';
import type { HookTrap } from '../hook-protocol.ts';
import type { ResourceTimes } from './natives.ts';
import { Glue } from './glue.ts';
import { ReferenceHistory } from './references.ts';
import { TextRing } from './text-ring.ts';

/** A program that makes modules or instances without end is followed no further than this. */
const MAX_MODULES = 500;
const MAX_INSTANCES = 2000;
const MAX_TRAPS = 500;
/** Instances that are kept alive for their memory; older ones are held weakly, as the page itself decides. */
const MAX_KEPT_INSTANCES = 32;
/** Bytes of modules, compiled from a buffer, that wait to be taken. */
const MAX_KEPT_MODULE_BYTES = 256 << 20;
/** Bytes of memories copied at traps. */
const MAX_COPIED_BYTES = 512 << 20;

/** Something that changes and is told again when it has: `changed` is the sequence number of the last change. */
interface Tracked {
  readonly n: number;
  changed: number;
}

export interface ModuleRecord extends Tracked {
  /** Null where only the instance could be had. */
  readonly module: WebAssembly.Module | null;
  readonly origin: 'hook' | 'debugger';
  url: string | null;
  scriptUrl: string | null;
  byteLength: number | null;
  /** How often the fetch's times were looked for in vain. */
  fetchTries: number;
  fetch: ResourceTimes | null;
  /** What the page compiled it from, when that was a buffer, until it has been taken. */
  bytes: Uint8Array | null;
}

export interface InstanceRecord extends Tracked {
  module: ModuleRecord | null;
  /** Until the instance is there, and after it was let go, null. */
  exports: () => WebAssembly.Exports | null;
  memory: () => WebAssembly.Memory | null;
  lastMemoryBytes: number | null;
  times: { -readonly [Name in keyof StartupTimes]: StartupTimes[Name] };
  state: 'created' | 'running' | 'exited';
  readonly text: TextRing;
  readonly glue: Glue;
  readonly references: ReferenceHistory;
}

export interface TrapRecord extends Tracked {
  trap: Omit<HookTrap, 'n' | 'memory'>;
  memory:
    | { kind: 'kept'; memory: WebAssembly.Memory }
    | { kind: 'copied'; bytes: Uint8Array }
    | { kind: 'none'; why: string };
}

/** Everything that is known in one realm. */
export class Records {
  readonly modules: ModuleRecord[] = [];
  readonly instances: InstanceRecord[] = [];
  readonly traps: TrapRecord[] = [];
  readonly notes = new Set<string>();
  /** Called after a trap was recorded. */
  onTrap: (() => void) | null = null;
  #sequence = 0;
  #byModule = new WeakMap<WebAssembly.Module, ModuleRecord>();
  #kept: InstanceRecord[] = [];

  get sequence(): number {
    return this.#sequence;
  }

  /** Marks a record as changed, so that the next poll tells it again. */
  touch(record: Tracked): void {
    record.changed = ++this.#sequence;
  }

  moduleOf(module: WebAssembly.Module): ModuleRecord | undefined {
    return this.#byModule.get(module);
  }

  /** Adds a module; undefined when there are too many already. */
  addModule(
    module: WebAssembly.Module | null,
    origin: 'hook' | 'debugger',
    source: { url: string | null; bytes: Uint8Array | null; byteLength?: number | null },
  ): ModuleRecord | undefined {
    const known = module === null ? undefined : this.#byModule.get(module);
    if (known !== undefined) return known;
    if (this.modules.length >= MAX_MODULES) {
      this.notes.add(`more than ${MAX_MODULES} modules: later ones are not followed`);
      return undefined;
    }
    const record: ModuleRecord = {
      n: this.modules.length + 1,
      changed: 0,
      module,
      origin,
      url: source.url,
      scriptUrl: source.url,
      byteLength: source.byteLength ?? source.bytes?.length ?? null,
      fetchTries: 0,
      fetch: null,
      bytes: source.bytes,
    };
    if (module !== null) this.#byModule.set(module, record);
    this.modules.push(record);
    this.touch(record);
    this.#boundModuleBytes();
    return record;
  }

  /** A record for an instance that is about to be made. It is told once `addInstance` has been called. */
  newInstance(times: Partial<StartupTimes>): InstanceRecord {
    return {
      n: 0,
      changed: 0,
      module: null,
      exports: () => null,
      memory: () => null,
      lastMemoryBytes: null,
      times: {
        fetchStart: null,
        fetchEnd: null,
        compileStart: null,
        compileEnd: null,
        instantiateStart: null,
        instantiateEnd: null,
        firstGoCode: null,
        ...times,
      },
      state: 'created',
      text: new TextRing(),
      glue: new Glue(),
      references: new ReferenceHistory(),
    };
  }

  /** Takes an instance that was made. */
  addInstance(
    record: InstanceRecord,
    module: ModuleRecord | null,
    exports: WebAssembly.Exports,
    memory: WebAssembly.Memory | null,
  ): void {
    record.module = module;
    record.exports = () => exports;
    record.memory = () => memory;
    record.lastMemoryBytes = memory?.buffer.byteLength ?? null;
    if (this.instances.length >= MAX_INSTANCES) {
      this.notes.add(`more than ${MAX_INSTANCES} instances: later ones are not followed`);
      return;
    }
    (record as { n: number }).n = this.instances.length + 1;
    this.instances.push(record);
    this.#kept.push(record);
    if (this.#kept.length > MAX_KEPT_INSTANCES) this.#loosen(this.#kept.shift());
    this.touch(record);
  }

  addTrap(trap: TrapRecord['trap'], memory: TrapRecord['memory']): void {
    if (this.traps.length >= MAX_TRAPS) {
      this.notes.add(`more than ${MAX_TRAPS} errors: later ones are not recorded`);
      return;
    }
    const record: TrapRecord = { n: this.traps.length + 1, changed: 0, trap, memory };
    this.traps.push(record);
    this.touch(record);
    this.#boundCopies();
    this.onTrap?.();
  }

  /** Lets go of what programs wrote. */
  dropTexts(): void {
    for (const instance of this.instances) instance.text.clear();
    for (const record of this.traps) record.trap = { ...record.trap, text: '' };
  }

  /** Lets everything go. */
  clear(): void {
    this.modules.length = 0;
    this.instances.length = 0;
    this.traps.length = 0;
    this.#kept = [];
    this.#byModule = new WeakMap();
  }

  #loosen(record: InstanceRecord | undefined): void {
    const exports = record?.exports();
    if (record === undefined || exports == null) return;
    const memory = record.memory();
    const weakExports = new WeakRef(exports);
    const weakMemory = memory === null ? null : new WeakRef(memory);
    record.exports = () => weakExports.deref() ?? null;
    record.memory = () => weakMemory?.deref() ?? null;
  }

  #boundModuleBytes(): void {
    let total = 0;
    for (const record of this.modules.toReversed()) {
      total += record.bytes?.length ?? 0;
      if (total > MAX_KEPT_MODULE_BYTES) record.bytes = null;
    }
  }

  #boundCopies(): void {
    let total = 0;
    for (const record of this.traps.toReversed()) {
      if (record.memory.kind !== 'copied') continue;
      total += record.memory.bytes.length;
      if (total > MAX_COPIED_BYTES) {
        record.memory = { kind: 'none', why: 'the copy was given up for those of later traps' };
      }
    }
  }
}

import type {
  Inspection,
  JumpTarget,
  MemoryChanges,
  MemoryMap,
  MemoryRequests,
  MemorySource,
  MemoryValue,
  RegionRow,
  SearchQuery,
  SearchResult,
  ValueTypeName,
} from '../protocol/memory.ts';
import type { ConcludedVariable } from '../protocol/variables.ts';
import { MAX_COPY, type PagePort } from './page-port.ts';
import type { Analysis } from './session.ts';
import type { InstanceState, SessionState } from './state.ts';
import type { TaskList } from './tasks.ts';
import type { VariableNames } from './variable-names.ts';

/** A memory as views name it: of a running program, read as it is now, of a snapshot, or a copy. */
export type MemoryPlace =
  { readonly instanceKey: string } | { readonly snapshotKey: string } | { readonly copyKey: string };

/** A copy of a program's memory, which its page holds. */
export interface MemoryCopy {
  readonly key: string;
  readonly instanceKey: string;
  readonly moduleKey: string;
  /** `#2 12:04:31`. */
  readonly label: string;
  readonly byteLength: number;
}

/** Copies that are kept; older ones go. */
const MAX_COPIES = 4;

/** What a view can ask about linear memory. Every answer rejects where the memory is gone. */
export interface MemoryClient {
  /** Ranges of at most 1 MiB in all; as many bytes of each as the memory has. */
  bytes(
    of: MemoryPlace,
    ranges: readonly { readonly address: number; readonly length: number }[],
  ): Promise<readonly Uint8Array[]>;
  /**
   * Copies the memory of a program in one task of its page, and resolves with the key of the copy. For programs without goroutine snapshots,
   * which copy it themselves.
   */
  copy(instanceKey: string): Promise<string>;
  /** What lies where, with a picture of so many parts. Of a running program it is read anew each time. */
  map(of: MemoryPlace, parts: number): Promise<MemoryMap>;
  /** Rows of the map that was read last. */
  regions(
    of: MemoryPlace,
    which: { readonly kind: RegionRow['kind'] | null; readonly name: string | null },
    from: number,
    count: number,
  ): Promise<{ readonly count: number; readonly rows: readonly RegionRow[] }>;
  inspect(of: MemoryPlace, address: number): Promise<Inspection>;
  /** The value of a type of the module at an address. */
  value(of: MemoryPlace, address: number, type: ValueTypeName): Promise<MemoryValue>;
  /** The package variable that holds the byte at an address, as far as source and code say; null where they do not. */
  variable(of: MemoryPlace, address: number): Promise<ConcludedVariable | null>;
  /** Where a text leads that a person typed. */
  find(of: MemoryPlace, text: string): Promise<readonly JumpTarget[]>;
  /** A task that can be cancelled. */
  search(of: MemoryPlace, query: SearchQuery): Promise<SearchResult>;
  /** What differs from another memory; a task that can be cancelled. */
  diff(of: MemoryPlace, base: MemoryPlace): Promise<MemoryChanges>;
  /** A range as a file of raw bytes; a task that can be cancelled. */
  save(
    of: MemoryPlace,
    from: number,
    length: number,
  ): Promise<{ readonly name: string; readonly blob: Blob }>;
}

/** Asks the worker. */
export class Memories implements MemoryClient {
  readonly #analysis: Analysis;
  readonly #tasks: TaskList;
  readonly #state: () => SessionState;
  readonly #page: PagePort;
  readonly #names: VariableNames;
  readonly #changed: (copies: readonly MemoryCopy[]) => void;
  /** Newest first, with the page's names for them. */
  #copies: readonly (MemoryCopy & { readonly heldKey: string })[] = [];
  #count = 0;

  constructor(
    analysis: Analysis,
    tasks: TaskList,
    page: PagePort,
    names: VariableNames,
    state: () => SessionState,
    changed: (copies: readonly MemoryCopy[]) => void,
  ) {
    this.#analysis = analysis;
    this.#tasks = tasks;
    this.#page = page;
    this.#names = names;
    this.#state = state;
    this.#changed = changed;
  }

  /** The page is gone, and the copies with it. */
  navigated(): void {
    this.#set([]);
  }

  async copy(instanceKey: string): Promise<string> {
    const instance = this.#instance(instanceKey);
    if ((instance.memoryBytes ?? 0) > MAX_COPY) {
      throw new Error('this memory is too large to be copied: it can be looked at live');
    }
    const held = await this.#tasks.run('Copying the memory', () => this.#page.holdMemory({ instanceKey }));
    const key = `copy:${String(++this.#count)}`;
    const copy = {
      key,
      instanceKey,
      moduleKey: instance.moduleKey,
      label: `#${String(this.#count)} ${new Date(held.time).toTimeString().slice(0, 8)}`,
      byteLength: held.byteLength,
      heldKey: held.key,
    };
    const all = [copy, ...this.#copies];
    for (const old of all.slice(MAX_COPIES)) this.#page.releaseMemory(old.heldKey);
    this.#set(all.slice(0, MAX_COPIES));
    return key;
  }

  bytes(
    of: MemoryPlace,
    ranges: MemoryRequests['memory.bytes']['params']['ranges'],
  ): Promise<readonly Uint8Array[]> {
    return this.#ask(of, (source) => this.#analysis.request('memory.bytes', { source, ranges }));
  }

  map(of: MemoryPlace, parts: number): Promise<MemoryMap> {
    return this.#ask(of, (source) => this.#analysis.request('memory.map', { source, parts }));
  }

  regions(
    of: MemoryPlace,
    which: { readonly kind: RegionRow['kind'] | null; readonly name: string | null },
    from: number,
    count: number,
  ): Promise<MemoryRequests['memory.regions']['result']> {
    return this.#ask(of, (source) =>
      this.#analysis.request('memory.regions', { source, ...which, from, count }),
    );
  }

  inspect(of: MemoryPlace, address: number): Promise<Inspection> {
    return this.#ask(of, (source) => this.#analysis.request('memory.inspect', { source, address }));
  }

  value(of: MemoryPlace, address: number, type: ValueTypeName): Promise<MemoryValue> {
    return this.#ask(of, (source) => this.#analysis.request('memory.value', { source, address, of: type }));
  }

  variable(of: MemoryPlace, address: number): Promise<ConcludedVariable | null> {
    return this.#ask(of, (source) => {
      const moduleKey = this.#moduleOf(source);
      return moduleKey === undefined ? Promise.resolve(null) : this.#names.at(moduleKey, address);
    });
  }

  find(of: MemoryPlace, text: string): Promise<readonly JumpTarget[]> {
    return this.#ask(of, async (source) => {
      const moduleKey = this.#moduleOf(source);
      if (moduleKey !== undefined) await this.#names.named(moduleKey, text.trim());
      return this.#analysis.request('memory.find', { source, text });
    });
  }

  search(of: MemoryPlace, query: SearchQuery): Promise<SearchResult> {
    return this.#ask(of, (source) =>
      this.#tasks.run('Searching the memory', ({ signal, progress }) =>
        this.#analysis.request('memory.search', { source, query }, { signal, onProgress: progress }),
      ),
    );
  }

  diff(of: MemoryPlace, base: MemoryPlace): Promise<MemoryChanges> {
    return this.#ask(of, (source) =>
      this.#tasks.run('Comparing memories', ({ signal, progress }) => {
        const params = { source, base: this.#source(base) };
        return this.#analysis.request('memory.diff', params, { signal, onProgress: progress });
      }),
    );
  }

  async save(of: MemoryPlace, from: number, length: number): Promise<{ name: string; blob: Blob }> {
    const blob = await this.#ask(of, (source) =>
      this.#tasks.run('Saving bytes', ({ signal, progress }) =>
        this.#analysis.request('memory.save', { source, from, length }, { signal, onProgress: progress }),
      ),
    );
    return { name: `memory-0x${from.toString(16)}-0x${(from + blob.size).toString(16)}.bin`, blob };
  }

  #moduleOf(source: MemorySource): string | undefined {
    if (source.kind !== 'snapshot') return source.moduleKey;
    return this.#state().snapshots.find(({ key }) => key === source.snapshotKey)?.moduleKey;
  }

  /** A memory that is gone is a rejection, not an exception. */
  #ask<Answer>(of: MemoryPlace, ask: (source: MemorySource) => Promise<Answer>): Promise<Answer> {
    return new Promise((resolve) => {
      resolve(ask(this.#source(of)));
    });
  }

  #source(of: MemoryPlace): MemorySource {
    if ('snapshotKey' in of) return { kind: 'snapshot', snapshotKey: of.snapshotKey };
    if ('copyKey' in of) {
      const copy = this.#copies.find(({ key }) => key === of.copyKey);
      if (copy === undefined) throw new Error('this copy of the memory is gone');
      const { moduleKey, heldKey, byteLength } = copy;
      return { kind: 'copy', moduleKey, target: `held ${heldKey}`, size: byteLength };
    }
    const instance = this.#instance(of.instanceKey);
    if (instance.memoryBytes === null) throw new Error('the memory of this program is not seen');
    return {
      kind: 'live',
      moduleKey: instance.moduleKey,
      target: `instance ${instance.key}`,
      size: instance.memoryBytes,
    };
  }

  #instance(instanceKey: string): InstanceState {
    const instance = this.#state().instances.find(({ key }) => key === instanceKey);
    if (instance === undefined) throw new Error('this program is gone with its page');
    return instance;
  }

  #set(copies: readonly (MemoryCopy & { readonly heldKey: string })[]): void {
    this.#copies = copies;
    this.#changed(copies);
  }
}

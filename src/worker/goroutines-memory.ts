import type { GoRuntime } from '../go/runtime/runtime.ts';
import { loadConstants } from '../go/runtime/runtime.ts';
import { GatheredRecords, type Gathered } from '../memory/gathered.ts';
import type { AddressRange, Memory } from '../memory/memory.ts';
import { mergeRanges } from '../memory/need-pages.ts';
import { PageStore } from '../memory/page-store.ts';
import { SparseMemory } from '../memory/sparse-memory.ts';
import { WholeMemory } from '../memory/whole-memory.ts';
import { withPages, type FetchRanges } from '../memory/with-pages.ts';

/** A memory that can be walked, as often as is wanted. */
export interface Walkable {
  /** Runs `work` over the memory; it is started anew when pages had to be fetched, so it must not mind. */
  walk<Result>(work: (memory: Memory) => Result): Promise<Result>;
}

/** The memory of a snapshot. */
export interface SnapshotMemory extends Walkable {
  readonly size: number;
  /** False where the program runs on while it is read. */
  readonly consistent: boolean;
  /** The same memory with these ranges fetched together, exactly as long as they are. */
  near(ranges: readonly AddressRange[]): Promise<Walkable>;
}

/** A memory that is all here. */
export class WholeSnapshotMemory implements SnapshotMemory {
  readonly consistent = true;
  readonly #memory: WholeMemory;

  constructor(bytes: Uint8Array) {
    this.#memory = new WholeMemory(bytes);
  }

  get size(): number {
    return this.#memory.size;
  }

  walk<Result>(work: (memory: Memory) => Result): Promise<Result> {
    return new Promise((resolve) => {
      resolve(work(this.#memory));
    });
  }

  near(): Promise<Walkable> {
    return Promise.resolve(this);
  }
}

/** Go's own page size: a span begins at a multiple of it. */
const PAGE = 8192;
/** Queues of waiting goroutines may lead through many pages. */
const MAX_ROUNDS = 512;

/** A memory in the page, read as far as walks need it. */
export class FarSnapshotMemory implements SnapshotMemory {
  readonly size: number;
  readonly consistent: boolean;
  readonly #runtime: GoRuntime;
  readonly #fetch: FetchRanges;
  /** Only of a memory that does not change: what was read stays true. */
  readonly #store: PageStore | null;
  #records: GatheredRecords | null = null;

  constructor(runtime: GoRuntime, size: number, consistent: boolean, fetch: FetchRanges) {
    this.size = size;
    this.consistent = consistent;
    this.#runtime = runtime;
    this.#fetch = fetch;
    this.#store = consistent ? this.#newStore() : null;
  }

  /** Answers reads of these records without asking the page. */
  take(gathered: Gathered): void {
    this.#records = new GatheredRecords(gathered);
  }

  walk<Result>(work: (memory: Memory) => Result): Promise<Result> {
    return this.#view([], this.#records).walk(work);
  }

  async near(ranges: readonly AddressRange[]): Promise<Walkable> {
    const wanted = mergeRanges(ranges.filter(({ address: at, length }) => at + length <= this.size));
    const parts = wanted.length === 0 ? [] : await this.#fetch(wanted);
    const pieces = wanted.flatMap((range, i) => {
      const bytes = parts[i];
      return bytes === undefined ? [] : [{ address: range.address, bytes }];
    });
    // What was gathered may be over where the program runs on.
    return this.#view(pieces, this.consistent ? this.#records : null);
  }

  #view(pieces: ConstructorParameters<typeof SparseMemory>[1], records: GatheredRecords | null): Walkable {
    const store = this.#store ?? this.#newStore();
    const memory = new SparseMemory(store, pieces, records);
    return {
      walk: async (work) => {
        const limits = { maxRounds: MAX_ROUNDS };
        const { result } = await withPages(store, this.#fetch, () => work(memory), limits);
        return result;
      },
    };
  }

  #newStore(): PageStore {
    const store = new PageStore(this.size, { pageSize: PAGE });
    loadConstants(this.#runtime, store);
    return store;
  }
}

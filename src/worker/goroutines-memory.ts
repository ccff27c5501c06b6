import { loadConstants, type GoRuntime } from '../go/runtime/runtime.ts';
import { GatheredRecords, type Gathered } from '../memory/gathered.ts';
import type { AddressRange, Memory } from '../memory/memory.ts';
import { mergeRanges } from '../memory/need-pages.ts';
import { PageStore } from '../memory/page-store.ts';
import { SparseMemory } from '../memory/sparse-memory.ts';
import { WholeMemory } from '../memory/whole-memory.ts';
import { withPages, type FetchRanges } from '../memory/with-pages.ts';

/** The memory of a snapshot. */
export interface SnapshotMemory {
  readonly size: number;
  /** False where the program runs on while it is read. */
  readonly consistent: boolean;
  /** Runs `work` over the memory, always the same object; it is started anew when pages had to be fetched. */
  walk<Result>(work: (memory: Memory) => Result): Promise<Result>;
  /** Has these ranges at hand for the walks that follow, instead of those before, exactly as long as they are. */
  near(ranges: readonly AddressRange[]): Promise<void>;
}

/** A memory that is all here. */
export class WholeSnapshotMemory implements SnapshotMemory {
  readonly consistent: boolean;
  readonly #memory: WholeMemory;

  constructor(bytes: Uint8Array, consistent = true) {
    this.consistent = consistent;
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

  near(): Promise<void> {
    return Promise.resolve();
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
  readonly #fetch: FetchRanges;
  readonly #store: PageStore;
  readonly #memory: SparseMemory;

  constructor(runtime: GoRuntime, size: number, consistent: boolean, fetch: FetchRanges) {
    this.size = size;
    this.consistent = consistent;
    this.#fetch = fetch;
    this.#store = new PageStore(size, { pageSize: PAGE });
    this.#memory = new SparseMemory(this.#store);
    loadConstants(runtime, this.#store);
  }

  /** Answers reads of these records without asking the page. */
  take(gathered: Gathered): void {
    this.#memory.setRecords(new GatheredRecords(gathered));
  }

  async walk<Result>(work: (memory: Memory) => Result): Promise<Result> {
    const limits = { maxRounds: MAX_ROUNDS, maxBytes: this.size };
    const { result } = await withPages(this.#store, this.#fetch, () => work(this.#memory), limits);
    return result;
  }

  async near(ranges: readonly AddressRange[]): Promise<void> {
    const wanted = mergeRanges(ranges.filter(({ address: at, length }) => at + length <= this.size));
    const parts = wanted.length === 0 ? [] : await this.#fetch(wanted);
    this.#memory.setPieces(
      wanted.flatMap((range, i) => {
        const bytes = parts[i];
        return bytes === undefined ? [] : [{ address: range.address, bytes }];
      }),
    );
  }
}

import { FormatError } from '../base/format-error.ts';
import type { AddressRange } from './memory.ts';
import { NeedPages } from './need-pages.ts';
import type { PageStore } from './page-store.ts';

/** Reads ranges of the far memory, all within one task of the page; one array per range, in their order. */
export type FetchRanges = (ranges: readonly AddressRange[]) => Promise<readonly Uint8Array[]>;

export interface PageLimits {
  /** Round trips; 64 when not given. */
  readonly maxRounds?: number;
  /** Bytes loaded in all rounds together; 256 MiB when not given. */
  readonly maxBytes?: number;
}

/** What a walk over far memory cost. */
export interface PageCost {
  readonly rounds: number;
  readonly bytes: number;
}

/** Thrown when a walk asks for more than its limits allow; what it has found so far is lost, so walks bound themselves first. */
export class PageLimitError extends Error {
  override readonly name = 'PageLimitError';
}

/**
 * Runs `work` over `store` until it no longer needs pages: each time it throws NeedPages, these are fetched and it starts anew. `work`
 * must do the same again when it sees the same memory. Rejects with what `work` or `fetch` throws, with a FormatError when
 * the far memory gives fewer bytes than it has, and with a PageLimitError at the limits.
 */
export async function withPages<Result>(
  store: PageStore,
  fetch: FetchRanges,
  work: (memory: PageStore) => Result,
  limits: PageLimits = {},
): Promise<{ readonly result: Result; readonly cost: PageCost }> {
  const { maxRounds = 64, maxBytes = 256 << 20 } = limits;
  let bytes = 0;
  for (let rounds = 0; ; rounds++) {
    let needed: readonly AddressRange[];
    try {
      return { result: work(store), cost: { rounds, bytes } };
    } catch (error) {
      if (!(error instanceof NeedPages)) throw error;
      needed = error.ranges;
    }
    if (rounds === maxRounds)
      throw new PageLimitError(`the walk needs more than ${maxRounds} rounds of reading`);
    const wanted = needed.reduce((sum, range) => sum + range.length, 0);
    if (bytes + wanted > maxBytes) {
      throw new PageLimitError(`the walk needs more than ${maxBytes} bytes of memory`);
    }
    bytes += wanted;
    const parts = await fetch(needed);
    needed.forEach((range, i) => {
      const part = parts[i];
      if (part === undefined || part.length < range.length) {
        const got = part?.length ?? 0;
        throw new FormatError(
          'memory',
          range.address,
          `${range.length} bytes were asked for, ${got} came`,
          true,
        );
      }
      store.load(range.address, part);
    });
  }
}

import {
  answerQuery,
  findRow,
  readGoneKey,
  rowsOf,
  type QueryAnswer,
  type QueryItem,
  type QueryStack,
} from '../protocol/goroutine-query.ts';
import type { GoroutineDetail, GoroutineQuery, GoroutineRow, GoroutineRows } from '../protocol/goroutines.ts';

import type { FrameArguments } from '../values/typed-arguments.ts';

/** Goroutines as they were recorded, each with its detail. */
export interface RecordedGoroutine {
  readonly row: GoroutineRow;
  readonly detail: GoroutineDetail;
  /** What `goroutineArguments` answers. */
  readonly arguments?: readonly FrameArguments[];
}

/** A recorded goroutine by the key of its row, in the base for one that is gone. */
export function findRecorded(
  goroutinesOf: (snapshotKey: string) => readonly RecordedGoroutine[],
  snapshotKey: string,
  key: string,
): RecordedGoroutine {
  const gone = readGoneKey(key);
  const found = goroutinesOf(gone?.base ?? snapshotKey).find(({ row }) => row.key === (gone?.key ?? key));
  if (found === undefined) throw new Error('this goroutine is not in the snapshot');
  return found;
}

/** Answers queries over recorded goroutines as the worker does over those of a snapshot. */
export class RecordedRows {
  readonly #items: readonly QueryItem[];

  constructor(goroutines: readonly RecordedGoroutine[]) {
    const stacks = new Map<string, QueryStack>();
    this.#items = goroutines.map((one) => itemOf(one, stacks));
  }

  rows(query: GoroutineQuery, base: RecordedRows | null, from: number, count: number): GoroutineRows {
    return rowsOf(this.#answer(query, base), from, count);
  }

  find(
    query: GoroutineQuery,
    base: RecordedRows | null,
    which: { readonly key: string } | { readonly id: number },
  ): { key: string; index: number | null } | null {
    const items = { items: this.#items, base: base === null ? null : base.#items, query };
    return findRow(this.#answer(query, base), items, which);
  }

  #answer(query: GoroutineQuery, base: RecordedRows | null): QueryAnswer {
    return answerQuery(this.#items, query, base === null ? null : base.#items);
  }
}

/** Words that are a state and no reason to wait. */
const NOT_WAITING = /^(?:idle|runnable|running|syscall|dead|copystack|preempted|event handler)$/;

function itemOf({ row, detail }: RecordedGoroutine, stacks: Map<string, QueryStack>): QueryItem {
  const { frames } = detail.stack;
  const key = frames.map((frame) => `${frame.function}:${frame.line}+${frame.pcOffset ?? ''}`).join('\n');
  const stack = stacks.get(key) ?? {
    key,
    title: `${row.function} ${row.file}:${row.line}, ${frames.length} frames`,
    text: frames.map((frame) => `${frame.function} ${frame.file}:${frame.line}`.toLowerCase()).join('\n'),
  };
  stacks.set(key, stack);
  const waitReason = NOT_WAITING.test(row.state) ? null : row.state;
  return {
    row: { ...row, group: null, change: null },
    id: row.id,
    system: row.system,
    waitReason,
    waiting: waitReason !== null,
    running: row.state === 'running' || row.state === 'syscall',
    waitKey: detail.waits.map((wait) => `${wait.kind} ${wait.address ?? wait.text}`).join(' '),
    stack,
  };
}

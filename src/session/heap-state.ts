import type { HeapFacts } from '../protocol/heap.ts';

/** The heap of one snapshot in the timeline. Objects stay in the worker; views ask for those that they show. */
export interface HeapState {
  readonly snapshotKey: string;
  /** Null for a dump that was opened from a file. */
  readonly instanceKey: string | null;
  readonly moduleKey: string;
  /** As the person calls it; at first the label of the snapshot. */
  readonly name: string;
  /** When the memory was as it is here, milliseconds since the epoch; null where it is not known. */
  readonly time: number | null;
  readonly status: 'reading' | 'ready' | 'failed';
  /** For `reading`: the task to cancel, of `SessionState.tasks`. */
  readonly taskId: number | null;
  /** For `failed`. */
  readonly error: string | null;
  /** For `ready`. */
  readonly facts: HeapFacts | null;
  /** Null as long as its objects can be looked at; then why only its figures are left, which can be compared still. */
  readonly figuresOnly: string | null;
}

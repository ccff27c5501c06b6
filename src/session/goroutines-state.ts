import type { GoroutineFacts, DeadlockVerdict } from '../protocol/goroutines.ts';

/** All goroutines of one program at one moment. The rows stay in the worker; views ask for those that they show. */
export interface SnapshotState {
  readonly key: string;
  /** Null for a dump that was opened from a file. */
  readonly instanceKey: string | null;
  readonly moduleKey: string;
  /** The trap at which it was taken; null for others. */
  readonly trapKey: string | null;
  /** `live`: read from the running program; `trap`: from the memory as it was when the program died; `dump`: from a file. */
  readonly origin: 'live' | 'trap' | 'dump';
  /** `#3 12:04:31`, `at panic: …`, the name of the file. */
  readonly label: string;
  /** When it was taken, milliseconds since the epoch; for a dump, as the file says, or null. */
  readonly time: number | null;
  readonly pinned: boolean;
  readonly status: 'reading' | 'ready' | 'failed';
  /** While it or its stacks are being read: the task to cancel, of `SessionState.tasks`. */
  readonly taskId: number | null;
  /** For `failed`: the one clear error. */
  readonly error: string | null;
  /** For `ready`. */
  readonly facts: GoroutineFacts | null;
  /** For `ready`: whether the program can go on. */
  readonly verdict: DeadlockVerdict | null;
  /** Whether stacks of all rows are known, so that they can be grouped and searched; 0..1 while they are being read. */
  readonly stacksRead: number;
}

import type {
  DeadlockVerdict,
  GoroutineDetail,
  GoroutineFacts,
  GoSourceText,
  WaitObject,
} from '../protocol/goroutines.ts';
import type { QueryItem } from '../protocol/goroutine-query.ts';
import type { FrameArguments } from '../values/typed-arguments.ts';
import type { NamedStack } from '../go/runtime/memory-map.ts';
import type { SnapshotMemory } from './goroutines-memory.ts';
import type { Reading } from './goroutines-facts.ts';

/** All goroutines of a program at one moment, whatever runtime they are of. They are named by the keys of their rows. */
export interface Snapshot {
  readonly memory: SnapshotMemory;
  /** Counts what was read: an answer that was made at another count may be old. */
  readonly version: number;
  /** Null until it was judged. */
  readonly verdict: DeadlockVerdict | null;
  facts(reading: Reading): GoroutineFacts;
  /** Where the stacks of goroutines are in memory. */
  stacks(): readonly NamedStack[];
  /** The goroutines as queries see them. */
  items(): readonly QueryItem[];
  /** Undefined for one that is not in it. */
  item(key: string): QueryItem | undefined;
  /** Reads the stacks of these goroutines that are not read yet, of all without `keys`. */
  ensure(
    keys: readonly string[] | null,
    signal?: AbortSignal,
    progress?: (fraction: number) => void,
  ): Promise<void>;
  /** Judges whether the program can go on. */
  judge(): Promise<void>;
  detail(key: string): Promise<GoroutineDetail>;
  /** The arguments of a goroutine's frames by name and type, one entry for each line of its stack. */
  arguments(key: string, sources: ReadonlyMap<string, GoSourceText>): Promise<readonly FrameArguments[]>;
  /** What goroutines wait on at an address, and who; undefined where none does. */
  waitObject(at: number): Promise<WaitObject | undefined>;
  /** These goroutines as Go prints a traceback. */
  text(keys: readonly string[], signal: AbortSignal, progress: (fraction: number) => void): Promise<string>;
  /** A goroutine profile (profile.proto, not packed). `time`: milliseconds since the epoch. */
  profile(
    about: { readonly name: string; readonly hash: string; readonly time: number },
    signal: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>>;
}

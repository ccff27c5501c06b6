import type { Confidence } from '../base/confidence.ts';
import type { StackTrace } from '../stack/stack-trace.ts';

// Goroutines as they cross from the worker to the session and on to the views: plain data.

/** What is known of a snapshot as a whole. */
export interface GoroutineFacts {
  readonly total: number;
  readonly user: number;
  readonly system: number;
  readonly running: number;
  readonly runnable: number;
  readonly waiting: number;
  /** How the memory was read: in one task of the page (consistent), or not, and what it cost. One sentence for the status line. */
  readonly reading: string;
  readonly consistent: boolean;
  /** How long the page was kept waiting by the longest single read, milliseconds; null for memory that no program runs in. */
  readonly pauseMs: number | null;
  /** Whether names, addresses and layouts come from the module itself. */
  readonly confidence: Confidence;
  /** Sentences: what could not be read and why. */
  readonly notes: readonly string[];
}

export type GroupBy =
  'none' | 'state' | 'waitReason' | 'creator' | 'startFunction' | 'stack' | 'function' | 'label';

/** Delve's -with and -without. */
export type GoroutineKind = 'running' | 'user' | 'chan' | 'system' | 'waiting';

/** Compared with an earlier snapshot of the same program, by id: `moved` has another stack, `stuck` the same one and waits as before. */
export type Change = 'new' | 'gone' | 'moved' | 'stuck';

export interface GoroutineQuery {
  /** Words that all have to be found, each in any of: id, state, functions and files of its stack, labels, channel address. */
  readonly filter: string;
  readonly with: readonly GoroutineKind[];
  readonly without: readonly GoroutineKind[];
  readonly groupBy: GroupBy;
  readonly sort: {
    readonly by:
      'id' | 'state' | 'function' | 'waiting' | 'waitsOn' | 'creator' | 'startFunction' | 'labels' | 'count';
    readonly descending: boolean;
  };
  /** Key of the snapshot that this one is compared with; only rows with one of `changes` are left when that is not empty. */
  readonly base: string | null;
  readonly changes: readonly Change[];
  /** Groups, by key, whose members are listed below them; only with a groupBy. */
  readonly open: readonly string[];
}

export interface GoroutineRow {
  readonly kind: 'goroutine';
  /** Unique in the snapshot: the address of its runtime.g (of a `gone` one in the base, with a mark). */
  readonly key: string;
  /** Key of the group row that it is listed under; null without a groupBy. */
  readonly group: string | null;
  readonly id: number;
  /** What it is called where it has no number: TinyGo's goroutines by the address of their task, which is their id. */
  readonly label?: string;
  /** As Go prints it in the header: `chan receive`, `running`, `sleep`; `event handler` for the one that waits for the page. */
  readonly state: string;
  /** Nanoseconds that it has waited, by the runtime's own note, which is off by up to the time between two collections; null where the runtime has not noted it. */
  readonly waitedNs: number | null;
  readonly system: boolean;
  /** The innermost function of the program's own code on its stack, the place and its confidence; '' until its stack is read. */
  readonly function: string;
  readonly file: string;
  readonly line: number;
  /** For a range of lines, its last; else null. */
  readonly lineEnd: number | null;
  /** How sure function and line are. */
  readonly confidence: Confidence;
  readonly startFunction: string;
  readonly createdBy: {
    readonly function: string;
    readonly file: string;
    readonly line: number;
    readonly goroutine: number | null;
  } | null;
  /** What it waits on in a few words: `<-chan main.job 0xc00001`, `sleep 1.2s`, `sync.Mutex 0xc…`; '' for nothing. */
  readonly waitsOn: string;
  readonly labels: readonly (readonly [string, string])[];
  readonly change: Change | null;
  /** Number of goroutines with the same stack, this one included; null until all stacks are read. */
  readonly sameStack: number | null;
}

export interface GroupRow {
  readonly kind: 'group';
  readonly key: string;
  readonly title: string;
  readonly count: number;
  readonly open: boolean;
  /** With a base: members by change. */
  readonly changes: Readonly<Partial<Record<Change, number>>> | null;
}

export interface GoroutineRows {
  /** Rows of the whole answer, and the goroutines that matched. */
  readonly totalRows: number;
  readonly matched: number;
  /** With a base: goroutines by change, of those that the query without `changes` leaves. Null without one. */
  readonly changes: Readonly<Record<Change, number>> | null;
  readonly rows: readonly (GoroutineRow | GroupRow)[];
}

/** Something a goroutine waits on. */
export interface WaitTarget {
  readonly kind:
    | 'channel'
    | 'mutex'
    | 'rwmutex'
    | 'waitgroup'
    | 'cond'
    | 'semaphore'
    | 'timer'
    | 'javascript'
    | 'network'
    | 'unknown';
  /** Address in linear memory; null where there is none. */
  readonly address: number | null;
  readonly text: string;
  readonly direction: 'send' | 'receive' | null;
  readonly select: boolean;
  readonly confidence: Confidence;
}

export interface GoroutineDetail {
  readonly key: string;
  readonly id: number;
  readonly header: string;
  readonly stack: StackTrace;
  readonly waits: readonly WaitTarget[];
  readonly labels: readonly (readonly [string, string])[];
  readonly lockedThread: boolean;
  readonly system: boolean;
  readonly startFunction: string;
  /** Sentences, such as the remedy for blocking inside a js.FuncOf callback. */
  readonly advice: readonly string[];
  readonly notes: readonly string[];
}

/** The text of a Go file, as far as it can be had. */
export type GoSourceText =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: string };

/** A channel or lock, and who else waits on it. */
export interface WaitObject {
  readonly kind: WaitTarget['kind'];
  readonly address: number;
  /** `chan main.job, 0 of 0 values, open`. */
  readonly text: string;
  readonly elementType: string | null;
  readonly length: number | null;
  readonly capacity: number | null;
  readonly closed: boolean | null;
  readonly senders: readonly GoroutineRow[];
  readonly receivers: readonly GoroutineRow[];
  /** For locks: those that wait; who holds it where memory proves that. */
  readonly waiters: readonly GoroutineRow[];
  readonly owner: { readonly key: string; readonly id: number; readonly confidence: Confidence } | null;
  readonly notes: readonly string[];
}

/** Whether the program can go on. `deadlocked` only where memory proves that no timer, callback or JS reference can wake it. */
export interface DeadlockVerdict {
  readonly kind: 'runs' | 'blocked' | 'deadlocked' | 'ended' | 'unknown';
  /** For the banner: `All 4 user goroutines are blocked (waiting for events, or deadlocked).` */
  readonly text: string;
  /** Reasons, one sentence each. */
  readonly why: readonly string[];
  /** The wait-for picture: goroutine -> what it waits on -> who could wake it, as far as memory proves it. */
  readonly edges: readonly WaitEdge[];
  /** Goroutines that block inside a JavaScript callback: the most filed mistake, with its remedy. */
  readonly blockedCallbacks: readonly { readonly key: string; readonly id: number; readonly text: string }[];
}

export interface WaitEdge {
  readonly from: { readonly key: string; readonly id: number };
  readonly on: WaitTarget;
  /** Goroutines that hold the lock or could send, receive or call Done, where memory proves it. */
  readonly to: readonly { readonly key: string; readonly id: number }[];
}

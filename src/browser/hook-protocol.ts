import type { PageTrap, StartupTimes } from '../session/page-events.ts';

// What the hook in the page and the page port in DevTools say to each other. Requests are made by the port and are trusted;
// answers come from the page's own world and are checked (hook-answer.ts) before anything uses them.

/** Key of the one property that a hook adds to its global, for `Symbol.for`. */
export const REGISTRY_KEY = 'go-wasm-devtools';

/** Version of this file; a hook that speaks another one is treated as absent. */
export const PROTOCOL = 1;

/** How a hook is started; part of the text that is injected. */
export interface HookOptions {
  /** Wrap `WebAssembly.*` to see modules and instances as they are made; else only answer requests. */
  readonly capture: boolean;
  /** Keep what the Go runtime writes to fd 2. */
  readonly captureText: boolean;
  /** Append an empty debug section to modules of Go, so that DevTools asks the language plugin about them, and hold them until `goOn`. */
  readonly debugSection?: boolean;
  /** Name of the channels over which hooks in workers talk to the page's hook; null where workers are not hooked. */
  readonly channel: string | null;
  /** Wrap `Worker`, so that each dedicated worker starts through a blob that hooks it. */
  readonly wrapWorkers: boolean;
}

/** Memory by the numbers of a realm: of a living instance, as kept or copied at a trap, or a copy that `hold` made. */
export type HookTarget =
  { readonly instance: number } | { readonly trap: number } | { readonly held: number };

/** What one registry answers about its own realm. */
export type RealmRequest =
  /** Ranges of memory, read in this task. Answered with bytes, as many per range as the memory has. */
  | { readonly op: 'read'; readonly target: HookTarget; readonly ranges: readonly HookRange[] }
  /**
   * Hands one end of a message port over in an event of this type at the realm's window, for `send`. Answered with `jnull`; an error in workers, which
   * content scripts do not reach.
   */
  | { readonly op: 'carry'; readonly event: string }
  /**
   * Ranges of memory, read in this task as by `read`, but sent as one buffer over the port that was handed over: a message `{ id, bytes }`. Answered with
   * JSON: the length of each.
   */
  | {
      readonly op: 'send';
      readonly id: number;
      readonly target: HookTarget;
      readonly ranges: readonly HookRange[];
    }
  /** Copies ranges in this task, to be taken in parts with `part`. Answered with a stash. */
  | { readonly op: 'freeze'; readonly target: HookTarget; readonly ranges: readonly HookRange[] }
  /** Copies the whole memory in this task and holds the copy as a stash until it is dropped. Answered with JSON: HookHeld. */
  | { readonly op: 'hold'; readonly target: HookTarget }
  /**
   * Follows the pointers of the slice at `list` (an array's address and a length, 8 bytes each), at most `limit`, and takes the 8-byte words
   * at these offsets from each; all in this task. Answered with JSON: HookGathered.
   */
  | {
      readonly op: 'gather';
      readonly target: HookTarget;
      readonly list: number;
      readonly limit: number;
      readonly words: readonly number[];
    }
  /** Writes words of the memory of a living instance, all or none. Answered with `jnull`. */
  | { readonly op: 'write'; readonly instance: number; readonly words: readonly HookWordWrite[] }
  /** Stashes the bytes that the page compiled a module from. Answered with a stash. */
  | { readonly op: 'module'; readonly module: number }
  /** Bytes of a stash. */
  | { readonly op: 'part'; readonly stash: number; readonly offset: number; readonly length: number }
  | { readonly op: 'drop'; readonly stash: number }
  /** Fetches in the page's own context, at most `limit` bytes. Answered with a ticket, later with a stash. */
  | {
      readonly op: 'fetch';
      readonly url: string;
      readonly limit: number;
      readonly cache: 'default' | 'force-cache';
      /** Refuses other origins, also after a redirect. */
      readonly sameOrigin: boolean;
    }
  /** The JavaScript values that the program refers to. Answered with JSON: HookReferences. */
  | { readonly op: 'references'; readonly instance: number }
  /** A few numbers, read in one task. Answered with JSON: HookSample. */
  | {
      readonly op: 'sample';
      readonly instance: number;
      /** 8-byte words: at an address, or so many bytes behind where the pointer at that address leads to. */
      readonly words: readonly { readonly at: number; readonly through: number | null }[];
      /** The goroutines of the slice of pointers at `list`, at most `limit`, whose 4-byte status is another than `dead`. */
      readonly goroutines: {
        readonly list: number;
        readonly limit: number;
        readonly status: number;
        readonly dead: number;
      } | null;
    }
  /** What has come of a ticket. */
  | { readonly op: 'ticket'; readonly ticket: number };

/** Eight bytes at a multiple of 8; numbers below 2^53. */
export interface HookWordWrite {
  readonly address: number;
  /** What has to stand there; null for anything. */
  readonly was: number | null;
  readonly value: number;
}

export interface HookRange {
  readonly address: number;
  readonly length: number;
}

export type HookRequest =
  /** What is new in every realm that can be reached from here, since the given sequence numbers. Renews the lease of all. */
  | {
      readonly op: 'poll';
      readonly since: Readonly<Record<string, number>>;
      readonly captureText: boolean | null;
      /** Number of this poll: workers, whose answers come with later ones, say which one they answer. */
      readonly n?: number;
    }
  /** Lets programs that are held start, in every realm that can be reached from here. Answered with `jnull`. */
  | { readonly op: 'goOn' }
  /** Listen to hooks in workers over channels of this name. */
  | { readonly op: 'listen'; readonly channel: string }
  /** A request for one realm, wherever it is; a worker's answer comes as a ticket. */
  | { readonly op: 'to'; readonly realm: string; readonly request: RealmRequest };

/**
 * Answers are text, so that their size can be checked before they leave the page. The first character says what follows:
 * `j` JSON; `b` lengths in decimal joined by commas, `;`, base64 of all ranges in one; `t` a ticket; `s` a stash's number, `,`, its
 * length in bytes; `w` wait: nothing has come of the ticket yet; `e` an error message.
 */
export type AnswerKind = 'j' | 'b' | 't' | 's' | 'w' | 'e';

/** The answer to `poll`. */
export interface PollAnswer {
  readonly protocol: number;
  readonly realms: readonly HookReport[];
  /** Frames that could not be looked into from here (other origins). */
  readonly closedFrames: number;
  /** What could not be done, in words. */
  readonly notes: readonly string[];
  /** A debugger has stopped the page's thread inside wasm. */
  readonly stop?: HookStop;
}

export interface HookStop {
  /** The JavaScript stack that is stopped, innermost frame first. */
  readonly stack: string;
  /** Of the Go stacks' innermost words: another one means another stop at the same place. */
  readonly digest: number;
}

/** What is new in one realm. Numbers `n` count up within the realm. */
export interface HookReport {
  /** Random name of this realm. */
  readonly realm: string;
  readonly kind: 'page' | 'frame' | 'worker';
  /** Of a worker: number of the poll that it answers; null for what it tells by itself, and where polls have none. */
  readonly poll?: number | null;
  readonly url: string;
  /** Highest sequence number in this report. */
  readonly sequence: number;
  readonly capturing: boolean;
  readonly modules: readonly HookModule[];
  readonly instances: readonly HookInstance[];
  readonly traps: readonly HookTrap[];
  /** Where modules get a debug section. */
  readonly starts?: HookStarts;
}

/** Programs of modules with a debug section. */
export interface HookStarts {
  /** Modules that were held, since the realm began. */
  readonly modules: number;
  /** How many of them are held now. */
  readonly waiting: number;
}

export interface HookModule {
  readonly n: number;
  readonly origin: 'hook' | 'debugger';
  readonly url: string | null;
  readonly scriptUrl: string | null;
  readonly byteLength: number | null;
  readonly buildId: string | null;
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  /** Whether the hook has the bytes. */
  readonly bytesKept: boolean;
}

export interface HookInstance {
  readonly n: number;
  readonly module: number;
  readonly memoryBytes: number | null;
  readonly times: StartupTimes;
  readonly state: 'created' | 'running' | 'exited';
}

export interface HookTrap {
  readonly n: number;
  readonly instance: number | null;
  readonly time: number;
  readonly via: 'error' | 'unhandledrejection' | 'exit';
  readonly exitCode: number | null;
  readonly error: PageTrap['error'];
  readonly text: string;
  readonly exitStack: string | null;
  readonly sp: number | null;
  readonly memory: PageTrap['memory'];
}

/** A whole memory that was copied. */
export interface HookHeld {
  readonly stash: number;
  readonly bytes: number;
  /** getsp() in the same task; null where there is none, or nothing runs in that memory. */
  readonly sp: number | null;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** How long the task took, milliseconds. */
  readonly pauseMs: number;
}

/** What `gather` found. `bytes`: of the whole memory; `sp`, `time` and `pauseMs` as in HookHeld. */
export interface HookGathered extends Omit<HookHeld, 'stash'> {
  /** The slice: its array's address and its length. */
  readonly array: number;
  readonly count: number;
  /**
   * Base64. Of each pointer a record of words: the pointer, then the words at the offsets, 0 where they are outside the memory. A record is
   * written as a bit for each word (lowest bit first, in whole bytes), set where the word is another than in the record before (before the first:
   * 0), and those words, each as two differences from the record before: of its low and its high half, modulo 2 ** 32, zigzag (0, -1, 1,
   * -2, ... are 0, 1, 2, 3, ...) and then LEB128, unsigned.
   */
  readonly data: string;
}

/** The tables of wasm_exec.js (`_values`, `_goRefCounts`, `_idPool`) of one moment. Columns have an entry for each value that Go refers to. */
export interface HookReferences {
  /** Readings of this program are counted from 1. */
  readonly reading: number;
  /** Length of `_values`, of `_idPool`. */
  readonly slots: number;
  readonly free: number;
  /** Values that Go refers to, the seven that are always there left out, and the sum of their counts; columns may end before. */
  readonly held: number;
  readonly sum: number;
  /** Of the whole memory, in the same task. */
  readonly bytes: number;
  /** Kind and class name; the name is '' where finding it out could run code of the page. */
  readonly classes: readonly (readonly [kind: string, name: string])[];
  readonly id: readonly number[];
  readonly count: readonly number[];
  /** Index in `classes`. */
  readonly class: readonly number[];
  /** The reading in which this very object was first seen; 0 for values without identity, such as strings. */
  readonly first: readonly number[];
  /** The number under which syscall/js knows a function that js.FuncOf made; 0 for others. */
  readonly func: readonly number[];
  /** 1: a node that is in no document. */
  readonly detached: readonly number[];
  readonly text: readonly string[];
  /** Milliseconds since the epoch; how long the task took, in milliseconds. */
  readonly time: number;
  readonly pauseMs: number;
}

/** Numbers of one moment, null where they could not be read. */
export interface HookSample {
  /** Of the whole memory. */
  readonly bytes: number;
  /** As many as were asked for. */
  readonly words: readonly (number | null)[];
  readonly goroutines: number | null;
  /** JavaScript values that Go refers to. */
  readonly references: number | null;
  readonly time: number;
  readonly pauseMs: number;
}

/** Largest answer of a hook, in characters: below the 64 MiB that one message of an extension may have. */
export const MAX_ANSWER = 48 << 20;

/** Bytes that fit one answer in base64. */
export const MAX_PART = 32 << 20;

import type { Confidence } from '../base/confidence.ts';
import type { ChangedRange } from '../memory/diff.ts';
import type { Reading } from '../memory/interpret.ts';
import type { NameSum, RegionKind, RegionSum } from '../memory/regions.ts';

/**
 * Which memory is looked at, as the session names it to the worker: of a running program, which goes on meanwhile; a copy that the page holds; of a
 * snapshot.
 */
export type MemorySource =
  | {
      readonly kind: 'live' | 'copy';
      readonly moduleKey: string;
      /** The session's name for the memory. */
      readonly target: string;
      /** Bytes, as last seen. */
      readonly size: number;
    }
  | { readonly kind: 'snapshot'; readonly snapshotKey: string };

/** The memory and what lies where in it, at one moment. */
export interface MemoryMap {
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of the module's bytes, hex: what bookmarks are kept under. */
  readonly moduleHash: string;
  /** Bytes of a pointer. */
  readonly word: 4 | 8;
  readonly sums: readonly RegionSum[];
  readonly regions: number;
  /** The heap's regions by name, that is by size class, the largest first. */
  readonly classes: readonly NameSum[];
  /** Arenas of the heap of standard Go, in rising order: the parts in which the runtime asks for memory. */
  readonly arenas: readonly ArenaRow[];
  /** The memory in equal parts, each an index in `kinds`: what most of it holds. */
  readonly picture: Uint8Array;
  readonly kinds: readonly RegionKind[];
  /** Sentences: what is missing or not certain. */
  readonly notes: readonly string[];
}

/** Part of the heap, [start, end); `used`: bytes in spans and in what the runtime manages. */
export interface ArenaRow {
  readonly start: number;
  readonly end: number;
  readonly used: number;
}

export interface RegionRow {
  readonly start: number;
  readonly end: number;
  readonly kind: RegionKind;
  readonly name: string;
}

/** What stands at an address. */
export interface Inspection {
  readonly address: number;
  readonly region: RegionRow | null;
  /** What the address is part of, from the largest on: an object's place, a variable, with what is known of it. */
  readonly parts: readonly {
    readonly text: string;
    readonly start: number;
    /** Bytes; null where the end is not known. */
    readonly length: number | null;
    readonly confidence: Confidence;
    /** Its type, where that is known. */
    readonly type: string | null;
  }[];
  readonly numbers: readonly Reading[];
  /** '' where there is none. */
  readonly text: string;
  /** Where the word here points; null where that is no address of the memory. */
  readonly pointer: { readonly address: number; readonly region: string } | null;
  /** What Go may have put here. */
  readonly words: readonly {
    readonly kind: string;
    readonly text: string;
    readonly target: number | null;
    readonly confidence: Confidence;
  }[];
}

/** A type by what Go prints it as (`main.T`, `*main.T`, `[]int`), or by the address of its descriptor. */
export type ValueTypeName = { readonly name: string } | { readonly descriptor: number };

/** The value of a type at an address, with its first parts. */
export interface MemoryValue {
  readonly type: string;
  readonly address: number;
  /** Bytes. */
  readonly size: number;
  readonly text: string;
  /** How many parts it has. */
  readonly total: number;
  readonly parts: readonly MemoryValuePart[];
}

/** A field, an element, an entry, or what a pointer points to. */
export interface MemoryValuePart {
  readonly name: string;
  readonly type: string;
  readonly of: ValueTypeName;
  readonly address: number;
  readonly text: string;
  readonly parts: number;
}

/** What a text that a person typed leads to. */
export interface JumpTarget {
  readonly address: number;
  readonly text: string;
}

/** What is looked for. Bytes of a needle are at most 4096. */
export type SearchQuery =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** Words that point to [from, to). */
  | { readonly kind: 'pointer'; readonly from: number; readonly to: number };

export interface SearchMatch {
  readonly address: number;
  /** The region's name, or its kind. */
  readonly region: string;
  /** The bytes from there on, at most 16. */
  readonly bytes: Uint8Array;
}

export interface SearchResult {
  /** The first of them, in rising order. */
  readonly matches: readonly SearchMatch[];
  /** The search ended before the memory did, because there were more. */
  readonly more: boolean;
  /** Bytes that were gone through. */
  readonly searched: number;
}

export interface MemoryChanges {
  /** The first of them, in rising order. */
  readonly ranges: readonly ChangedRange[];
  readonly regions: readonly string[];
  readonly count: number;
  readonly changedBytes: number;
  /** Bytes of both. */
  readonly size: number;
  readonly baseSize: number;
}

/** What is asked about memories. */
export interface MemoryRequests {
  /** Ranges of the memory, at most 1 MiB in all; as many bytes of each as the memory has. */
  'memory.bytes': {
    params: { source: MemorySource; ranges: readonly { address: number; length: number }[] };
    result: readonly Uint8Array[];
  };
  /** Reads what lies where; of a live memory anew each time. */
  'memory.map': { params: { source: MemorySource; parts: number }; result: MemoryMap };
  /** Regions of the last map, of a kind or of all; `name`: of that name only. */
  'memory.regions': {
    params: {
      source: MemorySource;
      kind: RegionKind | null;
      name: string | null;
      from: number;
      count: number;
    };
    result: { readonly count: number; readonly rows: readonly RegionRow[] };
  };
  'memory.inspect': { params: { source: MemorySource; address: number }; result: Inspection };
  /** The value of a type of the module at an address. */
  'memory.value': {
    params: { source: MemorySource; address: number; of: ValueTypeName };
    result: MemoryValue;
  };
  /** Where a text leads that a person typed: an address, `goroutine 7`, a variable, a function, a kind of region. The best first. */
  'memory.find': { params: { source: MemorySource; text: string }; result: readonly JumpTarget[] };
  'memory.search': { params: { source: MemorySource; query: SearchQuery }; result: SearchResult };
  /** What differs from another memory. */
  'memory.diff': { params: { source: MemorySource; base: MemorySource }; result: MemoryChanges };
  /** A range as raw bytes. */
  'memory.save': { params: { source: MemorySource; from: number; length: number }; result: Blob };
}

import type { Confidence } from '../base/confidence.ts';

// The counts of a heap as every toolchain's reader gives them.

/** Objects of one size class; where there are no classes, of one size. */
export interface ClassRow {
  /** Bytes of a place; 0 for Go's objects above 32 KiB, which have spans of their own. */
  readonly size: number;
  /** Whether the collector looks for pointers in them. */
  readonly pointers: boolean;
  readonly objects: number;
  readonly bytes: number;
  /** 0 where the heap has no spans: places are then objects, and their bytes those of the objects. */
  readonly spans: number;
  /** Places for objects, taken or free. */
  readonly places: number;
  /** Bytes of the spans. */
  readonly spanBytes: number;
}

/** Objects of one type; where types are not noted, of one kind. */
export interface TypeRow {
  readonly name: string;
  readonly objects: number;
  /** Of their places, the allocator's rounding included. */
  readonly bytes: number;
  /** Those whose type the allocator noted; that of the others is inferred. */
  readonly exactObjects: number;
  readonly confidence: Confidence;
}

export interface HeapSummary {
  readonly objects: number;
  readonly bytes: number;
  readonly spans: number;
  /** By size, then those without pointers first. */
  readonly classes: readonly ClassRow[];
  /** Most bytes first. */
  readonly types: readonly TypeRow[];
  /** Bytes by how well the type is known. */
  readonly exactBytes: number;
  readonly inferredBytes: number;
  readonly unknownBytes: number;
}

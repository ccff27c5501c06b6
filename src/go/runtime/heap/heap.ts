import { address } from '../../../base/units.ts';
import type { Moment } from '../moment.ts';
import { followRoots, guessByShape, ShapeIndex } from './guess.ts';
import { guessArrays } from './guess-arrays.ts';
import { readHeapLayouts } from './heap-layouts.ts';
import { ClosureShapes, TypeTracer } from './infer.ts';
import { HeapObjects } from './objects.ts';
import { PointerWords } from './pointer-words.ts';
import { findRoots, type Roots } from './roots.ts';
import { readSpans, type SpanTable } from './spans.ts';
import { readTotals, type HeapTotals } from './totals.ts';
import { TypeShapes, type Shape } from './type-shapes.ts';

/** A Go heap at one moment. */
export interface Heap {
  readonly moment: Moment;
  readonly totals: HeapTotals;
  readonly spans: SpanTable;
  readonly objects: HeapObjects;
  readonly pointers: PointerWords;
  readonly shapes: TypeShapes;
  readonly roots: Roots;
  readonly types: TypeTracer;
  /** Sentences: what is missing or not certain, and why. */
  readonly notes: readonly string[];
}

/**
 * Reads the heap of a moment: totals, spans, objects, roots and types. `checkpoint` is called now and then and may throw to end the work.
 * Throws a FormatError where there is no heap to be read, and NeedPages.
 */
export function readHeap(moment: Moment, checkpoint: () => void = () => undefined): Heap {
  const { runtime, memory } = moment;
  const layouts = readHeapLayouts(runtime);
  const mheap = runtime.globals.mheap.address ?? address(0);
  const { spans, notes: spanNotes } = readSpans(memory, mheap, layouts);
  const notes = [...spanNotes];
  const totals = readTotals(memory, runtime.globals, layouts, spans, notes);
  checkpoint();
  const objects = new HeapObjects(memory, spans);
  const { image, moduleData } = runtime.program.module;
  const shapes = new TypeShapes(runtime.types, image, moduleData.types);
  const pointers = new PointerWords(memory, layouts, mheap, objects, shapes);
  const roots = findRoots(moment, objects);
  checkpoint();
  const headers = runtime.program.minor >= 22;
  const all: Shape[] = [];
  for (const type of shapes.all()) {
    const shape = shapes.shapeAt(type.address);
    if (shape !== undefined) all.push(shape);
  }
  const closures = new ClosureShapes(all, headers);
  const types = new TypeTracer(memory, objects, pointers, shapes, runtime.program, closures);
  types.readExact();
  types.run(checkpoint);
  followRoots(memory, roots, types);
  types.run(checkpoint);
  const elemType = runtime.channels?.hchan.elemtype ?? -1;
  const index = new ShapeIndex(all, shapes, headers, elemType);
  guessByShape(memory, objects, pointers, shapes, index, types, checkpoint);
  guessArrays(memory, objects, pointers, shapes, all, types, checkpoint);
  notes.push(...objects.notes, ...roots.notes);
  return { moment, totals, spans, objects, pointers, shapes, roots, types, notes };
}

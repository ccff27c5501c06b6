import { asPart, type Steps } from '../../../base/steps.ts';
import { address } from '../../../base/units.ts';
import type { Moment } from '../moment.ts';
import { followRoots, guessByShape, ShapeIndex } from './guess.ts';
import { guessArrays } from './guess-arrays.ts';
import { readHeapLayouts } from './heap-layouts.ts';
import { ClosureShapes } from './closure-shapes.ts';
import { TypeTracer } from './infer.ts';
import { HeapObjects } from './objects.ts';
import { PointerWords } from './pointer-words.ts';
import { findRoots, type Roots } from './roots.ts';
import { spanSteps, type SpanTable } from './spans.ts';
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
 * Reads the heap of a moment: totals, spans, objects, roots and types.
 * Throws a FormatError where there is no heap to be read, and NeedPages.
 */
export function* readHeap(moment: Moment): Steps<Heap> {
  const { runtime, memory } = moment;
  const layouts = readHeapLayouts(runtime);
  const mheap = runtime.globals.mheap.address ?? address(0);
  const { spans, notes: spanNotes } = yield* asPart(0, 0.02, spanSteps(memory, mheap, layouts));
  const notes = [...spanNotes];
  const totals = readTotals(memory, runtime.globals, layouts, spans, notes);
  yield 0.02;
  const objects = yield* asPart(0.02, 0.08, HeapObjects.read(memory, spans));
  const { image, moduleData } = runtime.program.module;
  const shapes = new TypeShapes(runtime.types, image, moduleData.types);
  const pointers = new PointerWords(memory, layouts, mheap, objects, shapes);
  yield 0.08;
  const roots = findRoots(moment, objects);
  yield 0.1;
  const headers = runtime.program.minor >= 22;
  const all: Shape[] = [];
  for (const type of shapes.all()) {
    const shape = shapes.shapeAt(type.address);
    if (shape !== undefined) all.push(shape);
  }
  const closures = new ClosureShapes(all, headers);
  const types = new TypeTracer(memory, objects, pointers, shapes, runtime.program, closures);
  yield* asPart(0.1, 0.2, types.readExact());
  yield* types.run();
  yield 0.4;
  followRoots(memory, roots, types);
  yield* types.run();
  yield 0.5;
  const elemType = runtime.channels?.hchan.elemtype ?? -1;
  const index = new ShapeIndex(all, shapes, headers, elemType);
  yield* asPart(0.5, 0.8, guessByShape(memory, objects, pointers, shapes, index, types));
  yield* asPart(0.8, 1, guessArrays(memory, objects, pointers, shapes, all, types));
  notes.push(...objects.notes, ...roots.notes);
  return { moment, totals, spans, objects, pointers, shapes, roots, types, notes };
}

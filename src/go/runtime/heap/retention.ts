import { asPart, type Steps } from '../../../base/steps.ts';
import { address } from '../../../base/units.ts';
import { computeDominators, type Dominators } from './dominators.ts';
import { fieldPath } from './field-path.ts';
import { readGraph, type HeapGraph } from './graph.ts';
import type { Heap } from './heap.ts';
import { RootKind } from './roots.ts';
import { VariableUsers } from './variable-users.ts';

/** Objects of a type whose paths are compared. */
const SAMPLED = 30;

/** Why an object is kept where a path begins. */
export type RootCause =
  | {
      readonly kind: 'variable';
      /** Address of the word. */
      readonly at: number;
      /** The runtime's name of it; null for a variable of the program, which has none in memory. */
      readonly name: string | null;
      /** Functions that use it. */
      readonly users: readonly string[];
    }
  | {
      readonly kind: 'stack';
      readonly at: number;
      readonly goroutine: number;
      /** The function whose frame holds it; '' where the stack could not be walked. */
      readonly function: string;
    }
  | { readonly kind: 'finalizer'; readonly at: number };

/** A pointer from an object to another one. */
export interface Reference {
  /** The object that has the pointer. */
  readonly object: number;
  /** Where in it, as Go would write it behind its name: `.next`, `[3].name`. */
  readonly field: string;
  /** Bytes from the object's value to the pointer. */
  readonly offset: number;
}

export interface PathToRoot {
  readonly root: RootCause;
  /** From the object that the root points to down to the one that points to the object asked for. */
  readonly steps: readonly Reference[];
}

/** Finds out who keeps what of a heap; cost and memory grow linearly with objects and pointers. Throws NeedPages. */
export function* readRetention(heap: Heap): Steps<Retention> {
  const { objects, roots } = heap;
  const graph = yield* asPart(0, 0.5, readGraph(heap.moment.memory, objects, heap.pointers));
  const sizeOf = (object: number): number => objects.sizeOf(object);
  const dominators = yield* asPart(0.5, 1, computeDominators(graph, roots.object, sizeOf));
  return new Retention(heap, graph, dominators);
}

/** Who keeps what of a heap. */
export class Retention {
  readonly graph: HeapGraph;
  readonly dominators: Dominators;
  readonly #heap: Heap;
  readonly #users: VariableUsers;

  constructor(heap: Heap, graph: HeapGraph, dominators: Dominators) {
    this.#heap = heap;
    this.#users = new VariableUsers(heap.moment.runtime);
    this.graph = graph;
    this.dominators = dominators;
  }

  /** Objects that point to `object`, each once, in order of their addresses; at most `limit`. */
  retainers(object: number, limit = 1000): Reference[] {
    const { backFirst, from } = this.graph;
    const seen = new Set<number>();
    const end = backFirst[object + 1] ?? 0;
    for (let i = backFirst[object] ?? 0; i < end && seen.size < limit; i++) seen.add(from[i] ?? 0);
    return [...seen].map((source) => this.#reference(source, object));
  }

  /** The roots that point to `object`. */
  rootsOf(object: number): RootCause[] {
    const { roots } = this.#heap;
    const causes: RootCause[] = [];
    for (let row = 0; row < roots.count; row++)
      if (roots.object[row] === object) causes.push(this.#cause(row));
    return causes;
  }

  /** A shortest path from a root to `object`; undefined where no root leads there: it is garbage. */
  pathToRoot(object: number): PathToRoot | undefined {
    const { graph } = this;
    const { roots } = this.#heap;
    const rootRow = new Map<number, number>();
    for (let row = roots.count - 1; row >= 0; row--) rootRow.set(roots.object[row] ?? 0, row);
    /** For each object that was reached, the next one on the way to `object`. */
    const toward = new Map<number, number>([[object, -1]]);
    let wave = [object];
    while (wave.length > 0) {
      const next: number[] = [];
      for (const at of wave) {
        const row = rootRow.get(at);
        if (row !== undefined) return { root: this.#cause(row), steps: this.#steps(at, toward) };
        for (let i = graph.backFirst[at] ?? 0; i < (graph.backFirst[at + 1] ?? 0); i++) {
          const source = graph.from[i] ?? 0;
          if (toward.has(source)) continue;
          toward.set(source, at);
          next.push(source);
        }
      }
      wave = next;
    }
    return undefined;
  }

  /** The path to a root that most of some of these objects have, by the types on the way; undefined where none has one. */
  commonPath(objects: readonly number[]): PathToRoot | undefined {
    const { types } = this.#heap;
    const groups = new Map<string, { path: PathToRoot; count: number }>();
    const step = Math.max(1, Math.floor(objects.length / SAMPLED));
    for (let i = objects.length - 1; i >= 0; i -= step) {
      const path = this.pathToRoot(objects[i] ?? 0);
      if (path === undefined) continue;
      const { root } = path;
      const begin =
        root.kind === 'variable' ? String(root.at) : root.kind === 'stack' ? root.function : root.kind;
      const key = [begin, ...path.steps.map(({ object }) => types.type[object] ?? 0)].join(' ');
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { path, count: 1 });
      else group.count++;
    }
    return [...groups.values()].sort((a, b) => b.count - a.count)[0]?.path;
  }

  #steps(first: number, toward: ReadonlyMap<number, number>): Reference[] {
    const steps: Reference[] = [];
    let at = first;
    for (let next = toward.get(at) ?? -1; next >= 0; next = toward.get(at) ?? -1) {
      steps.push(this.#reference(at, next));
      at = next;
    }
    return steps;
  }

  /** The first pointer of `source` to `target`. */
  #reference(source: number, target: number): Reference {
    const { moment, objects, pointers, shapes, types } = this.#heap;
    const start = objects.addressOf(source) + pointers.headerSize(source);
    let offset = -1;
    pointers.visit(source, (at) => {
      if (offset < 0 && objects.find(moment.memory.word(address(at))) === target) offset = at - start;
    });
    const type = types.types.at(types.type[source] ?? 0);
    return {
      object: source,
      offset: Math.max(0, offset),
      field: offset < 0 ? '' : fieldPath(moment.runtime.types, shapes, type, offset),
    };
  }

  #cause(row: number): RootCause {
    const { roots } = this.#heap;
    const at = roots.at[row] ?? 0;
    const kind = roots.kind[row];
    if (kind === RootKind.variable) return { kind: 'variable', at, ...this.#users.at(at) };
    if (kind !== RootKind.stack) return { kind: 'finalizer', at };
    const frame = roots.frames[roots.frame[row] ?? 0];
    return { kind: 'stack', at, goroutine: frame?.goroutine.id ?? 0, function: frame?.function ?? '' };
  }
}

import type { GoRuntime } from '../go/runtime/runtime.ts';
import { Kind } from '../go/runtime/types.ts';
import type { PackageVariable } from '../gosource/package-file.ts';
import { contentOf } from '../gosource/type-of-value.ts';
import type { ValueType } from './value-type.ts';

// How Go's linker lays variables out: in which section, how aligned, in which order.

const MAX_NESTING = 20;
/** Pairs of places that are compared for one package: what is not sure by then stays so. */
const MAX_COMPARISONS = 4_000_000;

/** A variable, and where it may be. */
export interface Candidate {
  readonly variable: PackageVariable;
  readonly type: ValueType;
  /** All that its uses allow. */
  readonly all: readonly number[];
  /** Those that are left. */
  places: readonly number[];
}

/** The linker of one program. */
export class LinkerLayout {
  readonly #runtime: GoRuntime;

  constructor(runtime: GoRuntime) {
    this.#runtime = runtime;
  }

  /** Whether the linker puts such a variable at such a place. Throws a FormatError where its type is damaged. */
  allows({ value }: PackageVariable, type: ValueType, at: number): boolean {
    if (at % linkAlignment(type.size) !== 0) return false;
    const section = this.#sectionOf(at);
    if (section === undefined || at + type.size > section.end) return false;
    const { data, bss, noptrbss } = this.#runtime.program.module.moduleData;
    if ((section === data || section === bss) !== hasPointers(type)) return false;
    const content = contentOf(value);
    return content === 'unknown' || (content === 'zero') === (section === bss || section === noptrbss);
  }

  /** Leaves those places that agree with each other; one where all say the same. `all`: of one package, in the order of its files and lines. */
  arrange(all: readonly Candidate[]): void {
    this.#agree(this.#inOrder(all));
    doubt(all);
  }

  #sectionOf(at: number): { readonly start: number; readonly end: number } | undefined {
    const { noptrdata, data, bss, noptrbss } = this.#runtime.program.module.moduleData;
    return [noptrdata, data, bss, noptrbss].find(({ start, end }) => at >= start && at < end);
  }

  /** In the order in which the compiler writes variables: up to Go 1.19 that of their names, then as they are declared. */
  #inOrder(all: readonly Candidate[]): readonly Candidate[] {
    if (this.#runtime.program.minor >= 20) return all;
    return all.toSorted((a, b) => (a.variable.name < b.variable.name ? -1 : 1));
  }

  /**
   * Leaves out places that no arrangement of all variables has: two never share one, and in a section the linker puts small ones before
   * large ones, those of one size in the order in which the compiler wrote them (Go src/cmd/link/internal/ld/data.go, dodataSect).
   */
  #agree(all: readonly Candidate[]): void {
    let left = MAX_COMPARISONS;
    const together = (a: Candidate, at: number, b: Candidate, bt: number): boolean => {
      if (--left < 0) return true;
      if (at < bt + b.type.size && bt < at + a.type.size) return false;
      if (this.#sectionOf(at) !== this.#sectionOf(bt)) return true;
      return at < bt === a.type.size <= b.type.size;
    };
    for (let changed = true; changed;) {
      changed = false;
      for (const [i, a] of all.entries()) {
        const kept = a.places.filter((at) =>
          all.every(
            (b, k) =>
              k === i ||
              b.places.length === 0 ||
              b.places.some((bt) => (i < k ? together(a, at, b, bt) : together(b, bt, a, at))),
          ),
        );
        if (kept.length === a.places.length) continue;
        a.places = kept;
        changed = true;
      }
    }
    if (left < 0) for (const one of all) one.places = one.all;
  }
}

/** Whether the garbage collector looks into values of a type: it has those in sections of their own. */
function hasPointers(type: ValueType, nesting = 0): boolean {
  if (type.kind === Kind.struct) {
    return nesting > MAX_NESTING || type.fields().some((field) => hasPointers(field.type, nesting + 1));
  }
  if (type.kind === Kind.array) return type.length() > 0 && hasPointers(type.element(), nesting + 1);
  return POINTERS.has(type.kind);
}

const POINTERS: ReadonlySet<number> = new Set([
  Kind.chan,
  Kind.func,
  Kind.interface,
  Kind.map,
  Kind.pointer,
  Kind.slice,
  Kind.string,
  Kind.unsafePointer,
]);

/** How the linker aligns a variable, whatever its type: as much as its size has room for (Go src/cmd/link/internal/ld/data.go, symalign; wasm/obj.go). */
function linkAlignment(size: number): number {
  let align = 32;
  while (align > size && align > 1) align /= 2;
  return align;
}

/** What was found by leaving out other places is only sure where those are found to be other variables: else one of them may be missing here. */
function doubt(all: readonly Candidate[]): void {
  // No place is left for one: then what took its places is not sure either.
  const without = all.filter(({ places }) => places.length === 0).flatMap((one) => one.all);
  for (const one of all)
    if (one.all.length > 1 && one.all.some((at) => without.includes(at))) one.places = one.all;
  for (let changed = true; changed;) {
    changed = false;
    const found = all.filter(({ places }) => places.length === 1);
    for (const one of found) {
      const isOther = (at: number): boolean =>
        found.some(({ places: [start = 0], type }) => at < start + type.size && start < at + one.type.size);
      if (one.all.length === 1 || one.all.every(isOther)) continue;
      one.places = one.all;
      changed = true;
    }
  }
}

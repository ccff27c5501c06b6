import type { NamedScopes } from '../sourcemap/read/map-scopes.ts';
import type { Frame } from './symbol-source.ts';

/** What the scopes of a source map say of code: the functions around a place, with the calls of those that were inlined there. */
export class ScopeFrames {
  readonly #scopes: NamedScopes;
  /** Where the innermost range changes, in rising order, and which it is from there on; -1 for none. */
  readonly #start: Uint32Array;
  readonly #range: Int32Array;

  constructor(scopes: NamedScopes) {
    this.#scopes = scopes;
    const starts: number[] = [];
    const ranges: number[] = [];
    const enter = (at: number, range: number): void => {
      if (starts.at(-1) === at) ranges[ranges.length - 1] = range;
      else {
        starts.push(at);
        ranges.push(range);
      }
    };
    const open: number[] = [];
    const close = (until: number): void => {
      for (let top = open.at(-1); top !== undefined && (scopes.end[top] ?? 0) <= until; top = open.at(-1)) {
        open.pop();
        enter(scopes.end[top] ?? 0, open.at(-1) ?? -1);
      }
    };
    for (let row = 0; row < scopes.count; row++) {
      const start = scopes.start[row] ?? 0;
      close(start);
      open.push(row);
      enter(start, row);
    }
    close(Infinity);
    this.#start = Uint32Array.from(starts);
    this.#range = Int32Array.from(ranges);
  }

  /** Where the functions around a place can change, in rising order. */
  get edges(): Uint32Array {
    return this.#start;
  }

  /**
   * The frames of a place, innermost first. `file`, `line`: of the place itself; `named`: what the function is called whose code it is, where the scopes
   * have no name. Empty where the scopes have no function around the place.
   */
  at(offset: number, file: string, line: number, named: string): Frame[] {
    const { parent, isFunction, name, names, callSource, callLine, sources } = this.#scopes;
    const frames: Frame[] = [];
    let place = { file, line };
    for (let range = this.#rangeAt(offset); range >= 0; range = parent[range] ?? -1) {
      const called = sources[callSource[range] ?? -1];
      if (isFunction[range] === 1) {
        const own = names[name[range] ?? -1] ?? '';
        // Code of a function that was inlined has a call in what is around it.
        const inlined = called !== undefined;
        frames.push({ function: own === '' ? (inlined ? '(no name)' : named) : own, ...place, inlined });
        if (!inlined) break;
      }
      if (called !== undefined) place = { file: called, line: callLine[range] ?? 0 };
    }
    const last = frames.at(-1);
    // The function around the inlined ones is not in the scopes: its code is known all the same.
    if (last?.inlined === true) frames.push({ function: named, ...place, inlined: false });
    return frames;
  }

  #rangeAt(offset: number): number {
    let low = 0;
    let high = this.#start.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#start[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? -1 : (this.#range[low - 1] ?? -1);
  }
}

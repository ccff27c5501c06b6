import { scale } from '../base/measurement.ts';
import { defaultSampleIndex, type Profile } from '../profile/profile.ts';
import { childrenByWeight, StackTreeBuilder } from '../profile/stack-tree.ts';
import { stackOf } from '../profile/transform.ts';

/** A function of a flame chart. */
export interface ChartFrame {
  readonly name: string;
  readonly url: string;
  /** 1-based; 0 unknown. */
  readonly line: number;
  /** 0-based column of the declaration, of a wasm function the module offset of its body; undefined where only the line is known, or nothing. */
  readonly column?: number;
}

/** A flame chart: a tree of calls and how long each node runs by itself, laid out from left to right. */
export interface Chart {
  readonly title: string;
  readonly frames: readonly ChartFrame[];
  readonly nodeFrame: Uint32Array;
  /** Row of the caller; -1 for the outermost. A caller comes before what it calls. */
  readonly nodeParent: Int32Array;
  /** Nodes in order of time, and for how many microseconds each runs. */
  readonly samples: Uint32Array;
  readonly durations: Float64Array;
  /** Why the axis is no time; null when it is. */
  readonly synthetic: string | null;
  /** Microseconds. */
  readonly startTime: number;
}

/**
 * A profile as a flame chart. A profile has no order in time: stacks are laid out one after the other, callers with the largest total first
 * (what is called "left heavy"), so that the same profile always gives the same picture. Values of other units than time become
 * microseconds one to one; a negative value (of a diff) has no width and is left out.
 */
export function chartOfProfile(profile: Profile, sampleType = defaultSampleIndex(profile)): Chart {
  const { samples, locations, functions, strings, sampleTypes } = profile;
  const type = sampleTypes[sampleType] ?? { type: '', unit: '' };
  const nanos = scale(1, type.unit, 'nanoseconds');
  const isTime = nanos.unit === 'ns';
  const factor = isTime ? nanos.value / 1000 : 1;
  const tree = new TreeBuilder(samples.stack.length);
  const frameOfLine = (line: number): number => {
    const at = locations.lineFunction[line] ?? 0;
    return tree.frame(at, () => ({
      name: strings[functions.name[at] ?? 0] ?? '',
      url: strings[functions.file[at] ?? 0] ?? '',
      line: functions.startLine[at] ?? 0,
    }));
  };
  for (let row = 0; row < samples.count; row++) {
    const value = samples.values[row * sampleTypes.length + sampleType] ?? 0;
    if (value <= 0) continue;
    let node = -1;
    const stack = stackOf(samples, row);
    for (let at = stack.length - 1; at >= 0; at--) {
      const location = stack[at] ?? 0;
      const start = locations.lineStart[location] ?? 0;
      const end = locations.lineStart[location + 1] ?? 0;
      if (start === end) {
        const address = `0x${(locations.address[location] ?? 0n).toString(16)}`;
        node = tree.child(
          node,
          tree.frame(address, () => ({ name: address, url: '', line: 0 })),
        );
      }
      for (let line = end - 1; line >= start; line--) node = tree.child(node, frameOfLine(line));
    }
    if (node < 0)
      node = tree.child(
        -1,
        tree.frame('', () => ({ name: '[no stack]', url: '', line: 0 })),
      );
    tree.add(node, value * factor);
  }
  const why = isTime
    ? 'the profile has no order in time: stacks are laid out by size'
    : `the profile has no time: 1 µs stands for 1 ${type.unit}, stacks are laid out by size`;
  return tree.chart(`${type.type} (synthetic axis)`, why);
}

/** Frames by what tells them apart, and the calls of them. */
class TreeBuilder {
  readonly #frames: ChartFrame[] = [];
  readonly #frameRows = new Map<number | string, number>();
  readonly #calls: StackTreeBuilder;

  /** `expected`: calls that there may be. */
  constructor(expected: number) {
    this.#calls = new StackTreeBuilder(expected);
  }

  frame(key: number | string, make: () => ChartFrame): number {
    let row = this.#frameRows.get(key);
    if (row === undefined) {
      row = this.#frames.push(make()) - 1;
      this.#frameRows.set(key, row);
    }
    return row;
  }

  child(parent: number, frame: number): number {
    return this.#calls.child(parent, frame);
  }

  add(node: number, value: number): void {
    this.#calls.add(node, value);
  }

  chart(title: string, synthetic: string): Chart {
    const { count, frame, parent, self, total } = this.#calls.build();
    const { start, children } = childrenByWeight({ count, parent }, total);
    const samples = new Uint32Array(count);
    const durations = new Float64Array(count);
    let taken = 0;
    /** Calls that are still to be laid out, the one that is next last. */
    const pending: number[] = [];
    const add = (caller: number): void => {
      const first = start[caller + 1] ?? 0;
      for (let at = (start[caller + 2] ?? 0) - 1; at >= first; at--) pending.push(children[at] ?? 0);
    };
    add(-1);
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      const own = self[node] ?? 0;
      if (own > 0) {
        samples[taken] = node;
        durations[taken++] = own;
      }
      add(node);
    }
    return {
      ...{ title, frames: this.#frames, nodeFrame: frame, nodeParent: parent },
      ...{ samples: samples.slice(0, taken), durations: durations.slice(0, taken) },
      ...{ synthetic, startTime: 0 },
    };
  }
}

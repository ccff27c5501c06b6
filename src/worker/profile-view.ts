import { compatibleUnits, scale } from '../base/measurement.ts';
import { applyFilters, type Filters } from '../profile/filter.ts';
import {
  layOutCoarsely,
  layOutLeftHeavy,
  NARROW,
  widths,
  type FlameLayout,
} from '../profile/flame-layout.ts';
import { FrameTable, type Frame } from '../profile/frame-table.ts';
import { totalOf } from '../profile/graph.ts';
import { MergeError } from '../profile/merge.ts';
import type { Profile } from '../profile/profile.ts';
import { addSamples, childrenByWeight, StackTreeBuilder, type StackTree } from '../profile/stack-tree.ts';
import {
  calleesTree,
  callersTree,
  collapseRecursion,
  edgesOf,
  valuesByFrame,
  type Edge,
  type FrameValues,
} from '../profile/tree-tables.ts';
import type {
  FlameBoxes,
  FlameShape,
  PeekAnswer,
  PeekRow,
  ProfileQuery,
  ProfileSummary,
  SourceCost,
  TopRow,
  TopRows,
  TopSort,
} from '../protocol/profiles.ts';
import type { Capture } from './profile-capture.ts';
import { CallTreeRows, type SortedCalls } from './profile-calls.ts';
import { timeLayout } from './profile-time.ts';

/** A first picture of more boxes has only those that are at least so wide: a share of all, finer than any screen. */
const FIRST_BOXES = 30_000;
const FIRST_WIDTH = 8192;

/** A profile, or the comparison of two, as one query wants it. Everything is worked out when it is asked for. */
export class ProfileView {
  readonly summary: ProfileSummary;
  readonly calls: { readonly down: CallTreeRows; readonly up: CallTreeRows };
  readonly #capture: Capture;
  readonly #query: ProfileQuery;
  readonly #table: FrameTable;
  readonly #tree: StackTree;
  #values: FrameValues | undefined;
  #width: Float64Array | undefined;
  #calls: SortedCalls | undefined;
  #order: { readonly of: string; readonly rows: readonly number[] } | undefined;

  /** Throws a RegexpError for a filter that Go refuses, a MergeError for profiles that do not go together. */
  constructor(capture: Capture, base: Capture | null, query: ProfileQuery) {
    this.#capture = capture;
    this.#query = query;
    const { shown } = capture;
    const type = shown.sampleTypes[query.sampleType];
    if (type === undefined) throw new Error('the profile has no such sample type');
    const filtered = applyFilters(shown, filtersOf(query));
    const builder = new StackTreeBuilder(filtered.profile.samples.stack.length);
    this.#table = new FrameTable(query.granularity);
    const add = (profile: Profile, sampleType: number, side: 'now' | 'base', factor: number): void =>
      addSamples(builder, this.#table, profile, this.#table.ofProfile(profile), sampleType, side, factor);
    add(filtered.profile, query.sampleType, 'now', 1);
    let total = totalOf(shown, query.sampleType);
    if (base !== null) {
      const { sampleType, factor } = matching(base.shown, type);
      add(applyFilters(base.shown, filtersOf(query)).profile, sampleType, 'base', factor);
      total = totalOf(base.shown, sampleType) * factor;
    }
    this.#tree = builder.build();
    const { value, baseSelf } = this.#tree;
    this.summary = {
      unit: type.unit,
      total,
      value,
      baseValue: base === null ? null : sum(baseSelf),
      frames: framesIn(this.#tree, this.#table.frames.length),
      warnings: filtered.warnings,
    };
    this.calls = {
      down: CallTreeRows.down(this.#tree, this.#table.frames, () => this.#sortedCalls()),
      up: CallTreeRows.up(this.#tree, this.#table.frames),
    };
  }

  /** Nodes of its tree. */
  get nodes(): number {
    return this.#tree.count;
  }

  top(filter: string, sort: TopSort, from: number, count: number): TopRows {
    const of = JSON.stringify([filter, sort]);
    if (this.#order?.of !== of) this.#order = { of, rows: this.#sorted(filter, sort) };
    const { rows } = this.#order;
    return { count: rows.length, rows: rows.slice(from, from + count).map((row) => this.#topRow(row)) };
  }

  peek(name: string): PeekAnswer {
    const of = this.#table.find(name);
    if (of === undefined) return { frame: null, callers: [], callees: [] };
    const { callers, callees } = edgesOf(this.#tree, of);
    const rows = (edges: readonly Edge[]): PeekRow[] =>
      edges.map(({ frame, value, baseValue }) => ({ ...this.#frame(frame), value, baseValue }));
    return { frame: this.#topRow(of), callers: rows(callers), callees: rows(callees) };
  }

  /** What the lines of a function cost; the view's granularity must be lines. */
  lines(functionName: string): SourceCost | null {
    const { flat, cum, baseFlat, baseCum } = this.#frameValues();
    const rows = this.#table.frames.flatMap(({ name, file, line }, row) => {
      const has = cum[row] !== 0 || baseCum[row] !== 0;
      if (!has || line === 0 || !name.startsWith(`${functionName} `)) return [];
      const values = { flat: flat[row] ?? 0, cum: cum[row] ?? 0 };
      const base = { baseFlat: baseFlat[row] ?? 0, baseCum: baseCum[row] ?? 0 };
      return [{ file, line, ...values, ...base }];
    });
    const [first] = rows;
    if (first === undefined) return null;
    const lines = rows.filter(({ file }) => file === first.file).sort((a, b) => a.line - b.line);
    return { file: first.file, lines };
  }

  flame(shape: FlameShape): FlameBoxes {
    if (shape.kind === 'time') {
      const { layout, frames } = timeLayout(this.#capture, this.#query, shape);
      return { ...layout, frames, frame: layout.item, unit: 'microseconds', ...TIME };
    }
    const full = this.#treeOf(shape);
    const tree = full !== undefined && shape.collapse === true ? collapseRecursion(full) : full;
    const { layout, partial } =
      tree === undefined ? { layout: NOTHING, partial: false } : this.#layout(tree, shape.first === true);
    const { item, ...places } = layout;
    const { frames, frame } = usedFrames(this.#table.frames, item, tree);
    const compared = tree !== undefined && this.summary.baseValue !== null;
    return {
      ...places,
      ...{ frames, frame, unit: this.summary.unit, time: false, partial },
      values: compared
        ? {
            now: Float64Array.from(item, (node) => tree.total[node] ?? 0),
            base: Float64Array.from(item, (node) => tree.baseTotal[node] ?? 0),
          }
        : null,
    };
  }

  #layout(tree: StackTree, first: boolean): { layout: FlameLayout; partial: boolean } {
    const isOwn = tree === this.#tree;
    if (first && tree.count > FIRST_BOXES) {
      const width = isOwn ? this.#widths() : widths(tree);
      return layOutCoarsely(
        tree,
        width,
        (width === tree.total ? tree.value : totalWidth(tree, width)) / FIRST_WIDTH,
      );
    }
    if (!isOwn) return { layout: layOutLeftHeavy(tree), partial: false };
    const { width, lists } = this.#sortedCalls();
    return { layout: layOutLeftHeavy(tree, width, lists), partial: false };
  }

  #widths(): Float64Array {
    return (this.#width ??= widths(this.#tree));
  }

  #sortedCalls(): SortedCalls {
    if (this.#calls === undefined) {
      const width = this.#widths();
      this.#calls = { width, lists: childrenByWeight(this.#tree, width) };
    }
    return this.#calls;
  }

  #treeOf(shape: Exclude<FlameShape, { readonly kind: 'time' }>): StackTree | undefined {
    if (shape.kind === 'left-heavy') return this.#tree;
    const of = this.#table.find(shape.frame);
    if (of === undefined) return undefined;
    return shape.kind === 'callees' ? calleesTree(this.#tree, of) : callersTree(this.#tree, of);
  }

  #frameValues(): FrameValues {
    return (this.#values ??= valuesByFrame(this.#tree, this.#table.frames.length));
  }

  #sorted(filter: string, { by, descending }: TopSort): number[] {
    const { flat, cum, baseFlat, baseCum } = this.#frameValues();
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    const rows: number[] = [];
    for (const [row, { name }] of this.#table.frames.entries()) {
      if (cum[row] === 0 && flat[row] === 0 && baseCum[row] === 0 && baseFlat[row] === 0) continue;
      const lower = words.length === 0 ? '' : name.toLowerCase();
      if (words.every((word) => lower.includes(word))) rows.push(row);
    }
    const sign = descending ? -1 : 1;
    const nameOf = (row: number): string => this.#table.frames[row]?.name ?? '';
    const byName = (a: number, b: number): number => (nameOf(a) < nameOf(b) ? -1 : 1);
    if (by === 'name') return rows.sort((a, b) => sign * byName(a, b));
    const [values, base] = by === 'flat' ? [flat, baseFlat] : [cum, baseCum];
    const size = (row: number): number => Math.abs((values[row] ?? 0) - (base[row] ?? 0));
    return rows.sort((a, b) => sign * (size(a) - size(b)) || byName(a, b));
  }

  #topRow(row: number): TopRow {
    const { flat, cum, baseFlat, baseCum } = this.#frameValues();
    return {
      ...this.#frame(row),
      ...{ flat: flat[row] ?? 0, cum: cum[row] ?? 0 },
      ...{ baseFlat: baseFlat[row] ?? 0, baseCum: baseCum[row] ?? 0 },
    };
  }

  #frame(row: number): Frame {
    return this.#table.frames[row] ?? { name: '', package: '', file: '', line: 0 };
  }
}

function sum(values: Float64Array): number {
  let all = 0;
  for (let at = 0; at < values.length; at++) all += values[at] ?? 0;
  return all;
}

/** How many of `frames` frames a tree has something of. */
function framesIn({ count, frame, total, compared, baseTotal }: StackTree, frames: number): number {
  const seen = new Uint8Array(frames);
  let found = 0;
  for (let node = 0; found < frames && node < count; node++) {
    const at = frame[node] ?? 0;
    if (seen[at] === 1 || (total[node] === 0 && !(compared && baseTotal[node] !== 0))) continue;
    seen[at] = 1;
    found++;
  }
  return found;
}

/** How wide a tree is: what its outermost calls come to. */
function totalWidth({ count, parent }: StackTree, width: Float64Array): number {
  let all = 0;
  for (let node = 0; node < count; node++) if ((parent[node] ?? -1) < 0) all += Math.max(0, width[node] ?? 0);
  return all;
}

const TIME = { time: true, partial: false, values: null } as const;

const NOTHING: FlameLayout = {
  rowStart: new Uint32Array(1),
  start: new Float64Array(0),
  end: new Float64Array(0),
  item: new Uint32Array(0),
  width: 0,
};

/** pprof's options of a query. */
export function filtersOf(query: ProfileQuery): Filters {
  const { focus, ignore, hide, show, showFrom, tagFocus, tagIgnore } = query;
  return { focus, ignore, hide, show, showFrom, tagFocus, tagIgnore };
}

/** The sample type of the base that is compared with one of the profile, and what its values are multiplied by. */
function matching(
  base: Profile,
  { type, unit }: { readonly type: string; readonly unit: string },
): { sampleType: number; factor: number } {
  const sampleType = base.sampleTypes.findIndex((other) => other.type === type);
  const own = base.sampleTypes[sampleType]?.unit;
  if (own === undefined || !compatibleUnits(own, unit)) {
    const types = base.sampleTypes.map((one) => `${one.type}/${one.unit}`).join(', ');
    throw new MergeError(`the base has no ${type}/${unit}: it has ${types === '' ? 'no values' : types}`);
  }
  return { sampleType, factor: own === unit ? 1 : scale(1, own, unit).value };
}

const NARROW_CALLS: Frame = { name: '(narrower calls)', package: '', file: '', line: 0 };

/** Only those frames that boxes stand for. */
function usedFrames(
  all: readonly Frame[],
  items: Uint32Array,
  tree: StackTree | undefined,
): { frames: readonly Frame[]; frame: Uint32Array } {
  const rows = new Int32Array(all.length + 1).fill(-1);
  const frames: Frame[] = [];
  const frame = new Uint32Array(items.length);
  for (let box = 0; box < items.length; box++) {
    const item = items[box] ?? 0;
    // Narrow calls have the place behind all others.
    const old = item === NARROW ? all.length : (tree?.frame[item] ?? 0);
    let row = rows[old] ?? -1;
    if (row < 0) {
      row = frames.push(all[old] ?? NARROW_CALLS) - 1;
      rows[old] = row;
    }
    frame[box] = row;
  }
  return { frames, frame };
}

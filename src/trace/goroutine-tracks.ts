import type { Track, TrackColor, TrackEntry } from './tracks.ts';

/** All goroutines at one moment. */
export interface GoroutineMoment {
  /** Microseconds on the trace's clock. */
  readonly at: number;
  readonly goroutines: readonly MomentGoroutine[];
}

export interface MomentGoroutine {
  readonly id: number;
  /** As Go prints it: `chan receive`, `running`. */
  readonly state: string;
  /** The innermost function of the program, and where it is. */
  readonly function: string;
  readonly place: string;
  /** What it waits on; empty where that is not known. */
  readonly waitsOn: string;
}

/** Tracks that are drawn; more are no picture any more. */
const MAX_TRACKS = 200;
/** How wide a goroutine is drawn that was in this state at one moment only. Microseconds. */
const MOMENT_WIDTH = 1000;

/**
 * A track for each goroutine, with its state at the moments at which it was read. Where it was the same at two moments that follow each other,
 * it is drawn through: that it was so all the time between them is not known, and its details say so.
 */
export function goroutineTracks(
  moments: readonly GoroutineMoment[],
  group = 'Goroutines',
): {
  readonly tracks: readonly Track[];
  readonly notes: readonly string[];
} {
  const ordered = moments.toSorted((a, b) => a.at - b.at);
  const seen = new Map<number, { readonly name: string; readonly states: Map<number, MomentGoroutine> }>();
  for (const [index, { goroutines }] of ordered.entries()) {
    for (const goroutine of goroutines) {
      const known = seen.get(goroutine.id);
      if (known !== undefined) known.states.set(index, goroutine);
      else {
        const name = `goroutine ${goroutine.id} ${goroutine.function}`.trim();
        seen.set(goroutine.id, { name, states: new Map([[index, goroutine]]) });
      }
    }
  }
  const all = [...seen.entries()].sort(([a], [b]) => a - b);
  const tracks = all.slice(0, MAX_TRACKS).map(([, { name, states }]): Track => {
    const entries: TrackEntry[] = [];
    for (let index = 0; index < ordered.length;) {
      const state = states.get(index);
      if (state === undefined) {
        index++;
        continue;
      }
      let last = index;
      for (
        let next = states.get(last + 1);
        next !== undefined && same(state, next);
        next = states.get(last + 1)
      )
        last++;
      entries.push(entryOf(state, ordered[index]?.at ?? 0, ordered[last]?.at ?? 0, last - index + 1));
      index = last + 1;
    }
    return { group, name, entries };
  });
  const left = all.length - tracks.length;
  return { tracks, notes: left === 0 ? [] : [`${left} more goroutines have no track.`] };
}

const same = (a: MomentGoroutine, b: MomentGoroutine): boolean =>
  a.state === b.state && a.place === b.place && a.waitsOn === b.waitsOn;

function entryOf(goroutine: MomentGoroutine, start: number, end: number, times: number): TrackEntry {
  const { state, function: name, place, waitsOn } = goroutine;
  const observed =
    times === 1
      ? 'read at one moment; the width means nothing'
      : `the same at ${times} moments that follow each other; not watched between them`;
  return {
    name: state,
    start,
    end: times === 1 ? start + MOMENT_WIDTH : end,
    color: colorOf(state),
    properties: [
      ['State', state],
      ['Function', name],
      ['Place', place],
      ...(waitsOn === '' ? [] : ([['Waits on', waitsOn]] as const)),
      ['Observed', observed],
    ],
    tooltip: `${state}, ${name} ${place} (${observed})`,
  };
}

function colorOf(state: string): TrackColor {
  if (/^running|^event handler/.test(state)) return 'primary-dark';
  if (state.startsWith('runnable')) return 'primary-light';
  return /^(?:chan|select|sync\.|semacquire)/.test(state) ? 'secondary' : 'secondary-light';
}

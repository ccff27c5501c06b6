import type { Track, TrackColor, TrackEntry } from './tracks.ts';

/** All goroutines at one moment. */
export interface GoroutineMoment {
  /** Microseconds on the trace's clock. */
  readonly at: number;
  readonly goroutines: readonly MomentGoroutine[];
}

export interface MomentGoroutine {
  readonly id: number;
  /** What it is called where it has no number. */
  readonly label?: string;
  /** As Go prints it: `chan receive`, `running`. */
  readonly state: string;
  /** The innermost function of the program, and where it is; where only the state was read, the function of its go statement and ''. */
  readonly function: string;
  readonly place: string;
  /** What it waits on; empty where that is not known. */
  readonly waitsOn: string;
}

/** Tracks that are drawn; more are no picture any more. */
const MAX_TRACKS = 200;
/** How wide a goroutine is drawn that was in this state at one moment only. Microseconds. */
const MOMENT_WIDTH = 1000;

/** How tracks are drawn. */
export interface TrackOptions {
  readonly group?: string;
  /** Microseconds: up to so much later a state is drawn on to the next moment, where it is another. 0: it is drawn as the moment that it was. */
  readonly hold?: number;
}

/**
 * A track for each goroutine, with its state at the moments at which it was read. Where it was the same at two moments that follow each other,
 * it is drawn through: that it was so all the time between them is not known, and its details say so. Moments that only have states (their
 * goroutines have no place) go on what was known before.
 */
export function goroutineTracks(
  moments: readonly GoroutineMoment[],
  { group = 'Goroutines', hold = 0 }: TrackOptions = {},
): {
  readonly tracks: readonly Track[];
  readonly notes: readonly string[];
} {
  const ordered = moments.toSorted((a, b) => a.at - b.at);
  const seen = new Map<number, { name: string; readonly states: Map<number, MomentGoroutine> }>();
  for (const [index, { goroutines }] of ordered.entries()) {
    for (const goroutine of goroutines) {
      const known = seen.get(goroutine.id);
      if (known !== undefined) known.states.set(index, goroutine);
      const name = `goroutine ${goroutine.label ?? goroutine.id} ${goroutine.function}`.trim();
      if (known === undefined) seen.set(goroutine.id, { name, states: new Map([[index, goroutine]]) });
      // Where it was says more than what it was started with.
      else if (goroutine.place !== '' && !isPlaced(known.states, index)) known.name = name;
    }
  }
  const all = [...seen.entries()].sort(([a], [b]) => a - b);
  const tracks = all.slice(0, MAX_TRACKS).map(([, { name, states }]): Track => {
    const entries: TrackEntry[] = [];
    for (let index = 0; index < ordered.length;) {
      const first = states.get(index);
      if (first === undefined) {
        index++;
        continue;
      }
      let last = index;
      let state = first;
      for (
        let next = states.get(last + 1);
        next !== undefined && same(state, next);
        next = states.get(last + 1)
      ) {
        if (state.place === '') state = next;
        last++;
      }
      const start = ordered[index]?.at ?? 0;
      const end = ordered[last]?.at ?? 0;
      const next = states.has(last + 1) ? ordered[last + 1]?.at : undefined;
      const held = next !== undefined && next - end <= hold ? next : end;
      entries.push(entryOf(state, start, held, { times: last - index + 1, held: held > end }));
      index = last + 1;
    }
    return { group, name, entries };
  });
  const left = all.length - tracks.length;
  return { tracks, notes: left === 0 ? [] : [`${left} more goroutines have no track.`] };
}

/** Whether a goroutine had a place at a moment before this one. */
function isPlaced(states: ReadonlyMap<number, MomentGoroutine>, before: number): boolean {
  for (const [index, { place }] of states) if (index < before && place !== '') return true;
  return false;
}

/** The same as far as both are known. */
const same = (a: MomentGoroutine, b: MomentGoroutine): boolean =>
  a.state === b.state &&
  (a.place === '' || b.place === '' || (a.place === b.place && a.waitsOn === b.waitsOn));

function entryOf(
  goroutine: MomentGoroutine,
  start: number,
  end: number,
  { times, held }: { readonly times: number; readonly held: boolean },
): TrackEntry {
  const { state, function: name, place, waitsOn } = goroutine;
  const seen =
    times === 1
      ? 'seen at one moment'
      : `the same at ${times} moments that follow each other; not watched between them`;
  const observed = held
    ? `${seen}, and another at the next, to which it is drawn`
    : `${seen}${times === 1 ? '; the width means nothing' : ''}`;
  return {
    name: state,
    start,
    end: end === start ? start + MOMENT_WIDTH : end,
    color: colorOf(state),
    properties: [
      ['State', state],
      [place === '' ? 'Started with' : 'Function', name],
      ...(place === '' ? [] : ([['Place', place]] as const)),
      ...(waitsOn === '' ? [] : ([['Waits on', waitsOn]] as const)),
      ['Observed', observed],
    ],
    tooltip: `${state}, ${`${name} ${place}`.trim()} (${observed})`,
  };
}

function colorOf(state: string): TrackColor {
  if (/^running|^event handler/.test(state)) return 'primary-dark';
  if (state.startsWith('runnable')) return 'primary-light';
  return /^(?:chan|select|sync\.|semacquire)/.test(state) ? 'secondary' : 'secondary-light';
}

/** Back and forward as in an editor: a list of places and where in it we are. Plain data, so that it can be stored. */
export interface History<Place> {
  readonly places: readonly Place[];
  readonly at: number;
}

/** Places kept; the oldest go first. */
const DEPTH = 100;

export function startHistory<Place>(place: Place): History<Place> {
  return { places: [place], at: 0 };
}

/** Goes to a new place; what was ahead is forgotten. A place equal to the current one changes nothing. */
export function visit<Place>(history: History<Place>, place: Place): History<Place> {
  if (same(history.places[history.at], place)) return history;
  const places = [...history.places.slice(0, history.at + 1), place].slice(-DEPTH);
  return { places, at: places.length - 1 };
}

/** Changes the current place without making a new one: moving through a list is one visit. */
export function amend<Place>(history: History<Place>, place: Place): History<Place> {
  return { ...history, places: history.places.with(history.at, place) };
}

/** Moves by `step`; the same history when there is nothing there. */
export function move<Place>(history: History<Place>, step: -1 | 1): History<Place> {
  const at = history.at + step;
  return history.places[at] === undefined ? history : { ...history, at };
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

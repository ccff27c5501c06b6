import type { Profile } from './profile.ts';
import { compileRegexp, type GoRegexp } from './regexp.ts';
import { compileTagFilter } from './tag-filter.ts';
import { withLines, withStacks } from './transform.ts';

/** pprof's options of the same names: expressions in Go's syntax; left out or empty: no such filter. */
export interface Filters {
  /** Only stacks with a frame whose function, file or binary matches. */
  readonly focus?: string;
  /** No stacks with such a frame. */
  readonly ignore?: string;
  /** Such frames are left out of stacks. */
  readonly hide?: string;
  /** All other frames are left out of stacks. */
  readonly show?: string;
  /** Frames that called the outermost such frame are left out; stacks without one too. */
  readonly showFrom?: string;
  /** Only samples with such a label: expressions separated by commas, or a range (`1mb:2mb`); `key=` in front for one label. */
  readonly tagFocus?: string;
  readonly tagIgnore?: string;
}

/** What a filter matched nothing: as pprof says it, with its option's name. */
export interface Filtered {
  readonly profile: Profile;
  readonly warnings: readonly string[];
}

/**
 * Filters samples and frames as pprof does (github.com/google/pprof/internal/driver/driver_focus.go, profile/filter.go). Throws a
 * RegexpError for an expression that Go refuses.
 */
export function applyFilters(profile: Profile, filters: Filters): Filtered {
  const warnings: string[] = [];
  const warn = (matched: boolean, name: string): void => {
    if (!matched) warnings.push(`${name} expression matched no samples`);
  };
  const focus = option(filters.focus);
  const ignore = option(filters.ignore);
  const hide = option(filters.hide);
  const show = option(filters.show);
  const showFrom = option(filters.showFrom);
  const tagFocus = compileTagFilter('tagfocus', filters.tagFocus ?? '', profile);
  const tagIgnore = compileTagFilter('tagignore', filters.tagIgnore ?? '', profile);
  let result = profile;
  if (focus !== undefined || ignore !== undefined || hide !== undefined || show !== undefined) {
    const named = filterByName(profile, { focus, ignore, hide, show });
    result = named.profile;
    warn(focus === undefined || named.focused, 'Focus');
    warn(ignore === undefined || named.ignored, 'Ignore');
    warn(hide === undefined || named.hidden, 'Hide');
    warn(show === undefined || named.shown, 'Show');
  }
  if (showFrom !== undefined) {
    const from = applyShowFrom(result, showFrom);
    result = from.profile;
    warn(from.matched, 'ShowFrom');
  }
  for (const note of [tagFocus, tagIgnore]) if (note?.note !== undefined) warnings.push(note.note);
  if (tagFocus !== undefined || tagIgnore !== undefined) {
    let focused = tagFocus === undefined;
    let ignored = tagIgnore === undefined;
    const { samples } = result;
    result = withStacks(result, (row, stack) => {
      const inFocus = tagFocus?.matches(samples, row) ?? true;
      const outside = tagIgnore?.matches(samples, row) ?? false;
      focused ||= inFocus;
      ignored ||= outside;
      return inFocus && !outside ? stack : undefined;
    });
    warn(focused, 'TagFocus');
    warn(ignored, 'TagIgnore');
  }
  return { profile: result, warnings };
}

function option(source: string | undefined): GoRegexp | undefined {
  return source === undefined || source === '' ? undefined : compileRegexp(source);
}

/** Answers about the lines of one profile. */
class Names {
  readonly #profile: Profile;

  constructor(profile: Profile) {
    this.#profile = profile;
  }

  binary(location: number, expression: GoRegexp): boolean {
    const mapping = this.#profile.mappings[this.#profile.locations.mapping[location] ?? -1];
    return mapping !== undefined && expression.matches(mapping.file);
  }

  line(line: number, expression: GoRegexp): boolean {
    const { strings, functions, locations } = this.#profile;
    const at = locations.lineFunction[line] ?? 0;
    return (
      expression.matches(strings[functions.name[at] ?? 0] ?? '') ||
      expression.matches(strings[functions.file[at] ?? 0] ?? '')
    );
  }

  location(location: number, expression: GoRegexp): boolean {
    const { lineStart } = this.#profile.locations;
    const end = lineStart[location + 1] ?? 0;
    for (let line = lineStart[location] ?? 0; line < end; line++)
      if (this.line(line, expression)) return true;
    return this.binary(location, expression);
  }
}

/** profile.FilterSamplesByName */
function filterByName(
  profile: Profile,
  { focus, ignore, hide, show }: Readonly<Record<'focus' | 'ignore' | 'hide' | 'show', GoRegexp | undefined>>,
): { profile: Profile; focused: boolean; ignored: boolean; hidden: boolean; shown: boolean } {
  const names = new Names(profile);
  const { count } = profile.locations;
  const found = { focused: false, ignored: false, hidden: false, shown: false };
  const focusOf = new Int8Array(count);
  const hiddenOf = new Uint8Array(count);
  const hideBinary = new Uint8Array(count);
  const showBinary = new Uint8Array(count);
  for (let location = 0; location < count; location++) {
    if (ignore !== undefined && names.location(location, ignore)) {
      found.ignored = true;
      focusOf[location] = -1;
    } else if (focus === undefined || names.location(location, focus)) {
      found.focused = true;
      focusOf[location] = 1;
    }
    if (hide !== undefined) {
      if (names.location(location, hide)) {
        found.hidden = true;
        hiddenOf[location] = 1;
      }
      hideBinary[location] = names.binary(location, hide) ? 1 : 0;
    }
    if (show !== undefined) showBinary[location] = names.binary(location, show) ? 1 : 0;
  }
  const lines = withLines(profile, (location, line) => {
    if (hide !== undefined && (hideBinary[location] === 1 || names.line(line, hide))) return false;
    return show === undefined || showBinary[location] === 1 || names.line(line, show);
  });
  const { lineStart } = lines.locations;
  for (let location = 0; location < count; location++) {
    const empty = lineStart[location] === lineStart[location + 1];
    if (show !== undefined) {
      if (!empty) found.shown = true;
      else hiddenOf[location] = 1;
    } else if (hiddenOf[location] === 1 && !empty) hiddenOf[location] = 0;
  }
  if (show !== undefined) {
    for (let location = 0; location < count; location++) {
      if (lineStart[location] !== lineStart[location + 1]) hiddenOf[location] = 0;
    }
  }
  const hides = hiddenOf.includes(1);
  const result = withStacks(lines, (_, stack) => {
    let focused = false;
    for (const location of stack) {
      const value = focusOf[location] ?? 0;
      if (value < 0) return undefined;
      if (value > 0) focused = true;
    }
    if (!focused) return undefined;
    if (!hides) return stack;
    const left = stack.filter((location) => hiddenOf[location] !== 1);
    return left.length === 0 ? undefined : left;
  });
  return { profile: result, ...found };
}

/** profile.ShowFrom */
function applyShowFrom(profile: Profile, from: GoRegexp): { profile: Profile; matched: boolean } {
  const names = new Names(profile);
  const { count, lineStart } = profile.locations;
  /** First line that is left out; 0 for a location that does not match. */
  const endOf = new Uint32Array(count);
  const matches = new Uint8Array(count);
  for (let location = 0; location < count; location++) {
    const end = lineStart[location + 1] ?? 0;
    endOf[location] = end;
    if (names.binary(location, from)) {
      matches[location] = 1;
      continue;
    }
    for (let line = end - 1; line >= (lineStart[location] ?? 0); line--) {
      if (!names.line(line, from)) continue;
      matches[location] = 1;
      endOf[location] = line + 1;
      break;
    }
  }
  const lines = withLines(profile, (location, line) => line < (endOf[location] ?? 0));
  const result = withStacks(lines, (_, stack) => {
    for (let at = stack.length - 1; at >= 0; at--) {
      if (matches[stack[at] ?? 0] === 1) return stack.subarray(0, at + 1);
    }
    return undefined;
  });
  return { profile: result, matched: matches.includes(1) };
}

/** What runtime/pprof and others ask to leave out (profile.RemoveUninteresting, profile/prune.go), which pprof does to every profile. */
export function dropUninteresting(profile: Profile): Profile {
  if (profile.dropFrames === '') return profile;
  const drop = compileRegexp(`^(${profile.dropFrames})$`);
  const keep = profile.keepFrames === '' ? undefined : compileRegexp(`^(${profile.keepFrames})$`);
  const { strings, functions, locations } = profile;
  const { count, lineStart, lineFunction } = locations;
  const firstKept = new Uint32Array(count);
  /** 1: the location goes with all that it called; 2: a part of its lines stays. */
  const prune = new Uint8Array(count);
  for (let location = 0; location < count; location++) {
    const start = lineStart[location] ?? 0;
    const end = lineStart[location + 1] ?? 0;
    firstKept[location] = start;
    for (let line = end - 1; line >= start; line--) {
      const name = simplified(strings[functions.name[lineFunction[line] ?? 0] ?? 0] ?? '');
      if (name === '' || !drop.matches(name) || keep?.matches(name) === true) continue;
      if (line === end - 1) prune[location] = 1;
      else {
        prune[location] = 2;
        firstKept[location] = line + 1;
      }
      break;
    }
  }
  const lines = withLines(profile, (location, line) => line >= (firstKept[location] ?? 0));
  return withStacks(lines, (_, stack) => {
    let foundUser = false;
    for (let at = stack.length - 1; at >= 0; at--) {
      const what = prune[stack[at] ?? 0];
      if (what === 0) foundUser = true;
      else if (foundUser) return stack.subarray(what === 1 ? at + 1 : at);
    }
    return stack;
  });
}

/** A function's name without its arguments, which C++ names have. */
function simplified(name: string): string {
  const bare = name.startsWith('.') ? name.slice(1) : name;
  for (const match of bare.matchAll(/\(anonymous namespace\)|operator\(\)|\(/g)) {
    if (match[0] === '(') return bare.slice(0, match.index);
  }
  return bare;
}

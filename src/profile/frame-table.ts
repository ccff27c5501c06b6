import { GrowingU32 } from './growing.ts';
import { NodeNames, packageOf, type Granularity, type NodeName } from './node-names.ts';
import type { Profile } from './profile.ts';

/** What boxes and rows stand for: a function, line, file or package. */
export interface Frame {
  /** As pprof prints it (`NodeNames`); it tells frames of one table apart. */
  readonly name: string;
  readonly package: string;
  /** Empty where the profile has none, and for packages. */
  readonly file: string;
  /** 1-based: the line itself, for functions that of the declaration; 0 unknown. */
  readonly line: number;
}

/** Frames of each location of a profile, outermost first: rows of a `FrameTable`. Those of location `i` are frames[start[i]] .. frames[start[i+1]]. */
export interface LocationFrames {
  readonly start: Uint32Array;
  readonly frames: Uint32Array;
}

/** Frames of one granularity, each once, of one profile or of several that are compared. */
export class FrameTable {
  readonly frames: Frame[] = [];
  readonly granularity: Granularity;
  readonly #rows = new Map<string, number>();

  constructor(granularity: Granularity) {
    this.granularity = granularity;
  }

  /** Row of a frame by its name; undefined when there is none. */
  find(name: string): number | undefined {
    return this.#rows.get(name);
  }

  /** Row of a frame, which is added when it is not there yet. */
  add(frame: Frame): number {
    let row = this.#rows.get(frame.name);
    if (row === undefined) {
      row = this.frames.push(frame) - 1;
      this.#rows.set(frame.name, row);
    }
    return row;
  }

  /** Adds what is at the locations of a profile. */
  ofProfile(profile: Profile): LocationFrames {
    const names = new NodeNames(profile, this.granularity);
    const { locations, functions, strings } = profile;
    const { lineStart, lineFunction } = locations;
    const start = new Uint32Array(locations.count + 1);
    const frames = new GrowingU32(lineFunction.length);
    /** Row + 1 of a function's frame, where that is all that its name comes from. */
    const known = new Uint32Array(this.granularity === 'functions' ? functions.count : 0);
    for (let location = 0; location < locations.count; location++) {
      const first = lineStart[location] ?? 0;
      let line = (lineStart[location + 1] ?? 0) - 1;
      if (line < first) frames.push(this.#row(profile, names.bare(location)));
      for (; line >= first; line--) {
        const at = lineFunction[line] ?? 0;
        let row = (known[at] ?? 0) - 1;
        if (row < 0) {
          row = this.#row(profile, names.ofLine(location, line));
          if (at < known.length && strings[functions.name[at] ?? 0] !== '') known[at] = row + 1;
        }
        frames.push(row);
      }
      start[location + 1] = frames.length;
    }
    return { start, frames: frames.done() };
  }

  #row(profile: Profile, { name, line }: NodeName): number {
    return this.#rows.get(name) ?? this.add({ name, ...this.#place(profile, name, line) });
  }

  #place({ strings, functions, locations }: Profile, name: string, line: number): Omit<Frame, 'name'> {
    if (line < 0) return { package: name, file: '', line: 0 };
    const at = locations.lineFunction[line] ?? 0;
    const file = strings[functions.file[at] ?? 0] ?? '';
    const functionName = strings[functions.name[at] ?? 0] ?? '';
    const where = packageOf(functionName, file);
    switch (this.granularity) {
      case 'packages':
        return { package: where, file: '', line: 0 };
      case 'files':
        return { package: where, file, line: 0 };
      case 'lines':
      case 'addresses':
        return { package: where, file, line: locations.lineNumber[line] ?? 0 };
      case 'functions':
      case 'filefunctions':
        return { package: where, file, line: functions.startLine[at] ?? 0 };
    }
  }
}

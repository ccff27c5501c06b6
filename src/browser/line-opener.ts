/** Time for the cursor to be put into the line that was opened, in milliseconds. */
const AGAIN_MS = 3000;
/** A line that DevTools loses is opened again, so many times. */
const TIMES = 2;

/** A line of a file, 1-based. */
interface Place {
  readonly url: string;
  readonly line: number;
}

const same = (a: Place | null, b: Place): boolean => a?.url === b.url && a.line === b.line;

/**
 * Opens lines in the Sources panel, and sees that the cursor gets there. A file that is opened while its text is still being loaded is shown from its
 * beginning: the line is lost (SourceFrame, seen in DevTools 156). It is then opened again, unless the cursor was put anywhere else meanwhile.
 */
export class LineOpener {
  readonly #open: (url: string, line: number) => Promise<boolean>;
  /** Where the cursor was put last. */
  #cursor: Place | null = null;
  #wanted: Place | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `open`: false where DevTools does not know the file. */
  constructor(open: (url: string, line: number) => Promise<boolean>) {
    this.#open = open;
  }

  /** False where DevTools does not know the file. */
  open(url: string, line: number): Promise<boolean> {
    return this.#try({ url, line }, TIMES);
  }

  /** The cursor was put into a line. */
  looked(url: string, line: number): void {
    this.#cursor = { url, line };
    // Where a file is shown from its beginning.
    const isStart = this.#wanted !== null && url === this.#wanted.url && line === 1;
    if (!isStart || this.#wanted?.line === 1) this.#settle();
  }

  /** What is shown now stays. */
  #settle(): void {
    clearTimeout(this.#timer);
    this.#wanted = null;
  }

  async #try(place: Place, left: number): Promise<boolean> {
    this.#settle();
    // Told before the answer, or never where it is there already.
    if (!same(this.#cursor, place)) this.#wanted = place;
    const isKnown = await this.#open(place.url, place.line);
    if (this.#wanted !== place) return isKnown;
    if (!isKnown || left === 0) this.#settle();
    else this.#timer = setTimeout(() => void this.#try(place, left - 1), AGAIN_MS);
    return isKnown;
  }
}

import { EXACT } from '../base/confidence.ts';
import { foldOfGo } from './fold.ts';
import { isRemark, remarkFrame } from './remark.ts';
import type { StackFrame, StackTrace } from './stack-trace.ts';

// The frames of one goroutine in Go's own text (Go src/runtime/traceback.go, traceback2 and printcreatedby1, 1.19 to 1.27):
//
//	goroutine 18 gp=0x202a80 m=0 mp=0x115500 [chan receive, 5 minutes, locked to thread]:
//	main.f({0x1008, 0x5}, ...)
//		/src/main.go:12 +0x1d fp=0x234698 sp=0x2345f8 pc=0x14af0025
//	created by main.main in goroutine 1
//		/src/main.go:7 +0x5

const HEADER =
  /^(?:goroutine \d{1,20} [^[\]]{0,200}\[[^\]]{0,200}\](?: \{.{0,500}\})?:|runtime stack:|\[originating from goroutine \d{1,20}\]:)$/;

/** Whether a line begins a goroutine's stack. */
export const isGoroutineHeader = (line: string): boolean => line.length < 4096 && HEADER.test(line);

/** `5` of `goroutine 5 [running]:`, and what is between the brackets; null for other headers. */
export function goroutineOf(header: string): { readonly id: number; readonly state: string } | null {
  const found = /^goroutine (\d{1,15}) [^[\]]{0,200}\[([^\]]{0,200})\]/.exec(header);
  return found?.[1] === undefined ? null : { id: Number(found[1]), state: found[2] ?? '' };
}

/** Reads the lines after a goroutine's header, one after the other. Lines that are not Go's are passed over. */
export class GoFrameReader {
  readonly header: string | null;
  readonly #frames: StackFrame[] = [];
  #createdBy: StackTrace['createdBy'] = null;
  #function: string | null = null;
  #linesSince = 0;

  constructor(header: string | null) {
    this.header = header;
  }

  get empty(): boolean {
    return this.#frames.length === 0 && this.#createdBy === null;
  }

  /** Whether the line belongs to the stack. */
  take(line: string): boolean {
    const text = line.trim();
    if (isRemark(text)) {
      this.#frames.push(remarkFrame(text));
      this.#function = null;
      return true;
    }
    if (this.#function !== null) {
      const place = parsePlace(text);
      if (place !== null) {
        this.#add(this.#function, place, line);
        this.#function = null;
        return true;
      }
      // Another goroutine's `print`, or a log, may have come between the two lines of a frame.
      if (++this.#linesSince > 3) this.#function = null;
    }
    if (isFunctionLine(text)) {
      this.#function = text;
      this.#linesSince = 0;
      return true;
    }
    return false;
  }

  finish(): StackTrace {
    return {
      source: 'text',
      note: "Go's own text of the crash.",
      header: this.header,
      frames: this.#frames,
      createdBy: this.#createdBy,
    };
  }

  #add(functionLine: string, place: Place, line: string): void {
    const created = /^created by (.+?)(?: in goroutine (\d{1,15}))?$/.exec(functionLine);
    if (created?.[1] !== undefined) {
      this.#createdBy = {
        function: created[1],
        file: place.file,
        line: place.line,
        goroutine: created[2] === undefined ? null : Number(created[2]),
        pcOffset: place.pcOffset,
      };
      return;
    }
    const open = functionLine.lastIndexOf('(');
    const name = functionLine.slice(0, open);
    const args = functionLine.slice(open + 1, -1);
    this.#frames.push({
      function: name,
      file: place.file,
      line: place.line,
      lineEnd: null,
      inlined: args === '...' && place.pcOffset === null,
      language: 'go',
      args,
      pcOffset: place.pcOffset,
      moduleOffset: null,
      raw: `${functionLine}\n\t${line.trim()}`,
      confidence: EXACT,
      fold: foldOfGo(name, null, place.file),
    });
  }
}

/** `main.(*T).f(0x1, {0x2, ...})` or `created by main.f in goroutine 1`. */
function isFunctionLine(text: string): boolean {
  if (text.startsWith('created by ')) return true;
  if (!text.endsWith(')')) return false;
  const open = text.lastIndexOf('(');
  return open > 0 && text[open - 1] !== ' ' && /^[0-9a-fx{}.,_? ]*$/.test(text.slice(open + 1, -1));
}

interface Place {
  readonly file: string;
  readonly line: number;
  readonly pcOffset: number | null;
}

const PLACE_TAIL = /:(\d{1,9})(?: \+0x([0-9a-f]{1,12}))?(?: fp=0x[0-9a-f]+ sp=0x[0-9a-f]+ pc=0x[0-9a-f]+)?$/;

/** `/src/main.go:12 +0x1d fp=0x... sp=0x... pc=0x...` */
function parsePlace(text: string): Place | null {
  const tail = Math.max(0, text.length - 160);
  const found = PLACE_TAIL.exec(text.slice(tail));
  const file = found === null ? '' : text.slice(0, tail + found.index);
  if (found === null || file === '') return null;
  return {
    file,
    line: Number(found[1]),
    pcOffset: found[2] === undefined ? null : Number.parseInt(found[2], 16),
  };
}

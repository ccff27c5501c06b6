// Text as people paste it: lines of a console, of a log, of a crash reporter's JSON.

/** A line longer than this is no line of a stack; readers skip it. Characters. */
export const MAX_LINE = 16_384;

/**
 * The lines of a text. A line that holds a stack with escaped line ends (`\n`, as in JSON of a crash reporter) becomes as many
 * lines as it says.
 */
export function textLines(text: string): string[] {
  const lines = text.split(/\r\n|\n|\r|\u2028/);
  if (!lines.some(hasEscapedStack)) return lines;
  return lines.flatMap((line) => (hasEscapedStack(line) ? unescape(line).split('\n') : [line]));
}

const ESCAPED_STACK =
  /\\n(?:\\t|[ \t])*(?:at |goroutine \d|panic: |fatal error: |wasm-function\[|[^\s\\@]*@(?:https?|file|wasm|blob|\[wasm))/;

function hasEscapedStack(line: string): boolean {
  return line.includes('\\n') && ESCAPED_STACK.test(line);
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '', t: '\t', '"': '"', '\\': '\\', '/': '/' };

/** Escapes undone; a quotation mark, which ends a string of JSON, ends the line. */
function unescape(line: string): string {
  return line.replace(
    /\\(?:u([0-9a-fA-F]{4})|(.))|"/g,
    (all: string, hex: string | undefined, char: string | undefined) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      return char === undefined ? '\n' : (ESCAPES[char] ?? all);
    },
  );
}

/**
 * What a console or a log puts around every line: `wasm_exec.js:22 `, `12:03:04.120 [worker] `, `> `, and Firefox's source at the
 * end of the line. Taken from one line whose own content is known; on other lines digits may differ.
 */
export interface LineFrame {
  readonly before: string;
  readonly after: string;
}

export const BARE: LineFrame = { before: '', after: '' };

/** The line without what stands around it; a line that is not framed in that way is returned as it is. */
export function unframe(line: string, frame: LineFrame): string {
  let start = 0;
  let end = line.length;
  if (frame.before !== '') {
    const at = matchFromStart(line, frame.before);
    if (at >= 0) start = at;
    // An empty line loses the spaces at its end.
    else if (matchFromStart(line.trimEnd(), frame.before.trimEnd()) === line.trimEnd().length) return '';
  }
  if (frame.after !== '') {
    const at = matchFromEnd(line, frame.after);
    if (at >= start) end = at;
  }
  return line.slice(start, end);
}

const isDigit = (char: string | undefined): boolean => char !== undefined && char >= '0' && char <= '9';

/** Index in `line` after the prefix, where runs of digits match each other; -1 when the line does not begin so. */
function matchFromStart(line: string, prefix: string): number {
  let at = 0;
  let of = 0;
  while (of < prefix.length) {
    if (isDigit(prefix[of])) {
      if (!isDigit(line[at])) return -1;
      while (isDigit(prefix[of])) of++;
      while (isDigit(line[at])) at++;
    } else if (line[at] === prefix[of]) {
      at++;
      of++;
    } else {
      return -1;
    }
  }
  return at;
}

/** Index in `line` where the suffix begins, matched in the same way; -1 when the line does not end so. */
function matchFromEnd(line: string, suffix: string): number {
  let at = line.length;
  let of = suffix.length;
  while (of > 0) {
    if (isDigit(suffix[of - 1])) {
      if (!isDigit(line[at - 1])) return -1;
      while (isDigit(suffix[of - 1])) of--;
      while (isDigit(line[at - 1])) at--;
    } else if (at > 0 && line[at - 1] === suffix[of - 1]) {
      at--;
      of--;
    } else {
      return -1;
    }
  }
  return at;
}

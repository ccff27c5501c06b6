/** A run of Go source with one look. */
export interface GoToken {
  readonly kind: 'plain' | 'keyword' | 'string' | 'number' | 'comment';
  readonly text: string;
}

/** Whether a line starts inside a block comment or a raw string that an earlier line opened. */
export type GoLineState = 'code' | 'comment' | 'raw';

const KEYWORDS = new Set(
  (
    'break case chan const continue default defer else fallthrough for func go goto if import interface map package range return ' +
    'select struct switch type var true false nil iota'
  ).split(' '),
);

const TOKEN =
  /(\/\/.*)|(\/\*)|(`)|("(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)|(\b\d[\w.]*)|([\p{L}_][\p{L}\p{Nd}_]*)|[^]/gu;

/** Splits one line of Go source for highlighting. Not a parser: it only has to look right for the lines of an excerpt. */
export function highlightGo(
  line: string,
  state: GoLineState = 'code',
): { tokens: readonly GoToken[]; state: GoLineState } {
  const tokens: GoToken[] = [];
  const push = (kind: GoToken['kind'], text: string): void => {
    const last = tokens.at(-1);
    if (text === '') return;
    if (last?.kind === kind) tokens[tokens.length - 1] = { kind, text: last.text + text };
    else tokens.push({ kind, text });
  };
  let at = 0;
  let now = state;
  const until = (mark: string, kind: 'comment' | 'string'): void => {
    const end = line.indexOf(mark, at);
    push(kind, line.slice(at, end < 0 ? line.length : end + mark.length));
    at = end < 0 ? line.length : end + mark.length;
    if (end >= 0) now = 'code';
  };
  while (at < line.length) {
    if (now === 'comment') until('*/', 'comment');
    else if (now === 'raw') until('`', 'string');
    else {
      TOKEN.lastIndex = at;
      const match = TOKEN.exec(line);
      if (match === null) break;
      at = TOKEN.lastIndex;
      const [text, comment, block, raw, string, number, word] = match;
      if (comment !== undefined) push('comment', text);
      else if (block !== undefined) {
        push('comment', text);
        now = 'comment';
      } else if (raw !== undefined) {
        push('string', text);
        now = 'raw';
      } else if (string !== undefined) push('string', text);
      else if (number !== undefined) push('number', text);
      else push(word !== undefined && KEYWORDS.has(word) ? 'keyword' : 'plain', text);
    }
  }
  return { tokens, state: now };
}

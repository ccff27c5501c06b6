import { GoFrameReader, isGoroutineHeader } from './go-frames.ts';
import { BARE, MAX_LINE, textLines, unframe, type LineFrame } from './lines.ts';
import { isRemark } from './remark.ts';
import type { StackTrace } from './stack-trace.ts';
import type { TrapKind } from './trap-kind.ts';

/** One `panic: ` or `fatal error: ` of a crash. */
export interface GoMessage {
  readonly kind: 'panic' | 'fatal error';
  /** As printed; more lines than one are separated by `\n`, and begin with a tab since Go 1.23. */
  readonly value: string;
  /** Between the brackets after the value: a deferred function had recovered it before a later panic. */
  readonly state: 'recovered' | 'recovered, repanicked' | null;
  /** The line begins with a tab: it was raised while the one before was running its deferred functions. */
  readonly nested: boolean;
}

/** Go's own text of a crash, as the runtime writes it to file descriptor 2 (Go src/runtime/panic.go and traceback.go, 1.19 to 1.27). */
export interface GoText {
  /** Lines of the runtime that come before the message: `runtime: goroutine stack exceeds 1000000000-byte limit`. */
  readonly prelude: readonly string[];
  /** In the order of the text: the first panic first. Empty for the stacks alone, as runtime.Stack and SIGQUIT give. */
  readonly messages: readonly GoMessage[];
  /** `[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x0]` */
  readonly signal: string | null;
  readonly kind: Extract<
    TrapKind,
    'panic' | 'fatal' | 'deadlock' | 'out-of-memory' | 'stack-overflow'
  > | null;
  /** In the order of the text: the one that died comes first. */
  readonly goroutines: readonly StackTrace[];
  /** Of `exit status 2` (go run) or `exit code: 2` (wasm_exec.js). */
  readonly exitCode: number | null;
}

/**
 * Reads Go's crash text out of a text that may hold other lines, prefixes of a console or a log before every line, Firefox's source
 * after it, or JSON with escaped line ends. Null when there is neither a message nor a frame of Go's in it. Never throws; linear in the
 * length of the text.
 */
export function parseGoText(text: string): GoText | null {
  const raw = textLines(text);
  const around = findFrame(raw);
  return new GoTextReader().read(raw.map((line) => (line.length > MAX_LINE ? '' : unframe(line, around))));
}

/** What stands around each line, from a line whose own content is known. */
function findFrame(lines: readonly string[]): LineFrame {
  for (const line of lines) {
    if (line.length > MAX_LINE) continue;
    const found =
      /(?:^|[^\w.])(goroutine \d{1,20} [^[\]]{0,200}\[[^\]]{0,200}\](?: \{.{0,500}\})?:)(.*)$/.exec(line);
    if (found?.[1] !== undefined) {
      const start = found.index + found[0].indexOf(found[1]);
      return { before: line.slice(0, start), after: found[2]?.trim() === '' ? '' : (found[2] ?? '') };
    }
  }
  // No stack, as with GOTRACEBACK=none: only prefixes that are surely a console's or a log's.
  for (const line of lines) {
    if (line.length > MAX_LINE) continue;
    const found = /(?:^|\s)(?:panic|fatal error): /.exec(line);
    if (found === null) continue;
    const before = line.slice(0, found.index + (/^\s/.test(found[0]) ? 1 : 0));
    const words = before.trim() === '' ? [] : before.trim().split(/\s+/);
    if (words.every(isPrefixWord)) return { before: words.length === 0 ? '' : before, after: '' };
  }
  return BARE;
}

/** `12:03:04.120`, `2024/01/02`, `[worker]`, `wasm_exec.js:22`, `>`, `ERROR:`. */
const isPrefixWord = (word: string): boolean =>
  /^[\d\WTZ]+$/.test(word) || /:\d+$/.test(word) || /^\w+:$/.test(word) || /^\[.*\]:?$/.test(word);

const EXIT = /^exit (?:status|code:) (\d{1,10})$/;

/** For each line the next one that is not empty, without the white space around it; '' when there is none. */
function nextTexts(lines: readonly string[]): string[] {
  const following: string[] = [];
  let next = '';
  for (let i = lines.length - 1; i >= 0; i--) {
    following[i] = next;
    next = lines[i]?.trim() || next;
  }
  return following;
}

/** Where the reader is: before the crash, inside a message's value, or among the goroutines. */
class GoTextReader {
  readonly #prelude: string[] = [];
  readonly #messages: { kind: GoMessage['kind']; lines: string[]; nested: boolean }[] = [];
  readonly #goroutines: StackTrace[] = [];
  #signal: string | null = null;
  #exitCode: number | null = null;
  #valueOpen = false;
  #stack: GoFrameReader | null = null;

  read(lines: readonly string[]): GoText | null {
    const following = nextTexts(lines);
    for (const [index, line] of lines.entries())
      this.#take(line, lines[index + 1] ?? '', following[index] ?? '');
    this.#closeStack();
    if (this.#messages.length === 0 && this.#goroutines.length === 0) return null;
    const messages = this.#messages.map(toMessage);
    return {
      prelude: this.#messages.length === 0 ? [] : this.#prelude,
      messages,
      signal: this.#signal,
      kind: kindOf(messages, this.#prelude),
      goroutines: this.#goroutines,
      exitCode: this.#exitCode,
    };
  }

  #take(line: string, next: string, nextText: string): void {
    const text = line.trim();
    const exit = EXIT.exec(text);
    if (exit !== null) {
      this.#exitCode = Number(exit[1]);
      this.#valueOpen = false;
      return;
    }
    if (isGoroutineHeader(text)) {
      this.#closeStack();
      this.#valueOpen = false;
      this.#stack = new GoFrameReader(text);
      return;
    }
    const message = this.#stack === null ? /^(\t| {2,8})?(panic|fatal error): /.exec(line) : null;
    if (message !== null) {
      this.#valueOpen = true;
      this.#messages.push({
        kind: message[2] === 'panic' ? 'panic' : 'fatal error',
        lines: [line.slice(message[0].length)],
        nested: message[1] !== undefined,
      });
      return;
    }
    if (this.#valueOpen) {
      this.#takeValueLine(line, nextText);
      return;
    }
    if (this.#stack !== null) {
      this.#stack.take(line);
      return;
    }
    if (this.#messages.length === 0 && (text.startsWith('runtime: ') || this.#prelude.length > 0)) {
      // The lines of a prelude may be several: a table of memory, a program counter each.
      if (this.#prelude.length < 200) this.#prelude.push(line.trimEnd());
      return;
    }
    // Frames without a header, a part of a traceback: it begins with a function and its place.
    if (isRemark(text) || isRemark(next.trim())) return;
    const loose = new GoFrameReader(null);
    if (loose.take(line) && /^\s/.test(next) && loose.take(next) && !loose.empty) {
      this.#stack = new GoFrameReader(null);
      this.#stack.take(line);
    }
  }

  #takeValueLine(line: string, nextText: string): void {
    const text = line.trim();
    if (text.startsWith('[signal ') && text.endsWith(']')) {
      this.#signal = text;
      this.#valueOpen = false;
      return;
    }
    if (text === '') {
      // An empty line ends the message when a stack or nothing follows; a value may hold empty lines of its own.
      if (nextText === '' || isGoroutineHeader(nextText) || EXIT.test(nextText)) {
        this.#valueOpen = false;
        return;
      }
    }
    this.#messages.at(-1)?.lines.push(line);
  }

  #closeStack(): void {
    if (this.#stack !== null && (this.#stack.header !== null || !this.#stack.empty)) {
      this.#goroutines.push(this.#stack.finish());
    }
    this.#stack = null;
  }
}

function toMessage(read: { kind: GoMessage['kind']; lines: readonly string[]; nested: boolean }): GoMessage {
  const value = read.lines.join('\n');
  const state = /^(.*?) ?\[(recovered(?:, repanicked)?)\]$/s.exec(value);
  return {
    kind: read.kind,
    value: state?.[1] ?? value,
    state: (state?.[2] as GoMessage['state'] | undefined) ?? null,
    nested: read.nested,
  };
}

function kindOf(messages: readonly GoMessage[], prelude: readonly string[]): GoText['kind'] {
  const fatal = messages.findLast((message) => message.kind === 'fatal error');
  if (fatal === undefined) return messages.length === 0 ? null : 'panic';
  const text = [...prelude, fatal.value].join('\n');
  if (/all goroutines are asleep|no goroutines \(main called runtime\.Goexit\)|deadlock!/.test(text))
    return 'deadlock';
  if (/stack overflow|stack exceeds \d+-byte limit/.test(text)) return 'stack-overflow';
  if (/out of memory|cannot allocate (?:memory|\d+-byte block)/.test(text)) return 'out-of-memory';
  return 'fatal';
}

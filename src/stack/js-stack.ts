import { MAX_LINE, textLines } from './lines.ts';
import { parseLocation, type JsLocation } from './js-location.ts';

/** One line of a JavaScript stack. */
export interface JsFrame extends JsLocation {
  /** The line as it was, without the white space around it. */
  readonly raw: string;
  /** As printed, without an engine's decorations; null for anonymous functions and unnamed wasm functions. */
  readonly functionName: string | null;
  /** The frame is a past one: what awaited, or what scheduled the frames before it. */
  readonly async: boolean;
}

export interface JsStack {
  /** Null where the text does not tell: Firefox and Safari print frames only. */
  readonly error: { readonly name: string; readonly message: string } | null;
  /** Innermost first. */
  readonly frames: readonly JsFrame[];
}

/**
 * Reads the JavaScript stacks in a text: `error.stack` of Chrome, Node, Firefox and Safari, a copy of the DevTools console, lines of a log
 * with prefixes, JSON with escaped line ends. Lines that are no frames are passed over; a line with an error's name begins a new stack.
 * Never throws; linear in the length of the text.
 */
export function parseJsStacks(text: string): JsStack[] {
  const stacks: JsStack[] = [];
  let error: JsStack['error'] = null;
  let messageOpen = false;
  let frames: JsFrame[] = [];
  const close = (): void => {
    if (frames.length > 0) stacks.push({ error, frames });
    frames = [];
    error = null;
  };
  for (const line of textLines(text)) {
    if (line.length > MAX_LINE) continue;
    const frame = parseFrame(line);
    if (frame !== null) {
      // Some loggers print the frame on the line of the error: `RuntimeError: unreachable executed,@https://...`.
      if (frame.headline !== null) {
        if (frames.length > 0) close();
        error = frame.headline;
      }
      frames.push(frame.frame);
      messageOpen = false;
      continue;
    }
    const found = parseHeadline(line);
    if (found !== null) {
      close();
      error = found;
      messageOpen = true;
    } else if (messageOpen && error !== null && frames.length === 0) {
      if (error.message.length < MAX_LINE) error = { name: error.name, message: `${error.message}\n${line}` };
    }
  }
  close();
  return stacks.map(trimMessage);
}

/** The first stack of a text; without frames when there is none. */
export function parseJsStack(text: string): JsStack {
  return parseJsStacks(text)[0] ?? { error: null, frames: [] };
}

function trimMessage(stack: JsStack): JsStack {
  if (stack.error === null) return stack;
  return { ...stack, error: { name: stack.error.name, message: stack.error.message.trim() } };
}

const ERROR_NAME = /(?:^|[^\w$])((?:[A-Z][\w$]{0,80})?(?:Error|Exception))(?::[ \t]|:?[ \t]*$)/;

/** `Uncaught (in promise) RuntimeError: unreachable`, whatever a log has put before it. */
function parseHeadline(line: string): { name: string; message: string } | null {
  const found = ERROR_NAME.exec(line);
  const name = found?.[1];
  if (found === null || name === undefined) return null;
  return { name, message: line.slice(found.index + found[0].length).trim() };
}

interface ParsedFrame {
  readonly frame: JsFrame;
  readonly headline: JsStack['error'];
}

function parseFrame(line: string): ParsedFrame | null {
  const raw = line.trim();
  if (raw === '') return null;
  // Chrome's console adds a link to an explanation, and copies it.
  const text = raw.endsWith('Understand this error') ? raw.slice(0, -'Understand this error'.length) : raw;
  return v8Frame(raw, text) ?? atSignFrame(raw, text) ?? bareFrame(raw, text);
}

/** A prefix of a log may hold the word "at" itself; more tries than this are not worth it. */
const MAX_TRIES = 4;

/** `at name (location)` and `at location`. */
function v8Frame(raw: string, text: string): ParsedFrame | null {
  let from = 0;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const at = text.indexOf('at ', from);
    if (at < 0) return null;
    from = at + 3;
    if (at > 0 && !/\s/.test(text[at - 1] ?? '')) continue;
    const frame = v8Body(raw, text.slice(at + 3).trim());
    if (frame !== null) return { frame, headline: null };
  }
  return null;
}

function v8Body(raw: string, body: string): JsFrame | null {
  const async = body.startsWith('async ');
  const rest = async ? body.slice('async '.length) : body;
  if (rest.endsWith(')')) {
    const open = openingParenthesis(rest);
    if (open > 0 && rest[open - 1] === ' ') {
      const location = parseV8Location(rest.slice(open + 1, -1));
      if (location !== null) return makeFrame(raw, rest.slice(0, open - 1), location, async);
    }
  }
  const location = parseLocation(rest);
  if (location === null || (location.url === null && !location.isWasm)) return null;
  return makeFrame(raw, '', location, async);
}

/** The location of code made by eval names the eval first: `eval at f (URL:1:2), <anonymous>:1:1`. */
function parseV8Location(text: string): JsLocation | null {
  if (!text.startsWith('eval at ')) return parseLocation(text);
  const comma = text.lastIndexOf(', ');
  return comma < 0 ? null : parseLocation(text.slice(comma + 2));
}

/** Index of the parenthesis that the last character closes; -1 when there is none. */
function openingParenthesis(text: string): number {
  let depth = 0;
  for (let i = text.length - 1; i >= 0; i--) {
    if (text[i] === ')') depth++;
    else if (text[i] === '(' && --depth === 0) return i;
  }
  return -1;
}

/** Firefox's and Safari's `name@location`, and `name @ location` of the DevTools console. */
function atSignFrame(raw: string, text: string): ParsedFrame | null {
  const spaced = text.indexOf(' @ ');
  if (spaced >= 0) {
    const location = parseLocation(text.slice(spaced + 3).trim());
    if (location !== null && (location.url !== null || location.isWasm)) {
      return { frame: makeFrame(raw, lastWord(text.slice(0, spaced)), location, false), headline: null };
    }
  }
  const at = text.indexOf('@');
  if (at < 0) return null;
  const where = text.slice(at + 1);
  // An at sign is in many texts, in paths of Go modules too: only what is surely a location follows it in a frame.
  if (
    !/^(?:[a-z][a-z0-9+-]*:(?:\/\/|[a-z])|\[wasm code\]$|\[native code\]$|debugger eval code:)/i.test(where)
  )
    return null;
  const location = parseLocation(where);
  if (location === null) return null;
  const before = text.slice(0, at);
  const headline = parseHeadline(before.replace(/,$/, ''));
  if (headline !== null) return { frame: makeFrame(raw, '', location, false), headline };
  // `setTimeout handler*f`: what comes after scheduled what came before.
  const star = before.lastIndexOf('*');
  const async =
    star >= 0 && /^(?:async|[\w ]*(?:handler|callback)[\w ]*)$/.test(before.slice(0, star).slice(-64));
  const name = async ? before.slice(star + 1) : before;
  return { frame: makeFrame(raw, lastWord(name), location, async), headline: null };
}

/** A wasm location alone on its line. */
function bareFrame(raw: string, text: string): ParsedFrame | null {
  if (!text.includes('wasm-function[') && !text.includes('.wasm:0x')) return null;
  const location = parseLocation(text);
  if (location?.isWasm !== true) return null;
  return { frame: makeFrame(raw, '', location, false), headline: null };
}

/** The function's name after a log's prefix. Names of generic Go functions hold spaces, but only inside brackets. */
function lastWord(text: string): string {
  const trimmed = text.trim();
  const code = /(?:^|\s)((?:global|module|eval) code)$/.exec(trimmed.slice(-16));
  if (code?.[1] !== undefined) return code[1];
  let depth = 0;
  for (let i = trimmed.length - 1; i >= 0; i--) {
    const char = trimmed[i];
    if (char === ']') depth++;
    else if (char === '[') depth--;
    else if (char === ' ' && depth === 0) return trimmed.slice(i + 1);
  }
  return trimmed;
}

const UNNAMED_WASM = /^(?:<\?>\.|[^[\]]{0,256}\.)?wasm-function\[([^\]]*)\]$/;
const DEVTOOLS_WASM = /^\$func(\d{1,10})$/;

function makeFrame(raw: string, printed: string, location: JsLocation, async: boolean): JsFrame {
  let name: string | null = printed.trim();
  let { funcIndex, isWasm } = location;
  const inner = UNNAMED_WASM.exec(name)?.[1];
  if (inner !== undefined) {
    // JavaScriptCore prints `MODULE.wasm-function[INDEX or NAME]`, and there is no other place for the index.
    isWasm = true;
    if (/^\d{1,10}$/.test(inner)) {
      funcIndex ??= Number(inner);
      name = null;
    } else {
      name = inner;
    }
  } else if (isWasm) {
    const shown = DEVTOOLS_WASM.exec(name)?.[1];
    if (shown !== undefined) {
      funcIndex ??= Number(shown);
      name = null;
    } else if (name.startsWith('$')) {
      name = name.slice(1);
    }
  }
  if (name === '' || name === '<anonymous>' || name === '(anonymous)') name = null;
  return { ...location, raw, functionName: name, funcIndex, isWasm, async };
}

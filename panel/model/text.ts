// Text from the page and from modules is never trusted: it is shown as text nodes only, cut to what can be seen, with characters
// that change how the rest of a line reads made visible.

/** Characters shown of one value on one line; the whole value is still what is copied. */
const LINE_LIMIT = 400;
/** Characters of a tooltip. */
const TIP_LIMIT = 2000;

/** C0 and C1 controls but tab and newline, line separators, and the marks that reorder or hide text (Unicode UAX #9). */
const UNSEEN = /[\0-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** The text with controls and bidirectional marks written as `\u{202e}`, so that it reads as it is stored. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (char) => `\\u{${char.charCodeAt(0).toString(16)}}`);
}

/** One line of at most `limit` UTF-16 units: line breaks become spaces and what is cut becomes an ellipsis. */
export function clip(text: string, limit = LINE_LIMIT): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}…` : text;
  return visible(cut.replace(/\s*\n\s*/g, ' '));
}

/** Several lines of at most `limit` UTF-16 units, and how many were left out. */
export function clipBlock(
  text: string,
  limit = 64 * 1024,
): { readonly text: string; readonly hidden: number } {
  const hidden = Math.max(0, text.length - limit);
  return { text: visible(hidden === 0 ? text : text.slice(0, limit)), hidden };
}

/** Text for a tooltip's attribute: as it is, but never longer than what a tooltip shows. */
export function tip(text: string | null | undefined): string | undefined {
  if (text === null || text === undefined || text === '') return undefined;
  return text.length > TIP_LIMIT ? `${text.slice(0, TIP_LIMIT)}…` : text;
}

/** Whole numbers with thousands separators: `5,307`. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** A noun with its number: `1 frame`, `5 frames`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** File sizes as the Network panel says them: decimal units. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${String(bytes)} B`;
  if (bytes < 1e6) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Linear memory, which comes in pages of 64 KiB: binary units. */
export function formatMemory(bytes: number): string {
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(0)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

/** Durations: `0.4 ms`, `41 ms`, `2.31 s`. */
export function formatDuration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${ms.toFixed(0)} ms`;
  return `${(ms / 1000).toFixed(2)} s`;
}

/** A share of 1 as a percentage, rounded down: what is not all is never called 100 %. */
export function formatShare(share: number): string {
  const tenths = Math.floor(share * 1000 + 1e-9);
  return tenths >= 100 ? `${formatCount(Math.floor(tenths / 10))} %` : `${(tenths / 10).toFixed(1)} %`;
}

/** Time of day of milliseconds since the epoch, in the person's zone, to the millisecond: `14:03:27.041`. */
export function formatTime(ms: number): string {
  const date = new Date(ms);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** An offset or address as V8 prints it. */
export function formatHex(n: number): string {
  return `0x${n.toString(16)}`;
}

/** The last element of a path or URL without query, for places where the whole of it is in the tooltip. */
export function baseName(path: string): string {
  const end = path.search(/[?#]/);
  const plain = (end < 0 ? path : path.slice(0, end)).replace(/[/\\]+$/, '');
  return plain.slice(Math.max(plain.lastIndexOf('/'), plain.lastIndexOf('\\')) + 1) || path;
}

/** Whether every word of a filter occurs, in any case; an empty filter matches everything. */
export function matches(filter: string, ...texts: readonly (string | null)[]): boolean {
  return matcher(filter)(texts.join('\n').toLowerCase());
}

/** `matches` for many texts, which are in lower case already. */
export function matcher(filter: string): (lowerCase: string) => boolean {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return (text) => words.every((word) => text.includes(word));
}

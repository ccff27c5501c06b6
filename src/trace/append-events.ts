import { FormatError } from '../base/format-error.ts';

/** How a trace ends that was written by this extension's recorder: the array of events is its last member. */
const END = /\]\s*\}\s*$/;
const TAIL = 64;

/** A Chrome trace, as JSON, with more events at the end; the rest is not parsed. Throws a FormatError where the array of events is not its last member. */
export function appendEvents(json: Uint8Array, events: Iterable<object>): Uint8Array<ArrayBuffer> {
  const tailStart = Math.max(0, json.length - TAIL);
  const tail = new TextDecoder().decode(json.subarray(tailStart));
  const end = END.exec(tail)?.index;
  if (end === undefined) throw new FormatError('trace', tailStart, 'expected the end of the list of events');
  const lines = [...events].map((event) => JSON.stringify(event));
  const empty = /\[\s*$/.test(tail.slice(0, end));
  const more = lines.length === 0 ? '' : `${empty ? '' : ','}\n${lines.join(',\n')}\n`;
  const added = new TextEncoder().encode(`${more}${tail.slice(end)}`);
  // The tail is ASCII up to its end, so that its characters are its bytes.
  const kept = json.length - new TextEncoder().encode(tail.slice(end)).length;
  const all = new Uint8Array(kept + added.length);
  all.set(json.subarray(0, kept));
  all.set(added, kept);
  return all;
}

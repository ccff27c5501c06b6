import { ROW_BYTES } from './hex-scale.ts';

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Characters of the hex part of a row: two a byte, a space between them, one more in the middle. */
export const HEX_COLUMNS = ROW_BYTES * 3;

/** An address as it stands at the head of a row: eight digits. */
export const addressText = (at: number): string => at.toString(16).padStart(8, '0');

/** The hex part of a row. `byte`: null where it is not here; the row ends where the memory does. */
export function hexRow(count: number, byte: (index: number) => number | null): string {
  let text = '';
  for (let i = 0; i < count; i++) {
    const value = byte(i);
    text += `${i === 0 ? '' : i === ROW_BYTES / 2 ? '  ' : ' '}${value === null ? '··' : (HEX[value] ?? '')}`;
  }
  return text;
}

/** The text part of a row: ASCII, a dot for everything else. */
export function asciiRow(count: number, byte: (index: number) => number | null): string {
  let text = '';
  for (let i = 0; i < count; i++) {
    const value = byte(i);
    text += value === null ? ' ' : value >= 0x20 && value < 0x7f ? String.fromCharCode(value) : '.';
  }
  return text;
}

/** Where byte `index` of a row begins in its hex part, in characters. */
export const hexColumn = (index: number): number => index * 3 + (index >= ROW_BYTES / 2 ? 1 : 0);

/** The byte at a place of the hex part, in characters from its start. */
export function byteAtHexColumn(column: number): number {
  const shifted = column >= hexColumn(ROW_BYTES / 2) ? column - 1 : column;
  return Math.max(0, Math.min(ROW_BYTES - 1, Math.floor((shifted + 0.5) / 3)));
}

/** Runs of bytes of a row with the same mark, without those that have none (''). */
export function runsOf(
  count: number,
  mark: (index: number) => string,
): readonly { readonly from: number; readonly to: number; readonly mark: string }[] {
  const runs: { from: number; to: number; mark: string }[] = [];
  for (let i = 0; i < count; i++) {
    const name = mark(i);
    const last = runs.at(-1);
    if (name === '') continue;
    if (last?.to === i && last.mark === name) last.to = i + 1;
    else runs.push({ from: i, to: i + 1, mark: name });
  }
  return runs;
}

/** How bytes are copied. */
export const COPY_FORMATS = [
  ['hex', 'Hex'],
  ['dump', 'Hex dump with addresses'],
  ['go', 'Go []byte'],
  ['js', 'JavaScript Uint8Array'],
  ['text', 'Text (UTF-8)'],
] as const;

export type CopyFormat = (typeof COPY_FORMATS)[number][0];

/** Bytes as text for the clipboard. `start`: their address. */
export function bytesAsText(bytes: Uint8Array, format: CopyFormat, start: number): string {
  switch (format) {
    case 'hex':
      return Array.from(bytes, (byte) => HEX[byte]).join(' ');
    case 'dump':
      return dumpText(bytes, start);
    case 'go':
      return `[]byte{${Array.from(bytes, (byte) => `0x${HEX[byte] ?? ''}`).join(', ')}}`;
    case 'js':
      return `Uint8Array.of(${Array.from(bytes, (byte) => `0x${HEX[byte] ?? ''}`).join(', ')})`;
    case 'text':
      return new TextDecoder().decode(bytes);
  }
}

/** As `hexdump -C` prints it. */
function dumpText(bytes: Uint8Array, start: number): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += ROW_BYTES) {
    const row = bytes.subarray(at, at + ROW_BYTES);
    const byte = (index: number): number | null => row[index] ?? null;
    const hex = hexRow(row.length, byte).padEnd(HEX_COLUMNS);
    lines.push(`${addressText(start + at)}  ${hex}  |${asciiRow(row.length, byte)}|`);
  }
  return `${lines.join('\n')}\n`;
}

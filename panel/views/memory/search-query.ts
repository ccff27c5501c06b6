import type { SearchQuery } from '../../model/types.ts';

export type SearchKind = 'text' | 'hex' | 'pointer';

/** Bytes of a needle, as src/memory/search.ts bounds them. */
const MAX_NEEDLE = 4096;

/** What a person asks for, with the bytes that a place of it takes; or why it cannot be searched for. */
export function queryOf(
  kind: SearchKind,
  text: string,
): { readonly query: SearchQuery; readonly width: number } | { readonly why: string } {
  if (kind === 'pointer') {
    const [start, end] = text.split('..').map((part) => part.trim());
    const from = addressOf(start ?? '');
    const to = end === undefined ? from : addressOf(end);
    if (from === null || to === null || to < from)
      return { why: 'Expected an address such as 0x1f00, or two with .. between.' };
    return { query: { kind: 'pointer', from, to: to + 1 }, width: 8 };
  }
  const bytes = kind === 'text' ? new TextEncoder().encode(text) : hexBytes(text);
  if (bytes === null) return { why: 'Expected bytes in hex, two digits each: de ad be ef.' };
  if (bytes.length === 0 || bytes.length > MAX_NEEDLE) return { why: 'Expected 1 to 4096 bytes.' };
  return { query: { kind: 'bytes', bytes }, width: bytes.length };
}

function addressOf(text: string): number | null {
  if (!/^(?:0x[0-9a-f]+|\d+)$/i.test(text)) return null;
  const value = Number(text);
  return value < 2 ** 32 ? value : null;
}

/** Bytes as people write them: `de ad be ef`, `0xdeadbeef`, `DE,AD`. Null for anything else. */
function hexBytes(text: string): Uint8Array<ArrayBuffer> | null {
  const digits = text.replaceAll(/0x|\\x|[\s,;:_-]/gi, '');
  if (digits === '' || digits.length % 2 === 1 || /[^0-9a-f]/i.test(digits)) return null;
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
}

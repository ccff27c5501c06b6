/** Name of the custom section with Go's build ID (cmd/link/internal/wasm/asm.go, writeBuildID). */
const BUILD_ID_SECTION = 'go:buildid';
const HEADER_BYTES = 8;

/** Content of the custom section `go:buildid`, to compare with a running module's; null when there is none or this is no wasm. */
export function buildIdOf(bytes: Uint8Array): string | null {
  let at = HEADER_BYTES;
  const leb = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) return Number.NaN;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  };
  while (at < bytes.length) {
    const id = bytes[at++];
    const size = leb();
    const end = at + size;
    if (!(end <= bytes.length)) return null;
    if (id === 0) {
      const nameLength = leb();
      const name = new TextDecoder().decode(bytes.subarray(at, Math.min(at + nameLength, end)));
      if (name === BUILD_ID_SECTION) {
        return new TextDecoder().decode(
          bytes.subarray(at + nameLength, Math.min(end, at + nameLength + 1024)),
        );
      }
    }
    at = end;
  }
  return null;
}

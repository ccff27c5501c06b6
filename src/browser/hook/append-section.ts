// An empty section `.debug_info` makes DevTools give a module's bytes to language plugins (it then counts as one with embedded DWARF). It is a
// custom section (WebAssembly 2.0, 5.5.3), which engines pass over; nothing of the program changes.

const NAME = '.debug_info';
const SECTION = Uint8Array.of(
  0,
  NAME.length + 1,
  NAME.length,
  ...Array.from(NAME, (one) => one.charCodeAt(0)),
);
/** So many bytes a module is longer then. */
export const DEBUG_SECTION_BYTES = SECTION.length;
/** The first section of what Go's linker writes, right behind the header; with a dot up to 1.19. */
const GO = ['go:buildid', 'go.buildid'];
const HEAD = 64;

const includes = (bytes: Uint8Array, text: string): boolean => {
  const first = text.charCodeAt(0);
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    let same = 1;
    while (same < text.length && bytes[at + same] === text.charCodeAt(same)) same++;
    if (same === text.length) return true;
  }
  return false;
};

const isGoHead = (head: Uint8Array): boolean => GO.some((name) => includes(head, name));

/** A module of Go with the section behind it; null for what is no such module, or has one. */
export function withDebugSection(bytes: Uint8Array): Uint8Array<ArrayBuffer> | null {
  if (!isGoHead(bytes.subarray(0, HEAD)) || includes(bytes, NAME)) return null;
  const longer = new Uint8Array(bytes.length + SECTION.length);
  longer.set(bytes);
  longer.set(SECTION, bytes.length);
  return longer;
}

/**
 * The same of a response, which goes on streaming. Gives the response itself back where it cannot be read in parts. `appended` is called when the section
 * has been added.
 */
export function responseWithDebugSection(response: Response, appended: () => void): Response {
  if (response.body === null || response.bodyUsed || !response.ok) return response;
  let head: number[] | null = [];
  let isGo = false;
  const appender = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      if (head !== null) {
        head.push(...chunk.subarray(0, HEAD - head.length));
        isGo = isGoHead(Uint8Array.from(head));
        if (head.length >= HEAD) head = null;
      }
      controller.enqueue(chunk);
    },
    flush(controller) {
      // Go's linker writes no DWARF for wasm.
      if (!isGo) return;
      controller.enqueue(SECTION.slice());
      appended();
    },
  });
  const { status, statusText, headers } = response;
  return new Response(
    response.body.pipeThrough(
      appender as ReadableWritablePair<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>,
    ),
    {
      ...{ status, statusText, headers },
    },
  );
}

/** The body of a response, in pieces as they come. Rejects when it is longer than `limit` bytes. `received` hears how much is here, and of how much where that is known. */
export async function readResponse(
  response: Response,
  limit: number,
  received: (bytes: number, total: number | null) => void = () => undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const total = Number(response.headers.get('content-length')) || null;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
    length += part.value.length;
    if (length > limit) {
      await reader?.cancel();
      throw new Error('the answer is too large');
    }
    parts.push(part.value);
    received(length, total);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

import type { RemoteAnswer, RemoteControl, RemoteRequest } from '../session/remote-fetch.ts';
import { decodeBase64 } from './hook-answer.ts';
import { evaluate } from './page-eval.ts';

const POLL_MS = 200;
/** Bytes of an answer that are taken at once; a multiple of 3. */
const PART = 3 << 20;

interface Progress {
  readonly status: number;
  readonly contentType: string;
  readonly received: number;
  readonly total: number | null;
  readonly done: boolean;
  readonly error: string;
}

/**
 * Fetches in the page's own context, as the page would: with its cookies, and only from its own origin. What comes is held in the page until it
 * is taken over, at most `limit` bytes, and is then let go. The page may have replaced `fetch`: nothing of the answer is believed.
 */
export async function fetchInPage(
  { url, headers }: RemoteRequest,
  limit: number,
  { signal, received }: RemoteControl,
): Promise<RemoteAnswer> {
  const key = JSON.stringify(`go-wasm-devtools fetch ${crypto.randomUUID()}`);
  const held = `globalThis[Symbol.for(${key})]`;
  const run = (expression: string): Promise<string> => evaluate(expression, null, signal);
  try {
    await run(`(() => {
      const state = { status: 0, contentType: '', received: 0, total: null, done: false, error: '' };
      const controller = new AbortController();
      const parts = [];
      Object.defineProperty(globalThis, Symbol.for(${key}), { configurable: true, value: { state, parts, controller } });
      (async () => {
        try {
          const init = { headers: ${JSON.stringify(headers)}, signal: controller.signal, cache: 'no-store', mode: 'same-origin' };
          const response = await fetch(${JSON.stringify(url)}, init);
          state.status = response.status;
          state.contentType = String(response.headers.get('content-type')).slice(0, 200);
          state.total = Number(response.headers.get('content-length')) || null;
          const reader = response.body.getReader();
          for (let part = await reader.read(); !part.done; part = await reader.read()) {
            state.received += part.value.length;
            if (state.received > ${limit}) throw new Error('the answer is too large');
            parts.push(part.value);
          }
          state.done = true;
        } catch (error) {
          controller.abort();
          state.error = String(error).slice(0, 500) || 'failed';
        }
      })();
      return '';
    })()`);
    for (;;) {
      const state = readProgress(await run(`JSON.stringify(${held}.state)`));
      if (state.error !== '') throw new Error(state.error);
      received(Math.min(state.received, limit), state.total);
      if (state.done) return { ...state, bytes: await takeOver(held, state.received, limit, run) };
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  } finally {
    // Also when it was given up: the page stops to fetch.
    const drop = `(() => { ${held}?.controller.abort(); delete ${held}; return ''; })()`;
    await evaluate(drop, null, new AbortController().signal).catch(() => undefined);
  }
}

async function takeOver(
  held: string,
  length: number,
  limit: number,
  run: (expression: string) => Promise<string>,
): Promise<ArrayBuffer> {
  if (length > limit) throw new Error('the answer is too large');
  await run(`(() => {
    const all = new Uint8Array(${held}.state.received);
    let at = 0;
    for (const part of ${held}.parts) { all.set(part, at); at += part.length; }
    ${held}.all = all;
    return '';
  })()`);
  const bytes = new Uint8Array(length);
  for (let offset = 0; offset < length; offset += PART) {
    const text = await run(`(() => {
      const part = ${held}.all.subarray(${offset}, ${offset + PART});
      let text = '';
      for (let at = 0; at < part.length; at += 8192) text += String.fromCharCode(...part.subarray(at, at + 8192));
      return btoa(text);
    })()`);
    const part = decodeBase64(text);
    if (part?.length !== Math.min(PART, length - offset))
      throw new Error('the page gave fewer bytes than it said');
    bytes.set(part, offset);
  }
  return bytes.buffer;
}

function readProgress(text: string): Progress {
  const value = JSON.parse(text) as Partial<Record<keyof Progress, unknown>> | null;
  const count = (of: unknown): number =>
    typeof of === 'number' && of >= 0 && Number.isSafeInteger(of) ? of : 0;
  return {
    status: count(value?.status),
    contentType: typeof value?.contentType === 'string' ? value.contentType : '',
    received: count(value?.received),
    total: typeof value?.total === 'number' ? count(value.total) : null,
    done: value?.done === true,
    error: typeof value?.error === 'string' ? value.error : '',
  };
}

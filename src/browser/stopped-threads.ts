import type { StoppedThreadCopy, StoppedThreads } from '../session/stopped-threads.ts';
import {
  untilDetached,
  withDebugger,
  type AttachedTarget,
  type DebuggerConnection,
  type Params,
} from './debugger-connection.ts';
import { attachBelow } from './late-attach.ts';
import { bytesInFrame, MAX_FRAME_READ, textInFrame } from './wasm-frame.ts';

/** Larger memories are not copied: each byte comes as text, through the debugger. */
const MAX_MEMORY = 256 << 20;
/** A copy may take this long. Milliseconds. */
const LOOK_MS = 5 * 60_000;
/** A thread that is stopped says so right after Debugger.enable. Milliseconds. */
const TELL_MS = 100;
const MAX_FRAMES = 200;

/** Attaches the debugger beside DevTools, copies what is stopped, and detaches; nothing is resumed. */
export function createStoppedThreads(tabId: number, closing: AbortSignal): StoppedThreads {
  return {
    look: async (signal, progress) => {
      const either = AbortSignal.any([signal, closing]);
      await untilDetached(tabId, either);
      return withDebugger(tabId, either, (connection) => look(connection, either, progress), LOOK_MS);
    },
  };
}

async function look(
  connection: DebuggerConnection,
  signal: AbortSignal,
  progress: (fraction: number) => void,
): Promise<readonly StoppedThreadCopy[]> {
  const stops = new Map<string, Params>();
  connection.on('Debugger.paused', ({ sessionId }, params) => {
    if (sessionId !== undefined) stops.set(sessionId, params);
  });
  connection.on('Debugger.resumed', ({ sessionId }) => {
    if (sessionId !== undefined) stops.delete(sessionId);
  });
  await attachBelow(connection);
  const found: StoppedThreadCopy[] = [];
  for (const attached of connection.targets.filter(({ target }) => target.sessionId !== undefined)) {
    const { target } = attached;
    try {
      await connection.send(target, 'Debugger.enable');
      await new Promise((resolve) => setTimeout(resolve, TELL_MS));
      const stop = stops.get(target.sessionId ?? '');
      const copy = stop === undefined ? null : await copyOf(connection, attached, stop, signal, progress);
      if (copy !== null) found.push(copy);
    } catch {
      // A thread that does not answer is busy, not stopped: the others may be.
      signal.throwIfAborted();
    } finally {
      // While it is enabled, a step of DevTools would be one of a single instruction.
      await connection.send(target, 'Debugger.disable').catch(() => undefined);
    }
  }
  return found;
}

interface Frame {
  readonly id: string;
  readonly isWasm: boolean;
  readonly text: string;
}

/** Null for a thread that is not stopped in wasm, nor in what wasm has called. */
async function copyOf(
  connection: DebuggerConnection,
  { target, type, url }: AttachedTarget,
  stop: Params,
  signal: AbortSignal,
  progress: (fraction: number) => void,
): Promise<StoppedThreadCopy | null> {
  const callFrames: readonly unknown[] = Array.isArray(stop['callFrames']) ? stop['callFrames'] : [];
  const frames = callFrames.slice(0, MAX_FRAMES).map(readFrame);
  const innermost = frames.find(({ isWasm }) => isWasm);
  if (innermost === undefined) return null;
  const facts = await textInFrame(
    connection,
    target,
    innermost.id,
    "memories[0].buffer.byteLength + ' ' + (typeof globals[0]?.value === 'number' ? globals[0].value : '')",
  );
  const [byteLength, sp] = facts.split(' ').map((part) => (part === '' ? null : Number(part)));
  const copy = {
    thread: { kind: type === 'iframe' ? 'frame' : 'worker', url },
    stack: ['Error', ...frames.map(({ text }) => text)].join('\n'),
    time: Date.now(),
    sp: sp == null || !Number.isInteger(sp) ? null : sp >>> 0,
  } as const;
  if (byteLength == null || !Number.isInteger(byteLength)) {
    return { ...copy, memory: null, why: 'the debugger does not show its memory' };
  }
  if (byteLength > MAX_MEMORY) {
    const why = `its memory has ${String(byteLength >> 20)} MiB: more than ${String(MAX_MEMORY >> 20)} MiB are not copied through the debugger`;
    return { ...copy, memory: null, why };
  }
  try {
    const read = (at: number, length: number): Promise<Uint8Array> =>
      bytesInFrame(connection, target, innermost.id, at, length);
    return { ...copy, memory: await readAll(byteLength, read, signal, progress), why: '' };
  } catch (error) {
    signal.throwIfAborted();
    // The frames of a thread that has gone on are no more.
    return { ...copy, memory: null, why: error instanceof Error ? error.message : String(error) };
  }
}

async function readAll(
  byteLength: number,
  read: (at: number, length: number) => Promise<Uint8Array>,
  signal: AbortSignal,
  progress: (fraction: number) => void,
): Promise<Uint8Array> {
  const memory = new Uint8Array(byteLength);
  for (let at = 0; at < byteLength; at += MAX_FRAME_READ) {
    signal.throwIfAborted();
    const length = Math.min(MAX_FRAME_READ, byteLength - at);
    const part = await read(at, length);
    if (part.length !== length) {
      throw new Error(`the debugger gave ${String(part.length)} of ${String(length)} bytes`);
    }
    memory.set(part, at);
    progress((at + length) / byteLength);
  }
  return memory;
}

/** A call frame of the protocol, with the text that V8 has for it in Error.stack. In wasm the column is the offset in the module. */
function readFrame(frame: unknown): Frame {
  const { callFrameId, functionName, url, location, scopeChain } = frame as {
    callFrameId?: unknown;
    functionName?: unknown;
    url?: unknown;
    location?: { lineNumber?: unknown; columnNumber?: unknown };
    scopeChain?: unknown;
  };
  const scopes: readonly unknown[] = Array.isArray(scopeChain) ? scopeChain : [];
  const isWasm = scopes.some((scope) => (scope as { type?: unknown }).type === 'wasm-expression-stack');
  const name = String(functionName);
  const line = Number(location?.lineNumber ?? 0);
  const column = Number(location?.columnNumber ?? 0);
  const script = typeof url === 'string' && url !== '' ? url : 'wasm';
  const text = isWasm
    ? `    at ${script}:0x${column.toString(16)}`
    : `    at ${name === '' ? '<anonymous>' : name} (${script}:${line + 1}:${column + 1})`;
  return { id: String(callFrameId), isWasm, text };
}

import type { DebuggerConnection, DebuggerTarget } from './debugger-connection.ts';

/** Bytes that one answer carries, at most. */
export const MAX_FRAME_READ = 1 << 20;

/**
 * Evaluates an expression in the scope of a stopped frame, and gives its text; '' for anything but a text. The scope of a wasm frame (`globals`, `memories`,
 * `locals`, `stack`) is made by the debugger.
 */
export async function textInFrame(
  connection: DebuggerConnection,
  target: DebuggerTarget,
  callFrameId: string,
  expression: string,
): Promise<string> {
  const answer = await connection.send(target, 'Debugger.evaluateOnCallFrame', {
    callFrameId,
    expression,
    returnByValue: true,
  });
  const value = (answer['result'] as { value?: unknown } | undefined)?.value;
  return typeof value === 'string' ? value : '';
}

/** Bytes of the memory of a stopped wasm frame, at most `MAX_FRAME_READ`. */
export async function bytesInFrame(
  connection: DebuggerConnection,
  target: DebuggerTarget,
  callFrameId: string,
  address: number,
  length: number,
): Promise<Uint8Array> {
  const [at, count] = [Math.trunc(address), Math.min(MAX_FRAME_READ, Math.trunc(length))].map(String);
  // A call takes some ten thousand arguments.
  const text = await textInFrame(
    connection,
    target,
    callFrameId,
    `(() => {
      const bytes = new Uint8Array(memories[0].buffer, ${String(at)}, ${String(count)});
      let text = '';
      for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
      return btoa(text);
    })()`,
  );
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

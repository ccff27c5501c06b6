import type { HookStop } from '../hook-protocol.ts';
import { stackPointer } from './deaths.ts';
import type { InstanceRecord } from './records.ts';
import { captureStack, wasmScriptUrl } from './stacks.ts';

/** Words of a stack that tell one stop from the next at the same place. */
const DIGEST_WORDS = 512;

/**
 * Where a debugger has stopped this thread inside wasm: what DevTools evaluates then runs on top of what is stopped, so that a stack taken
 * here shows its frames. Null where nothing of wasm is below. `from`: the function that the evaluated text called.
 */
export function stopBelow(
  instances: readonly InstanceRecord[],
  from: (...args: never[]) => unknown,
): HookStop | null {
  const stack = captureStack(from);
  if (wasmScriptUrl(stack) === null) return null;
  let digest = 2166136261;
  for (const instance of instances) {
    if (instance.state === 'exited') continue;
    const sp = stackPointer(instance);
    const buffer = instance.memory()?.buffer;
    if (sp === null || buffer === undefined || sp % 4 !== 0 || sp >= buffer.byteLength) continue;
    const count = Math.min(DIGEST_WORDS, (buffer.byteLength - sp) >>> 2);
    digest = Math.imul(digest ^ sp, 16777619);
    for (const word of new Uint32Array(buffer, sp, count)) digest = Math.imul(digest ^ word, 16777619);
  }
  return { stack, digest: digest >>> 0 };
}

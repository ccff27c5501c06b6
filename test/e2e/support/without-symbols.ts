import { cp, mkdtemp, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtExtension } from './harness.ts';

/** Sends everything that the worker answers, but without frames: as if nothing could be symbolized. */
const STUB = `
const send = self.postMessage.bind(self);
const strip = (key, value) => (key === 'frames' ? [] : value);
const withoutFrames = (value) => {
  if (Array.isArray(value)) return value.map(withoutFrames);
  if (value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, strip(key, withoutFrames(inner))]));
};
self.postMessage = (message, transfer) => send(withoutFrames(message), transfer);
`;

/** A copy of the built extension whose worker loses every frame; its directory. */
export async function withoutSymbols(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'extension-without-symbols-'));
  await cp(builtExtension('extension'), directory, { recursive: true });
  await rename(join(directory, 'worker.js'), join(directory, 'worker-itself.js'));
  await writeFile(join(directory, 'stub.js'), STUB);
  await writeFile(join(directory, 'worker.js'), `import './stub.js';\nimport './worker-itself.js';\n`);
  return directory;
}

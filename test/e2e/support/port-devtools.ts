import { createPagePort } from '../../../src/browser/page-port.ts';
import type { PageInstance, PageModule, PageTrap } from '../../../src/session/page-events.ts';
import type { PageUpdate } from '../../../src/session/page-port.ts';

// The devtools page of the extension that tests of src/browser load: a page port, and everything it has told.

const port = createPagePort();
const updates: PageUpdate[] = [];
port.subscribe((update) => updates.push(update));

/** What the port has told about the present page. */
function told(): { modules: PageModule[]; instances: PageInstance[]; traps: PageTrap[] } {
  const start = updates.findLastIndex((update) => update.type === 'navigated');
  const modules = new Map<string, PageModule>();
  const instances = new Map<string, PageInstance>();
  const traps: PageTrap[] = [];
  for (const update of updates.slice(start + 1)) {
    if (update.type !== 'report') continue;
    for (const module of update.report.modules) modules.set(module.key, module);
    for (const instance of update.report.instances) instances.set(instance.key, instance);
    traps.push(...update.report.traps);
  }
  return { modules: [...modules.values()], instances: [...instances.values()], traps };
}

const tested = {
  port,
  updates,
  told,
  /** Length and first and last bytes: enough to compare without moving a module through the test's connection. */
  async bytes(moduleKey: string): Promise<{ length: number; hash: string; from: string; verified: boolean }> {
    const { bytes, from, verified } = await port.moduleBytes(moduleKey);
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    const hash = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    return { length: bytes.byteLength, hash, from, verified };
  },
  async read(...args: Parameters<typeof port.readMemory>): Promise<number[][]> {
    return (await port.readMemory(...args)).map((bytes) => [...bytes]);
  },
};

export type Tested = typeof tested;
(globalThis as { tested?: Tested }).tested = tested;

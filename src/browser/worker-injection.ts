import { withDebugger, type AttachedTarget } from './debugger-connection.ts';

/** How long the debugger stays after the page's load event, for workers that start late. */
const AFTER_LOAD_MS = 3000;
/** ... and at most. */
const MAX_MS = 30_000;

/**
 * Attaches the debugger, reloads with `reload`, and starts the hook in each dedicated worker before its script runs. Stays attached until
 * a few seconds after the load event, then detaches. `attached` is called when the page is being reloaded; the promise settles at
 * the end.
 */
export function reloadWithHookedWorkers(
  tabId: number,
  hook: string,
  reload: () => void,
  attached: () => void,
): Promise<void> {
  return withDebugger(tabId, async (connection) => {
    const page = { tabId };
    const loaded = new Promise<void>((resolve) => {
      connection.on('Page.loadEventFired', () => setTimeout(resolve, AFTER_LOAD_MS));
      setTimeout(resolve, MAX_MS);
    });
    const start = async ({ target, type }: AttachedTarget): Promise<void> => {
      try {
        await connection.autoAttach(target, true);
        if (type === 'worker') {
          await connection.send(target, 'Runtime.evaluate', { expression: hook });
        }
      } finally {
        await connection.send(target, 'Runtime.runIfWaitingForDebugger');
      }
    };
    connection.on('Target.attachedToTarget', () => {
      const newest = connection.targets.at(-1);
      // A target that is gone again needs nothing.
      if (newest !== undefined) void start(newest).catch(() => undefined);
    });
    await connection.send(page, 'Page.enable');
    await connection.autoAttach(page, true);
    attached();
    reload();
    await loaded;
    await connection.send(page, 'Page.disable').catch(() => undefined);
  });
}

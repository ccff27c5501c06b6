import {
  untilFree,
  withDebugger,
  type AttachedTarget,
  type DebuggerConnection,
  type Params,
} from './debugger-connection.ts';
import { waitingHookText } from './hook-text.ts';

/** How long the debugger stays after the page's load event, for workers that start late. */
const AFTER_LOAD_MS = 3000;
/** ... and at most. */
const MAX_MS = 30_000;
/** The reload before this one ends sooner; a recording is not waited for. Milliseconds. */
const FREE_MS = 1000;

/**
 * Attaches the debugger, reloads with `reload`, and starts the hook in each frame and each dedicated worker before its first script. Stays
 * attached until a few seconds after the load event, or until somebody steps, then detaches. `attached` is called when the page is being reloaded; the
 * promise settles at the end.
 */
export async function reloadThroughDebugger(
  tabId: number,
  signal: AbortSignal,
  hook: string,
  reload: () => void,
  attached: () => void,
): Promise<void> {
  let enough = (): void => undefined;
  const body = async (connection: DebuggerConnection): Promise<void> => {
    const page = { tabId };
    const loaded = new Promise<void>((resolve) => {
      connection.on('Page.loadEventFired', (target) => {
        if (target.sessionId === undefined) setTimeout(resolve, AFTER_LOAD_MS);
      });
      setTimeout(resolve, MAX_MS);
    });
    const everyDocument = { source: hook };
    const below = { autoAttach: true, waitForDebuggerOnStart: true, flatten: true };
    const start = ({ target, type }: AttachedTarget): void => {
      // Commands are carried out in order. Their answers must not be waited for: a worker gives them only after it was let go.
      const send = (method: string, params: Params): void => {
        // A target that is gone again needs nothing.
        connection.send(target, method, params).catch(() => undefined);
      };
      if (type === 'worker') {
        send('Runtime.evaluate', { expression: waitingHookText(hook) });
        // Workers that this one starts.
        send('Target.setAutoAttach', below);
      } else if (type === 'iframe') {
        send('Page.enable', {});
        send('Page.addScriptToEvaluateOnNewDocument', everyDocument);
        send('Target.setAutoAttach', below);
      }
      send('Runtime.runIfWaitingForDebugger', {});
    };
    connection.onTarget(start);
    await connection.send(page, 'Page.enable');
    await connection.send(page, 'Page.addScriptToEvaluateOnNewDocument', everyDocument);
    await connection.autoAttach(page, true);
    attached();
    reload();
    const early = new Promise<void>((resolve) => (enough = resolve));
    await Promise.race([loaded, early]);
  };
  // The reload before this one.
  await untilFree(tabId, signal, FREE_MS, true);
  // A page in which somebody steps starts no workers, and one that is reloaded is gone.
  return withDebugger(tabId, signal, body, undefined, () => {
    enough();
  });
}

import type { ReloadOptions } from '../session/page-port.ts';
import { allowsBlobWorkers } from './csp.ts';
import { debuggerAvailable } from './debugger-connection.ts';
import { reloadThroughDebugger } from './debugger-reload.ts';
import type { HookOptions } from './hook-protocol.ts';
import { hookText } from './hook-text.ts';
import { loggedPolicies } from './network-log.ts';
import type { PageEval } from './page-eval.ts';

/** What a reload needs of the page. */
export interface HookedReloadParts {
  readonly tabId: number;
  readonly evaluator: PageEval;
  /** The hook's script. */
  readonly script: Promise<string>;
  /** Aborted when DevTools closes. */
  readonly closing: AbortSignal;
  /** Takes what a user should know of workers and frames; it replaces what was told before. */
  readonly note: (notes: readonly string[]) => void;
}

/** The page as it is before it is loaded again. */
export interface PageBefore {
  /** Null while it has not answered. */
  readonly url: string | null;
  /** Frames that cannot be looked into from the page. */
  readonly closedFrames: number;
}

/** Loads the page again with the hook in it, in its frames and in its workers. */
export class HookedReload {
  readonly #parts: HookedReloadParts;

  constructor(parts: HookedReloadParts) {
    this.#parts = parts;
  }

  /** Resolves when the page is about to be loaded. */
  async run({ workers, captureText, values }: ReloadOptions, page: PageBefore): Promise<void> {
    const { note } = this.#parts;
    const script = await this.#parts.script;
    // Chrome injects into the main frame only. The hook reaches frames of its origin from there; others need the debugger, as workers do.
    const useDebugger = debuggerAvailable() && (workers || page.closedFrames > 0);
    const why = workers && !useDebugger ? await this.#whyNoWrap(page.url) : null;
    note(why === null ? [] : [why]);
    const options: HookOptions = {
      capture: true,
      captureText,
      debugSection: values !== undefined,
      channel: workers && why === null ? crypto.randomUUID() : null,
      wrapWorkers: workers && !useDebugger && why === null,
    };
    const injectedScript = hookText(script, options);
    const reload = (): void => {
      chrome.devtools.inspectedWindow.reload({ injectedScript });
    };
    if (useDebugger) await this.#throughDebugger(injectedScript, reload);
    else reload();
  }

  #throughDebugger(injectedScript: string, reload: () => void): Promise<void> {
    const { tabId, closing, note } = this.#parts;
    return new Promise((resolve) => {
      let reloading = false;
      const attached = (): void => {
        reloading = true;
        note([
          'The debugger is attached while the page loads, so that its frames and workers are hooked before they start.',
        ]);
        resolve();
      };
      reloadThroughDebugger(tabId, closing, injectedScript, reload, attached).then(
        () => {
          note([]);
        },
        (error: unknown) => {
          if (closing.aborted) return;
          const what = reloading ? 'Later workers and frames' : 'Workers and frames';
          const message = error instanceof Error ? error.message : String(error);
          note([`${what} of other origins could not be hooked: ${message}`]);
          if (!reloading) reload();
          resolve();
        },
      );
    });
  }

  /** Why workers are not wrapped; null when the page's policy allows it. */
  async #whyNoWrap(pageUrl: string | null): Promise<string | null> {
    // The log has no fragments.
    const logged = pageUrl?.split('#')[0];
    const headers = logged === undefined ? null : await loggedPolicies(logged);
    if (headers === null) {
      return 'Workers are not hooked: DevTools has not seen the headers of this page. Reload once, then reload with the hook again.';
    }
    const metas = await this.#parts.evaluator.metaPolicies().catch(() => null);
    if (metas === null) return 'Workers are not hooked: this page cannot be looked into.';
    return allowsBlobWorkers([...headers, ...metas])
      ? null
      : 'Workers are not hooked: the Content-Security-Policy of this page forbids blob: workers. The build with the debugger can hook them.';
  }
}

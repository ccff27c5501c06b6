import type { HookOptions } from './hook-protocol.ts';

/** The hook as text that runs with these options; `script` is the built hook.js. Nothing of it is left on the page's global but the registry. */
export function hookText(script: string, options: HookOptions): string {
  return `(function goWasmDevtoolsHook(goWasmDevtoolsOptions) {\n${script}\n})(${JSON.stringify(options)});`;
}

/**
 * The hook as text for a worker that has not started: its global is not complete yet (no timers; reading `location` ends it, seen in
 * Chromium 156), so the hook waits until the worker's script first asks for `WebAssembly`, which is then the same property as ever.
 */
export function waitingHookText(hook: string): string {
  return `(() => {
    const own = Object.getOwnPropertyDescriptor(globalThis, 'WebAssembly');
    if (own === undefined || !own.configurable || !('value' in own)) return;
    const back = (value) => Object.defineProperty(globalThis, 'WebAssembly', { ...own, value });
    Object.defineProperty(globalThis, 'WebAssembly', {
      configurable: true,
      enumerable: own.enumerable,
      get() {
        back(own.value);
        try { ${hook} } catch {}
        return own.value;
      },
      set: back,
    });
  })();`;
}

/** Loads the built hook of this extension. */
export async function loadHookScript(): Promise<string> {
  const response = await fetch(chrome.runtime.getURL('hook.js'));
  return response.text();
}

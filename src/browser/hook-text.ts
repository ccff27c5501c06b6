import type { HookOptions } from './hook-protocol.ts';

/** The hook as text that runs with these options; `script` is the built hook.js. Nothing of it is left on the page's global but the registry. */
export function hookText(script: string, options: HookOptions): string {
  return `(function goWasmDevtoolsHook(goWasmDevtoolsOptions) {\n${script}\n})(${JSON.stringify(options)});`;
}

/** Loads the built hook of this extension. */
export async function loadHookScript(): Promise<string> {
  const response = await fetch(chrome.runtime.getURL('hook.js'));
  return response.text();
}

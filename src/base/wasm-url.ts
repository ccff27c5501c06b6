/** Whether a URL names a WebAssembly script: a `.wasm` path, or V8's `wasm://wasm/HASH`. Servers may give a module any other path. */
export function isWasmUrl(url: string): boolean {
  return url.startsWith('wasm://') || /^[^?#]*\.wasm(?:[?#]|$)/.test(url);
}

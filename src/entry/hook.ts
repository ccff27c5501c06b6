import type { HookOptions } from '../browser/hook-protocol.ts';
import { installHook } from '../browser/hook/install.ts';

// The one script that runs in the page's own world. It is injected as the body of a function `goWasmDevtoolsHook(goWasmDevtoolsOptions)`
// (src/browser/hook-text.ts), or runs as it is, as the content script of a site that was opted in.

declare const goWasmDevtoolsOptions: HookOptions | undefined;
declare const goWasmDevtoolsHook: ((options: HookOptions) => void) | undefined;

const DEFAULTS: HookOptions = { capture: true, captureText: true, channel: null, wrapWorkers: false };

installHook(
  globalThis,
  typeof goWasmDevtoolsOptions === 'undefined' ? DEFAULTS : goWasmDevtoolsOptions,
  typeof goWasmDevtoolsHook === 'undefined' ? null : Function.prototype.toString.call(goWasmDevtoolsHook),
);

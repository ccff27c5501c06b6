import { MadeSession } from './made-goroutines.ts';
import type { MadeOptions } from './made-goroutines.ts';

// Bundled into a script that runs in the panel's page before the panel: it finds this session there, as it finds DevTools' own.

declare global {
  interface Window {
    madeOptions?: MadeOptions;
  }
}

if (window.madeOptions !== undefined) window.goSession = new MadeSession(window.madeOptions);

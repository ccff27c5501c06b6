import { serveDebuggerGuard } from '../browser/debugger-guard.ts';
import { serveSites } from '../browser/site-registry.ts';

serveSites();
serveDebuggerGuard();

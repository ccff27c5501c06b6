import type { IconName } from '../../components/icon.tsx';
import type { TrapKind } from '../../model/types.ts';

/** How each kind of death is drawn and named. */
export const TRAP_KINDS: Readonly<
  Record<TrapKind, { icon: IconName; name: string; tone: 'error' | 'warning' }>
> = {
  panic: { icon: 'error', name: 'Panic', tone: 'error' },
  fatal: { icon: 'fatal', name: 'Fatal error', tone: 'error' },
  trap: { icon: 'bolt', name: 'WebAssembly trap', tone: 'error' },
  exit: { icon: 'exit', name: 'Exit', tone: 'warning' },
  deadlock: { icon: 'pause', name: 'Deadlock', tone: 'error' },
  'stack-overflow': { icon: 'stack', name: 'Stack overflow', tone: 'error' },
  'out-of-memory': { icon: 'memory', name: 'Out of memory', tone: 'error' },
  exception: { icon: 'script', name: 'JavaScript exception', tone: 'error' },
};

import type { MemoryTarget } from './page-port.ts';

/** The session's name for a memory, as the worker sends it back. */
export function parseTarget(target: string): MemoryTarget {
  const [kind, ...rest] = target.split(' ');
  const key = rest.join(' ');
  if (kind === 'trap') return { trapKey: key };
  return kind === 'held' ? { heldKey: key } : { instanceKey: key };
}

import type { PastedStack } from '../../src/session/client.ts';
import type { SessionState, TrapState } from '../../src/session/state.ts';
import { stackAsText } from './frames.ts';
import type { TrapKind } from './types.ts';

/** A pasted stack as an entry of the list of traps. `time`: milliseconds since the epoch, when it was pasted. */
export function pastedTrap(
  pasted: PastedStack,
  text: string,
  key: string,
  time: number,
  state: SessionState,
): TrapState {
  const [stack = null, ...otherStacks] = pasted.stacks;
  const module = state.modules.find((candidate) => candidate.key === pasted.moduleKey);
  return {
    key,
    instanceKey: null,
    moduleKey: pasted.moduleKey,
    realm: { id: 'pasted', kind: 'page', url: '' },
    time,
    kind: kindOf(pasted.title),
    title: pasted.title,
    surfaced: [module === undefined ? 'pasted text' : `pasted text, symbolized against ${module.name}`],
    text,
    goroutine: null,
    snapshotKey: null,
    stack,
    otherStacks,
    status: 'ready',
    notes: pasted.notes,
  };
}

/** Whether a trap was pasted, so that the session knows nothing of it. */
export const isPasted = (trap: TrapState): boolean => trap.realm.id === 'pasted';

/** Text of a pasted trap for the clipboard; the session formats its own. */
export function pastedText(trap: TrapState, format: 'traceback' | 'markdown'): string {
  const trace = trap.stack === null ? '' : `\n${stackAsText(trap.stack)}`;
  const plain = `${trap.title}\n${trace}`;
  if (format === 'traceback') return plain;
  const notes = trap.notes.map((note) => `- ${note}\n`).join('');
  return `\`\`\`\n${plain}\`\`\`\n${notes === '' ? '' : `\n${notes}`}`;
}

function kindOf(title: string): TrapKind {
  if (title.startsWith('panic:')) return 'panic';
  if (title.includes('all goroutines are asleep')) return 'deadlock';
  if (/stack overflow|Maximum call stack/i.test(title)) return 'stack-overflow';
  if (title.includes('out of memory')) return 'out-of-memory';
  if (title.startsWith('fatal error:')) return 'fatal';
  return 'trap';
}

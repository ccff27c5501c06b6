import type { SessionState } from '../../../src/session/state.ts';
import { accessActions, openDump } from '../../shell/actions.ts';
import { emptyModules, type EmptyText } from '../../shell/empty-state.tsx';

/** Why there is no memory to be shown, and what would change that. */
export function emptyMemory(state: SessionState): EmptyText {
  const dump = openDump(null);
  if (state.emptyReason !== null && state.emptyReason !== 'not-go') {
    const { title, text, actions } = emptyModules(state);
    return {
      title,
      text,
      actions: actions.filter(({ id }) => id !== 'paste' && id !== 'open-file').concat(dump),
    };
  }
  if (state.instances.some(({ memoryBytes }) => memoryBytes === null)) {
    return {
      title: 'The memory of this program is not seen',
      text: ['It was loaded before DevTools opened, or its memory is not within reach of the hook.'],
      actions: [...accessActions(state), dump],
    };
  }
  return {
    title: 'No memory',
    text: [
      'Linear memory is read of a running program, or of one that died. None is seen on this page.',
      'A memory dump that was saved before can be opened too.',
    ],
    actions: [...accessActions(state), dump],
  };
}

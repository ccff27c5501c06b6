import type { InstanceState, SessionState } from '../../../src/session/state.ts';
import { accessActions } from '../../shell/actions.ts';
import { emptyModules, type EmptyText } from '../../shell/empty-state.tsx';

/** The program that is meant: the chosen one, or the only one of Go or TinyGo; null with the reason, or without where there is none at all. */
export function runningPrograms(
  state: SessionState,
  chosen: InstanceState | null,
): { readonly program: InstanceState | null; readonly choose: string | null } {
  const known = state.instances.find(({ key }) => key === chosen?.key);
  if (known !== undefined) return { program: known, choose: null };
  const programs = state.instances.filter(({ moduleKey }) => {
    const toolchain = state.modules.find(({ key }) => key === moduleKey)?.report?.toolchain;
    return toolchain === 'go' || toolchain === 'tinygo';
  });
  const [only] = programs;
  if (programs.length === 1 && only !== undefined) return { program: only, choose: null };
  return {
    program: null,
    choose: programs.length === 0 ? null : 'There are several programs: choose one in the bar above.',
  };
}

/** What stands where no program is known. */
export function noProgram(state: SessionState, choose: string | null): EmptyText {
  if (choose !== null) return { title: 'No program to look at', text: [choose], actions: [] };
  if (state.modules.length === 0) return emptyModules(state);
  return {
    title: 'No running program is known',
    text: [
      'A module of the page is known, its running program is not: reload with the hook, or attach the debugger where there is one.',
    ],
    actions: accessActions(state),
  };
}

import type { PageInstance } from './page-events.ts';
import type { EmptyReason, InstanceState, ModuleState, SessionState } from './state.ts';

// What of the session's state follows from the rest of it.

/** Why there is nothing to show; null when there is something. `reportsSeen`: the page has been looked into. */
export function emptyReason(state: SessionState, reportsSeen: boolean): EmptyReason | null {
  if (state.modules.length === 0) return reportsSeen ? 'no-wasm' : 'starting';
  const isGo = (module: ModuleState): boolean =>
    module.status !== 'ready' || (module.report?.toolchain ?? 'other') !== 'other';
  if (!state.modules.some(isGo)) return 'not-go';
  if (state.instances.length === 0 && state.modules.every((module) => module.origin === 'resource'))
    return 'loaded-before';
  return null;
}

/** A program as the views have it. `trapped`: it died. */
export function instanceState(
  { key, moduleKey, realm, state, memoryBytes, times }: PageInstance,
  module: ModuleState | undefined,
  trapped: boolean,
): InstanceState {
  const label = [module?.name ?? 'module', module?.report?.goVersion ?? '', realm.kind]
    .filter((part) => part !== '')
    .join(' · ');
  return { key, moduleKey, realm, label, state: trapped ? 'trapped' : state, memoryBytes, times };
}

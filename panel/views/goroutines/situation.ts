import type { SnapshotCost } from '../../../src/session/goroutines-client.ts';
import type { InstanceState, ModuleState, SessionState } from '../../../src/session/state.ts';
import { clip } from '../../model/text.ts';
import type { SnapshotState } from '../../model/types.ts';
import { accessActions, ATTACH, openDump, RELOAD } from '../../shell/actions.ts';
import type { Action } from '../../shell/actions.ts';
import { emptyModules } from '../../shell/empty-state.tsx';
import type { EmptyText } from '../../shell/empty-state.tsx';
import { costText, isCheap, snapshotsOf } from './words.ts';

/** What the view shows: a snapshot, or why there is none. */
export type Situation =
  | { readonly kind: 'snapshot'; readonly snapshot: SnapshotState }
  | {
      readonly kind: 'empty';
      readonly empty: EmptyText;
      /** The one clear error, where there is one. */
      readonly error: string | null;
      /** The task under way, with its progress and a way to cancel it. */
      readonly taskId: number | null;
      /** The program whose goroutines can be read at little cost: the view does so when it is shown first. */
      readonly take: string | null;
    };

/** Takes a snapshot of a program. */
export const takeOf = (instance: InstanceState): Action => ({
  id: 'take',
  text: 'Read goroutines',
  tip: 'Reads all goroutines out of the memory of the program. Nothing is written, and nothing of the program runs.',
  run: (model) => {
    model.adjust({ snapshot: null });
    model.run('Reading goroutines', model.client.goroutines.take({ instanceKey: instance.key }));
  },
});

/** The program whose goroutines are meant: the chosen one, or the only one that Go built. */
export function programOf(state: SessionState, chosen: InstanceState | null): InstanceState | null {
  if (chosen !== null) return chosen;
  const go = goPrograms(state);
  return go.length === 1 ? (go[0] ?? null) : null;
}

/** `wanted`: key of the snapshot that the panel's place names; null: the newest. `cost`: of a snapshot of the program. */
export function situationOf(
  state: SessionState,
  chosen: InstanceState | null,
  wanted: string | null,
  cost: SnapshotCost | null,
): Situation {
  const named = state.snapshots.find(({ key }) => key === wanted);
  const instance = programOf(state, chosen);
  const snapshots = snapshotsOf(state, instance);
  // A newer one that is still being read does not hide the one before it.
  const newest = snapshots.find(({ status }) => status !== 'reading') ?? snapshots[0];
  const snapshot = named ?? (instance === null && goPrograms(state).length > 1 ? undefined : newest);
  if (snapshot === undefined) return withoutSnapshot(state, chosen, cost);
  if (snapshot.status === 'ready') return { kind: 'snapshot', snapshot };
  const again = instance !== null && snapshot.instanceKey === instance.key ? [takeOf(instance)] : [];
  if (snapshot.status === 'failed')
    return nothing(
      'The goroutines could not be read',
      ['The rest of the panel is not affected.'],
      [...again, openDump(null)],
      { error: snapshot.error ?? 'no reason is known' },
    );
  return nothing('Reading goroutines', [clip(snapshot.label, 100)], [], { taskId: snapshot.taskId });
}

const goPrograms = (state: SessionState): readonly InstanceState[] =>
  state.instances.filter((instance) => hasGoroutines(moduleOf(state, instance)));

/** Whether a module is of a toolchain whose programs have goroutines. */
const hasGoroutines = (module: ModuleState | undefined): boolean =>
  module?.report?.toolchain === 'go' || module?.report?.toolchain === 'tinygo';

function moduleOf(state: SessionState, instance: InstanceState): ModuleState | undefined {
  return state.modules.find(({ key }) => key === instance.moduleKey);
}

function nothing(
  title: string,
  text: readonly string[],
  actions: readonly Action[],
  more: Partial<Extract<Situation, { kind: 'empty' }>> = {},
): Situation {
  return { kind: 'empty', empty: { title, text, actions }, error: null, taskId: null, take: null, ...more };
}

function withoutSnapshot(
  state: SessionState,
  chosen: InstanceState | null,
  cost: SnapshotCost | null,
): Situation {
  const instance = programOf(state, chosen);
  const programs = goPrograms(state);
  if (instance === null && programs.length > 1)
    return nothing(
      'Several Go programs run on this page',
      ['Choose the one whose goroutines you want to see.'],
      programs.map((program) => ({
        id: program.key,
        text: clip(program.label, 60),
        tip: program.realm.url,
        run: (model) => model.chooseInstance(program.key),
      })),
    );
  if (instance !== null) return ofInstance(state, instance, cost);
  if (state.instances.length > 0)
    return ofModule(state.modules.filter(({ key }) => state.instances.some((i) => i.moduleKey === key)));
  if (state.emptyReason !== null) {
    const { title, text, actions } = emptyModules(state);
    return nothing(
      title,
      text,
      actions.filter(({ id }) => id !== 'paste' && id !== 'open-file').concat(openDump(null)),
    );
  }
  return nothing(
    'No running program',
    [
      'Goroutines are read from the memory of a running program, or of one that died. None is seen on this page.',
      'A memory dump that was saved before can be opened too.',
    ],
    [...accessActions(state), openDump(null)],
  );
}

function ofInstance(state: SessionState, instance: InstanceState, cost: SnapshotCost | null): Situation {
  const module = moduleOf(state, instance);
  if (module === undefined || !hasGoroutines(module)) return ofModule(module === undefined ? [] : [module]);
  if (instance.memoryBytes !== null)
    return nothing(
      'No snapshot',
      [
        'All goroutines of the program, with their stacks, are read from its memory.',
        ...(cost === null ? [] : [costText(cost)]),
      ],
      [takeOf(instance), openDump(module.key)],
      { take: isCheap(cost) ? instance.key : null },
    );
  if (instance.state === 'exited' || instance.state === 'trapped')
    return nothing(
      'The program has ended, and its memory with it',
      [
        'Nothing referred to its memory when it ended. With the hook, the memory of a program that dies is kept.',
      ],
      [RELOAD, openDump(module.key)],
    );
  return nothing(
    'The memory of this program is not seen',
    ['It was loaded before DevTools opened, or its memory is not within reach of the hook.'],
    [...(state.access.debuggerAvailable ? [ATTACH] : []), RELOAD, openDump(module.key)],
  );
}

/** Programs that are not Go's, or whose module says nothing yet. */
function ofModule(modules: readonly ModuleState[]): Situation {
  const name = clip(modules[0]?.name ?? 'The module', 60);
  if (modules.some(({ status }) => status === 'loading'))
    return nothing('Reading the module', [`${name}: which Go built it is not known yet.`], []);
  const failed = modules.find(({ status }) => status === 'failed');
  if (failed !== undefined)
    return nothing('The module could not be read', [name], [openDump(null)], { error: failed.error });
  return nothing('No Go program', [`${name} was not built by Go: it has no goroutines.`], [openDump(null)]);
}

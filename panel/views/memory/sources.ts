import type { InstanceState, SessionState } from '../../../src/session/state.ts';
import { clip, formatMemory } from '../../model/text.ts';
import type { MemoryPlace, SnapshotState } from '../../model/types.ts';

/** A memory that can be looked at. */
export interface SourceChoice {
  /** As the panel's place names it: `instance KEY`, `snapshot KEY`, `copy KEY`. */
  readonly id: string;
  readonly title: string;
  readonly place: MemoryPlace;
  readonly moduleKey: string;
  /** The running program; null for a snapshot. */
  readonly instance: InstanceState | null;
}

/** Memories of the chosen program or of all: what runs first, then snapshots, the newest first. */
export function sourcesOf(state: SessionState, chosen: InstanceState | null): readonly SourceChoice[] {
  const instances = chosen === null ? state.instances : [chosen];
  const several = instances.length > 1;
  return [
    ...instances
      .filter(({ memoryBytes }) => memoryBytes !== null)
      .map((instance) => ofInstance(instance, several)),
    ...state.snapshots
      .filter(({ status, instanceKey }) => {
        const belongs = chosen === null || instanceKey === null || instanceKey === chosen.key;
        return status === 'ready' && belongs;
      })
      .map(ofSnapshot),
    ...(state.memoryCopies ?? [])
      .filter(({ instanceKey }) => chosen === null || instanceKey === chosen.key)
      .map(({ key, moduleKey, label }): SourceChoice => ({
        id: `copy ${key}`,
        title: `Copy ${label}`,
        place: { copyKey: key },
        moduleKey,
        instance: null,
      })),
  ];
}

function ofInstance(instance: InstanceState, several: boolean): SourceChoice {
  const { key, moduleKey, memoryBytes, state } = instance;
  const what = state === 'running' || state === 'created' ? 'Live' : 'As it was left';
  const whose = several ? ` · ${clip(instance.label, 40)}` : '';
  return {
    id: `instance ${key}`,
    title: `${what}${whose} · ${formatMemory(memoryBytes ?? 0)}`,
    place: { instanceKey: key },
    moduleKey,
    instance,
  };
}

function ofSnapshot({ key, moduleKey, label, origin }: SnapshotState): SourceChoice {
  const what = origin === 'dump' ? 'Dump' : 'Snapshot';
  return {
    id: `snapshot ${key}`,
    title: `${what} ${clip(label, 40)}`,
    place: { snapshotKey: key },
    moduleKey,
    instance: null,
  };
}

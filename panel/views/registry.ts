import type { ComponentType } from 'preact';
import type { PanelModel } from '../model/panel-model.ts';
import type { SnapshotState } from '../model/types.ts';
import { GoroutinesView } from './goroutines/goroutines-view.tsx';
import { snapshotsOf } from './goroutines/words.ts';
import { HeapView } from './heap/heap-view.tsx';
import { MemoryView } from './memory/memory-view.tsx';
import { ModulesView } from './modules/modules-view.tsx';
import { ProfilesView } from './profiles/profiles-view.tsx';
import { TrapsView } from './traps/traps-view.tsx';

/** A tab of the panel. Views that come later are added to `VIEWS`, nothing else. */
export interface PanelView {
  readonly id: string;
  readonly title: string;
  /** A number shown after the title when it is not 0. */
  readonly count?: (model: PanelModel) => number;
  readonly component: ComponentType;
}

export const VIEWS: readonly PanelView[] = [
  { id: 'modules', title: 'Modules', component: ModulesView },
  { id: 'traps', title: 'Traps', count: (model) => model.traps.value.length, component: TrapsView },
  {
    id: 'goroutines',
    title: 'Goroutines',
    count: (model) => newestOf(model)?.facts?.user ?? 0,
    component: GoroutinesView,
  },
  { id: 'memory', title: 'Memory', component: MemoryView },
  { id: 'heap', title: 'Heap', component: HeapView },
  {
    id: 'profiles',
    title: 'Profiles',
    count: (model) => model.state.value.captures.length,
    component: ProfilesView,
  },
];

/** The newest snapshot of the chosen instance, or of all, that could be read. */
function newestOf(model: PanelModel): SnapshotState | undefined {
  return snapshotsOf(model.state.value, model.instance.value).find(({ status }) => status === 'ready');
}

import type { ComponentType } from 'preact';
import type { PanelModel } from '../model/panel-model.ts';
import { ModulesView } from './modules/modules-view.tsx';
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
];

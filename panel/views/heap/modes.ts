import type { ComponentType } from 'preact';
import type { HeapFacts, HeapState } from '../../model/types.ts';
import { CompareMode } from './compare-mode.tsx';
import { ChartsMode } from './charts-mode.tsx';
import { ObjectsMode } from './objects-mode.tsx';
import { ReferencesMode } from './references-mode.tsx';
import { SpansMode } from './spans-mode.tsx';
import { TimelineMode } from './timeline-mode.tsx';
import { TypesMode } from './types-mode.tsx';

/** What a mode over a heap that has been read is given. */
export interface ReadHeapProps {
  readonly heap: HeapState;
  readonly facts: HeapFacts;
}

interface Named {
  readonly id: string;
  readonly title: string;
  readonly tip: string;
}

/** A mode of the Heap view, a tab in its toolbar. A new one is an entry of `HEAP_MODES`, nothing else. */
export type HeapMode = Named &
  (
    | {
        /** Shown once the heap of a snapshot has been read, below its totals. */
        readonly needs: 'heap';
        readonly component: ComponentType<ReadHeapProps>;
      }
    | {
        /** Fills the view, whether there is a snapshot or not. */
        readonly needs: 'nothing';
        readonly component: ComponentType;
      }
  );

export const HEAP_MODES: readonly HeapMode[] = [
  {
    ...{ id: 'types', title: 'Types', tip: 'Objects by type, and what keeps them' },
    ...{ needs: 'heap', component: TypesMode },
  },
  {
    ...{ id: 'objects', title: 'Objects', tip: 'Objects of all types, those that retain most first' },
    ...{ needs: 'heap', component: ObjectsMode },
  },
  {
    ...{ id: 'spans', title: 'Spans', tip: 'Spans by size class, and their fill' },
    ...{ needs: 'heap', component: SpansMode },
  },
  {
    ...{
      id: 'compare',
      title: 'Compare',
      tip: 'What has grown since an earlier snapshot: leak candidates first',
    },
    ...{ needs: 'heap', component: CompareMode },
  },
  {
    ...{ id: 'timeline', title: 'Timeline', tip: 'All snapshots that were read: how the memory has grown' },
    ...{ needs: 'nothing', component: TimelineMode },
  },
  {
    id: 'references',
    title: 'JavaScript references',
    tip: 'JavaScript values that the program refers to, and functions that it gave to JavaScript',
    needs: 'nothing',
    component: ReferencesMode,
  },
  {
    id: 'charts',
    title: 'Charts',
    tip: 'Memory, heap, goroutines, collections and references, sampled while the panel is shown',
    needs: 'nothing',
    component: ChartsMode,
  },
];

import type { JSX } from 'preact';
import type { ReadHeapProps } from './modes.ts';
import { ObjectsPane } from './objects-pane.tsx';

/** Objects of all types, those that retain most first. */
export function ObjectsMode({ heap }: ReadHeapProps): JSX.Element {
  return <ObjectsPane snapshotKey={heap.snapshotKey} type={null} />;
}

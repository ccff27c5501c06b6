import type { Handlers } from '../protocol/endpoint.ts';
import type { HeapRequests } from '../protocol/heap.ts';
import { heapHandlers, type HeapSource } from './heap.ts';
import type { Snapshot } from './snapshot.ts';
import { tinyGoHeapHandlers } from './tinygo-heap.ts';
import { TinyGoSnapshot } from './tinygo-snapshot.ts';

/** Answers requests about heaps of standard Go's programs and of TinyGo's. `open`: of the first; both throw where there is no such snapshot. */
export function heapsOfAll(
  snapshotOf: (snapshotKey: string) => Snapshot,
  open: (snapshotKey: string) => HeapSource,
): Handlers<HeapRequests> & { dropped: (snapshotKey: string) => void } {
  const go = heapHandlers(open);
  const tinygo = tinyGoHeapHandlers((key) => {
    const snapshot = snapshotOf(key);
    if (snapshot instanceof TinyGoSnapshot) return snapshot;
    throw new Error('this snapshot is not of TinyGo');
  });
  /** Whether a snapshot is, or was, of TinyGo: figures outlive it. */
  const isTinyGo = (key: string): boolean => {
    if (tinygo.hasFigures(key)) return true;
    try {
      return snapshotOf(key) instanceof TinyGoSnapshot;
    } catch {
      return false;
    }
  };
  const of = (key: string): Handlers<HeapRequests> => (isTinyGo(key) ? tinygo : go);
  return {
    dropped: (key) => {
      go.dropped(key);
      tinygo.dropped(key);
    },
    'heap.read': (params, context) => of(params.snapshotKey)['heap.read'](params, context),
    'heap.objects': (params, context) => of(params.snapshotKey)['heap.objects'](params, context),
    'heap.object': (params, context) => of(params.snapshotKey)['heap.object'](params, context),
    'heap.value': (params, context) => of(params.snapshotKey)['heap.value'](params, context),
    'heap.keeps': (params, context) => of(params.snapshotKey)['heap.keeps'](params, context),
    'heap.diff': (params, context) => of(params.snapshotKey)['heap.diff'](params, context),
    'heap.forget': (params, context) => of(params.snapshotKey)['heap.forget'](params, context),
  };
}

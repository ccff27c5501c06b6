import { EXACT } from '../../../../src/base/confidence.ts';
import type { GoroutineRow } from '../../../../panel/model/types.ts';

/** A row of which only the id matters. */
export function rowNamed(id: number, change: Partial<GoroutineRow> = {}): GoroutineRow {
  return {
    kind: 'goroutine',
    key: `g${String(id)}`,
    group: null,
    id,
    state: 'chan receive',
    waitedNs: null,
    system: false,
    function: 'main.worker',
    file: 'example.com/app/main.go',
    line: 12,
    lineEnd: null,
    confidence: EXACT,
    startFunction: 'main.worker',
    createdBy: null,
    waitsOn: '',
    labels: [],
    change: null,
    sameStack: null,
    ...change,
  };
}

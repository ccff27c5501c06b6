import { EXACT, type Confidence } from '../base/confidence.ts';
import type { GoRuntime } from '../go/runtime/runtime.ts';
import type { GoroutineFacts } from '../protocol/goroutines.ts';
import type { SnapshotSource } from '../protocol/requests.ts';
import { EVENT_HANDLER, type Entry, type GoroutineSnapshot } from './goroutines-snapshot.ts';

/** How the memory of a snapshot was read, in words. */
export interface Reading {
  readonly text: string;
  readonly pauseMs: number | null;
  readonly notes: readonly string[];
}

/** What is known of a snapshot as a whole. */
export function factsOf(
  { entries, listNotes, runtime, memory }: GoroutineSnapshot,
  { text, pauseMs, notes }: Reading,
): GoroutineFacts {
  const count = (is: (entry: Entry) => boolean): number => entries.filter(is).length;
  return {
    total: entries.length,
    user: count(({ goroutine }) => !goroutine.system),
    system: count(({ goroutine }) => goroutine.system),
    running: count(({ state }) => state === 'running' || state === 'syscall'),
    runnable: count(({ state }) => state === 'runnable'),
    waiting: count(({ goroutine, state }) => goroutine.waits || state === EVENT_HANDLER),
    reading: text,
    consistent: memory.consistent,
    pauseMs,
    confidence: confidenceOf(runtime),
    notes: [...notes, ...listNotes],
  };
}

/** The sentence for the status line. `byteLength`: of the whole memory. */
export function readingText(
  kind: SnapshotSource['kind'],
  byteLength: number,
  pauseMs: number | null,
): string {
  const size = `${(byteLength / (1 << 20)).toFixed(1)} MiB`;
  const pause = pauseMs === null ? '' : `, ${pauseMs < 10 ? pauseMs.toFixed(1) : Math.round(pauseMs)} ms`;
  switch (kind) {
    case 'held':
      return `The memory (${size}) was copied in one task of the page${pause}.`;
    case 'stopped':
      return `The memory (${size}) was copied while the debugger had the program stopped.`;
    case 'still':
      return `Read from the memory (${size}) as the program left it.`;
    case 'running':
      return `The memory (${size}) is too large to copy. The list is of one task of the page${pause}; stacks are read while the program runs, each only where its goroutine has not moved since.`;
  }
}

function confidenceOf({ layouts, globals, program }: GoRuntime): Confidence {
  if (globals.allgs.address === undefined) return globals.allgs.confidence;
  const fromTable = Object.entries(layouts.from)
    .filter(([, from]) => from === 'table')
    .map(([name]) => `runtime.${name}`);
  if (fromTable.length === 0) return EXACT;
  const why = `the module does not describe ${fromTable.join(', ')}: their layout is that of Go 1.${program.minor}`;
  return { kind: 'inferred', why };
}

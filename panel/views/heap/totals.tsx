import type { JSX } from 'preact';
import { formatCount, formatDuration, formatMemory, formatShare } from '../../model/text.ts';
import type { HeapFacts } from '../../model/types.ts';

/** The totals of a heap, as runtime.MemStats reports them, in a wrapping line. */
export function Totals({ facts }: { facts: HeapFacts }): JSX.Element {
  const { totals, summary, reachable } = facts;
  const bytes = (value: number | null): string => (value === null ? 'not known' : formatMemory(value));
  const known = (part: number): string => formatShare(part / Math.max(1, summary.bytes));
  const pairs: readonly (readonly [string, string])[] = [
    ['In use', `${bytes(totals.heapAlloc)} in ${formatCount(totals.heapObjects)} objects`],
    ['Reachable', `${bytes(reachable.bytes)} in ${formatCount(reachable.objects)} objects`],
    ['Idle', bytes(totals.heapIdle)],
    ['Released', bytes(totals.heapReleased)],
    ['Stacks', bytes(totals.stackInuse)],
    ['Memory', bytes(totals.memoryBytes)],
    ['Collections', totals.numGC === null ? 'not known' : formatCount(totals.numGC)],
    ['Next at', bytes(totals.nextGC)],
    ['Pauses', pauseText(totals)],
    [
      'Types',
      `exact ${known(summary.exactBytes)}, inferred ${known(summary.inferredBytes)}, unknown ${known(summary.unknownBytes)}`,
    ],
  ];
  return (
    <dl class="heap-totals" aria-label="Totals">
      {pairs.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function pauseText({ pauseTotalNs, pauses }: HeapFacts['totals']): string {
  if (pauseTotalNs === null) return 'not known';
  const [last] = pauses;
  const all = formatDuration(pauseTotalNs / 1e6);
  return last === undefined ? all : `${all}, the last ${formatDuration(last / 1e6)}`;
}

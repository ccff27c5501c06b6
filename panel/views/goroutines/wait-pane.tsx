import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { DataGrid } from '../../components/data-grid.tsx';
import type { Column } from '../../components/data-grid.tsx';
import { Icon } from '../../components/icon.tsx';
import { useAnswer } from '../../components/use-answer.ts';
import { useModel } from '../../model/context.ts';
import { locationText } from '../../model/frames.ts';
import { clip, formatCount, plural } from '../../model/text.ts';
import type { GoroutineRow, WaitObject, WaitTarget } from '../../model/types.ts';
import { MemoryLink } from '../memory/memory-link.tsx';
import { GoroutineLink } from './verdict-bar.tsx';
import { waitedText } from './words.ts';

/** What a goroutine waits on, one of several in a select, and who else waits on that. */
export function WaitPane({
  snapshotKey,
  waits,
  address,
}: {
  snapshotKey: string;
  waits: readonly WaitTarget[];
  /** The object that is looked at, also one that is not among `waits`; null: the first. */
  address: number | null;
}): JSX.Element {
  const model = useModel();
  const { client } = model;
  const first = waits.find((target) => target.address !== null)?.address ?? null;
  const at = address ?? first;
  const answer = useAnswer(at === null ? null : `${snapshotKey} ${String(at)}`, () =>
    client.goroutines.waitObject(snapshotKey, at ?? 0),
  );
  return (
    <div class="pane wait-pane">
      <ul class="wait-targets" aria-label="What the goroutine waits on">
        {waits.map((target, index) => (
          <li key={index} aria-current={target.address !== null && target.address === at}>
            <Target target={target} chosen={target.address !== null && target.address === at} />
          </li>
        ))}
        {waits.length === 0 ? <li class="subtle">It waits on nothing that memory shows.</li> : null}
      </ul>
      {at === null ? null : answer.failure !== null ? (
        <div class="grid-empty subtle">{clip(answer.failure, 400)}</div>
      ) : answer.value === null ? (
        <div class="grid-empty subtle">Looking for who else waits on it…</div>
      ) : (
        <WaitObjectView snapshotKey={snapshotKey} object={answer.value} />
      )}
    </div>
  );
}

function Target({ target, chosen }: { target: WaitTarget; chosen: boolean }): JSX.Element {
  const model = useModel();
  const { address, confidence, direction } = target;
  const why = confidence.kind === 'exact' ? null : `${confidence.kind}: ${confidence.why}`;
  const arm = target.select ? 'select arm: ' : '';
  const how = direction === null ? '' : direction === 'send' ? 'send to ' : 'receive from ';
  const text = `${arm}${how}${clip(target.text, 200)}`;
  if (address === null || chosen)
    return (
      <span
        class={`code ${why === null ? '' : 'unsure'} ${chosen ? 'chosen' : ''}`}
        data-tip={why ?? undefined}
      >
        {text}
      </span>
    );
  return (
    <button
      type="button"
      class={`link code ${confidence.kind}`}
      data-tip={why ?? undefined}
      onClick={() => model.go({ goroutineTab: 'waits', waitObject: address })}
    >
      {text}
    </button>
  );
}

/** A line of the list of waiters: what they wait for, or one of them. */
type WaiterRow =
  | { readonly key: string; readonly title: string; readonly count: number }
  | { readonly key: string; readonly row: GoroutineRow };

/** The waiters of an object in sections: senders, receivers, those that wait for a lock. */
export function waiterRows(object: WaitObject): readonly WaiterRow[] {
  const channel = object.kind === 'channel';
  const sections = [
    ['Senders', object.senders, channel],
    ['Receivers', object.receivers, channel],
    ['Waiters', object.waiters, !channel],
  ] as const;
  return sections.flatMap(([title, rows, always]): WaiterRow[] =>
    rows.length === 0 && !always
      ? []
      : [
          { key: title, title, count: rows.length },
          ...rows.map((row, index) => ({ key: `${title} ${String(index)} ${row.key}`, row })),
        ],
  );
}

const COLUMNS: readonly Column<WaiterRow>[] = [
  {
    id: 'goroutine',
    title: 'Goroutine',
    weight: 34,
    cell: (waiter) =>
      'row' in waiter ? (
        <span>
          <span class="code">{waiter.row.label ?? waiter.row.id}</span> {clip(waiter.row.state, 60)}
        </span>
      ) : (
        <strong>
          {waiter.title} {formatCount(waiter.count)}
        </strong>
      ),
  },
  {
    id: 'function',
    title: 'Function',
    weight: 48,
    cell: (waiter) =>
      'row' in waiter ? (
        <span class="code">
          {clip(waiter.row.function, 160)} <span class="subtle">{clip(locationText(waiter.row), 80)}</span>
        </span>
      ) : null,
    tip: (waiter) =>
      'row' in waiter ? `${waiter.row.function}\n${locationText(waiter.row, true)}` : undefined,
  },
  {
    id: 'waiting',
    title: 'Waiting',
    weight: 18,
    align: 'right',
    cell: (waiter) => ('row' in waiter ? waitedText(waiter.row.waitedNs) : null),
  },
];

function WaitObjectView({ snapshotKey, object }: { snapshotKey: string; object: WaitObject }): JSX.Element {
  const model = useModel();
  const [active, setActive] = useState<string | null>(null);
  const rows = useMemo(() => waiterRows(object), [object]);
  const { capacity, length, closed, elementType, owner } = object;
  return (
    <>
      <div class="wait-object">
        <h2 class="code">{clip(object.text, 200)}</h2>
        <div class="trap-facts">
          <MemoryLink address={object.address} snapshotKey={snapshotKey} />
          {elementType === null ? null : (
            <span>
              element type <span class="code">{clip(elementType, 120)}</span>
            </span>
          )}
          {capacity === null || length === null ? null : (
            <span>
              {capacity === 0
                ? 'unbuffered'
                : `${formatCount(length)} of ${plural(capacity, 'value')} in the buffer`}
            </span>
          )}
          {closed === null ? null : <span>{closed ? 'closed' : 'open'}</span>}
          {owner === null ? null : (
            <span data-tip={owner.confidence.kind === 'exact' ? undefined : owner.confidence.why}>
              held by <GoroutineLink snapshotKey={snapshotKey} of={owner} />
              {owner.confidence.kind === 'exact' ? '' : ` (${owner.confidence.kind})`}
            </span>
          )}
        </div>
        {object.notes.map((note) => (
          <div key={note} class="message-line">
            <Icon name="info" class="info" />
            <span>{clip(note, 400)}</span>
          </div>
        ))}
      </div>
      <DataGrid
        id="waiters"
        label="Who waits on it"
        columns={COLUMNS}
        rows={rows}
        rowKey={({ key }) => key}
        active={active}
        onActivate={setActive}
        onOpen={(waiter) => {
          if ('row' in waiter) model.showGoroutine(snapshotKey, waiter.row.id);
        }}
        rowClass={(waiter) => ('row' in waiter ? '' : 'group-row')}
      />
    </>
  );
}

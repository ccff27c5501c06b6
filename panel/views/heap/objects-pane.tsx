import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { DataGrid } from '../../components/data-grid.tsx';
import type { Column } from '../../components/data-grid.tsx';
import { SplitPane } from '../../components/split-pane.tsx';
import { useAnswer } from '../../components/use-answer.ts';
import { useModel } from '../../model/context.ts';
import { clip, formatBytes, formatCount, formatHex } from '../../model/text.ts';
import type { HeapObjectDetail, HeapObjectRow, HeapReference } from '../../model/types.ts';

/** Objects that are listed: those that retain most. */
const LISTED = 1000;

const COLUMNS: readonly Column<HeapObjectRow>[] = [
  {
    id: 'address',
    title: 'Address',
    weight: 24,
    cell: ({ address }) => <span class="code">{formatHex(address)}</span>,
  },
  {
    id: 'type',
    title: 'Type',
    weight: 40,
    tip: ({ type }) => type,
    cell: ({ type }) => <span class="code">{clip(type, 300)}</span>,
  },
  { id: 'bytes', title: 'Size', weight: 16, align: 'right', cell: ({ bytes }) => formatBytes(bytes) },
  {
    id: 'retained',
    title: 'Retained',
    hint: 'What would be free without the object, itself included.',
    weight: 20,
    align: 'right',
    tip: ({ retained }) => `${formatCount(retained)} bytes`,
    cell: ({ retained }) => formatBytes(retained),
  },
];

/** The objects of a type that retain most, or of all types; and what keeps the chosen one. */
export function ObjectsPane({
  snapshotKey,
  type,
}: {
  snapshotKey: string;
  type: string | null;
}): JSX.Element {
  const { client } = useModel();
  const [address, setAddress] = useState<number | null>(null);
  useEffect(() => setAddress(null), [snapshotKey, type]);
  const list = useAnswer(JSON.stringify([snapshotKey, type]), () =>
    client.heap.objects({ snapshotKey, type, sort: 'retained', from: 0, count: LISTED }),
  );
  const detail = useAnswer(address === null ? null : JSON.stringify([snapshotKey, address]), () =>
    client.heap.object(snapshotKey, address ?? 0),
  );
  return (
    <SplitPane
      id="heap-objects"
      axis="column"
      initial={0.5}
      label="Objects and what keeps them"
      first={
        <DataGrid
          id="heap-objects"
          label="Objects"
          columns={COLUMNS}
          rows={list.value?.rows ?? []}
          rowKey={(row) => String(row.address)}
          active={address === null ? null : String(address)}
          onActivate={(key) => setAddress(Number(key))}
          empty={<span class="subtle">{list.failure ?? ''}</span>}
        />
      }
      second={
        <div class="heap-object" aria-label="Object" role="region">
          {address === null ? (
            <span class="subtle">
              {(list.value?.total ?? 0) > LISTED
                ? `The ${formatCount(LISTED)} of ${formatCount(list.value?.total ?? 0)} objects that retain most. Choose one to see what keeps it.`
                : 'Choose an object to see what keeps it.'}
            </span>
          ) : detail.value === null || !detail.current ? (
            <span class="subtle">{detail.failure ?? ''}</span>
          ) : (
            <ObjectDetail detail={detail.value} onOpen={setAddress} />
          )}
        </div>
      }
    />
  );
}

/** Rows of retainers and targets that are shown. */
const SHOWN = 100;

function ObjectDetail({
  detail,
  onOpen,
}: {
  detail: HeapObjectDetail;
  onOpen: (address: number) => void;
}): JSX.Element {
  const { path, retainers, targets, row } = detail;
  return (
    <>
      <div class="code">
        {clip(row.type, 300)} at {formatHex(row.address)}
      </div>
      <h3>Path from a root</h3>
      {path === null ? (
        <span class="subtle">No root leads to it: it is garbage.</span>
      ) : (
        <ol class="code">
          <li>{clip(rootText(path.root), 300)}</li>
          {path.steps.map((step) => (
            <li key={step.from.address}>
              <Link row={step.from} field={step.field} onOpen={onOpen} />
            </li>
          ))}
        </ol>
      )}
      <List title="Pointed to by" references={retainers} onOpen={onOpen} />
      <List
        title="Points to"
        references={targets.map((from): HeapReference => ({ from, field: '' }))}
        onOpen={onOpen}
      />
    </>
  );
}

function List({
  title,
  references,
  onOpen,
}: {
  title: string;
  references: readonly HeapReference[];
  onOpen: (address: number) => void;
}): JSX.Element {
  return (
    <>
      <h3>
        {title} {formatCount(references.length)}
      </h3>
      <ol class="code">
        {references.slice(0, SHOWN).map(({ from, field }) => (
          <li key={from.address}>
            <Link row={from} field={field} onOpen={onOpen} />
          </li>
        ))}
      </ol>
    </>
  );
}

function Link({
  row,
  field,
  onOpen,
}: {
  row: HeapObjectRow;
  field: string;
  onOpen: (address: number) => void;
}): JSX.Element {
  return (
    <button type="button" class="link" data-tip="Show this object" onClick={() => onOpen(row.address)}>
      {clip(`${row.type}${field}`, 300)}
    </button>
  );
}

type Root = NonNullable<HeapObjectDetail['path']>['root'];

/** A root in words. */
function rootText(root: Root): string {
  switch (root.kind) {
    case 'variable': {
      const name = root.name ?? `variable at ${formatHex(root.at)}`;
      return root.users.length === 0 ? name : `${name}, used by ${root.users.join(', ')}`;
    }
    case 'stack':
      return `goroutine ${String(root.goroutine)}${root.function === '' ? '' : `, in ${root.function}`}`;
    case 'finalizer':
      return 'a finalizer';
  }
}

import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { DataGrid } from '../../components/data-grid.tsx';
import type { Column } from '../../components/data-grid.tsx';
import { SplitPane } from '../../components/split-pane.tsx';
import { useAnswer } from '../../components/use-answer.ts';
import { useModel } from '../../model/context.ts';
import { clip, formatBytes, formatCount, formatHex } from '../../model/text.ts';
import type { HeapObjectRow } from '../../model/types.ts';
import { KeptBy, ObjectDetail } from './object-detail.tsx';

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
            <>
              <span class="subtle">
                {(list.value?.total ?? 0) > LISTED
                  ? `The ${formatCount(LISTED)} of ${formatCount(list.value?.total ?? 0)} objects that retain most. Choose one to see what keeps it.`
                  : 'Choose an object to see what keeps it.'}
              </span>
              {type === null ? null : <KeptBy snapshotKey={snapshotKey} type={type} onOpen={setAddress} />}
            </>
          ) : detail.value === null || !detail.current ? (
            <span class="subtle">{detail.failure ?? ''}</span>
          ) : (
            <ObjectDetail snapshotKey={snapshotKey} detail={detail.value} onOpen={setAddress} />
          )}
        </div>
      }
    />
  );
}

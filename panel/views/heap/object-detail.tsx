import type { JSX } from 'preact';
import { useAnswer } from '../../components/use-answer.ts';
import { useModel } from '../../model/context.ts';
import { clip, formatCount } from '../../model/text.ts';
import type { HeapObjectDetail, HeapObjectRow, HeapPath, HeapReference } from '../../model/types.ts';
import { VariableName } from '../memory/concluded-variable.tsx';
import { MemoryLink } from '../memory/memory-link.tsx';
import { ValueTree } from './value-tree.tsx';

/** Rows of retainers and targets that are shown. */
const SHOWN = 100;

/** One object: what keeps it, who points to it, and what it points to. */
export function ObjectDetail({
  snapshotKey,
  detail,
  onOpen,
}: {
  snapshotKey: string;
  detail: HeapObjectDetail;
  onOpen: (address: number) => void;
}): JSX.Element {
  const { path, retainers, targets, row } = detail;
  return (
    <>
      <div class="code">
        {clip(row.type, 300)} at <MemoryLink address={row.address} snapshotKey={snapshotKey} />
      </div>
      <h3>Value</h3>
      <ValueTree key={row.address} snapshotKey={snapshotKey} address={row.address} onOpen={onOpen} />
      <h3>Path from a root</h3>
      <Path snapshotKey={snapshotKey} path={path} onOpen={onOpen} />
      <List title="Pointed to by" references={retainers} onOpen={onOpen} />
      <List
        title="Points to"
        references={targets.map((from): HeapReference => ({ from, field: '' }))}
        onOpen={onOpen}
      />
    </>
  );
}

/** What keeps most of the objects of a type. */
export function KeptBy({
  snapshotKey,
  type,
  onOpen,
}: {
  snapshotKey: string;
  type: string;
  onOpen: (address: number) => void;
}): JSX.Element {
  const { client } = useModel();
  const answer = useAnswer(JSON.stringify([snapshotKey, type]), () => client.heap.keeps(snapshotKey, type));
  return (
    <>
      <h3>Most of them are kept by</h3>
      {!answer.current ? null : answer.failure !== null ? (
        <span class="subtle">{clip(answer.failure, 300)}</span>
      ) : (
        <Path snapshotKey={snapshotKey} path={answer.value} onOpen={onOpen} />
      )}
    </>
  );
}

function Path({
  snapshotKey,
  path,
  onOpen,
}: {
  snapshotKey: string;
  path: HeapPath | null;
  onOpen: (address: number) => void;
}): JSX.Element {
  if (path === null) return <span class="subtle">No root leads to it: it is garbage.</span>;
  return (
    <ol class="code">
      <li>
        <RootLine snapshotKey={snapshotKey} root={path.root} />
      </li>
      {path.steps.map((step) => (
        <li key={step.from.address}>
          <Link row={step.from} field={step.field} onOpen={onOpen} />
        </li>
      ))}
    </ol>
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

type Root = HeapPath['root'];

/** A root in words, with where it stands: a variable in memory, a goroutine with its stack. */
function RootLine({ snapshotKey, root }: { snapshotKey: string; root: Root }): JSX.Element {
  const model = useModel();
  switch (root.kind) {
    case 'variable':
      return (
        <>
          {root.name === null ? (
            <VariableName source={{ snapshotKey }} address={root.at} />
          ) : (
            clip(root.name, 200)
          )}{' '}
          at <MemoryLink address={root.at} snapshotKey={snapshotKey} />
          {root.users.length === 0 ? '' : clip(`, used by ${root.users.join(', ')}`, 300)}
        </>
      );
    case 'stack':
      return (
        <>
          <button
            type="button"
            class="link"
            data-tip="Show its stack"
            onClick={() => model.showGoroutine(snapshotKey, root.goroutine)}
          >
            goroutine {String(root.goroutine)}
          </button>
          {root.function === '' ? '' : clip(`, in ${root.function}`, 300)}
        </>
      );
    case 'finalizer':
      return <>a finalizer</>;
  }
}

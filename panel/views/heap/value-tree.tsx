import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from '../../components/icon.tsx';
import { useAnswer } from '../../components/use-answer.ts';
import { useModel } from '../../model/context.ts';
import { clip, formatCount, tip } from '../../model/text.ts';
import type { HeapValueRow } from '../../model/types.ts';

/** Parts that are asked for at a time. */
const STEP = 100;

/** What stands in an object, as Delve prints it: fields, elements and entries, opened one after the other. */
export function ValueTree(props: {
  snapshotKey: string;
  address: number;
  onOpen: (address: number) => void;
}): JSX.Element {
  return <Parts {...props} path={[]} />;
}

interface PartsProps {
  readonly snapshotKey: string;
  readonly address: number;
  /** Numbers of the parts that lead here from the object. */
  readonly path: readonly number[];
  readonly onOpen: (address: number) => void;
}

function Parts({ snapshotKey, address, path, onOpen }: PartsProps): JSX.Element {
  const { client } = useModel();
  const [shown, setShown] = useState(STEP);
  const question = JSON.stringify([snapshotKey, address, path, shown]);
  const answer = useAnswer(question, async () => {
    const rows: HeapValueRow[] = [];
    let total = 0;
    let text = '';
    for (let from = 0; from < shown; from += STEP) {
      const part = await client.heap.value({ snapshotKey, address, path, from, count: STEP });
      ({ total, text } = part);
      rows.push(...part.rows);
      if (rows.length >= total) break;
    }
    return { rows, total, text };
  });
  const { value } = answer;
  if (value === null)
    return <span class="subtle">{answer.failure === null ? '' : clip(answer.failure, 300)}</span>;
  const left = value.total - value.rows.length;
  return (
    <>
      {path.length === 0 ? <div class="code heap-value">{clip(value.text, 400)}</div> : null}
      <ul class="code heap-parts">
        {value.rows.map((row, index) => (
          <Part
            key={index}
            row={row}
            parts={{ snapshotKey, address, path: [...path, index], onOpen }}
            onOpen={onOpen}
          />
        ))}
        {left <= 0 ? null : (
          <li>
            <button type="button" class="link" onClick={() => setShown(shown + STEP)}>
              {formatCount(left)} more
            </button>
          </li>
        )}
      </ul>
    </>
  );
}

function Part({
  row,
  parts,
  onOpen,
}: {
  row: HeapValueRow;
  parts: PartsProps;
  onOpen: (address: number) => void;
}): JSX.Element {
  const [open, setOpen] = useState(false);
  const { target } = row;
  return (
    <li>
      {row.parts === 0 ? (
        <span class="heap-leaf" />
      ) : (
        <button
          type="button"
          class="heap-toggle"
          aria-expanded={open}
          aria-label={`${open ? 'Close' : 'Open'} ${row.name}`}
          onClick={() => setOpen(!open)}
        >
          <Icon name={open ? 'down' : 'right'} />
        </button>
      )}
      <span class="heap-part-name">{clip(row.name, 200)}</span>{' '}
      <span class="subtle" data-tip={tip(row.type)}>
        {clip(row.type, 80)}
      </span>{' '}
      <span data-tip={tip(row.text)}>{clip(row.text, 300)}</span>{' '}
      {target === null ? null : (
        <button
          type="button"
          class="link"
          data-tip="Show the object that it points to"
          onClick={() => onOpen(target)}
        >
          show
        </button>
      )}
      {open ? <Parts {...parts} /> : null}
    </li>
  );
}

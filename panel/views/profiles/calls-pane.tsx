import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { LazyGrid } from '../../components/lazy-grid.tsx';
import { usePagedRows } from '../../components/paged-rows.ts';
import { useModel } from '../../model/context.ts';
import { clip } from '../../model/text.ts';
import type { CallRow, ProfileQuery, ProfileSummary } from '../../model/types.ts';
import { nameColumn, valueColumns } from './columns.tsx';

/** The tree of calls: what functions call, or, bottom-up, what they are called by. Rows are worked out when they are opened. */
export function CallsPane({
  captureKey,
  query,
  summary,
  direction,
  onFrame,
}: {
  captureKey: string;
  query: ProfileQuery;
  summary: ProfileSummary;
  direction: 'down' | 'up';
  onFrame: (name: string) => void;
}): JSX.Element {
  const model = useModel();
  const tree = JSON.stringify([captureKey, query, direction]);
  const [opened, setOpened] = useState<{ readonly tree: string; readonly ids: readonly number[] }>({
    tree,
    ids: [],
  });
  const [active, setActive] = useState<number | null>(null);
  const open = opened.tree === tree ? opened.ids : [];
  const rows = usePagedRows<CallRow>(JSON.stringify([tree, open]), (from, count) =>
    model.client.profiles.calls(captureKey, query, direction, open, from, count),
  );
  const columns = useMemo(() => {
    const titles =
      direction === 'down' ? { flat: 'Self', cum: 'Total' } : { flat: 'Self', cum: 'Self below' };
    const values = valueColumns(summary, titles, false);
    return [nameColumn<CallRow>(false, 60), ...(direction === 'down' ? values : values.slice(1))];
  }, [summary, direction]);
  useEffect(() => setActive(null), [tree]);
  const toggle = ({ id, open: isOpen }: CallRow): void =>
    setOpened({ tree, ids: isOpen === true ? open.filter((one) => one !== id) : [...open, id] });
  const activate = (index: number): void => {
    setActive(index);
    const row = rows.row(index);
    if (row !== null) onFrame(row.name);
  };
  return (
    <LazyGrid<CallRow>
      id={`profile-calls-${direction}`}
      label={direction === 'down' ? 'Call tree' : 'Callers, bottom-up'}
      columns={columns}
      count={rows.count ?? 0}
      row={(index) => rows.row(index)}
      onNeed={(at) => rows.need(at)}
      busy={() => rows.waiting}
      failed={rows.failure !== null}
      onView={(first, end) => rows.setView(first, end)}
      active={active}
      reveal={active}
      onActivate={activate}
      tree={{
        level: ({ level }) => level,
        expanded: ({ open: isOpen }) => isOpen,
        toggle,
        toParent: ({ parent }) => {
          if (parent !== null) activate(parent);
        },
      }}
      sort={null}
      onSort={() => undefined}
      empty={
        <span class="subtle">
          {rows.failure === null
            ? rows.count === null
              ? 'Counting…'
              : 'Nothing is left of the profile.'
            : clip(rows.failure, 400)}
        </span>
      }
    />
  );
}

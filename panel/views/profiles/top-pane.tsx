import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Sort } from '../../components/grid-model.ts';
import { LazyGrid } from '../../components/lazy-grid.tsx';
import { usePagedRows } from '../../components/paged-rows.ts';
import { useModel } from '../../model/context.ts';
import { clip } from '../../model/text.ts';
import type { ProfileQuery, ProfileSummary, TopRow, TopSort } from '../../model/types.ts';
import { nameColumn, valueColumns } from './columns.tsx';

const SORTS: readonly TopSort['by'][] = ['flat', 'cum', 'name'];

/** All frames with their values, as `pprof -top` has them. */
export function TopPane({
  captureKey,
  query,
  summary,
  frame,
  onFrame,
}: {
  captureKey: string;
  query: ProfileQuery;
  summary: ProfileSummary;
  /** Name of the chosen frame; '' none. */
  frame: string;
  onFrame: (name: string) => void;
}): JSX.Element {
  const model = useModel();
  const filter = model.filter('profiles').value;
  const [sort, setSort] = useState<Sort>({ column: 'flat', descending: true });
  const [active, setActive] = useState<number | null>(null);
  const by = SORTS.find((one) => one === sort.column) ?? 'flat';
  const asked = { by, descending: sort.descending };
  const question = JSON.stringify([captureKey, query, filter, asked]);
  const rows = usePagedRows<TopRow>(question, (from, count) =>
    model.client.profiles.top(captureKey, query, filter, asked, from, count),
  );
  const columns = useMemo(
    () => [nameColumn<TopRow>(true, 44), ...valueColumns(summary, { flat: 'Flat', cum: 'Cum' }, true)],
    [summary],
  );
  useEffect(() => setActive(null), [question]);
  // The chosen frame may have been chosen elsewhere: it is marked where it is in view.
  const at = active !== null && rows.row(active)?.name === frame ? active : null;
  return (
    <LazyGrid<TopRow>
      id="profile-top"
      label="Functions"
      columns={columns}
      count={rows.count ?? 0}
      row={(index) => rows.row(index)}
      onNeed={(at) => rows.need(at)}
      busy={() => rows.waiting}
      failed={rows.failure !== null}
      onView={(first, end) => rows.setView(first, end)}
      active={at}
      reveal={at}
      onActivate={(index) => {
        setActive(index);
        const row = rows.row(index);
        if (row !== null) onFrame(row.name);
      }}
      tree={null}
      sort={sort}
      onSort={setSort}
      rowClass={(row) => (row.name === frame ? 'chosen-frame' : '')}
      empty={
        <span class="subtle">
          {rows.failure === null
            ? rows.count === null
              ? 'Counting…'
              : filter.trim() === ''
                ? 'There is nothing in what is shown of this profile.'
                : 'No function matches.'
            : clip(rows.failure, 400)}
        </span>
      }
    />
  );
}

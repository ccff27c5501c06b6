import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { GoroutineQuery } from '../../src/protocol/goroutines.ts';
import type { SessionClient } from '../../src/session/client.ts';
import { useAnswer } from '../components/use-answer.ts';
import { clip } from '../model/text.ts';

export const ALL: GoroutineQuery = {
  filter: '',
  with: [],
  without: [],
  groupBy: 'none',
  sort: { by: 'id', descending: false },
  base: null,
  changes: [],
  open: [],
};

/** Rows that are drawn; the filter finds the others. */
const MAX_ROWS = 200;

/** All goroutines of the program; one that is clicked shows its stack. */
export function GoroutineList({
  session,
  snapshotKey,
  chosen,
  onChoose,
}: {
  session: SessionClient;
  snapshotKey: string;
  chosen: string | null;
  onChoose: (key: string) => void;
}): JSX.Element {
  const [filter, setFilter] = useState('');
  const [system, setSystem] = useState(false);
  const query: GoroutineQuery = { ...ALL, filter, without: system ? [] : ['system'] };
  const { value, failure } = useAnswer(`${snapshotKey} ${JSON.stringify(query)}`, () =>
    session.goroutines.rows(snapshotKey, query, 0, MAX_ROWS),
  );
  const rows = value?.rows.filter((row) => row.kind === 'goroutine') ?? [];
  const more = (value?.totalRows ?? 0) - rows.length;
  return (
    <section aria-label="Goroutines">
      <div class="side-bar">
        <span>Goroutines {value === null ? '' : value.totalRows}</span>
        <input
          class="side-filter"
          type="search"
          placeholder="Filter"
          aria-label="Filter goroutines"
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
        <label>
          <input
            type="checkbox"
            checked={system}
            onChange={(event) => setSystem(event.currentTarget.checked)}
          />{' '}
          system
        </label>
      </div>
      {failure === null ? null : <div class="side-note">{clip(failure, 300)}</div>}
      {rows.map((row) => (
        <button
          type="button"
          key={row.key}
          class="side-row code"
          aria-current={row.key === chosen}
          title={`${row.state}${row.waitsOn === '' ? '' : `: ${row.waitsOn}`}\n${row.function} ${row.file}:${row.line}`}
          onClick={() => onChoose(row.key)}
        >
          <span>{row.id}</span>
          <span class="name">{clip(row.function === '' ? row.startFunction : row.function, 200)}</span>
          <span class="place">{clip(row.state, 60)}</span>
        </button>
      ))}
      {more > 0 ? <div class="side-note">and {more} more</div> : null}
    </section>
  );
}

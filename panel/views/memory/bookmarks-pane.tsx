import type { JSX } from 'preact';
import { DataGrid, type Column } from '../../components/data-grid.tsx';
import { IconButton, Toolbar } from '../../components/toolbar.tsx';
import { clip, formatHex } from '../../model/text.ts';

interface Mark {
  readonly address: number;
  readonly label: string;
}

const COLUMNS: readonly Column<Mark>[] = [
  {
    id: 'address',
    title: 'Address',
    weight: 30,
    cell: ({ address }) => <span class="code">{formatHex(address)}</span>,
  },
  {
    id: 'label',
    title: 'Name',
    weight: 70,
    tip: ({ label }) => label,
    cell: ({ label }) => clip(label, 200),
  },
];

/** Marked places. They are kept for the module: another build has other addresses. */
export function BookmarksPane({
  marks,
  cursor,
  onGo,
  onMark,
}: {
  marks: readonly Mark[];
  cursor: number;
  onGo: (address: number) => void;
  /** Null: the mark goes. */
  onMark: (address: number, label: string | null) => void;
}): JSX.Element {
  const chosen = marks.find(({ address }) => address === cursor);
  return (
    <>
      <Toolbar label="Bookmarks">
        <span class="filter-box memory-search">
          <input
            type="text"
            placeholder={`Name of ${formatHex(cursor)}`}
            aria-label="Name of the bookmark"
            spellcheck={false}
            autocomplete="off"
            key={`${String(cursor)} ${chosen?.label ?? ''}`}
            defaultValue={chosen?.label ?? ''}
            onKeyDown={(event) => {
              const label = event.currentTarget.value.trim();
              if (event.key === 'Enter' && label !== '') onMark(cursor, label);
            }}
          />
        </span>
        <IconButton
          icon="delete"
          tip="Take the bookmark away"
          disabled={chosen === undefined}
          onClick={() => onMark(cursor, null)}
        />
      </Toolbar>
      <DataGrid
        id="memory-bookmarks"
        label="Bookmarks"
        columns={COLUMNS}
        rows={marks}
        rowKey={({ address }) => String(address)}
        active={chosen === undefined ? null : String(cursor)}
        onActivate={(key) => onGo(Number(key))}
        empty={
          <span class="subtle">
            Nothing is marked. Type a name and press Enter to mark the address at the cursor.
          </span>
        }
      />
    </>
  );
}

import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { ReferenceReading } from '../../../src/session/references.ts';
import { DataGrid, useSorted } from '../../components/data-grid.tsx';
import type { Column } from '../../components/data-grid.tsx';
import { FilterBox, Toolbar } from '../../components/toolbar.tsx';
import { useFiltered } from '../../components/use-filtered.ts';
import { className, functionsById, type Chosen } from '../../model/references.ts';
import { clip, formatCount } from '../../model/text.ts';

/** The values, each with its count; those of one class, or only detached nodes, where that is chosen. A row is an index of the reading. */
export function ReferenceValues({
  reading,
  chosen,
}: {
  reading: ReferenceReading;
  chosen: Chosen;
}): JSX.Element {
  const [filter, setFilter] = useState('');
  const [active, setActive] = useState<string | null>(null);
  const { page, before } = reading;
  const functions = useMemo(() => functionsById(reading), [reading]);
  const rows = useMemo(() => {
    const found: number[] = [];
    page.id.forEach((_, row) => {
      if (chosen.class !== null && page.class[row] !== chosen.class) return;
      if (chosen.detached && page.detached[row] !== 1) return;
      found.push(row);
    });
    return found;
  }, [page, chosen]);
  const typeOf = (row: number): string => {
    const { kind, name } = page.classes[page.class[row] ?? 0] ?? { kind: '', name: '' };
    return className(kind, name);
  };
  const goFunction = (row: number): string => {
    const id = page.func[row] ?? 0;
    return id === 0 ? '' : (functions.get(id) ?? 'released');
  };
  const textOf = (row: number): string =>
    [page.detached[row] === 1 ? 'detached' : '', page.text[row] ?? '', goFunction(row)]
      .filter((part) => part !== '')
      .join(' ');
  const isNew = (row: number): boolean => before !== null && (page.first[row] ?? 0) > before.page.reading;

  const columns = useMemo(
    (): readonly Column<number>[] => [
      {
        id: 'id',
        title: 'Id',
        hint: 'Index in _values of wasm_exec.js.',
        weight: 10,
        align: 'right',
        sortKey: (row) => page.id[row] ?? 0,
        cell: (row) => String(page.id[row] ?? 0),
      },
      {
        id: 'type',
        title: 'Type',
        weight: 26,
        sortKey: typeOf,
        tip: typeOf,
        cell: (row) => <span class="code">{clip(typeOf(row), 120)}</span>,
      },
      {
        id: 'value',
        title: 'Value',
        hint: 'As far as it can be told without running code of the page. Of a js.Func: the Go function behind it.',
        weight: 42,
        tip: textOf,
        cell: (row) => (
          <span class="code">
            {page.detached[row] === 1 ? <span class="grew">detached </span> : null}
            {clip(page.text[row] ?? '', 200)}
            {clip(goFunction(row), 200)}
          </span>
        ),
      },
      {
        id: 'count',
        title: 'References',
        hint: 'How many references Go has to it: _goRefCounts of wasm_exec.js.',
        weight: 14,
        align: 'right',
        descendingFirst: true,
        sortKey: (row) => page.count[row] ?? 0,
        cell: (row) => formatCount(page.count[row] ?? 0),
      },
      {
        id: 'since',
        title: 'Since',
        hint: 'The reading in which it was first seen. Strings and the like have no identity to know them by.',
        weight: 12,
        align: 'right',
        descendingFirst: true,
        sortKey: (row) => page.first[row] ?? 0,
        cell: (row) => {
          const first = page.first[row] ?? 0;
          if (first === 0) return '';
          return isNew(row) ? <span class="grew">new</span> : `reading ${String(first)}`;
        },
      },
    ],
    [reading],
  );
  const fitting = useFiltered(rows, filter, (row) => `${typeOf(row)} ${textOf(row)}`.toLowerCase());
  const { rows: sorted, sort, onSort } = useSorted(fitting, columns, null);
  return (
    <div class="pane">
      <Toolbar label="Values">
        <FilterBox value={filter} label="Filter values" onInput={setFilter} />
        <span class="subtle">
          {formatCount(fitting.length)} of {formatCount(page.held)}
          {chosen.detached
            ? ', detached nodes'
            : chosen.class === null
              ? ''
              : `, ${typeName(reading, chosen.class)}`}
        </span>
      </Toolbar>
      <DataGrid
        id="reference-values"
        label="Values that Go refers to"
        columns={columns}
        rows={sorted}
        rowKey={(row) => String(page.id[row] ?? 0)}
        active={active}
        onActivate={setActive}
        sort={sort}
        onSort={onSort}
        empty="No such value."
      />
    </div>
  );
}

function typeName({ page }: ReferenceReading, number: number): string {
  const { kind, name } = page.classes[number] ?? { kind: '', name: '' };
  return clip(className(kind, name), 80);
}

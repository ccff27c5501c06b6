import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { DataGrid, useSorted } from '../../components/data-grid.tsx';
import type { Column } from '../../components/data-grid.tsx';
import { copyText } from '../../components/clipboard.ts';
import { clip } from '../../model/text.ts';
import type { ModuleReport } from '../../model/types.ts';

type Dependency = ModuleReport['module']['deps'][number];
type Setting = ModuleReport['settings'][number];

const DEPENDENCY_COLUMNS: readonly Column<Dependency>[] = [
  {
    id: 'path',
    title: 'Module path',
    weight: 40,
    sortKey: ({ path }) => path,
    cell: ({ path }) => clip(path),
    tip: ({ path }) => path,
  },
  {
    id: 'version',
    title: 'Version',
    weight: 20,
    sortKey: ({ version }) => version,
    cell: ({ version }) => clip(version),
    tip: ({ version }) => version,
  },
  {
    id: 'replaced',
    title: 'Replaced by',
    weight: 20,
    sortKey: ({ replacedBy }) => replacedBy ?? '',
    cell: ({ replacedBy }) => clip(replacedBy ?? ''),
    tip: ({ replacedBy }) => replacedBy ?? undefined,
  },
  {
    id: 'sum',
    title: 'Sum',
    weight: 20,
    cell: ({ sum }) => clip(sum ?? ''),
    tip: ({ sum }) => sum ?? undefined,
  },
];

export function Dependencies({ report }: { report: ModuleReport }): JSX.Element {
  const { rows, sort, onSort } = useSorted(report.module.deps, DEPENDENCY_COLUMNS, null);
  const [active, setActive] = useState<string | null>(null);
  return (
    <DataGrid
      id="dependencies"
      label="Dependencies"
      columns={DEPENDENCY_COLUMNS}
      rows={rows}
      rowKey={({ path }) => path}
      active={active}
      onActivate={setActive}
      copy={(keys) =>
        void copyText(
          rows
            .filter(({ path }) => keys.has(path))
            .map(
              ({ path, version, replacedBy }) =>
                `${path} ${version}${replacedBy === null ? '' : ` => ${replacedBy}`}\n`,
            )
            .join(''),
        )
      }
      sort={sort}
      onSort={onSort}
      rowClass={({ replacedBy }) => (replacedBy === null ? 'code-row' : 'code-row replaced')}
    />
  );
}

const SETTING_COLUMNS: readonly Column<Setting>[] = [
  { id: 'key', title: 'Setting', weight: 30, sortKey: ({ key }) => key, cell: ({ key }) => clip(key) },
  {
    id: 'value',
    title: 'Value',
    weight: 70,
    sortKey: ({ value }) => value,
    cell: ({ value }) => clip(value),
    tip: ({ value, from }) => (from === undefined ? value : `${value}: ${from}`),
  },
];

export function Settings({ report }: { report: ModuleReport }): JSX.Element {
  const { rows, sort, onSort } = useSorted(report.settings, SETTING_COLUMNS, null);
  const [active, setActive] = useState<string | null>(null);
  return (
    <DataGrid
      id="settings"
      label="Build settings"
      columns={SETTING_COLUMNS}
      rows={rows}
      rowKey={({ key }) => key}
      active={active}
      onActivate={setActive}
      copy={(keys) =>
        void copyText(
          rows
            .filter(({ key }) => keys.has(key))
            .map(({ key, value }) => `${key}=${value}\n`)
            .join(''),
        )
      }
      sort={sort}
      onSort={onSort}
      rowClass={() => 'code-row'}
    />
  );
}

import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { DataGrid, useSorted } from '../../components/data-grid.tsx';
import type { Column } from '../../components/data-grid.tsx';
import { IconButton, Toolbar } from '../../components/toolbar.tsx';
import { useModel } from '../../model/context.ts';
import { packageTree } from '../../model/package-tree.ts';
import { isString } from '../../model/store.ts';
import { clip, formatBytes, formatCount, formatHex, formatShare } from '../../model/text.ts';
import type { ModuleReport } from '../../model/types.ts';
import { PackageTable } from './package-table.tsx';
import { Treemap } from './treemap.tsx';

type Section = ModuleReport['sections'][number];

/** Where the bytes go: by Go package as a picture or a table, and by section of the file. */
export function SizeTab({ report }: { report: ModuleReport }): JSX.Element {
  const { store } = useModel();
  const hasPackages = report.packages.length > 0;
  const [wanted, setWanted] = useState(store.get('sizeView', isString) ?? 'treemap');
  const shown = hasPackages ? wanted : 'sections';
  const tree = useMemo(() => packageTree(report.packages, report.module), [report]);
  const choose = (id: string): void => {
    setWanted(id);
    store.set('sizeView', id);
  };
  return (
    <div class="pane">
      <Toolbar label="Sizes" class="light">
        {hasPackages ? (
          <>
            <IconButton
              icon="treemap"
              tip="Code by Go package, as a picture"
              pressed={shown === 'treemap'}
              onClick={() => choose('treemap')}
            />
            <IconButton
              icon="table"
              tip="Code by Go package, as a table"
              pressed={shown === 'packages'}
              onClick={() => choose('packages')}
            />
          </>
        ) : null}
        <IconButton
          icon="module"
          tip="Sections of the wasm file"
          pressed={shown === 'sections'}
          onClick={() => choose('sections')}
        />
        <span class="toolbar-text subtle">
          {shown === 'sections'
            ? `${formatBytes(report.byteLength)} in ${String(report.sections.length)} sections`
            : `${formatBytes(tree.bytes)} of code in ${String(report.packages.length)} packages`}
        </span>
      </Toolbar>
      <div class="pane-body">
        {shown === 'sections' ? (
          <Sections report={report} />
        ) : shown === 'packages' ? (
          <PackageTable report={report} tree={tree} />
        ) : (
          <Treemap tree={tree} />
        )}
      </div>
    </div>
  );
}

function Sections({ report }: { report: ModuleReport }): JSX.Element {
  const [active, setActive] = useState<string | null>(null);
  const columns = useMemo<readonly Column<Section>[]>(
    () => [
      {
        id: 'name',
        title: 'Section',
        weight: 40,
        sortKey: ({ name }) => name,
        cell: ({ name }) => clip(name, 120),
      },
      {
        id: 'offset',
        title: 'Offset',
        weight: 20,
        align: 'right',
        sortKey: ({ offset }) => offset,
        cell: ({ offset }) => <span class="code">{formatHex(offset)}</span>,
      },
      {
        id: 'bytes',
        title: 'Size',
        weight: 20,
        align: 'right',
        descendingFirst: true,
        sortKey: ({ bytes }) => bytes,
        tip: ({ bytes }) => `${formatCount(bytes)} bytes`,
        cell: ({ bytes }) => formatBytes(bytes),
      },
      {
        id: 'share',
        title: 'Share',
        weight: 20,
        align: 'right',
        cell: ({ bytes }) => <Share value={bytes / Math.max(1, report.byteLength)} />,
      },
    ],
    [report],
  );
  const { rows, sort, onSort } = useSorted(report.sections, columns, null);
  return (
    <DataGrid
      id="sections"
      label="Sections"
      columns={columns}
      rows={rows}
      rowKey={({ name, offset }) => `${String(offset)} ${name}`}
      active={active}
      onActivate={setActive}
      sort={sort}
      onSort={onSort}
    />
  );
}

/** A percentage with a bar beside it. */
export function Share({ value }: { value: number }): JSX.Element {
  return (
    <span class="share">
      <span class="share-track">
        <span class="share-bar" style={{ width: `${String(Math.min(100, value * 100))}%` }} />
      </span>
      <span class="share-text">{formatShare(value)}</span>
    </span>
  );
}

import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { DataGrid, useSorted } from '../../components/data-grid.tsx';
import type { Column } from '../../components/data-grid.tsx';
import { useModel } from '../../model/context.ts';
import { ownerOf, OWNER_NAMES, packageId, shortName } from '../../model/package-tree.ts';
import type { SizeNode } from '../../model/package-tree.ts';
import { clip, formatBytes, formatCount, matches } from '../../model/text.ts';
import type { ModuleReport, PackageSize } from '../../model/types.ts';
import { Share } from './size-tab.tsx';

interface Row {
  readonly key: string;
  readonly level: number;
  readonly name: string;
  readonly owner: string;
  readonly bytes: number;
  readonly functions: number | null;
  /** Null for a function. */
  readonly pack: PackageSize | null;
}

/** The treemap's figures as a table: packages, opened to their largest functions. */
export function PackageTable({ report, tree }: { report: ModuleReport; tree: SizeNode }): JSX.Element {
  const model = useModel();
  const filter = model.filter('modules').value;
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [active, setActive] = useState<string | null>(null);
  const columns = useMemo<readonly Column<Row>[]>(
    () => [
      {
        id: 'name',
        title: 'Package',
        weight: 44,
        sortKey: ({ name }) => name,
        tip: ({ name }) => name,
        cell: ({ name }) => <span class="code">{clip(name, 300)}</span>,
      },
      {
        id: 'owner',
        title: 'Belongs to',
        weight: 16,
        sortKey: ({ owner }) => owner,
        cell: ({ owner }) => owner,
      },
      {
        id: 'functions',
        title: 'Functions',
        weight: 12,
        align: 'right',
        descendingFirst: true,
        sortKey: ({ functions }) => functions ?? 0,
        cell: ({ functions }) => (functions === null ? '' : formatCount(functions)),
      },
      {
        id: 'bytes',
        title: 'Size',
        weight: 14,
        align: 'right',
        descendingFirst: true,
        sortKey: ({ bytes }) => bytes,
        tip: ({ bytes }) => `${formatCount(bytes)} bytes`,
        cell: ({ bytes }) => formatBytes(bytes),
      },
      {
        id: 'share',
        title: 'Share',
        weight: 14,
        align: 'right',
        cell: ({ bytes }) => <Share value={bytes / Math.max(1, tree.bytes)} />,
      },
    ],
    [tree],
  );
  const packages = useMemo(
    () =>
      report.packages
        .map((pack): Row => {
          const owner = OWNER_NAMES[ownerOf(pack.path, report.module)];
          const { path, bytes, functions } = pack;
          return { key: path, level: 1, name: path, owner, bytes, functions, pack };
        })
        .filter(({ name, owner }) => matches(filter, name, owner)),
    [report, filter],
  );
  const { rows: sorted, sort, onSort } = useSorted(packages, columns, { column: 'bytes', descending: true });
  const rows = useMemo(
    () =>
      sorted.flatMap((row): Row[] => {
        const { pack } = row;
        if (pack === null || !open.has(row.key)) return [row];
        const inner = pack.largest.map((fn, index): Row => ({
          key: `${pack.path}#${String(index)}`,
          level: 2,
          name: shortName(fn.name, pack.path),
          owner: '',
          bytes: fn.bytes,
          functions: null,
          pack: null,
        }));
        return [row, ...inner];
      }),
    [sorted, open],
  );
  const toggle = ({ key }: Row): void => {
    const next = new Set(open);
    if (!next.delete(key)) next.add(key);
    setOpen(next);
  };
  return (
    <DataGrid
      id="packages"
      label="Packages"
      columns={columns}
      rows={rows}
      rowKey={({ key }) => key}
      active={active}
      onActivate={(key) => {
        setActive(key);
        const pack = rows.find((row) => row.key === key)?.pack ?? null;
        if (pack !== null) model.adjust({ zoom: packageId(tree, pack.path) ?? '' });
      }}
      tree={{
        level: ({ level }) => level,
        expanded: ({ key, pack }) => (pack === null || pack.largest.length === 0 ? null : open.has(key)),
        toggle,
      }}
      sort={sort}
      onSort={onSort}
      empty={<span class="subtle">No package matches the filter.</span>}
    />
  );
}

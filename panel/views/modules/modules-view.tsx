import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { ModuleState } from '../../../src/session/state.ts';
import { DataGrid, useSorted } from '../../components/data-grid.tsx';
import type { Column } from '../../components/data-grid.tsx';
import { Icon } from '../../components/icon.tsx';
import { SplitPane } from '../../components/split-pane.tsx';
import { FilterBox, TextButton, Toolbar } from '../../components/toolbar.tsx';
import { useModel } from '../../model/context.ts';
import { clip, formatBytes, matches } from '../../model/text.ts';
import { OPEN_FILE } from '../../shell/actions.ts';
import { emptyModules, EmptyState, ReasonBar } from '../../shell/empty-state.tsx';
import { ModuleDetail } from './module-detail.tsx';

/** What the list says about who built a module. */
export function toolchainText(module: ModuleState): string {
  if (module.status === 'loading') return 'reading…';
  const { report } = module;
  if (report === null) return module.status === 'failed' ? 'failed' : '';
  if (report.toolchain === 'go') return report.goVersion ?? 'go, version unknown';
  return report.toolchain === 'tinygo' ? `TinyGo ${report.goVersion ?? ''}`.trim() : 'not Go';
}

const REALM_ICON = { page: 'page', frame: 'frame', worker: 'worker' } as const;

const COLUMNS: readonly Column<ModuleState>[] = [
  {
    id: 'name',
    title: 'Module',
    weight: 42,
    sortKey: ({ name }) => name,
    tip: ({ name, url }) => url ?? name,
    cell: (module) => (
      <>
        {module.status === 'failed' ? <Icon name="error" class="error" /> : <Icon name="module" />}
        <span>{clip(module.name, 120)}</span>
      </>
    ),
  },
  {
    id: 'toolchain',
    title: 'Toolchain',
    weight: 22,
    sortKey: toolchainText,
    cell: (module) => clip(toolchainText(module), 60),
  },
  {
    id: 'size',
    title: 'Size',
    weight: 17,
    align: 'right',
    descendingFirst: true,
    sortKey: ({ report }) => report?.byteLength ?? 0,
    cell: ({ report }) => (report === null ? '' : formatBytes(report.byteLength)),
  },
  {
    id: 'realm',
    title: 'In',
    weight: 19,
    sortKey: ({ realm }) => realm.id,
    tip: ({ realm }) => `${realm.kind}: ${realm.url}`,
    cell: ({ realm }) => (
      <>
        <Icon name={REALM_ICON[realm.kind]} />
        <span>{realm.kind}</span>
      </>
    ),
  },
];

export function ModulesView(): JSX.Element {
  const model = useModel();
  const modules = model.modules.value;
  const state = model.state.value;
  const filter = model.filter('modules').value;
  const chosen = model.place.value.module;
  const shown = useMemo(
    () =>
      modules.filter((module) =>
        matches(filter, module.name, module.url, toolchainText(module), module.realm.kind),
      ),
    [modules, filter],
  );
  const { rows, sort, onSort } = useSorted(shown, COLUMNS, null);
  const current = rows.find(({ key }) => key === chosen) ?? rows[0] ?? null;
  return (
    <>
      <Toolbar label="Modules">
        <FilterBox
          value={filter}
          label="Filter modules"
          onInput={(text) => model.setFilter('modules', text)}
        />
        <span class="spring" />
        <TextButton
          icon="plus"
          text={OPEN_FILE.text}
          tip={OPEN_FILE.tip}
          onClick={() => OPEN_FILE.run(model)}
        />
      </Toolbar>
      {modules.length > 0 && state.emptyReason !== null ? <ReasonBar empty={emptyModules(state)} /> : null}
      {modules.length === 0 ? (
        <EmptyState empty={emptyModules(state)} />
      ) : (
        <SplitPane
          id="modules"
          axis="auto"
          initial={0.34}
          label="Width of the list of modules"
          first={
            <DataGrid
              id="modules"
              label="Modules"
              columns={COLUMNS}
              rows={rows}
              rowKey={({ key }) => key}
              active={current?.key ?? null}
              onActivate={(key, byKey) =>
                byKey ? model.adjust({ module: key, zoom: '' }) : model.go({ module: key, zoom: '' })
              }
              sort={sort}
              onSort={onSort}
              rowClass={({ status, report }) =>
                status === 'failed'
                  ? 'failed'
                  : status === 'ready' && report?.toolchain === 'other'
                    ? 'dim'
                    : ''
              }
              empty={<span class="subtle">No module matches the filter.</span>}
            />
          }
          second={
            current === null ? (
              <div class="grid-empty subtle">No module is chosen.</div>
            ) : (
              <ModuleDetail key={current.key} module={current} />
            )
          }
        />
      )}
    </>
  );
}

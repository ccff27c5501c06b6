import type { JSX } from 'preact';
import type { ModuleState } from '../../../src/session/state.ts';
import { TabStrip } from '../../components/toolbar.tsx';
import { useModel } from '../../model/context.ts';
import { clip, formatCount } from '../../model/text.ts';
import { EmptyState } from '../../shell/empty-state.tsx';
import { RELOAD } from '../../shell/actions.ts';
import { Dependencies, Settings } from './module-tables.tsx';
import { Overview } from './overview.tsx';
import { SizeTab } from './size-tab.tsx';

/** Everything that is known of one module, under tabs. */
export function ModuleDetail({ module }: { module: ModuleState }): JSX.Element {
  const model = useModel();
  const { report } = module;
  if (module.status === 'failed') {
    return (
      <EmptyState
        empty={{
          title: 'This module could not be read',
          text: ['The rest of the page is not affected.'],
          actions: module.bytesFrom === null ? [RELOAD] : [],
        }}
      >
        <div class="empty-error code" role="alert">
          {clip(module.error ?? 'no reason is known', 1000)}
        </div>
      </EmptyState>
    );
  }
  if (report === null) {
    return (
      <EmptyState
        empty={{
          title: 'Reading the module',
          text: [module.bytesFrom ?? 'Waiting for its bytes.'],
          actions: [],
        }}
      />
    );
  }
  const tabs = [
    { id: 'overview', title: 'Overview' },
    { id: 'size', title: 'Size' },
    { id: 'dependencies', title: `Dependencies ${formatCount(report.module.deps.length)}` },
    { id: 'settings', title: `Build settings ${formatCount(report.settings.length)}` },
  ].filter(
    ({ id }) =>
      (id !== 'dependencies' || report.module.deps.length > 0) &&
      (id !== 'settings' || report.settings.length > 0),
  );
  const wanted = model.place.value.moduleTab;
  const tab = tabs.some(({ id }) => id === wanted) ? wanted : 'overview';
  return (
    <div class="pane">
      <TabStrip
        label="About the module"
        controls="module-tab"
        class="sub-tabs"
        tabs={tabs}
        active={tab}
        onSelect={(id) => model.go({ moduleTab: id })}
      />
      <div class="pane-body" id="module-tab" role="tabpanel">
        {tab === 'size' ? (
          <SizeTab report={report} />
        ) : tab === 'dependencies' ? (
          <Dependencies report={report} />
        ) : tab === 'settings' ? (
          <Settings report={report} />
        ) : (
          <Overview module={module} report={report} />
        )}
      </div>
    </div>
  );
}

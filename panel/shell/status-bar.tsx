import type { JSX } from 'preact';
import type { AccessState } from '../../src/session/page-port.ts';
import type { ModuleState } from '../../src/session/state.ts';
import { Icon } from '../components/icon.tsx';
import { useModel } from '../model/context.ts';
import { clip, formatMemory, formatShare, tip } from '../model/text.ts';

const LEVELS = { resources: 'resources', hook: 'reload hook', debugger: 'debugger', site: 'site' } as const;

/** The access levels in force, in words. */
export function accessText(access: AccessState): string {
  const active = access.active.map((level) => LEVELS[level]);
  return active.length === 0 ? 'none' : active.join(', ');
}

/** One line on how good the symbols of a module are. */
export function symbolsText(module: ModuleState | null): string | null {
  if (module === null) return null;
  if (module.status === 'loading') return 'reading…';
  if (module.status === 'failed' || module.report === null) return 'none';
  const [best] = module.report.symbols;
  if (best === undefined) return 'none';
  return best.exactCalls === undefined ? best.kind : `${best.kind}, exact ${formatShare(best.exactCalls)}`;
}

/** What is true of the whole panel, in one line: symbols, access, memory, and the work under way. */
export function StatusBar(): JSX.Element {
  const model = useModel();
  const { access, tasks } = model.state.value;
  const instance = model.instance.value;
  const modules = model.modules.value;
  const module =
    modules.find(({ key }) => key === (instance?.moduleKey ?? model.place.value.module)) ??
    modules[0] ??
    null;
  const symbols = symbolsText(module);
  const instances = instance === null ? model.state.value.instances : [instance];
  const memory = instances.reduce((sum, { memoryBytes }) => sum + (memoryBytes ?? 0), 0);
  return (
    <div class="status-bar" role="status" aria-label="Status">
      {symbols === null || module === null ? null : (
        <span data-tip={tip(`Symbols of ${module.name}`)}>symbols: {symbols}</span>
      )}
      <span data-tip={tip(['What the panel may see of this page.', ...access.notes].join('\n'))}>
        access: {accessText(access)}
        {access.notes.length > 0 ? <Icon name="warning" class="warning small" /> : null}
      </span>
      {memory === 0 ? null : (
        <span
          data-tip={instance === null ? 'Linear memory of all instances' : 'Linear memory of this instance'}
        >
          memory: {formatMemory(memory)}
        </span>
      )}
      {tasks.map((task) => (
        <span key={task.id} class="task">
          <span class="task-title">{clip(task.title, 80)}</span>
          <progress
            aria-label={clip(task.title, 80)}
            {...(task.progress === null ? {} : { value: task.progress })}
            max={1}
          />
          <button type="button" class="link" onClick={() => model.client.cancelTask(task.id)}>
            cancel
          </button>
        </span>
      ))}
    </div>
  );
}

import type { JSX, TargetedDragEvent } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { InstanceState } from '../../src/session/state.ts';
import { Icon } from '../components/icon.tsx';
import { Divider, IconButton, TabStrip, Toolbar } from '../components/toolbar.tsx';
import { TooltipHost } from '../components/tooltip.tsx';
import { useModel } from '../model/context.ts';
import { clip, formatCount, tip } from '../model/text.ts';
import { PasteDialog } from '../views/traps/paste-dialog.tsx';
import { VIEWS } from '../views/registry.ts';
import { dropFile, RELOAD } from './actions.ts';
import { handleKey } from './keys.ts';
import { KeysDialog } from './keys-dialog.tsx';
import { useSampling } from './sampling.tsx';
import { SettingsPane } from './settings-pane.tsx';
import { StatusBar } from './status-bar.tsx';

/** The whole panel: the bar with the instance and the tabs, the chosen view, the status bar. */
export function Shell(): JSX.Element {
  const model = useModel();
  const box = useRef<HTMLDivElement>(null);
  const { view: viewId } = model.place.value;
  const view = VIEWS.find(({ id }) => id === viewId) ?? VIEWS[0];
  const overlay = model.overlay.value;
  const drop = useFileDrop();
  useSampling();

  // With the first drawing, not some frames after it: a key that is pressed as soon as the panel is seen counts.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent): void => handleKey(model, event);
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [model]);

  const close = (): void => {
    model.overlay.value = null;
  };
  const View = view?.component;
  return (
    <div class="shell" ref={box} {...drop.handlers}>
      <Toolbar label="Go" class="shell-bar">
        <InstanceChooser />
        <TabStrip
          label="Views"
          controls="view"
          active={view?.id ?? ''}
          tabs={VIEWS.map(({ id, title, count }) => {
            const n = count?.(model) ?? 0;
            return { id, title: n === 0 ? title : `${title} ${formatCount(n)}` };
          })}
          onSelect={(id) => {
            close();
            model.go({ view: id });
          }}
        />
        <span class="spring" />
        <IconButton
          icon="back"
          tip="Back (Alt+←)"
          disabled={!model.canGoBack.value}
          onClick={() => model.goBack()}
        />
        <IconButton
          icon="forward"
          tip="Forward (Alt+→)"
          disabled={!model.canGoForward.value}
          onClick={() => model.goForward()}
        />
        <Divider />
        <IconButton
          icon="reload"
          label={RELOAD.text}
          tip={`${RELOAD.text}\n${RELOAD.tip}`}
          onClick={() => RELOAD.run(model)}
        />
        <IconButton
          icon="settings"
          tip="Settings and access to the page"
          label="Settings"
          pressed={overlay === 'settings'}
          onClick={() => (model.overlay.value = overlay === 'settings' ? null : 'settings')}
        />
      </Toolbar>
      <NoticeBar />
      <div class="view" id="view" role="tabpanel" aria-label={view?.title}>
        {overlay === 'settings' ? <SettingsPane /> : View === undefined ? null : <View />}
      </div>
      <StatusBar />
      {overlay === 'keys' ? <KeysDialog onClose={close} /> : null}
      {overlay === 'paste' ? <PasteDialog onClose={close} /> : null}
      {drop.over ? <div class="drop-target">Drop a .wasm file, a profile or a memory dump</div> : null}
      <TooltipHost />
    </div>
  );
}

const STATE_TEXT: Readonly<Record<InstanceState['state'], string>> = {
  created: 'created, has not run Go code',
  running: 'running',
  exited: 'exited',
  trapped: 'died; see Traps',
};

function InstanceChooser(): JSX.Element | null {
  const model = useModel();
  const { instances } = model.state.value;
  const chosen = model.instance.value;
  const only = chosen ?? (instances.length === 1 ? (instances[0] ?? null) : null);
  if (instances.length === 0) return <span class="instance none">no instance</span>;
  return (
    <span class="instance">
      <select
        class="select"
        aria-label="Instance"
        data-tip={
          only === null
            ? 'Everything shown belongs to all instances'
            : tip(`${only.label}\n${only.realm.url}`)
        }
        value={chosen?.key ?? ''}
        onChange={(event) =>
          model.chooseInstance(event.currentTarget.value === '' ? null : event.currentTarget.value)
        }
      >
        <option value="">
          {instances.length === 1 ? clip(only?.label ?? '', 80) : `All ${String(instances.length)} instances`}
        </option>
        {instances.length === 1
          ? null
          : instances.map((instance) => (
              <option key={instance.key} value={instance.key}>
                {clip(instance.label, 80)}
                {instance.state === 'running' ? '' : ` (${instance.state})`}
              </option>
            ))}
      </select>
      {only === null ? null : (
        <span class="instance-state" data-tip={STATE_TEXT[only.state]}>
          <span class={`dot ${only.state}`} />
          {only.state}
        </span>
      )}
    </span>
  );
}

function NoticeBar(): JSX.Element | null {
  const model = useModel();
  const notice = model.notice.value;
  if (notice === null) return null;
  return (
    <div class={`infobar ${notice.kind}`} role="alert">
      <Icon name={notice.kind === 'error' ? 'error' : 'info'} />
      <span class="infobar-text">{clip(notice.text, 1000)}</span>
      <IconButton icon="close" tip="Close" onClick={() => (model.notice.value = null)} />
    </div>
  );
}

function useFileDrop(): {
  over: boolean;
  handlers: Record<'onDragOver' | 'onDragLeave' | 'onDrop', (event: TargetedDragEvent<HTMLElement>) => void>;
} {
  const model = useModel();
  const [over, setOver] = useState(false);
  const hasFiles = (event: TargetedDragEvent<HTMLElement>): boolean =>
    event.dataTransfer?.types.includes('Files') === true;
  return {
    over,
    handlers: {
      onDragOver: (event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setOver(true);
      },
      onDragLeave: (event) => {
        if (event.relatedTarget === null) setOver(false);
      },
      onDrop: (event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setOver(false);
        for (const file of event.dataTransfer?.files ?? [])
          model.run(`Opening ${file.name}`, dropFile(model, file));
      },
    },
  };
}

import type { JSX } from 'preact';
import { whyUnread } from '../../src/session/source-urls.ts';
import type { AccessLevel, AccessState } from '../../src/session/page-port.ts';
import { DraftField } from '../components/draft-field.tsx';
import { Checkbox, IconButton, TextButton } from '../components/toolbar.tsx';
import { useModel } from '../model/context.ts';
import { clip } from '../model/text.ts';
import { SourceFolders, SourcesSettings } from './source-settings.tsx';
import { askForSite, ATTACH, RELOAD } from './actions.ts';
import { SamplingSettings } from './sampling.tsx';

/** What a level adds and what it costs, in one sentence each. */
export const LEVEL_TEXT: Readonly<Record<AccessLevel, { title: string; adds: string; costs: string }>> = {
  resources: {
    title: 'Resources',
    adds: 'Finds the wasm scripts that DevTools knows of and reads them: symbols, sizes, pasted stacks.',
    costs: 'Needs nothing.',
  },
  hook: {
    title: 'Reload with hook',
    adds: 'Sees running instances, their memory and every trap from the first instruction on.',
    costs: 'Reloads the page once; lasts until the next navigation.',
  },
  debugger: {
    title: 'Debugger',
    adds: 'Reaches a page that was loaded before DevTools, its workers, and errors that are already in the console.',
    costs: 'Attached only for a moment; Chrome shows a bar meanwhile.',
  },
  site: {
    title: 'Site',
    adds: 'The hook is there on every load of this site, without reloading for it, and memory comes over several times as fast.',
    costs: 'Needs a permission for the site; its other tabs run the hook too while DevTools is open here.',
  },
};

export function SettingsPane(): JSX.Element {
  const model = useModel();
  const { settings, access } = model.state.value;
  const set = model.client.setSettings.bind(model.client);
  return (
    <section class="settings" aria-label="Settings of the Go panel">
      <header class="settings-title">
        <h1>Settings</h1>
        <IconButton icon="close" tip="Close the settings" onClick={() => (model.overlay.value = null)} />
      </header>
      <div class="settings-columns">
        <div class="settings-group">
          <h2>Traps</h2>
          <Checkbox
            text="Keep what the Go runtime prints"
            tip="Panic and fatal-error text on fd 2. It may hold data of the program; it stays in DevTools."
            checked={settings.captureText}
            onChange={(captureText) => set({ captureText })}
          />
          <Checkbox
            text="Hook dedicated workers"
            tip="Go programs in workers are then seen too. Takes effect at the next reload."
            checked={settings.hookWorkers}
            onChange={(hookWorkers) => set({ hookWorkers })}
          />
          <Checkbox
            text="Fold runtime frames in stacks"
            tip="Frames of the scheduler, of wrappers and of wasm_exec.js become one line."
            checked={settings.foldRuntime}
            onChange={(foldRuntime) => set({ foldRuntime })}
          />
        </div>
        <SamplingSettings />
        <SourcesSettings />
        <SourceFolders />
        <SourceRoots />
        <div class="settings-group wide">
          <h2>Access to the page</h2>
          <table class="levels">
            <tbody>
              {(['resources', 'hook', 'debugger', 'site'] as const).map((level) => (
                <LevelRow key={level} level={level} access={access} />
              ))}
            </tbody>
          </table>
          {access.notes.map((note) => (
            <p key={note} class="note">
              {note}
            </p>
          ))}
        </div>
      </div>
    </section>
  );
}

function LevelRow({ level, access }: { level: AccessLevel; access: AccessState }): JSX.Element {
  const { title, adds, costs } = LEVEL_TEXT[level];
  const active = access.active.includes(level);
  return (
    <tr>
      <th scope="row">
        <span class={`dot ${active ? 'running' : 'created'}`} />
        {title}
      </th>
      <td>
        {adds} <span class="subtle">{costs}</span>
      </td>
      <td class="level-action">
        <LevelAction level={level} access={access} />
      </td>
    </tr>
  );
}

function LevelAction({ level, access }: { level: AccessLevel; access: AccessState }): JSX.Element | null {
  const model = useModel();
  switch (level) {
    case 'resources':
      return null;
    case 'hook':
      return (
        <TextButton kind="outlined" text={RELOAD.text} tip={RELOAD.tip} onClick={() => RELOAD.run(model)} />
      );
    case 'debugger':
      return access.debuggerAvailable ? (
        <TextButton kind="outlined" text={ATTACH.text} tip={ATTACH.tip} onClick={() => ATTACH.run(model)} />
      ) : (
        <span class="subtle">not in this build; reload with the hook, or paste a stack</span>
      );
    case 'site': {
      if (access.siteOptIn !== null) {
        const forget = (): void => model.run('Giving the site back', model.client.forgetSite());
        return (
          <TextButton
            kind="outlined"
            text={`Forget ${access.siteOptIn}`}
            tip="Gives the permission for the site back."
            onClick={forget}
          />
        );
      }
      if (access.pageOrigin === null) return <span class="subtle">this page has no site</span>;
      const ask = askForSite(access.pageOrigin);
      return <TextButton kind="outlined" text={ask.text} tip={ask.tip} onClick={() => ask.run(model)} />;
    }
  }
}

/** Where Go sources are served, as a list of path prefixes and URL prefixes. */
function SourceRoots(): JSX.Element {
  const model = useModel();
  const { settings, pageUrl, access, suggestedRoots = [] } = model.state.value;
  const { sourceRoots } = settings;
  const set = (roots: readonly { from: string; to: string }[]): void =>
    model.client.setSettings({ sourceRoots: roots });
  return (
    <div class="settings-group">
      <h2>Source roots</h2>
      <p class="subtle">
        Where Go files are: a path as the symbols say it, and the URL it is found under, on the page’s own
        server or with file:///.
      </p>
      {sourceRoots.map((root, index) => {
        const unread = whyUnread(root.to, pageUrl, access.files);
        const mayAsk = access.files === 'ask' && root.to.startsWith('file:');
        return (
          <div key={index}>
            <div class="root-row">
              <DraftField
                aria-label="Path prefix in the symbols"
                placeholder="example.com/app/"
                value={root.from}
                onCommit={(from) => set(sourceRoots.with(index, { ...root, from }))}
              />
              <span aria-hidden="true">→</span>
              <DraftField
                aria-label="URL prefix"
                placeholder="/src/"
                value={root.to}
                onCommit={(to) => set(sourceRoots.with(index, { ...root, to }))}
              />
              <IconButton
                icon="close"
                tip="Remove this root"
                onClick={() => set(sourceRoots.toSpliced(index, 1))}
              />
            </div>
            {unread !== null && (
              <p class="note">
                Not read: {unread}.{' '}
                {mayAsk && (
                  <TextButton
                    kind="outlined"
                    text="Allow it"
                    tip="Chrome asks whether the extension may read files of this machine: only those that a source root says are read."
                    onClick={() => model.run('Asking for files', model.client.requestFiles())}
                  />
                )}
              </p>
            )}
          </div>
        );
      })}
      {suggestedRoots.map(({ from, to, certainty }) => (
        <div key={from} class="root-row" role="group" aria-label="Suggested root">
          <span class="code">{clip(from, 120)}</span>
          <span aria-hidden="true">→</span>
          <span class="code">{clip(to, 120)}</span>
          <TextButton
            text="Use"
            tip={
              certainty === 'found'
                ? 'Files of the program were found there.'
                : 'The program’s files begin so, and no text of them was found: change the address if they are elsewhere.'
            }
            onClick={() => set([...sourceRoots, { from, to }])}
          />
        </div>
      ))}
      <TextButton icon="plus" text="Add a root" onClick={() => set([...sourceRoots, { from: '', to: '' }])} />
    </div>
  );
}

import type { JSX } from 'preact';
import type { SourceFolderState } from '../../src/session/source-folders.ts';
import { DraftField } from '../components/draft-field.tsx';
import { Checkbox, IconButton, TextButton } from '../components/toolbar.tsx';
import { useModel } from '../model/context.ts';

/** What Chrome adds to the declared types. */
interface FolderPicker {
  showDirectoryPicker(options: { mode: 'read'; id: string }): Promise<FileSystemDirectoryHandle>;
}
interface Grantable extends FileSystemDirectoryHandle {
  requestPermission(descriptor: { mode: 'read' }): Promise<PermissionState>;
}

/** Go in the Sources panel: whether, on which sites, and what its stacks and steps leave out. */
export function SourcesSettings(): JSX.Element {
  const model = useModel();
  const { settings, access } = model.state.value;
  const { attachMaps, mapsOff, ignoreStandard, ignoredPackages } = settings;
  const set = model.client.setSettings.bind(model.client);
  const origin = access.pageOrigin;
  return (
    <div class="settings-group">
      <h2>Go in the Sources panel</h2>
      <Checkbox
        text="Show Go files, lines and functions in Sources, Console and Performance"
        tip="Attaches a source map to each Go module. The page is not changed."
        checked={attachMaps}
        onChange={(checked) => set({ attachMaps: checked })}
      />
      {origin !== null && attachMaps ? (
        <Checkbox
          text={`Also on ${origin}`}
          tip="Off: on pages of this site DevTools shows WebAssembly."
          checked={!mapsOff.includes(origin)}
          onChange={(checked) =>
            set({ mapsOff: checked ? mapsOff.filter((site) => site !== origin) : [...mapsOff, origin] })
          }
        />
      ) : null}
      <Checkbox
        text="Leave the standard library out of stacks and steps"
        tip="Puts Go's own packages on DevTools' ignore list."
        checked={ignoreStandard}
        onChange={(checked) => set({ ignoreStandard: checked })}
      />
      <label class="subtle" for="ignored-packages">
        Leave these packages out as well, with those below them:
      </label>
      <DraftField
        id="ignored-packages"
        placeholder="github.com/lib/log example.com/app/gen"
        value={ignoredPackages.join(' ')}
        onCommit={(text) => set({ ignoredPackages: text.split(/[\s,]+/).filter((path) => path !== '') })}
      />
      <p class="subtle">
        To stop at runtime.Breakpoint(), switch on “Pause on uncaught exceptions” in Sources. It is a trap of
        WebAssembly: resuming ends the program.
      </p>
      <p class="subtle">
        DevTools gives a source map to one script of a URL only. Where the page and a worker, or two workers,
        run the same module, load each from a URL of its own, such as app.wasm?worker.
      </p>
    </div>
  );
}

/** Folders with Go source text: of the program, a GOROOT, the module cache. */
export function SourceFolders(): JSX.Element | null {
  const model = useModel();
  const { folders } = model.client;
  const pick = (window as Window & Partial<FolderPicker>).showDirectoryPicker?.bind(window);
  if (folders === undefined || pick === undefined) return null;
  const add = async (): Promise<void> => {
    try {
      await folders.add(await pick({ mode: 'read', id: 'go-source' }));
    } catch (error) {
      // The person closed the dialog.
      if (!(error instanceof DOMException && error.name === 'AbortError')) throw error;
    }
  };
  const allow = async (handle: FileSystemDirectoryHandle): Promise<void> => {
    // The click is this window's, so the handle has to be too.
    await (window.structuredClone(handle) as Grantable).requestPermission({ mode: 'read' });
    await folders.refresh();
  };
  return (
    <div class="settings-group">
      <h2>Source text</h2>
      <p class="subtle">
        Folders with Go files: of the program, a GOROOT (go env GOROOT), the module cache (go env GOMODCACHE).
        They are read only to show text in DevTools.
      </p>
      {(model.state.value.folders ?? []).map((folder) => (
        <div key={folder.name} class="root-row">
          <span class="code">{label(folder)}</span>
          {folder.permission === 'granted' ? null : (
            <TextButton
              text="Allow again"
              tip="The browser asks whether the folder may be read."
              onClick={() => model.run('Asking for the folder', allow(folder.handle))}
            />
          )}
          <IconButton
            icon="close"
            tip="Remove this folder"
            onClick={() => model.run('Removing the folder', folders.remove(folder.handle))}
          />
        </div>
      ))}
      <TextButton icon="plus" text="Add a folder" onClick={() => model.run('Adding a folder', add())} />
    </div>
  );
}

const label = ({ name, goVersion }: SourceFolderState): string =>
  goVersion === null ? name : `${name} (${goVersion})`;

import { chooseFiles } from '../components/files.ts';
import type { PanelModel } from '../model/panel-model.ts';
import type { SessionState } from '../../src/session/state.ts';

/** Something that can be done to see more: what it is called, why one would, and what it costs. */
export interface Action {
  readonly id: string;
  readonly text: string;
  readonly tip: string;
  /** Called synchronously in the click: a permission can only be asked for there. */
  readonly run: (model: PanelModel) => void;
}

export const RELOAD: Action = {
  id: 'reload',
  text: 'Reload with hook',
  tip: 'Reloads the page with a script that sees modules, memory and traps from the first instruction on. It observes only and is gone at the next navigation.',
  run: (model) => model.run('Reloading with the hook', model.client.reload()),
};

export const ATTACH: Action = {
  id: 'attach',
  text: 'Attach to the page',
  tip: 'Attaches the debugger for a moment, without a reload: modules, memory, workers and errors from before DevTools opened. Chrome shows a bar while it is attached.',
  run: (model) => model.run('Attaching', model.client.attachDebugger()),
};

export const PASTE: Action = {
  id: 'paste',
  text: 'Paste a stack…',
  tip: 'Turns a stack or panic text from a crash report into Go functions, files and lines.',
  run: (model) => (model.overlay.value = 'paste'),
};

export const OPEN_FILE: Action = {
  id: 'open-file',
  text: 'Open .wasm file…',
  tip: 'Reads a module from this computer. It stays in this panel; nothing is uploaded.',
  run: (model) => chooseFiles('.wasm,application/wasm', (file) => addFile(model, file)),
};

/** Asking for the site's permission; `state` must have a page origin. */
export function askForSite(origin: string): Action {
  return {
    id: 'site',
    text: `Always hook ${origin}`,
    tip: `Asks Chrome for access to ${origin}. The hook is then there on every load while DevTools is open; other tabs of the site run it meanwhile too.`,
    run: (model) => {
      const granted = model.client.requestSite();
      model.run('Asking for the site', granted);
    },
  };
}

/** What can still be done to see more of this page, in the order in which one would try. */
export function accessActions(state: SessionState): readonly Action[] {
  const { access } = state;
  const actions: Action[] = [];
  if (!access.active.includes('hook') && !access.active.includes('site')) actions.push(RELOAD);
  if (access.debuggerAvailable && !access.active.includes('debugger')) actions.push(ATTACH);
  return actions;
}

/** Gives a file that was chosen or dropped to the session. */
export function addFile(model: PanelModel, file: File): void {
  const read = async (): Promise<void> => model.client.addModuleFile(file.name, await file.arrayBuffer());
  model.run(`Reading ${file.name}`, read());
  model.go({ view: 'modules' });
}

/** Opening a memory dump from a file; `moduleKey`: the module of a dump that does not say so itself, null: the only one that fits. */
export const openDump = (moduleKey: string | null): Action => ({
  id: 'open-dump',
  text: 'Open dump…',
  tip: 'Reads the goroutines of a memory dump: one that was saved here, or the raw bytes of a linear memory.',
  run: (model) => chooseFiles('', (file) => addDump(model, file, moduleKey)),
});

/** Gives a memory dump to the session and shows its goroutines. */
export function addDump(model: PanelModel, file: File, moduleKey: string | null): void {
  const read = async (): Promise<void> => {
    const key = await model.client.openDump(file.name, await file.arrayBuffer(), moduleKey);
    model.showGoroutine(key, null);
  };
  model.run(`Opening ${file.name}`, read());
}

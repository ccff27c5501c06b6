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

/** Opens a module from a file without leaving the view: for what is shown there. */
export function openModuleFile(model: PanelModel): void {
  chooseFiles('.wasm,application/wasm', (file) =>
    model.run(`Reading ${file.name}`, readModuleFile(model, file)),
  );
}

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
  model.run(`Reading ${file.name}`, readModuleFile(model, file));
  model.go({ view: 'modules' });
}

async function readModuleFile(model: PanelModel, file: File): Promise<void> {
  return model.client.addModuleFile(file.name, await file.arrayBuffer());
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
    const key = await model.client.goroutines.openDump(file.name, await file.arrayBuffer(), moduleKey);
    model.showGoroutine(key, null);
  };
  model.run(`Opening ${file.name}`, read());
}

/** Opening profiles from files. */
export const openProfileFiles: Action = {
  id: 'open-profile',
  text: 'Open profile…',
  tip: 'Reads a profile: pprof (gzip or raw), the text of debug=1, a .cpuprofile, a Chrome trace, or what go test prints. It stays on this computer.',
  run: (model) => chooseFiles('', (file) => addProfile(model, file)),
};

/** Gives a profile to the session and shows it. */
export function addProfile(model: PanelModel, file: File): void {
  const read = async (): Promise<void> => {
    const key = await model.client.profiles.open(file.name, await file.arrayBuffer());
    model.go({ view: 'profiles', capture: key, captureBase: null });
  };
  model.run(`Opening ${file.name}`, read());
}

/** Gives a dropped file to what it is for, by its name and its first bytes: a module, a memory dump, or a profile. */
export async function dropFile(model: PanelModel, file: File): Promise<void> {
  const start = new Uint8Array(await file.slice(0, 8).arrayBuffer());
  const begins = (bytes: readonly number[]): boolean => bytes.every((byte, index) => start[index] === byte);
  if (begins(WASM) || /\.wasm$/i.test(file.name)) addFile(model, file);
  else if (begins(DUMP)) addDump(model, file, null);
  else addProfile(model, file);
}

/** First bytes of a module, and of a dump that the panel wrote. */
const WASM = [0x00, 0x61, 0x73, 0x6d];
const DUMP = [0x89, 0x47, 0x4f, 0x57, 0x41, 0x53, 0x4d, 0x0a];

import type { ElementHandle, Frame, Page } from 'puppeteer-core';
import { eventually } from './harness.ts';

// DevTools' own Sources panel and debugger, driven from inside its front end.

/** A file of the module as DevTools lists it: `stacks/main.go` of the fixtures. */
export const goUrl = (file: string): string => `go:///example.com/fixtures/${file}`;

/** Shows Sources and makes DevTools' own modules reachable. */
export async function showSources(frontEnd: Page): Promise<void> {
  await frontEnd.evaluate(`(async () => {
    const at = (path) => import('/bundled/' + path);
    const [ui, sdk, { Workspace }, { BreakpointManager }, { DebuggerWorkspaceBinding }] = await Promise.all([
      at('ui/legacy/legacy.js'), at('core/sdk/sdk.js'), at('models/workspace/workspace.js'),
      at('models/breakpoints/breakpoints.js'), at('models/bindings/bindings.js'),
    ]);
    const targets = sdk.TargetManager.TargetManager.instance();
    globalThis.inTest = {
      file: (url) => Workspace.WorkspaceImpl.instance().uiSourceCodeForURL(url),
      models: () => targets.models(sdk.DebuggerModel.DebuggerModel),
      manager: BreakpointManager.BreakpointManager.instance(),
      binding: DebuggerWorkspaceBinding.DebuggerWorkspaceBinding.instance(),
      last: null,
    };
    await ui.ViewManager.ViewManager.instance().showView('sources');
  })()`);
}

/** Whether DevTools lists a file at all. */
export async function isListed(frontEnd: Page, url: string): Promise<boolean> {
  return (await frontEnd.evaluate(`inTest.file(${JSON.stringify(url)}) !== null`)) as boolean;
}

/** Whether DevTools has a file from the language plugin. */
export async function isOfPlugin(frontEnd: Page, url: string): Promise<boolean> {
  return (await frontEnd.evaluate(
    `inTest.file(${JSON.stringify(url)})?.project().id().startsWith('language_plugins') === true`,
  )) as boolean;
}

/** Whether DevTools lists a file, and its text begins so. */
export async function hasFile(frontEnd: Page, url: string, text = ''): Promise<boolean> {
  return (await frontEnd.evaluate(`(async () => {
    const data = await inTest.file(${JSON.stringify(url)})?.requestContentData();
    return data?.text?.startsWith(${JSON.stringify(text)}) === true;
  })()`)) as boolean;
}

/** Sets a breakpoint on a line (1-based), as a click into the gutter does, and waits until V8 has it. */
export async function setBreakpoint(frontEnd: Page, url: string, line: number): Promise<void> {
  await askForBreakpoint(frontEnd, url, line);
  await eventually(
    `a breakpoint at ${url}:${String(line)}`,
    () => frontEnd.evaluate('inTest.set.bound()'),
    (bound) => bound === true,
  );
}

/** The same of a program that may have ended, whose module V8 may have let go: DevTools sets it when the module comes again. */
export async function askForBreakpoint(frontEnd: Page, url: string, line: number): Promise<void> {
  // A map that another takes the place of, with more texts, has no files for a moment: the file is looked for and used in one task.
  const set = `(async () => {
    const file = inTest.file(${JSON.stringify(url)});
    if (file === null) return false;
    inTest.set = await inTest.manager.setBreakpoint(file, ${line - 1}, undefined, '', true, false, 'USER_ACTION');
    return true;
  })()`;
  await eventually(`${url} in Sources`, () => frontEnd.evaluate(set), Boolean);
}

/** Lines (1-based) of a file that DevTools offers for breakpoints. */
export async function breakableLines(frontEnd: Page, url: string): Promise<number[]> {
  const read = `(async () => {
    const file = inTest.file(${JSON.stringify(url)});
    if (file === null) return [];
    const lines = await inTest.binding.getMappedLines(file);
    return [...(lines ?? [])].map((line) => line + 1).sort((a, b) => a - b);
  })()`;
  // As in setBreakpoint: for a moment there may be no such file.
  return eventually(
    `lines for breakpoints in ${url}`,
    async () => (await frontEnd.evaluate(read)) as number[],
    ({ length }) => length > 0,
  );
}

/** Where the program is stopped. */
export interface Pause {
  readonly url: string;
  readonly line: number;
  /** Names in the Call Stack pane, innermost first, without those that DevTools leaves out. */
  readonly stack: readonly string[];
}

/** The next pause that was not returned before; null while there is none. */
export async function nextPause(frontEnd: Page): Promise<Pause | null> {
  const at = (await frontEnd.evaluate(`(async () => {
    for (const model of inTest.models()) {
      const details = model.debuggerPausedDetails();
      if (details === null || details === inTest.last) continue;
      const place = await inTest.binding.rawLocationToUILocation(details.callFrames[0].location());
      if (place === null || !place.uiSourceCode.url().startsWith('go:')) return null;
      if ((await inTest.binding.rawLocationToUILocation(details.callFrames.at(-1).location())) === null) return null;
      inTest.last = details;
      inTest.paused = model;
      return { url: place.uiSourceCode.url(), line: place.lineNumber + 1 };
    }
    return null;
  })()`)) as Omit<Pause, 'stack'> | null;
  if (at === null) return null;
  const label = `${at.url.slice(at.url.lastIndexOf('/') + 1)}:${String(at.line)}`;
  const frames = await eventually(
    `${label} in the Call Stack pane`,
    () => shownFrames(frontEnd),
    ([frame]) => frame?.place === label,
  );
  return { ...at, stack: frames.map(({ name }) => name) };
}

/** What the Call Stack pane shows, innermost first, without the frames that it leaves out. */
export async function shownFrames(frontEnd: Page): Promise<{ name: string; place: string }[]> {
  return (await frontEnd.evaluate(`import('/bundled/panels/sources/sources.js').then(({ CallStackSidebarPane }) => {
    const { contentElement } = CallStackSidebarPane.CallStackSidebarPane.instance();
    return [...contentElement.querySelectorAll('.call-frame-item')]
      .filter((item) => getComputedStyle(item).display !== 'none')
      .map((item) => ({
        name: item.querySelector('.call-frame-item-title')?.textContent ?? '',
        place: item.querySelector('.call-frame-location')?.textContent ?? '',
      }));
  })`)) as { name: string; place: string }[];
}

/** Function and place of the innermost frame in the Call Stack pane, and the reason of the pause: `main.main main.go:39 step`; '' while the program runs. */
export async function innermost(frontEnd: Page): Promise<string> {
  const reason = (): Promise<unknown> =>
    frontEnd.evaluate("inTest.models().map((model) => model.debuggerPausedDetails()?.reason ?? '').join('')");
  const before = await reason();
  const [frame] = before === '' ? [] : await shownFrames(frontEnd);
  // The pane follows the pause.
  return frame === undefined || before !== (await reason())
    ? ''
    : `${frame.name} ${frame.place} ${String(before)}`;
}

/** Takes away the breakpoints of the line at which the program is stopped, and lets it go on. */
export async function goOn(frontEnd: Page, pause: Pause): Promise<void> {
  await removeBreakpoints(frontEnd, pause);
  await frontEnd.evaluate('inTest.paused.resume()');
}

/** Takes away the breakpoints of a line. They would outlive the tab. */
export async function removeBreakpoints(
  frontEnd: Page,
  { url, line }: Pick<Pause, 'url' | 'line'>,
): Promise<void> {
  const remove = `(async () => {
    const file = inTest.file(${JSON.stringify(url)});
    if (file === null) return false;
    for (const { breakpoint, uiLocation } of inTest.manager.breakpointLocationsForUISourceCode(file)) {
      if (uiLocation.lineNumber === ${line - 1}) await breakpoint.remove(false);
    }
    return true;
  })()`;
  // As in setBreakpoint: for a moment there may be no such file.
  await eventually(`${url} in Sources`, () => frontEnd.evaluate(remove), Boolean);
}

/** Holds source maps back for so many milliseconds before DevTools takes them; 0: no longer. */
export async function delayMaps(frontEnd: Page, ms: number): Promise<void> {
  await frontEnd.evaluate(`import('/bundled/core/sdk/sdk.js').then((sdk) => {
    const { prototype } = sdk.DebuggerModel.DebuggerModel;
    prototype.takesMap ??= prototype.setSourceMapURL;
    prototype.setSourceMapURL = ${ms} === 0 ? prototype.takesMap : function (...map) {
      setTimeout(() => this.takesMap(...map), ${ms});
    };
  })`);
}

/** Holds DevTools back for so many milliseconds where it shows a place in a file of this URL in the editor. */
export async function delayEditor(frontEnd: Page, url: string, ms: number): Promise<void> {
  await frontEnd.evaluate(`import('/bundled/panels/sources/sources.js').then(({ SourcesPanel }) => {
    const view = SourcesPanel.SourcesPanel.instance().sourcesView();
    const { showSourceLocation } = view;
    view.showSourceLocation = (file, ...place) => {
      setTimeout(() => showSourceLocation.call(view, file, ...place), file.url() === '${url}' ? ${ms} : 0);
    };
  })`);
}

/** Has DevTools forget the place where it shows a file of this URL for the first time, as it does when the text is still being loaded. */
export async function loseFirstPlace(frontEnd: Page, url: string): Promise<void> {
  await frontEnd.evaluate(`import('/bundled/panels/sources/sources.js').then(({ SourcesPanel }) => {
    const view = SourcesPanel.SourcesPanel.instance().sourcesView();
    const { showSourceLocation } = view;
    view.showSourceLocation = (file, ...place) => {
      if (file.url() !== '${url}') return showSourceLocation.call(view, file, ...place);
      view.showSourceLocation = showSourceLocation;
      return showSourceLocation.call(view, file, undefined, ...place.slice(1));
    };
  })`);
}

/** Sets "Pause on uncaught exceptions" of the Sources panel. */
export async function pauseOnUncaught(frontEnd: Page, on: boolean): Promise<void> {
  await frontEnd.evaluate(`import('/bundled/core/common/common.js').then(({ Settings }) => {
    Settings.Settings.instance().moduleSetting('pause-on-uncaught-exception').set(${on});
  })`);
}

/** Lets everything go on that is stopped, wherever that is. */
export async function resumeAll(frontEnd: Page): Promise<void> {
  await frontEnd.evaluate(`inTest.models().forEach((model) => { if (model.isPaused()) model.resume(); })`);
}

/** The file that the Sources panel shows, the line of its cursor (1-based) and its text; null while there is none. */
export async function shownSource(
  frontEnd: Page,
): Promise<{ url: string; line: number; text: string } | null> {
  return (await frontEnd.evaluate(`import('/bundled/panels/sources/sources.js').then(({ SourcesPanel }) => {
    const view = SourcesPanel.SourcesPanel.instance().sourcesView();
    const file = view.currentUISourceCode();
    const state = view.currentSourceFrame()?.textEditor?.state;
    if (!file || !state) return null;
    const { number: line, text } = state.doc.lineAt(state.selection.main.head);
    return { url: file.url(), line, text };
  })`)) as { url: string; line: number; text: string } | null;
}

/** Starts or ends a recording in the Performance panel, and waits until it has. */
export async function toggleRecording(frontEnd: Page): Promise<void> {
  await frontEnd.evaluate(`(async () => {
    const [ui, { TimelinePanel }] = await Promise.all([
      import('/bundled/ui/legacy/legacy.js'), import('/bundled/panels/timeline/timeline.js'),
    ]);
    await ui.ViewManager.ViewManager.instance().showView('timeline');
    const panel = TimelinePanel.TimelinePanel.instance();
    const wanted = panel.state === 'Idle' ? 'Recording' : 'Idle';
    panel.toggleRecording();
    while (panel.state !== wanted) await new Promise((resolve) => setTimeout(resolve, 50));
  })()`);
}

/** One of DevTools' own steps. */
export async function step(
  frontEnd: Page,
  how: 'stepOver' | 'stepInto' | 'stepOut' | 'resume',
): Promise<void> {
  await frontEnd.evaluate(`inTest.last = inTest.paused.debuggerPausedDetails(); void inTest.paused.${how}()`);
}

/** Scopes of a frame by their titles: variables as DevTools has them. */
export type Scopes = Readonly<
  Record<string, readonly { readonly name: string; readonly text: string; readonly memory: boolean }[]>
>;

/** The scopes of the innermost frame, as a language plugin says them. */
export async function scopesOf(frontEnd: Page): Promise<Scopes> {
  return (await frontEnd.evaluate(`(async () => {
    const [frame] = inTest.paused.debuggerPausedDetails().callFrames;
    const chain = await inTest.binding.pluginManager.resolveScopeChain(frame);
    const found = {};
    for (const scope of chain ?? []) {
      const { properties } = await scope.object().getAllProperties(false, false);
      found[scope.typeName()] = (properties ?? []).map((one) => ({
        name: one.name, text: one.value?.description ?? String(one.value?.value), memory: one.value?.linearMemoryAddress !== undefined }));
    }
    return found;
  })()`)) as Scopes;
}

/** What a watch expression shows in the innermost frame. */
export async function watched(frontEnd: Page, expression: string): Promise<string> {
  return (await frontEnd.evaluate(`(async () => {
    const [frame] = inTest.paused.debuggerPausedDetails().callFrames;
    const result = await frame.evaluate({ expression: ${JSON.stringify(expression)}, objectGroup: 'test', silent: true });
    return 'error' in result ? result.error : result.exceptionDetails
      ? 'Uncaught ' + (result.exceptionDetails.exception?.description ?? result.exceptionDetails.text)
      : result.object.description ?? String(result.object.value);
  })()`)) as string;
}

/**
 * Presses the button of the fixtures' page that runs the program, from within the page: what the mouse does is answered only when the page goes on, should
 * a breakpoint stop it first.
 */
export async function runByButton(page: Page): Promise<void> {
  await page.waitForSelector('#crash');
  await page.evaluate(`void setTimeout(() => document.getElementById('crash').click())`);
}

/** Waits until the extension has heard of the stop at which DevTools is, by its place in the module: it asks the page a few times a second. */
export async function stopIsKnown(frontEnd: Page, panel: Frame): Promise<void> {
  const column = await frontEnd.evaluate(
    'inTest.paused.debuggerPausedDetails()?.callFrames[0].location().columnNumber',
  );
  await eventually(
    `the stop at ${Number(column).toString(16)} in the extension`,
    () => panel.evaluate(() => window.goSession?.state().stop?.stack ?? ''),
    (stack) => /:wasm-function\[\d+\]:0x([0-9a-f]+)/.exec(stack)?.[1] === Number(column).toString(16),
  );
}

/** Evaluates in the worker, or the frame of another site, through DevTools' own session with it; null while DevTools has none. */
export function evaluateIn(frontEnd: Page, kind: 'worker' | 'frame', expression: string): Promise<unknown> {
  return frontEnd.evaluate(`(async () => {
    const isIt = (target) => target.type() === '${kind}' && target.parentTarget()?.type() === 'frame';
    const found = inTest.models().map((model) => model.target()).find(isIt);
    const answer = await found?.runtimeAgent().invoke_evaluate({ expression: ${JSON.stringify(expression)}, returnByValue: true });
    return answer?.result?.value ?? null;
  })()`);
}

/** Opens the Sources panel and unfolds the pane "Go" of its sidebar. */
export async function openSidebar(frontEnd: Page): Promise<Frame> {
  await frontEnd.evaluate(
    `import('/bundled/ui/legacy/legacy.js').then((ui) => ui.ViewManager.ViewManager.instance().showView('sources'))`,
  );
  for (const other of ['Breakpoints', 'Scope', 'Call Stack']) {
    const title = await frontEnd.$(`>>> .expandable-view-title[aria-label="${other}"]`);
    if (title !== null) await fold(title, false);
  }
  const title = await frontEnd.waitForSelector('>>> .expandable-view-title[aria-label="Go"]');
  if (title !== null) await fold(title, true);
  return frontEnd.waitForFrame((frame) => frame.url().endsWith('/sidebar.html'));
}

/** Folds or unfolds a pane of the sidebar by its title. Not with the mouse: the panes above it move it. */
async function fold(title: ElementHandle, isOpen: boolean): Promise<void> {
  await title.evaluate((element, wanted) => {
    const is = element.getAttribute('aria-expanded') === 'true';
    if (is !== wanted && element instanceof HTMLElement) element.click();
  }, isOpen);
}

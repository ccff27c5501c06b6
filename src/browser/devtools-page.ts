export interface PanelHooks {
  readonly onShown?: (window: Window) => void;
  readonly onHidden?: () => void;
  /** DevTools' search box: `performSearch` with the text, `nextSearchResult`, `previousSearchResult`, `cancelSearch`. */
  readonly onSearch?: (action: string, text: string | undefined) => void;
  readonly onThemeChanged?: (theme: Theme) => void;
}

export type Theme = 'light' | 'dark';

/** The theme of DevTools. */
export const currentTheme = (): Theme => themeOf(chrome.devtools.panels.themeName);

const themeOf = (name: string): Theme => (name === 'dark' ? 'dark' : 'light');

/** DevTools answers in a few milliseconds, on a busy machine in a second. */
const ANSWER_MS = 5000;
/** How often a devtools page that is not heard loads itself again. */
const MAX_RELOADS = 5;

/**
 * Adds the panel "Go" to DevTools; the page at `page` is loaded when the panel is first shown.
 *
 * A devtools page introduces itself to DevTools with one message. Where that is lost (seen when DevTools moved to another window at that
 * moment), nothing that the page says is ever heard: a page that gets no answer loads itself again, which introduces it anew.
 */
export function createPanel(page: string, hooks: PanelHooks): void {
  const { panels } = chrome.devtools;
  const silence = setTimeout(introduceAgain, ANSWER_MS);
  panels.create('Go', 'icons/32.png', page, (panel) => {
    clearTimeout(silence);
    panel.onShown.addListener((window) => hooks.onShown?.(window));
    panel.onHidden.addListener(() => hooks.onHidden?.());
    panel.onSearch.addListener((action, text) => hooks.onSearch?.(action, text));
  });
  panels.setThemeChangeHandler((name) => hooks.onThemeChanged?.(themeOf(name)));
}

/** Adds the pane "Go" to the sidebar of the Sources panel; its page is loaded when it is first unfolded. */
export function createSidebar(page: string, onShown: (window: Window) => void): void {
  chrome.devtools.panels.sources.createSidebarPane('Go', (pane) => {
    pane.onShown.addListener(onShown);
    pane.setPage(page);
  });
}

/** The fragment of the page's address counts how often it was loaded again. */
function introduceAgain(): void {
  const reloads = Number(location.hash.slice(1)) || 0;
  if (reloads >= MAX_RELOADS) return;
  location.hash = String(reloads + 1);
  location.reload();
}

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

/** Adds the panel "Go" to DevTools; the page at `page` is loaded when the panel is first shown. */
export function createPanel(page: string, hooks: PanelHooks): Promise<chrome.devtools.panels.ExtensionPanel> {
  const { panels } = chrome.devtools;
  panels.setThemeChangeHandler((name) => hooks.onThemeChanged?.(themeOf(name)));
  return new Promise((resolve) => {
    panels.create('Go', 'icons/32.png', page, (panel) => {
      panel.onShown.addListener((window) => hooks.onShown?.(window));
      panel.onHidden.addListener(() => hooks.onHidden?.());
      panel.onSearch.addListener((action, text) => hooks.onSearch?.(action, text));
      resolve(panel);
    });
  });
}

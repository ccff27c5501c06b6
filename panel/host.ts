import type { SessionClient } from '../src/session/client.ts';

/** DevTools' own names of its themes, as `chrome.devtools.panels.themeName` says them. */
export type ThemeName = 'default' | 'dark';

declare global {
  interface Window {
    /** Set by the devtools page, which then sends `gosession` to this window. */
    goSession?: SessionClient;
    /** Set by the devtools page, which then sends `gotheme`. */
    goTheme?: ThemeName;
    /** Set by the panel: DevTools' search box, for the devtools page to call from `panel.onSearch`. */
    goSearch?: (action: string, query?: string) => void;
  }
}

/** The session that the devtools page hands over, now or as soon as it is there. */
export function hostedSession(host: Window): Promise<SessionClient> {
  if (host.goSession !== undefined) return Promise.resolve(host.goSession);
  return new Promise((resolve) => {
    const take = (): void => {
      if (host.goSession === undefined) return;
      host.removeEventListener('gosession', take);
      resolve(host.goSession);
    };
    host.addEventListener('gosession', take);
  });
}

/** Keeps `data-theme` of the document what the host says; without a host, what the system prefers. */
export function followTheme(host: Window): void {
  const dark = host.matchMedia('(prefers-color-scheme: dark)');
  const apply = (): void => {
    const theme = host.goTheme ?? (dark.matches ? 'dark' : 'default');
    host.document.documentElement.dataset['theme'] = theme;
  };
  apply();
  dark.addEventListener('change', apply);
  host.addEventListener('gotheme', apply);
}

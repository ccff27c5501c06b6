import type { SettingsStore } from '../session/settings.ts';

const KEY = 'settings';

/** Settings in the extension's own localStorage: no permission needed, shared by all DevTools windows of the profile. */
export const localSettings: SettingsStore = {
  load() {
    try {
      return Promise.resolve(JSON.parse(localStorage.getItem(KEY) ?? '{}') as unknown);
    } catch {
      return Promise.resolve({});
    }
  },
  save(settings) {
    localStorage.setItem(KEY, JSON.stringify(settings));
    return Promise.resolve();
  },
};

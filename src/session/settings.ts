import type { Settings } from './state.ts';

/** Where settings are kept between DevTools windows; implemented in src/entry. */
export interface SettingsStore {
  load(): Promise<unknown>;
  save(settings: Settings): Promise<void>;
}

export const DEFAULT_SETTINGS: Settings = {
  captureText: true,
  hookWorkers: true,
  sourceRoots: [],
  foldRuntime: true,
};

/** Takes from stored data what is a valid setting; everything else keeps its default. */
export function readSettings(stored: unknown): Settings {
  const values = typeof stored === 'object' && stored !== null ? (stored as Record<string, unknown>) : {};
  const flag = (name: 'captureText' | 'hookWorkers' | 'foldRuntime'): boolean => {
    const value = values[name];
    return typeof value === 'boolean' ? value : DEFAULT_SETTINGS[name];
  };
  const roots = Array.isArray(values['sourceRoots']) ? (values['sourceRoots'] as unknown[]) : [];
  return {
    captureText: flag('captureText'),
    hookWorkers: flag('hookWorkers'),
    foldRuntime: flag('foldRuntime'),
    sourceRoots: roots.flatMap((root) => {
      if (typeof root !== 'object' || root === null) return [];
      const { from, to } = root as Record<string, unknown>;
      return typeof from === 'string' && typeof to === 'string' && from !== '' ? [{ from, to }] : [];
    }),
  };
}

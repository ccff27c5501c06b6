import { readBookmarks } from './bookmarks.ts';
import type { Settings } from './state.ts';

/** Where settings are kept between DevTools windows; implemented in src/entry. */
export interface SettingsStore {
  load(): Promise<unknown>;
  save(settings: Settings): Promise<void>;
}

/** Between two samples, milliseconds; 0: none are taken. */
export const SAMPLE_INTERVALS: readonly number[] = [0, 250, 1000, 5000, 30_000];

export const DEFAULT_SETTINGS: Settings = {
  captureText: true,
  hookWorkers: true,
  sourceRoots: [],
  foldRuntime: true,
  attachMaps: true,
  mapsOff: [],
  ignoreStandard: true,
  ignoredPackages: [],
  sampleMs: 1000,
};

/** Takes from stored data what is a valid setting; everything else keeps its default. */
export function readSettings(stored: unknown): Settings {
  const values = typeof stored === 'object' && stored !== null ? (stored as Record<string, unknown>) : {};
  const flag = (
    name: 'captureText' | 'hookWorkers' | 'foldRuntime' | 'attachMaps' | 'ignoreStandard',
  ): boolean => {
    const value = values[name];
    return typeof value === 'boolean' ? value : DEFAULT_SETTINGS[name];
  };
  const roots = Array.isArray(values['sourceRoots']) ? (values['sourceRoots'] as unknown[]) : [];
  const bookmarks = readBookmarks(values['bookmarks']);
  return {
    ...(bookmarks.length === 0 ? {} : { bookmarks }),
    captureText: flag('captureText'),
    hookWorkers: flag('hookWorkers'),
    foldRuntime: flag('foldRuntime'),
    attachMaps: flag('attachMaps'),
    mapsOff: texts(values['mapsOff']),
    ignoreStandard: flag('ignoreStandard'),
    ignoredPackages: texts(values['ignoredPackages']),
    sampleMs: SAMPLE_INTERVALS.find((ms) => ms === values['sampleMs']) ?? DEFAULT_SETTINGS.sampleMs,
    sourceRoots: roots.flatMap((root) => {
      if (typeof root !== 'object' || root === null) return [];
      const { from, to } = root as Record<string, unknown>;
      return typeof from === 'string' && typeof to === 'string' && from !== '' ? [{ from, to }] : [];
    }),
  };
}

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value)
    ? (value as unknown[]).filter((text): text is string => typeof text === 'string' && text !== '')
    : [];

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createPanel } from '../../../src/browser/devtools-page.ts';

// DevTools as the devtools page sees it: it answers, or it has not heard.

const listener = { addListener: () => undefined };
const panel = { onShown: listener, onHidden: listener, onSearch: listener };
let answers: boolean;
let location: { hash: string; reloads: number; reload: () => void };

beforeEach(() => {
  vi.useFakeTimers();
  const reload = (): void => {
    location.reloads++;
  };
  location = { hash: '', reloads: 0, reload };
  vi.stubGlobal('location', location);
  vi.stubGlobal('chrome', {
    devtools: {
      panels: {
        setThemeChangeHandler: () => undefined,
        create: (_title: string, _icon: string, _page: string, made: (made: typeof panel) => void) => {
          if (answers) setTimeout(() => made(panel), 900);
        },
      },
    },
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('a devtools page that DevTools answers stays', () => {
  answers = true;
  createPanel('panel.html', {});
  vi.advanceTimersByTime(60_000);
  expect(location).toMatchObject({ hash: '', reloads: 0 });
});

test('a devtools page that gets no answer loads itself again, a few times', () => {
  answers = false;
  createPanel('panel.html', {});
  vi.advanceTimersByTime(60_000);
  expect(location).toMatchObject({ hash: '1', reloads: 1 });
  location.hash = '#4';
  createPanel('panel.html', {});
  vi.advanceTimersByTime(60_000);
  expect(location).toMatchObject({ hash: '5', reloads: 2 });
  location.hash = '#5';
  createPanel('panel.html', {});
  vi.advanceTimersByTime(60_000);
  expect(location.reloads).toBe(2);
});

import { expect, it } from 'vitest';
import { moduleAt } from '../../../src/session/module-at.ts';
import type { ModuleState, SessionState } from '../../../src/session/state.ts';

/** A session of which only modules are asked. */
function session(): {
  modules: ModuleState[];
  changed(): void;
  of: Parameters<typeof moduleAt>[0];
  listeners: Set<() => void>;
} {
  const listeners = new Set<() => void>();
  const made = {
    modules: [] as ModuleState[],
    listeners,
    changed: () => {
      for (const listener of [...listeners]) listener();
    },
    of: {
      state: () => ({ modules: made.modules }) as unknown as SessionState,
      subscribe: (listener: () => void) => {
        listeners.add(listener);
        return () => {
          listeners.delete(listener);
        };
      },
    },
  };
  return made;
}

const module = (key: string, status: ModuleState['status']): ModuleState =>
  ({ key, status, url: 'http://x/app.wasm' }) as ModuleState;

it('a module that DevTools names by its URL is the newest one of the page, once it is read', async () => {
  const made = session();
  const { signal } = new AbortController();
  const waiting = moduleAt(made.of, 'http://x/app.wasm', signal);
  made.modules = [module('old', 'ready'), module('new', 'loading')];
  made.changed();
  expect(made.listeners.size).toBe(1);
  made.modules = [module('old', 'ready'), module('new', 'ready')];
  made.changed();
  await expect(waiting).resolves.toBe('new');
  expect(made.listeners.size).toBe(0);
});

it('gives up when DevTools has dropped it, and says why where it cannot be read', async () => {
  const dropped = session();
  const gone = new AbortController();
  const waiting = moduleAt(dropped.of, 'http://x/app.wasm', gone.signal);
  gone.abort();
  await expect(waiting).rejects.toThrow('gone');
  expect(dropped.listeners.size).toBe(0);
  const failed = session();
  failed.modules = [module('m', 'failed')];
  const { signal } = new AbortController();
  const reading = moduleAt(failed.of, 'http://x/app.wasm', signal);
  await expect(reading).rejects.toThrow('could not be read');
});

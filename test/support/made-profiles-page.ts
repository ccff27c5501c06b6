import { readRecording, RecordingClient } from '../../panel/recording-client.ts';
import { profileHandlers } from '../../src/worker/profiles.ts';
import { ModuleStore } from '../../src/worker/module-store.ts';
import { NO_STORE } from '../../src/session/captures-state.ts';
import { Profiles } from '../../src/session/profiles.ts';
import type { Analysis } from '../../src/session/session.ts';
import { TaskList } from '../../src/session/tasks.ts';
import life from './recordings/life.json' with { type: 'json' };

// Bundled into a script that runs in the panel's page before the panel: a recorded session whose profiles are real ones, read by the worker's own code.

/** A recorded session that reads profiles. */
class ProfilesSession extends RecordingClient {
  override readonly profiles: Profiles;

  constructor() {
    super(readRecording(life));
    const refuse = (): Promise<never> => Promise.reject(new Error('there is no memory'));
    const handlers = profileHandlers(new ModuleStore(), { read: refuse, gather: refuse });
    const request: Analysis['request'] = async (name, params, options) => {
      const handler = (handlers as Readonly<Record<string, unknown>>)[name] as (
        asked: typeof params,
        context: { signal: AbortSignal; progress: () => void },
      ) => Promise<never>;
      return handler(params, {
        signal: options?.signal ?? new AbortController().signal,
        progress: () => undefined,
      });
    };
    const tasks = new TaskList((running) => this.change({ tasks: running }));
    this.profiles = new Profiles(
      { holdMemory: refuse, releaseMemory: () => undefined },
      { request },
      tasks,
      NO_STORE,
      {
        state: () => this.state(),
        changed: (captures) => this.change({ captures }),
        goroutines: refuse,
        hasSource: () => Promise.resolve(false),
      },
    );
    this.change({ tasks: [] });
  }
}

window.goSession = new ProfilesSession();

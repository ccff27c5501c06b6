import { describe, expect, it } from 'vitest';
import type { StoppedMemory } from '../../../src/session/goroutine-snapshots.ts';
import type { ModuleState, SessionState } from '../../../src/session/state.ts';
import type { StoppedThreadCopy } from '../../../src/session/stopped-threads.ts';
import { Stops, type StopSources, type StopState } from '../../../src/session/stops.ts';
import { TaskList } from '../../../src/session/tasks.ts';

const COPY: StoppedThreadCopy = {
  thread: { kind: 'worker', url: 'http://app.test/worker.js' },
  stack: 'Error\n    at http://app.test/main.wasm:0x10',
  memory: new Uint8Array(8),
  why: '',
  sp: 4096,
  time: 5,
};

function made(copies: readonly StoppedThreadCopy[], change: Partial<StopSources> = {}) {
  const seen: { stops: (StopState | null)[]; taken: StoppedMemory[]; dropped: string[] } = {
    stops: [],
    taken: [],
    dropped: [],
  };
  const module = { key: 'm1', status: 'ready', report: { toolchain: 'go' }, url: null };
  const stops = new Stops({
    state: () => ({ modules: [module as ModuleState], instances: [] }) as unknown as SessionState,
    modulesSettled: () => Promise.resolve(),
    ownerOf: () => Promise.resolve({ moduleKey: 'm1', scriptUrl: null, why: '' }),
    takeSnapshot: () => Promise.resolve('of the page'),
    threads: { look: () => Promise.resolve(copies) },
    tasks: new TaskList(() => undefined),
    takeStopped: (memory) => {
      seen.taken.push(memory);
      return Promise.resolve(`snapshot:${String(seen.taken.length)}`);
    },
    drop: (key) => {
      seen.dropped.push(key);
    },
    changed: (stop) => {
      seen.stops.push(stop);
    },
    ...change,
  });
  return { stops, seen };
}

describe('a stop of a worker', () => {
  it('is shown when it is looked for, with the goroutines of its memory', async () => {
    const { stops, seen } = made([COPY]);
    expect(await stops.look()).toBe('');
    expect(seen.taken).toEqual([
      { moduleKey: 'm1', memory: COPY.memory, url: COPY.thread.url, stack: COPY.stack, sp: 4096, time: 5 },
    ]);
    expect(seen.stops).toEqual([
      expect.objectContaining({ thread: COPY.thread, moduleKey: 'm1', snapshotKey: 'snapshot:1', why: '' }),
    ]);
  });

  it('gives its copy back when it is closed, looked at again, or the page stops', async () => {
    const { stops, seen } = made([COPY]);
    await stops.look();
    await stops.look();
    expect(seen.dropped).toEqual(['snapshot:1']);
    stops.close();
    expect(seen.dropped).toEqual(['snapshot:1', 'snapshot:2']);
    expect(seen.stops.at(-1)).toBeNull();
    await stops.look();
    stops.take({ stack: 'at f', isSame: false });
    expect(seen.dropped).toEqual(['snapshot:1', 'snapshot:2', 'snapshot:3']);
    expect(seen.stops.at(-1)).toMatchObject({ thread: null });
  });

  it('is not shown where the page has stopped, or navigated, meanwhile', async () => {
    for (const meanwhile of [{ stack: 'at f', isSame: false }, null]) {
      const { stops, seen } = made([COPY], {
        takeStopped: () => {
          stops.take(meanwhile);
          return Promise.resolve('late');
        },
      });
      await stops.look();
      expect(seen.dropped).toEqual(['late']);
      expect(seen.stops.every((stop) => stop?.thread == null)).toBe(true);
    }
  });

  it('says why there is none', async () => {
    expect(await made([]).stops.look()).toBe(
      'No worker, and no frame of another site, is stopped in Go or in what Go has called.',
    );
    const large = { ...COPY, memory: null, why: 'its memory has 300 MiB' };
    expect(await made([large]).stops.look()).toBe(
      'No goroutines: worker http://app.test/worker.js: its memory has 300 MiB.',
    );
    const owner = { moduleKey: null, scriptUrl: null, why: 'the stack fits no module' };
    const foreign = made([COPY], { ownerOf: () => Promise.resolve(owner) });
    expect(await foreign.stops.look()).toBe(
      'No goroutines: worker http://app.test/worker.js: the stack fits no module.',
    );
    expect(foreign.seen.taken).toEqual([]);
    const without = made([], { threads: null });
    expect(without.stops.canLook).toBe(false);
    await expect(without.stops.look()).rejects.toThrow('this build has no debugger');
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import type { CaptureState, CaptureStore, KeptCapture } from '../../../src/session/captures-state.ts';
import { MAX_KEPT } from '../../../src/session/kept-captures.ts';
import { Profiles } from '../../../src/session/profiles.ts';
import type { SessionState } from '../../../src/session/state.ts';
import { bareRecording, profiledModule } from '../../support/profiled-wasm.ts';
import type { Analysis } from '../../../src/session/session.ts';
import { TaskList } from '../../../src/session/tasks.ts';
import { profileWorker, plainQuery } from '../../support/open-profiles.ts';
import { recordedClient } from '../panel/recording.ts';
import { profileFixture } from '../profile/fixtures.ts';

// Captures: opened by the real worker, kept in a store.

/** A store as a browser's, in memory; it outlives sessions. */
class MemoryStore implements CaptureStore {
  readonly about = new Map<string, KeptCapture>();
  readonly files = new Map<string, ArrayBuffer>();
  full = false;

  list(): Promise<readonly KeptCapture[]> {
    return Promise.resolve([...this.about.values()].sort((a, b) => b.added - a.added));
  }

  put(capture: KeptCapture, bytes: ArrayBuffer | null): Promise<void> {
    if (this.full) return Promise.reject(new Error('QuotaExceededError'));
    this.about.set(capture.key, capture);
    if (bytes !== null) this.files.set(capture.key, bytes.slice(0));
    return Promise.resolve();
  }

  read(key: string): Promise<ArrayBuffer | null> {
    return Promise.resolve(this.files.get(key)?.slice(0) ?? null);
  }

  remove(key: string): Promise<void> {
    this.about.delete(key);
    this.files.delete(key);
    return Promise.resolve();
  }
}

function session(
  store: CaptureStore,
  { ask } = profileWorker(),
  state: () => SessionState = () => recordedClient().state(),
): { profiles: Profiles; captures: () => readonly CaptureState[] } {
  const request: Analysis['request'] = (name, params) => ask(name, params);
  let all: readonly CaptureState[] = [];
  const refuse = (): Promise<never> => Promise.reject(new Error('there is no memory'));
  const profiles = new Profiles(
    { holdMemory: refuse, releaseMemory: () => undefined },
    { request },
    new TaskList(() => undefined),
    store,
    {
      state,
      changed: (captures) => (all = captures),
      goroutines: refuse,
      hasSource: (_, file) => Promise.resolve(file.endsWith('/main.go')),
    },
  );
  return { profiles, captures: () => all };
}

const bytesOf = (path: string): ArrayBuffer => profileFixture(path).buffer;

/** Lets what was begun in the background end. */
const settled = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
};

let store: MemoryStore;
beforeEach(() => {
  store = new MemoryStore();
});

describe('captures', () => {
  it('are kept, renamed, read again by another session, and deleted', async () => {
    const first = session(store);
    const key = await first.profiles.open('cpu.pb.gz', bytesOf('go1.27.3/cpu.pb.gz'));
    expect(first.captures()).toMatchObject([{ key, name: 'cpu.pb.gz', origin: 'file', status: 'ready' }]);
    await settled(() => store.files.has(key));
    first.profiles.rename(key, '  before the fix ');
    await settled(() => store.about.get(key)?.name === 'before the fix');

    const second = session(store);
    await second.profiles.start();
    expect(second.captures()).toMatchObject([{ key, name: 'before the fix', status: 'kept' }]);
    expect(second.captures()[0]?.facts?.samples).toBe(95);
    const { total } = await second.profiles.summary(key, plainQuery({ sampleType: 1 }));
    expect(total).toBe(1_020_000_000);
    expect(second.captures()[0]?.status).toBe('ready');
    expect((await second.profiles.save(key, 'pprof')).name).toBe('before-the-fix.pb.gz');
    // In a trace the program's own functions link to their text; those of the standard library have none.
    const { traceEvents } = JSON.parse(await (await second.profiles.save(key, 'trace')).blob.text()) as {
      traceEvents: {
        args?: { data?: { cpuProfile?: { nodes?: { callFrame: { functionName: string; url: string } }[] } } };
      }[];
    };
    const frames = traceEvents
      .flatMap(({ args }) => args?.data?.cpuProfile?.nodes ?? [])
      .map((node) => node.callFrame);
    expect(frames.find(({ functionName }) => functionName === 'main.recurse')).toMatchObject({
      url: 'go:///example.com/profiled/main.go',
      lineNumber: 65,
    });
    expect(frames.find(({ functionName }) => functionName === 'crypto/sha256.Sum256')?.url).toBe(
      'crypto/sha256/sha256.go',
    );
    const again = await second.profiles.open(
      'trace.json',
      await (await second.profiles.save(key, 'trace')).blob.arrayBuffer(),
    );
    const peeked = await second.profiles.peek(again, plainQuery({ sampleType: 1 }), 'main.recurse');
    expect(peeked.frame?.file).toBe('example.com/profiled/main.go');
    second.profiles.drop(again);
    second.profiles.drop(key);
    expect(second.captures()).toEqual([]);
    await settled(() => store.about.size === 0 && store.files.size === 0);
  });

  it('of recordings get Go names when their module becomes known; what was told of them stays', async () => {
    const worker = profileWorker();
    const { modules, ...rest } = recordedClient().state();
    let known: SessionState['modules'] = [];
    const { profiles, captures } = session(store, worker, () => ({ ...rest, modules: known }));
    const key = await profiles.add(bareRecording('1.27.3', 'main.three').buffer, 'cpu', {
      origin: 'CPU recording',
      notes: ['No goroutines were read.'],
    });
    expect(captures()[0]?.facts).toMatchObject({
      unnamed: 1,
      notes: ['No goroutines were read.', 'Idle: 0.0 ms of 2.0 ms, not in the samples.'],
    });
    await settled(() => store.files.has(key));
    const before = store.files.get(key);

    await worker.ask('module.load', { moduleKey: 'm', bytes: profiledModule('1.27.3').buffer });
    profiles.nameFunctions();
    expect(captures()[0]?.status).toBe('ready');
    known = modules.slice(0, 1).map((module) => ({ ...module, key: 'm', status: 'ready' }));
    profiles.nameFunctions();
    expect(captures()[0]?.status).toBe('reading');
    await settled(() => captures()[0]?.status === 'ready');
    expect(captures()[0]?.facts?.unnamed).toBe(0);
    expect(captures()[0]?.facts?.notes).toContain('No goroutines were read.');
    const { frame } = await profiles.peek(key, plainQuery(), 'main.three');
    expect(frame).toMatchObject({ file: 'example.com/wasm/main.go', flat: 2 });
    await settled(() => store.files.get(key) !== before);

    // The same where the module comes while the recording is being read.
    known = [];
    profiles.nameFunctions();
    const reading = profiles.open('late', bareRecording('1.27.3', 'main.three').buffer);
    known = modules.slice(0, 1).map((module) => ({ ...module, key: 'm', status: 'ready' }));
    profiles.nameFunctions();
    const late = await reading;
    await settled(() => captures().find((one) => one.key === late)?.facts?.unnamed === 0);
    profiles.drop(late);

    // Kept with its names, and with what was told.
    const second = session(store);
    await second.profiles.start();
    await second.profiles.load(key);
    expect(second.captures()[0]?.facts).toEqual(captures()[0]?.facts);
  });

  it('that cannot be read are no captures', async () => {
    const { profiles, captures } = session(store);
    await expect(profiles.open('x', new Uint8Array([0x0a, 0x7f]).buffer)).rejects.toThrow('offset');
    expect(captures()).toEqual([]);
    expect(store.about.size).toBe(0);
  });

  it('stay where nothing can be kept, and say so where a file is gone', async () => {
    store.full = true;
    const { profiles, captures } = session(store);
    const key = await profiles.open('heap.pb.gz', bytesOf('go1.27.3/heap.pb.gz'));
    expect(captures()).toMatchObject([{ key, status: 'ready' }]);

    store.full = false;
    const later = await profiles.open('heap.pb.gz', bytesOf('go1.27.3/heap.pb.gz'));
    await settled(() => store.files.has(later));
    store.files.clear();
    const second = session(store);
    await second.profiles.start();
    await expect(second.profiles.load(later)).rejects.toThrow('no longer kept');
    expect(second.captures()[0]).toMatchObject({ status: 'failed' });
  });

  it('are bounded: the oldest is no longer kept', async () => {
    const facts = { sampleTypes: [] } as unknown as KeptCapture['facts'];
    for (let index = 0; index < MAX_KEPT; index++) {
      const kept = { key: `k${index}`, name: '', origin: '', added: index, facts, byteLength: 1 };
      await store.put(kept, new ArrayBuffer(1));
    }
    const { profiles } = session(store);
    const key = await profiles.open('heap.pb.gz', bytesOf('go1.27.3/heap.pb.gz'));
    await settled(() => store.about.has(key) && !store.about.has('k0'));
    expect(store.about.size).toBe(MAX_KEPT);
    expect(store.files.has('k0')).toBe(false);
  });

  it('beyond those that the worker holds are read again when they are looked at', async () => {
    const { profiles, captures } = session(store);
    const keys: string[] = [];
    for (let index = 0; index < 10; index++) {
      const key = await profiles.open(`${index}`, bytesOf('go1.27.3/mutex.pb.gz'));
      await settled(() => store.files.has(key));
      keys.push(key);
    }
    const status = (key: string | undefined) => captures().find((one) => one.key === key)?.status;
    expect(keys.map(status).filter((one) => one === 'kept')).toHaveLength(2);
    expect(status(keys[0])).toBe('kept');
    const summary = await profiles.summary(keys[0] ?? '', plainQuery({ base: keys[1] ?? null }));
    expect(summary.value).toBe(summary.baseValue);
    expect(status(keys[0])).toBe('ready');
  });
});

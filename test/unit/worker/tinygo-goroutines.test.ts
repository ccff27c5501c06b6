// Goroutines of a TinyGo program as the panel asks for them, of the program in which there is one in each kind of waiting.
import { beforeAll, describe, expect, it } from 'vitest';
import { llvmModule } from '../../support/llvm-fixtures.ts';
import { context, goroutineWorker } from '../../support/goroutine-worker.ts';
import { tinyGoMemory, tinyGoStates, type TinyGoStates } from '../../support/tinygo.ts';

type Worker = Awaited<ReturnType<typeof goroutineWorker>>;

/** What the program printed: the addresses of its channels and locks. */
function printed({ text }: TinyGoStates): (name: string) => string {
  return (name) => {
    const found = new RegExp(`\\b${name} 0x0*([0-9a-f]+)`).exec(text)?.[1];
    if (found === undefined) throw new Error(`${name} was not printed`);
    return `0x${found}`;
  };
}

describe.each(['states.wasm.z', 'states.wasm.0', 'states.wasip1.z'])('%s', (module) => {
  let worker: Worker;
  let idle: TinyGoStates;
  beforeAll(async () => {
    worker = await goroutineWorker(llvmModule(module));
    idle = await tinyGoStates(module, 'idle');
  });

  it('lists goroutines that wait, with what they wait on', async () => {
    const { facts } = await worker.take({ memory: idle.memory, sp: null, time: 0 });
    expect(facts).toMatchObject({ total: 15, user: 15, system: 0, running: 0, runnable: 0, waiting: 14 });
    expect(facts.notes.join(' ')).toContain('1 of them have returned');
    expect(facts.notes.join(' ')).toContain('gives goroutines no numbers');
    const { verdict } = await worker.stacks();
    expect(verdict).toMatchObject({ kind: 'runs', text: '1 goroutine will wake up from a sleep.' });

    const at = printed(idle);
    const rows = await worker.rows();
    const on = Object.fromEntries(rows.map((row) => [row.startFunction, row.waitsOn]));
    expect(on).toMatchObject({
      'main.finished': '',
      'main.sender': `chan<- ${at('results')}`,
      'main.receiver': `<-chan ${at('jobs')}`,
      'main.caller': `<-chan ${at('jobs')}`,
      'main.sleeper': 'sleep',
      'main.locker': `sync.Mutex ${at('mutex')}`,
      'main.reader': `sync.RWMutex ${at('table')}`,
      'main.writer': `sync.RWMutex ${at('table')}`,
      'main.waiter': `sync.WaitGroup ${at('group')}`,
      'main.condition': `sync.Cond ${at('cond')}`,
      'main.forever': '',
      'main.unopen': '',
    });
    // The arms of a select in either order.
    expect([
      `select <-chan ${at('jobs')}; chan<- ${at('results')}`,
      `select chan<- ${at('results')}; <-chan ${at('jobs')}`,
    ]).toContain(on['main.selecting']);
    for (const row of rows) {
      expect([row.label, row.waitedNs, row.createdBy]).toEqual([row.key, null, null]);
      expect(row.id).toBe(Number(row.key));
    }
  });

  it('tells who else waits on a channel, and its values', async () => {
    await worker.take({ memory: idle.memory, sp: null, time: 0 });
    const address = Number(printed(idle)('results'));
    const object = await worker.analysis['snapshot.waitObject']({ snapshotKey: 's', address }, context());
    expect(object).toMatchObject({ kind: 'channel', length: 2, capacity: 2, closed: false });
    expect(object.senders.map(({ startFunction }) => startFunction).sort()).toEqual([
      'main.selecting',
      'main.sender',
    ]);
    expect(object.receivers).toEqual([]);
  });

  it('joins the goroutine in which the program died with the stack of the error, and keeps it in a dump', async () => {
    const { memory, death } = await tinyGoStates(module, 'die');
    if (death === null) throw new Error('it did not die');
    const { facts } = await worker.take({ memory, sp: null, time: 0, stack: death.stack }, 'still');
    expect(facts).toMatchObject({ total: 17, running: 1, runnable: 2 });
    expect((await worker.stacks()).verdict?.kind).toBe('ended');
    const saved = await worker.analysis['snapshot.save']({ snapshotKey: 's' }, context());
    const bytes = await saved.arrayBuffer();
    const opened = { snapshotKey: 'dump', name: 'a.gowasm-dump', bytes, moduleKey: null, candidates: ['m'] };
    await worker.analysis['snapshot.open'](opened, context());
    for (const snapshotKey of ['s', 'dump']) {
      const [row, ...others] = await worker.rows({ with: ['running'] }, snapshotKey);
      if (row === undefined) throw new Error('none runs');
      expect([others, row.startFunction, row.function]).toEqual([[], 'main.crash', 'main.pick']);
      const detail = await worker.analysis['snapshot.goroutine']({ snapshotKey, key: row.key }, context());
      const own = detail.stack.frames.filter((frame) => frame.function.startsWith('main.'));
      expect(own.map((frame) => frame.function)).toEqual(['main.pick', 'main.crash', 'main.crash$gowrapper']);
      expect(detail.header).toBe(`goroutine ${row.key} [running]:`);
      const query = { filter: 'main.crash', with: [], without: [], groupBy: 'none' as const };
      const plain = {
        ...query,
        sort: { by: 'id' as const, descending: false },
        base: null,
        changes: [],
        open: [],
      };
      const text = await worker.analysis['snapshot.text']({ snapshotKey, query: plain }, context());
      expect(text).toMatch(
        /^goroutine 0x[0-9a-f]+ \[running\]:\nmain\.pick\(.*\)\n\t\S+main\.go:\d+\nmain\.crash\(/,
      );
    }
  });

  it('exports a goroutine profile', async () => {
    await worker.take({ memory: idle.memory, sp: null, time: 0 });
    const profile = await worker.analysis['snapshot.pprof']({ snapshotKey: 's' }, context());
    const unpacked = new Response(profile.stream().pipeThrough(new DecompressionStream('gzip')));
    expect(await unpacked.text()).toContain('main.receiver');
  });
});

it('says why where goroutines cannot be read', async () => {
  const worker = await goroutineWorker(llvmModule('tinygo.wasm.z.nodebug'));
  const moment = { memory: new Uint8Array(1 << 16), sp: null, time: 0 };
  await expect(worker.take(moment)).rejects.toThrow(/no DWARF.*without -no-debug/);
});

it('says that a program is blocked when nothing of it sleeps', async () => {
  const worker = await goroutineWorker(llvmModule('tinygo.wasm.z'));
  const { memory } = { memory: await tinyGoMemory('tinygo.wasm.z', 'deadlock') };
  await worker.take({ memory, sp: null, time: 0 });
  expect((await worker.stacks()).verdict).toMatchObject({
    kind: 'blocked',
    text: 'The only goroutine is blocked (waiting for events, or deadlocked).',
  });
});

describe('the heap', () => {
  it('has totals, objects, who points to them, and growth', async () => {
    const worker = await goroutineWorker(llvmModule('states.wasm.z'));
    const idle = await tinyGoStates('states.wasm.z', 'idle');
    const grown = await tinyGoStates('states.wasm.z', 'grow');
    await worker.take({ memory: idle.memory, sp: null, time: 0 }, 'held', 'a');
    await worker.take({ memory: grown.memory, sp: null, time: 0 }, 'held', 'b');
    const { analysis } = worker;
    const { facts } = await analysis['heap.read']({ snapshotKey: 'a' }, context());
    const [inUse, idleBytes, mallocs = 0, frees = 0] =
      /^heap \d+ (\d+) (\d+) (\d+) (\d+)/m.exec(idle.text)?.slice(1).map(Number) ?? [];
    expect(facts.totals).toMatchObject({
      ...{ heapInuse: inUse, heapIdle: idleBytes, heapObjects: mallocs - frees, mallocs, frees },
    });
    expect(facts.goroutines).toBe(15);
    expect(facts.notes.join(' ')).toMatch(/notes no types.*largest free stretch has [\d,]+ bytes/);

    // The head of the program's list: variable main.kept points to it, it to the next.
    const address = Number(printed(idle)('kept'));
    const head = await analysis['heap.object']({ snapshotKey: 'a', address }, context());
    expect(head.row).toMatchObject({
      address,
      type: 'unknown, 32 bytes',
      bytes: 32,
      confidence: 'unavailable',
    });
    expect(head.row.retained).toBeGreaterThanOrEqual(32);
    expect(head.roots.map((root) => (root.kind === 'variable' ? root.name : ''))).toContain('main.kept');
    const [next] = head.targets;
    const second = await analysis['heap.object'](
      { snapshotKey: 'a', address: next?.address ?? 0 },
      context(),
    );
    expect(second.retainers.map(({ from, field }) => [from.address, field])).toContainEqual([address, '+0']);
    expect(second.path).not.toBeNull();
    const where = { snapshotKey: 'a', address, path: [], from: 0, count: 100 };
    const value = await analysis['heap.value'](where, context());
    expect(value.total).toBe(8);
    expect(value.rows[0]).toMatchObject({ name: '+0', target: next?.address });

    const list = {
      snapshotKey: 'a',
      type: 'internal/task.Task',
      sort: 'retained' as const,
      from: 0,
      count: 100,
    };
    const tasks = await analysis['heap.objects'](list, context());
    expect(tasks.total).toBe(15);
    await expect(
      Promise.resolve().then(() => analysis['heap.object']({ snapshotKey: 'b', address }, context())),
    ).rejects.toThrow(/has not been read/);
    await analysis['heap.read']({ snapshotKey: 'b' }, context());
    const { diff, goroutines } = await analysis['heap.diff']({ snapshotKey: 'b', base: 'a' }, context());
    expect(diff.bytesAfter).toBeGreaterThan(diff.bytesBefore);
    const nodes = diff.types.find(({ name }) => name === 'unknown, 32 bytes');
    expect((nodes?.objectsAfter ?? 0) - (nodes?.objectsBefore ?? 0)).toBeGreaterThan(1300);
    expect(goroutines.before).toBe(15);
  });
});

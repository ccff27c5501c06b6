import { CancelledError } from '../protocol/endpoint.ts';
import type { SnapshotSource, SnapshotSummary } from '../protocol/requests.ts';
import type { SnapshotCost } from './goroutines-client.ts';
import type { SnapshotState } from './goroutines-state.ts';
import { MAX_COPY, type HeldMemory, type PagePort } from './page-port.ts';
import type { Analysis } from './session.ts';
import type { InstanceState, SessionState, TrapState } from './state.ts';
import type { TaskList } from './tasks.ts';

/** Until a copy was measured: bytes that a page copies in a millisecond. */
const COPY_RATE = 1_000_000;
/** Copies that take less are made without a word. Milliseconds. */
const SHORT_PAUSE = 50;
/** Snapshots of deaths that are kept, besides those that are pinned. */
const MAX_AT_DEATH = 10;

/** The memory of a program as it died. */
export interface DeathMemory {
  readonly trap: TrapState;
  readonly target: string;
  readonly byteLength: number;
  readonly sp: number | null;
  readonly time: number;
}

/** The memory of a program that a debugger has stopped, copied through it. */
export interface StoppedMemory {
  readonly moduleKey: string;
  readonly memory: Uint8Array;
  /** Of the worker or frame. */
  readonly url: string;
  /** The JavaScript stack of that moment. */
  readonly stack: string;
  readonly sp: number | null;
  readonly time: number;
}

/** In the session's names of memories: a copy that is here, by its snapshot. */
const COPY = 'copy ';

/** Takes snapshots of goroutines and keeps them: their state for the views, their content in the worker, copies of memory in the page. */
export class GoroutineSnapshots {
  readonly #page: PagePort;
  readonly #analysis: Analysis;
  readonly #tasks: TaskList;
  readonly #state: () => SessionState;
  readonly #subscribe: (listener: () => void) => () => void;
  readonly #changed: (snapshots: readonly SnapshotState[]) => void;
  /** Keys of the copies in the page, by snapshot. */
  readonly #held = new Map<string, string>();
  /** Copies that are here, by snapshot. */
  readonly #copies = new Map<string, Uint8Array>();
  /** Of snapshots that went while they were being read: the newer one of the same program. */
  readonly #replaced = new Map<string, string>();
  #snapshots: readonly SnapshotState[] = [];
  #count = 0;
  #copyRate = COPY_RATE;

  constructor(
    page: PagePort,
    analysis: Analysis,
    tasks: TaskList,
    state: () => SessionState,
    subscribe: (listener: () => void) => () => void,
    changed: (snapshots: readonly SnapshotState[]) => void,
  ) {
    this.#page = page;
    this.#analysis = analysis;
    this.#tasks = tasks;
    this.#state = state;
    this.#subscribe = subscribe;
    this.#changed = changed;
  }

  find(snapshotKey: string): SnapshotState {
    const found = this.#snapshots.find((one) => one.key === snapshotKey);
    if (found === undefined) throw new Error('this snapshot is gone');
    return found;
  }

  /** What a snapshot of a program costs its page; null for programs that are not known. */
  cost(instanceKey: string): SnapshotCost | null {
    const instance = this.#state().instances.find((one) => one.key === instanceKey);
    if (instance === undefined) return null;
    const bytes = instance.memoryBytes ?? 0;
    const ended = instance.state === 'exited';
    const copies = !ended && bytes <= MAX_COPY;
    return { bytes, ended, copies, pauseMs: copies ? bytes / this.#copyRate : null };
  }

  /** `stack`: the JavaScript stack, where a debugger has stopped the program. `copied` is called once the page holds a copy of the memory. */
  async takeLive(
    instanceKey: string,
    { stack, copied }: { readonly stack?: string; readonly copied?: () => void } = {},
  ): Promise<string> {
    const instance = this.#state().instances.find((one) => one.key === instanceKey);
    if (instance === undefined) throw new Error('this program is gone with its page');
    const cost = this.cost(instanceKey);
    const pause = cost?.pauseMs ?? 0;
    const copying =
      cost !== null && pause >= SHORT_PAUSE
        ? `: copying ${mib(cost.bytes)}, the page stops for about ${(pause / 1000).toFixed(1)} s`
        : '';
    const first = this.#add({
      instanceKey,
      moduleKey: instance.moduleKey,
      trapKey: null,
      origin: 'live',
      label: `#${++this.#count} ${clock(Date.now())}`,
      time: Date.now(),
    });
    try {
      await this.#read(first, `Reading goroutines${copying}`, async (signal) => {
        if (this.#isLoading(instance.moduleKey)) await this.#moduleRead(instance.moduleKey, signal);
        const now = this.#state().instances.find((one) => one.key === instanceKey);
        if (now === undefined) throw new Error('this program is gone with its page');
        const source = await this.#liveSource(first, now, signal, copied);
        return stack === undefined ? source : { ...source, stack };
      });
    } catch (error) {
      const newer = this.#replaced.get(first.key);
      if (newer === undefined) throw error;
      this.#replaced.delete(first.key);
      return newer;
    }
    this.#dropReplaced(first);
    return first.key;
  }

  /** The goroutines of a program that a debugger has stopped where its page cannot be asked. */
  async takeStopped({ moduleKey, memory, url, stack, sp, time }: StoppedMemory): Promise<string> {
    const added = this.#add({
      ...{ instanceKey: null, moduleKey, trapKey: null, origin: 'live', time },
      label: `#${++this.#count} ${clock(time)}`,
    });
    this.#copies.set(added.key, memory);
    try {
      await this.#read(added, 'Reading goroutines', () =>
        Promise.resolve({
          ...{ snapshotKey: added.key, moduleKey, kind: 'stopped', target: `${COPY}${added.key}`, stack },
          moment: { byteLength: memory.length, sp, time, pauseMs: null },
          about: this.#about(moduleKey, url, ''),
        }),
      );
    } catch (error) {
      this.drop(added.key);
      throw error;
    }
    return added.key;
  }

  /** Answers the worker's requests for memory that was copied here; undefined for other memories. */
  readMemory(
    target: string,
    ranges: readonly { readonly address: number; readonly length: number }[],
  ): Promise<readonly Uint8Array[]> | undefined {
    if (!target.startsWith(COPY)) return undefined;
    const memory = this.#copies.get(target.slice(COPY.length));
    if (memory === undefined) return Promise.reject(new Error('this snapshot is gone'));
    return Promise.resolve(ranges.map(({ address, length }) => memory.slice(address, address + length)));
  }

  /** The goroutines of a program as they were when it died. */
  async takeAtDeath(memory: DeathMemory): Promise<string> {
    const { trap, target, byteLength, sp, time } = memory;
    const known = this.#snapshots.find((one) => one.trapKey === trap.key && one.status !== 'failed');
    if (known !== undefined) return known.key;
    const { moduleKey } = trap;
    if (moduleKey === null) throw new Error('the module of this death is not known');
    const first = this.#add({
      instanceKey: trap.instanceKey,
      moduleKey,
      trapKey: trap.key,
      origin: 'trap',
      label: `at ${trap.title.split('\n', 1)[0] ?? 'death'}`,
      time,
    });
    await this.#read(first, 'Reading goroutines of a dead program', () =>
      Promise.resolve({
        snapshotKey: first.key,
        moduleKey,
        kind: 'still',
        target,
        moment: { byteLength, sp, time, pauseMs: null },
        about: { ...this.#about(moduleKey, trap.realm.url, trap.title), stack: printedStack(trap) },
      }),
    );
    const atDeath = this.#snapshots.filter((one) => one.origin === 'trap' && !one.pinned);
    for (const old of atDeath.slice(MAX_AT_DEATH)) this.drop(old.key);
    return first.key;
  }

  async openDump(name: string, bytes: ArrayBuffer, moduleKey: string | null): Promise<string> {
    const candidates = this.#state()
      .modules.filter((module) => module.status === 'ready')
      .map((module) => module.key);
    const snapshotKey = this.#newKey();
    const opened = await this.#tasks.run(`Opening ${name}`, () =>
      this.#analysis.request(
        'snapshot.open',
        { snapshotKey, name, bytes, moduleKey, candidates },
        { transfer: [bytes] },
      ),
    );
    this.#add(
      {
        instanceKey: null,
        moduleKey: opened.moduleKey,
        trapKey: null,
        origin: 'dump',
        label: opened.title === '' ? name : `${opened.title} (${name})`,
        time: opened.time,
        pinned: true,
      },
      snapshotKey,
    );
    this.#ready(snapshotKey, opened);
    void this.#readStacks(snapshotKey);
    return snapshotKey;
  }

  /** The worker has all of the memory: the page need not keep its copy. */
  releaseCopy(snapshotKey: string): void {
    const held = this.#held.get(snapshotKey);
    this.#held.delete(snapshotKey);
    this.#copies.delete(snapshotKey);
    if (held !== undefined) this.#page.releaseMemory(held);
  }

  pin(snapshotKey: string, pinned: boolean): void {
    this.#replace(snapshotKey, { pinned });
  }

  drop(snapshotKey: string): void {
    const snapshot = this.#snapshots.find((one) => one.key === snapshotKey);
    if (snapshot === undefined) return;
    if (snapshot.taskId !== null) this.#tasks.cancel(snapshot.taskId);
    this.#set(this.#snapshots.filter((one) => one !== snapshot));
    this.releaseCopy(snapshotKey);
    void this.#analysis.request('snapshot.drop', { snapshotKey });
  }

  /** The page is gone, and with it the memories: dumps stay. */
  navigated(): void {
    for (const { key, origin } of this.#snapshots) if (origin !== 'dump') this.drop(key);
  }

  /** A file name for what is saved of a snapshot. */
  fileName(snapshotKey: string, extension: string): string {
    const { moduleKey, time } = this.find(snapshotKey);
    const module = this.#state().modules.find((known) => known.key === moduleKey);
    const name = (module?.name ?? 'module').replace(/\.wasm$/, '').replaceAll(/[^\w.-]+/g, '-');
    const when = new Date(time ?? 0).toISOString().replaceAll(/[:.]/g, '-').slice(0, 19);
    return `${name}${time === null ? '' : `-${when}`}.${extension}`;
  }

  #newKey(): string {
    return `snapshot:${++this.#count}`;
  }

  #add(
    known: Pick<SnapshotState, 'instanceKey' | 'moduleKey' | 'trapKey' | 'origin' | 'label' | 'time'> &
      Partial<Pick<SnapshotState, 'pinned'>>,
    key = this.#newKey(),
  ): SnapshotState {
    const added: SnapshotState = {
      pinned: false,
      ...known,
      key,
      status: 'reading',
      taskId: null,
      error: null,
      facts: null,
      verdict: null,
      stacksRead: 0,
    };
    this.#set([added, ...this.#snapshots]);
    return added;
  }

  /** Reads the list and starts on the stacks. */
  async #read(
    { key }: SnapshotState,
    title: string,
    source: (signal: AbortSignal) => Promise<SnapshotSource>,
  ): Promise<void> {
    try {
      const summary = await this.#tasks.run(title, async ({ id, signal }) => {
        this.#replace(key, { taskId: id });
        return this.#analysis.request('snapshot.read', await source(signal), { signal });
      });
      if (!this.#has(key)) {
        // It was dropped meanwhile.
        void this.#analysis.request('snapshot.drop', { snapshotKey: key });
        throw new CancelledError();
      }
      this.#ready(key, summary);
    } catch (error) {
      if (error instanceof CancelledError) this.drop(key);
      else this.#replace(key, { status: 'failed', taskId: null, error: errorText(error) });
      throw error;
    }
    void this.#readStacks(key);
  }

  async #readStacks(key: string): Promise<void> {
    try {
      const summary = await this.#tasks.run('Reading stacks', ({ id, signal, progress }) => {
        this.#replace(key, { taskId: id });
        return this.#analysis.request(
          'snapshot.stacks',
          { snapshotKey: key },
          {
            signal,
            onProgress: (fraction) => {
              progress(fraction);
              this.#replace(key, { stacksRead: fraction });
            },
          },
        );
      });
      this.#replace(key, { ...summary, taskId: null, stacksRead: 1 });
    } catch (error) {
      this.#replace(key, { taskId: null });
      if (error instanceof CancelledError) return;
      const facts = this.#snapshots.find((one) => one.key === key)?.facts;
      if (facts == null) return;
      const notes = [...facts.notes, `Not all stacks could be read: ${errorText(error)}.`];
      this.#replace(key, { facts: { ...facts, notes } });
    }
  }

  #isLoading(moduleKey: string): boolean {
    return this.#state().modules.find(({ key }) => key === moduleKey)?.status === 'loading';
  }

  /** Waits until a module is read: its program may be known before. */
  async #moduleRead(moduleKey: string, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (this.#isLoading(moduleKey)) return;
        end();
        resolve();
      };
      const abort = (): void => {
        end();
        reject(new CancelledError());
      };
      const unsubscribe = this.#subscribe(look);
      const end = (): void => {
        unsubscribe();
        signal.removeEventListener('abort', abort);
      };
      signal.addEventListener('abort', abort);
      look();
    });
  }

  async #liveSource(
    { key, moduleKey }: SnapshotState,
    instance: InstanceState,
    signal: AbortSignal,
    copied?: () => void,
  ): Promise<SnapshotSource> {
    const target = { instanceKey: instance.key };
    const about = this.#about(moduleKey, instance.realm.url, '');
    const still = instance.state === 'exited';
    if (!still && (instance.memoryBytes ?? 0) <= MAX_COPY) {
      const held = await this.#page.holdMemory(target);
      copied?.();
      this.#measure(held);
      if (signal.aborted || !this.#has(key)) {
        this.#page.releaseMemory(held.key);
        throw new CancelledError();
      }
      this.#held.set(key, held.key);
      this.#replace(key, { time: held.time });
      const { byteLength, sp, time, pauseMs } = held;
      return {
        ...{ snapshotKey: key, moduleKey, kind: 'held', target: `held ${held.key}`, about },
        moment: { byteLength, sp, time, pauseMs },
      };
    }
    return {
      ...{ snapshotKey: key, moduleKey, kind: still ? 'still' : 'running', about },
      target: `instance ${instance.key}`,
      moment: { byteLength: instance.memoryBytes ?? 0, sp: null, time: Date.now(), pauseMs: null },
    };
  }

  #measure({ byteLength, pauseMs }: HeldMemory): void {
    if (pauseMs >= 5) this.#copyRate = byteLength / pauseMs;
  }

  #about(moduleKey: string, url: string, title: string): SnapshotSource['about'] {
    const module = this.#state().modules.find((known) => known.key === moduleKey);
    return { moduleName: module?.name ?? '', url, title };
  }

  #ready(key: string, { facts, verdict }: SnapshotSummary): void {
    this.#replace(key, { status: 'ready', taskId: null, facts, verdict });
  }

  /** Earlier ones of the same program go, unless they are pinned. */
  #dropReplaced(newest: SnapshotState): void {
    const at = this.#snapshots.findIndex(({ key }) => key === newest.key);
    for (const { key, origin, instanceKey, pinned, status } of this.#snapshots.slice(at + 1)) {
      if (origin !== 'live' || instanceKey !== newest.instanceKey || pinned) continue;
      if (status === 'reading') this.#replaced.set(key, newest.key);
      this.drop(key);
    }
  }

  #has(key: string): boolean {
    return this.#snapshots.some((one) => one.key === key);
  }

  #replace(key: string, change: Partial<SnapshotState>): void {
    if (this.#has(key))
      this.#set(this.#snapshots.map((one) => (one.key === key ? { ...one, ...change } : one)));
  }

  #set(snapshots: readonly SnapshotState[]): void {
    this.#snapshots = snapshots;
    this.#changed(snapshots);
  }
}

/** JavaScript's stack of a death, as it was printed; '' where none was seen. */
function printedStack({ stack, otherStacks }: TrapState): string {
  const javascript = [stack, ...otherStacks].find((one) => one?.source === 'javascript');
  const lines =
    javascript?.frames.flatMap(({ raw, inlined }) => (raw === null || inlined ? [] : [raw])) ?? [];
  return lines.join('\n');
}

const mib = (bytes: number): string => `${Math.round(bytes / (1 << 20))} MiB`;

const clock = (time: number): string => new Date(time).toTimeString().slice(0, 8);

const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));

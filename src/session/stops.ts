import type { StackOwner } from '../protocol/requests.ts';
import type { StopsClient } from './client.ts';
import type { StoppedMemory } from './goroutine-snapshots.ts';
import type { PageStop } from './page-port.ts';
import type { InstanceState, ModuleState, SessionState } from './state.ts';
import { LOOKING, type StoppedThreadCopy, type StoppedThreads, type ThreadPlace } from './stopped-threads.ts';
import type { TaskList } from './tasks.ts';

/** The program that a debugger has stopped. */
export interface StopState {
  /** Counts the stops of this window. */
  readonly key: number;
  /** Null: the page itself. Of any other it is not told when it goes on. */
  readonly thread: ThreadPlace | null;
  /** Milliseconds since the epoch; of a thread. */
  readonly time: number;
  /** The JavaScript stack of the thread, as the page has it. */
  readonly stack: string;
  readonly moduleKey: string | null;
  readonly instanceKey: string | null;
  /** Of the goroutines as they are there; null until it is taken, and where nobody watches. */
  readonly snapshotKey: string | null;
  /** Why there is none, or not yet; '' when there is one. */
  readonly why: string;
}

export interface StopSources {
  readonly state: () => SessionState;
  /** Resolves when no module is being read any more. */
  readonly modulesSettled: () => Promise<unknown>;
  readonly ownerOf: (stack: string, candidates: readonly string[]) => Promise<StackOwner>;
  readonly takeSnapshot: (instanceKey: string, stack: string) => Promise<string>;
  /** Null in the build without the debugger. */
  readonly threads: StoppedThreads | null;
  readonly tasks: Pick<TaskList, 'run'>;
  readonly takeStopped: (memory: StoppedMemory) => Promise<string>;
  readonly drop: (snapshotKey: string) => void;
  readonly changed: (stop: StopState | null) => void;
}

const NO_GO =
  'The program that is stopped is not Go: it has no goroutines. Where its module has DWARF, DevTools shows its functions under Call Stack, and after "Reload with Go values" its variables under Scope.';

const placeText = ({ kind, url }: ThreadPlace): string => `${kind} ${url}`;

const isOfAnotherLanguage = ({ report }: ModuleState): boolean =>
  report !== null && report.toolchain !== 'go' && report.toolchain !== 'tinygo';

/** Follows the debugger's stops: finds the program, and takes its goroutines while somebody watches. */
export class Stops implements StopsClient {
  readonly #sources: StopSources;
  #watchers = 0;
  #count = 0;
  /** Counts looks at other threads: what an older one finds is not shown. */
  #looks = 0;
  #page: PageStop | null = null;
  #stop: StopState | null = null;

  constructor(sources: StopSources) {
    this.#sources = sources;
  }

  /** Takes goroutines at each stop until the returned function is called. */
  watch(): () => void {
    this.#watchers++;
    if (this.#stop?.snapshotKey === null) void this.#resolve(this.#stop.key);
    let watching = true;
    return () => {
      if (watching) this.#watchers--;
      watching = false;
    };
  }

  /** The page is stopped, elsewhere than before, or runs again (null). */
  take(stop: PageStop | null): void {
    this.#page = stop;
    this.#looks++;
    this.#forgetThread();
    if (stop === null) {
      this.#set(null);
      return;
    }
    const key = ++this.#count;
    this.#set({
      key,
      ...{ thread: null, time: 0 },
      stack: stop.stack,
      moduleKey: null,
      instanceKey: null,
      snapshotKey: null,
      why: 'Reading…',
    });
    void this.#resolve(key);
  }

  /** Reads the goroutines of this stop again. */
  again(): void {
    this.take(this.#page);
  }

  get canLook(): boolean {
    return this.#sources.threads !== null;
  }

  async look(): Promise<string> {
    const { threads, tasks, modulesSettled } = this.#sources;
    if (threads === null) throw new Error('this build has no debugger');
    const count = ++this.#looks;
    const copies = await tasks.run(LOOKING, ({ signal, progress }) => threads.look(signal, progress));
    await modulesSettled();
    const reasons: string[] = [];
    for (const copy of copies) {
      const taken = await this.#takeThread(copy, count);
      if (taken === null) return '';
      reasons.push(`${placeText(copy.thread)}: ${taken}`);
    }
    const none = 'No worker, and no frame of another site, is stopped in Go or in what Go has called.';
    return reasons.length === 0 ? none : `No goroutines: ${reasons.join('; ')}.`;
  }

  close(): void {
    if (this.#stop !== null && this.#stop.thread !== null) this.take(null);
  }

  /** Shows the stop of a thread, unless something else is to be shown by now; null then too. Otherwise why there is nothing to show. */
  async #takeThread(copy: StoppedThreadCopy, count: number): Promise<string | null> {
    const { state, ownerOf, takeStopped, drop } = this.#sources;
    const { thread, stack, memory, sp, time, why } = copy;
    const ready = state().modules.filter(({ status }) => status === 'ready');
    const owner = await ownerOf(
      stack,
      ready.map(({ key }) => key),
    );
    const { moduleKey } = owner;
    if (moduleKey === null) return owner.why;
    if (ready.some((module) => module.key === moduleKey && isOfAnotherLanguage(module))) {
      return 'the program that is stopped is not Go';
    }
    if (memory === null) return why;
    const isOld = (): boolean => count !== this.#looks;
    if (isOld()) return null;
    const snapshotKey = await takeStopped({ moduleKey, memory, url: thread.url, stack, sp, time });
    if (isOld()) {
      drop(snapshotKey);
      return null;
    }
    this.#forgetThread();
    const key = ++this.#count;
    this.#set({ key, thread, time, stack, moduleKey, instanceKey: null, snapshotKey, why: '' });
    return null;
  }

  /** A copy of a thread's memory is as large as the memory: it is not kept longer than it is shown. */
  #forgetThread(): void {
    const stop = this.#stop;
    if (stop?.thread == null || stop.snapshotKey === null) return;
    this.#sources.drop(stop.snapshotKey);
    this.#set(null);
  }

  async #resolve(key: number): Promise<void> {
    const page = this.#page;
    if (page === null || this.#watchers === 0) return;
    try {
      // A program may be stopped while its module is still being read.
      if (this.#sources.state().modules.some(({ status }) => status === 'loading')) {
        const when =
          'A page that is stopped gives no bytes: where DevTools has none either, they come when it goes on.';
        this.#change(key, { why: `Reading the module… ${when}` });
      }
      await this.#sources.modulesSettled();
      if (this.#stop?.key !== key) return;
      const { modules } = this.#sources.state();
      const ready = modules.filter(({ status }) => status === 'ready').map((module) => module.key);
      const { moduleKey, why } = await this.#sources.ownerOf(page.stack, ready);
      const candidates = modules.filter(({ key: one }) => (moduleKey ?? one) === one);
      if (candidates.length > 0 && candidates.every(isOfAnotherLanguage)) {
        this.#change(key, { why: NO_GO });
        return;
      }
      if (moduleKey === null) {
        this.#change(key, { why: `Which program is stopped is not known: ${why}.` });
        return;
      }
      const instance = this.#instanceOf(moduleKey);
      if (instance === undefined) {
        const hint = 'Reload with the hook, or look into the running page, in the panel "Go".';
        this.#change(key, { moduleKey, why: `The memory of this program cannot be reached. ${hint}` });
        return;
      }
      this.#change(key, { moduleKey, instanceKey: instance.key });
      const snapshotKey = await this.#sources.takeSnapshot(instance.key, page.stack);
      this.#change(key, { snapshotKey, why: '' });
    } catch (error) {
      this.#change(key, { why: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Of several programs of one module the last that runs: they have the same code. */
  #instanceOf(moduleKey: string): InstanceState | undefined {
    const { modules, instances } = this.#sources.state();
    const same = new Set([moduleKey]);
    const hash = modules.find(({ key }) => key === moduleKey)?.url;
    for (const module of modules) if (hash !== null && module.url === hash) same.add(module.key);
    return instances
      .filter((one) => same.has(one.moduleKey) && one.state === 'running' && one.realm.kind !== 'worker')
      .at(-1);
  }

  #change(key: number, change: Partial<StopState>): void {
    if (this.#stop?.key === key) this.#set({ ...this.#stop, ...change });
  }

  #set(stop: StopState | null): void {
    this.#stop = stop;
    this.#sources.changed(stop);
  }
}

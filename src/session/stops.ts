import type { StackOwner } from '../protocol/requests.ts';
import type { StopsClient } from './client.ts';
import type { PageStop } from './page-port.ts';
import type { InstanceState, ModuleState, SessionState } from './state.ts';

/** The program that a debugger has stopped. */
export interface StopState {
  /** Counts the stops of this window. */
  readonly key: number;
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
  readonly changed: (stop: StopState | null) => void;
}

const NO_GO =
  'The program that is stopped is not Go: it has no goroutines. Where its module has DWARF, DevTools shows its functions under Call Stack, and after "Reload with Go values" its variables under Scope.';

const isOfAnotherLanguage = ({ report }: ModuleState): boolean =>
  report !== null && report.toolchain !== 'go' && report.toolchain !== 'tinygo';

/** Follows the debugger's stops: finds the program, and takes its goroutines while somebody watches. */
export class Stops implements StopsClient {
  readonly #sources: StopSources;
  #watchers = 0;
  #count = 0;
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
    if (stop === null) {
      this.#set(null);
      return;
    }
    const key = ++this.#count;
    this.#set({
      key,
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

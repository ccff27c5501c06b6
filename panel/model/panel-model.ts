import { computed, signal } from '@preact/signals';
import type { ReadonlySignal, Signal } from '@preact/signals';
import type { PastedStack, SessionClient } from '../../src/session/client.ts';
import type { InstanceState, ModuleState, SessionState, TrapState } from '../../src/session/state.ts';
import { amend, move, startHistory, visit } from './history.ts';
import type { History } from './history.ts';
import { isPasted, pastedText, pastedTrap } from './pasted.ts';
import { isString } from './store.ts';
import type { Store } from './store.ts';
import { errorText, isCancelled } from './failure.ts';

/** What is shown: which view, and what is chosen in each. Plain data: back and forward and a reload of the panel restore it. */
export interface Place {
  readonly view: string;
  /** Null: the first one there is. */
  readonly module: string | null;
  readonly moduleTab: string;
  /** The node of the treemap that fills the picture; '' for all code. */
  readonly zoom: string;
  /** Null: the newest. */
  readonly trap: string | null;
  /** Which of the trap's stacks. */
  readonly stack: number;
  /** Null: the newest of the chosen instance. */
  readonly snapshot: string | null;
  /** The snapshot that it is compared with; null: none. */
  readonly base: string | null;
  /** Id of the chosen goroutine: it stays the same from snapshot to snapshot. Null: the first one there is. */
  readonly goroutine: number | null;
  /** Key of the chosen group; it goes before the goroutine. */
  readonly group: string | null;
  readonly goroutineTab: 'stack' | 'waits';
  /** Address of the channel or lock that is looked at; null: the first that the goroutine waits on. */
  readonly waitObject: number | null;
  /** Key of the profile that is shown; null: the newest. */
  readonly capture: string | null;
  /** The profile that it is compared with; null: none. */
  readonly captureBase: string | null;
  /** '' for the first that the profile has. */
  readonly profileTab: string;
  /** Name of the function that is looked at; '' for none. */
  readonly frame: string;
  /** Which memory is looked at: `instance KEY`, `snapshot KEY` or `copy KEY`; null: the first there is. */
  readonly memory: string | null;
  /** Where in it. */
  readonly memoryAddress: number;
  readonly memoryTab: string;
  /** Of the Heap view (panel/views/heap/modes.ts); '' for the first. */
  readonly heapMode: string;
  /** Key of the snapshot that a heap is compared with; null: the one before. */
  readonly heapBase: string | null;
}

const START: Place = {
  view: 'modules',
  module: null,
  moduleTab: 'overview',
  zoom: '',
  trap: null,
  stack: 0,
  snapshot: null,
  base: null,
  goroutine: null,
  group: null,
  goroutineTab: 'stack',
  waitObject: null,
  capture: null,
  captureBase: null,
  profileTab: '',
  frame: '',
  heapMode: '',
  heapBase: null,
  memory: null,
  memoryAddress: 0,
  memoryTab: 'inspect',
};

/** A message that stays until it is closed, e.g. why a reload was refused. */
export interface Notice {
  readonly kind: 'error' | 'info';
  readonly text: string;
}

export type Overlay = 'settings' | 'keys' | 'paste' | null;

/** The panel's own state over one session: what is chosen, filtered and opened. Views read its signals. */
export class PanelModel {
  readonly client: SessionClient;
  readonly store: Store;
  readonly state: ReadonlySignal<SessionState>;
  readonly place: ReadonlySignal<Place>;
  readonly canGoBack: ReadonlySignal<boolean>;
  readonly canGoForward: ReadonlySignal<boolean>;
  /** The chosen instance; null: all of them. */
  readonly instanceKey: ReadonlySignal<string | null>;
  readonly instance: ReadonlySignal<InstanceState | null>;
  readonly overlay: Signal<Overlay> = signal(null);
  readonly notice: Signal<Notice | null> = signal(null);
  /** Stacks that were pasted, as traps, newest first. They live as long as the panel. */
  readonly pasted: Signal<readonly TrapState[]> = signal([]);
  /** Modules and traps of the chosen instance. */
  readonly modules: ReadonlySignal<readonly ModuleState[]>;
  readonly traps: ReadonlySignal<readonly TrapState[]>;

  readonly #state: Signal<SessionState>;
  readonly #history: Signal<History<Place>>;
  readonly #chosenInstance: Signal<string | null> = signal(null);
  readonly #filters = new Map<string, Signal<string>>();
  readonly #unsubscribe: () => void;
  #pastedCount = 0;

  constructor(client: SessionClient, store: Store) {
    this.client = client;
    this.store = store;
    this.#state = signal(client.state());
    this.state = this.#state;
    this.#unsubscribe = client.subscribe(() => (this.#state.value = client.state()));
    const view = store.get('view', isString) ?? (this.#state.value.traps.length > 0 ? 'traps' : 'modules');
    const moduleTab = store.get('moduleTab', isString) ?? 'overview';
    const start: Place = { ...START, view, moduleTab };
    this.#history = signal(startHistory(start));
    this.place = computed(() => {
      const { places, at } = this.#history.value;
      return places[at] ?? start;
    });
    this.canGoBack = computed(() => this.#history.value.at > 0);
    this.canGoForward = computed(() => this.#history.value.at < this.#history.value.places.length - 1);
    this.instance = computed(
      () => this.state.value.instances.find(({ key }) => key === this.#chosenInstance.value) ?? null,
    );
    this.instanceKey = computed(() => this.instance.value?.key ?? null);
    this.modules = computed(() => {
      const { modules } = this.state.value;
      const only = this.instance.value;
      return only === null ? modules : modules.filter(({ key }) => key === only.moduleKey);
    });
    this.traps = computed(() => {
      const key = this.instanceKey.value;
      const live = this.state.value.traps;
      return [
        ...this.pasted.value,
        ...(key === null ? live : live.filter((trap) => trap.instanceKey === key)),
      ];
    });
  }

  /** Stops listening to the session. */
  close(): void {
    this.#unsubscribe();
  }

  /** Goes to another place: a new entry of the history. */
  go(change: Partial<Place>): void {
    this.#remember(change);
    this.#history.value = visit(this.#history.value, { ...this.place.value, ...change });
  }

  /** Changes the current place, as moving through a list does. */
  adjust(change: Partial<Place>): void {
    this.#remember(change);
    this.#history.value = amend(this.#history.value, { ...this.place.value, ...change });
  }

  /** Goes to a goroutine of a snapshot; null: to the list of all. */
  showGoroutine(snapshot: string, id: number | null): void {
    this.overlay.value = null;
    const tab = { goroutineTab: 'stack', waitObject: null } as const;
    this.go({ view: 'goroutines', snapshot, goroutine: id, group: null, ...tab });
  }

  /** Goes to an address of linear memory, of a snapshot; null: of the memory that was looked at last. */
  showMemory(address: number, snapshot: string | null): void {
    this.overlay.value = null;
    const memory = snapshot === null ? this.place.value.memory : `snapshot ${snapshot}`;
    this.go({ view: 'memory', memory, memoryAddress: address });
  }

  goBack(): void {
    this.#history.value = move(this.#history.value, -1);
  }

  goForward(): void {
    this.#history.value = move(this.#history.value, 1);
  }

  chooseInstance(key: string | null): void {
    this.#chosenInstance.value = key;
  }

  /** The filter of a view; it is remembered. */
  filter(view: string): Signal<string> {
    let filter = this.#filters.get(view);
    if (filter === undefined) {
      filter = signal(this.store.get(`filter:${view}`, isString) ?? '');
      this.#filters.set(view, filter);
    }
    return filter;
  }

  setFilter(view: string, text: string): void {
    this.filter(view).value = text;
    this.store.set(`filter:${view}`, text);
  }

  /** Shows a pasted stack in the list of traps and goes to it. */
  addPasted(stack: PastedStack, text: string): void {
    this.#pastedCount++;
    const trap = pastedTrap(stack, text, `pasted:${String(this.#pastedCount)}`, Date.now(), this.state.value);
    this.pasted.value = [trap, ...this.pasted.value];
    this.go({ view: 'traps', trap: trap.key, stack: 0 });
  }

  clearTraps(): void {
    this.pasted.value = [];
    this.client.clearTraps();
    this.adjust({ trap: null, stack: 0 });
  }

  /** Text of a trap for the clipboard. */
  trapText(trap: TrapState, format: 'traceback' | 'markdown'): string {
    return isPasted(trap) ? pastedText(trap, format) : this.client.trapAsText(trap.key, format);
  }

  /** Waits for something the person asked for; when it fails, says so above the view. */
  run(what: string, work: Promise<unknown>): void {
    this.notice.value = null;
    work.catch((error: unknown) => {
      // Whoever cancelled it knows.
      if (isCancelled(error)) return;
      const why = errorText(error);
      this.notice.value = { kind: 'error', text: `${what} failed: ${why}` };
    });
  }

  #remember(change: Partial<Place>): void {
    if (change.view !== undefined) this.store.set('view', change.view);
    if (change.moduleTab !== undefined) this.store.set('moduleTab', change.moduleTab);
  }
}

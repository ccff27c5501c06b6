import type { TaskState } from './state.ts';

/** What a running task can say and must heed. */
export interface TaskContext {
  readonly id: number;
  readonly signal: AbortSignal;
  progress(fraction: number): void;
}

/** Long work under way, for the status bar: named, with progress, cancellable. */
export class TaskList {
  readonly #changed: (tasks: readonly TaskState[]) => void;
  readonly #running = new Map<number, { state: TaskState; controller: AbortController }>();
  #nextId = 1;

  constructor(changed: (tasks: readonly TaskState[]) => void) {
    this.#changed = changed;
  }

  async run<Result>(title: string, work: (context: TaskContext) => Promise<Result>): Promise<Result> {
    const id = this.#nextId++;
    const controller = new AbortController();
    this.#running.set(id, { state: { id, title, progress: null }, controller });
    this.#notify();
    try {
      return await work({
        id,
        signal: controller.signal,
        progress: (progress) => {
          this.#running.set(id, { state: { id, title, progress }, controller });
          this.#notify();
        },
      });
    } finally {
      this.#running.delete(id);
      this.#notify();
    }
  }

  cancel(id: number): void {
    this.#running.get(id)?.controller.abort();
  }

  #notify(): void {
    this.#changed([...this.#running.values()].map(({ state }) => state));
  }
}

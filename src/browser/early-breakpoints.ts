import type { HookStarts } from './hook-protocol.ts';
import type { PluginProgress } from './language-plugin.ts';

export interface EarlyBreakpointsParts {
  /** Null where no plugin is registered. */
  readonly progress: () => PluginProgress | null;
  /** Resolves when DevTools has done what it was asked before, and the page what DevTools sent it. */
  readonly turn: () => Promise<void>;
  /** Lets the programs start. */
  readonly goOn: () => Promise<void>;
}

const NONE: HookStarts = { modules: 0, waiting: 0 };
/** Turns of DevTools in which it asks for nothing: it has set its breakpoints then. */
const QUIET_TURNS = 8;
/** Between two turns. Milliseconds. */
const PAUSE_MS = 10;
/** Source that is looked for is waited for: a page that is stopped gives none, and arguments have their names from it. So long. Milliseconds. */
const TEXTS_MS = 2000;
/** DevTools does not ask about a module that it knows already: a second program of one. This long it is waited for. Milliseconds. */
const UNASKED_MS = 1500;

/**
 * Lets programs that were loaded with Go values start once DevTools has set the breakpoints of their files: it asks the plugin for the files of a module,
 * then for the place of each breakpoint in them, and does not say when it is done. The source of the files is had by then, where it is soon found.
 */
export class EarlyBreakpoints {
  readonly #parts: EarlyBreakpointsParts;
  #starts: HookStarts = NONE;
  /** Modules that were let go: a hook that has ended keeps saying that it holds them. */
  #released = 0;
  #watching = false;

  constructor(parts: EarlyBreakpointsParts) {
    this.#parts = parts;
  }

  /** What the hooks of the page tell of now. */
  told(starts: HookStarts): void {
    this.#starts = starts;
    if (starts.waiting > 0 && starts.modules > this.#released && !this.#watching) void this.#watch();
  }

  /** The page is another one. */
  navigated(): void {
    this.#starts = NONE;
    this.#released = 0;
  }

  async #watch(): Promise<void> {
    this.#watching = true;
    try {
      await this.#untilSet();
      if (this.#starts.waiting === 0) return;
      this.#released = this.#starts.modules;
      await this.#parts.goOn();
    } catch {
      // The page has navigated.
    } finally {
      this.#watching = false;
    }
  }

  async #untilSet(): Promise<void> {
    const { progress, turn } = this.#parts;
    const start = performance.now();
    let asked = -1;
    // Hooks let their programs go by themselves after a while.
    for (let quiet = 0; quiet < QUIET_TURNS && this.#starts.waiting > 0;) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      await turn();
      const now = progress();
      if (now === null) return;
      const waited = performance.now() - start;
      const isTold = now.modules >= this.#starts.modules || waited > UNASKED_MS;
      const isRead = now.searches === 0 || waited > TEXTS_MS;
      quiet = isTold && isRead && now.open === 0 && now.asked === asked ? quiet + 1 : 0;
      asked = now.asked;
    }
  }
}

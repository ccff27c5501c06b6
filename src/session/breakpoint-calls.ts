import { goSourceUrl } from '../base/go-source-url.ts';
import type { TextReport } from '../protocol/requests.ts';
import type { PageStop } from './page-port.ts';

/** A program that is stopped in a call of runtime.Breakpoint(). */
export interface BreakpointCall {
  /** Who calls: function, path and line as in the symbols. */
  readonly function: string;
  readonly file: string;
  readonly line: number;
}

export interface BreakpointCallsContext {
  /** Resolves when no module is being read any more. */
  readonly modulesSettled: () => Promise<unknown>;
  readonly symbolize: (stack: string) => Promise<TextReport>;
  /** Opens a line in the Sources panel. */
  readonly open: (moduleKey: string | null, file: string, line: number) => Promise<unknown>;
  readonly changed: (call: BreakpointCall | null) => void;
}

/** The call and the instruction that traps (Go src/runtime/proc.go and asm_wasm.s). */
const CALLED = new Set(['runtime.Breakpoint', 'runtime.breakpoint']);

/** So long after the caller was opened DevTools may still go to the trap by itself: it does when it has taken a source map in. Milliseconds. */
const LATE_MS = 5000;
/** Between that and the caller opened again: a file is not opened anew while its text is being loaded. Milliseconds. */
const QUIET_MS = 1000;

/** What was opened for a stop. */
interface Opened {
  readonly moduleKey: string;
  readonly call: BreakpointCall;
  /** URL in DevTools of the file with the trap. */
  readonly trapUrl: string;
  readonly latest: number;
}

/**
 * Shows the caller where runtime.Breakpoint() has stopped the program. DevTools, which pauses on exceptions, stops at the trap itself, in
 * the runtime.
 */
export class BreakpointCalls {
  readonly #context: BreakpointCallsContext;
  /** Counts stops: an answer about an older one is dropped. */
  #count = 0;
  /** The stop, while the module that it is in is not known. */
  #unknown: PageStop | null = null;
  /** Null where nothing is to be opened again. */
  #opened: Opened | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(context: BreakpointCallsContext) {
    this.#context = context;
  }

  /** The page is stopped, elsewhere than before, or runs again (null). */
  take(stop: PageStop | null): void {
    // Its place is open already. Opened again it would take the editor from who reads elsewhere by now; and DevTools (156) loses the line when
    // a file is opened whose text it is loading.
    if (stop?.isSame === true && this.#unknown === null) return;
    const count = ++this.#count;
    this.#unknown = stop;
    this.#settle();
    this.#context.changed(null);
    if (stop !== null) this.#begin(stop, count);
  }

  /** There are other modules than before: the program may have been stopped before anything was known of it. */
  again(): void {
    if (this.#unknown !== null) this.#begin(this.#unknown, this.#count);
  }

  /**
   * A file is looked at in the Sources panel. When it is the one with the trap right after the caller was opened, DevTools was the slower one: it goes to where the
   * program is stopped when it has a source map. The caller is opened again, once.
   */
  looked(url: string): void {
    const opened = this.#opened;
    if (opened === null) return;
    const { moduleKey, call, trapUrl, latest } = opened;
    if (url === goSourceUrl(call.file)) return;
    if (url !== trapUrl || performance.now() > latest) {
      this.#settle();
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#settle();
      void this.#context.open(moduleKey, call.file, call.line);
    }, QUIET_MS);
  }

  /** What is shown now stays. */
  #settle(): void {
    clearTimeout(this.#timer);
    this.#opened = null;
  }

  #begin(stop: PageStop, count: number): void {
    // A stack that cannot be read is that of a stop like others.
    this.#look(stop, count).catch(() => undefined);
  }

  async #look(stop: PageStop, count: number): Promise<void> {
    await this.#context.modulesSettled();
    const { stacks, moduleKey } = await this.#context.symbolize(stop.stack);
    if (count !== this.#count || this.#unknown !== stop || moduleKey === null) return;
    this.#unknown = null;
    const frames = stacks[0]?.frames.filter(({ language }) => language === 'go') ?? [];
    const [innermost] = frames;
    const caller = frames.find(({ function: name }) => !CALLED.has(name));
    if (innermost === undefined || caller === undefined || !CALLED.has(innermost.function)) return;
    const { function: name, file, line } = caller;
    const call: BreakpointCall = { function: name, file, line };
    this.#context.changed(call);
    await this.#context.open(moduleKey, file, line);
    // What was looked at until now was so before the caller was opened.
    if (count !== this.#count) return;
    const latest = performance.now() + LATE_MS;
    this.#opened = { moduleKey, call, trapUrl: goSourceUrl(innermost.file), latest };
  }
}

import type { JsFuncTable } from '../protocol/references.ts';
import type { PagePort } from './page-port.ts';
import type { PageReferences } from './page-references.ts';
import type { Analysis } from './session.ts';
import type { InstanceState } from './state.ts';
import type { TaskList } from './tasks.ts';

/** What a view can ask about the JavaScript values that a program refers to. */
export interface ReferencesClient {
  /** Reads the tables of wasm_exec.js, and the functions that js.FuncOf registered. Rejects with the reason where they cannot be reached. */
  read(instanceKey: string): Promise<ReferenceReading>;
  /** The same through the debugger, which is attached for a moment; a task that can be cancelled. It names every object's class. */
  inspect(instanceKey: string): Promise<ReferenceReading>;
}

export interface ReferenceReading {
  readonly page: PageReferences;
  /** Of the memory right after the tables were read. */
  readonly funcs: JsFuncTable;
  /** The reading before; null for the first of a program. */
  readonly before: { readonly page: PageReferences; readonly funcs: JsFuncTable } | null;
}

/** Reads references, and keeps the last reading of each program to compare the next with. */
export class References implements ReferencesClient {
  readonly #page: PagePort;
  readonly #analysis: Analysis;
  readonly #tasks: TaskList;
  readonly #instances: () => readonly InstanceState[];
  readonly #last = new Map<string, ReferenceReading>();

  constructor(
    page: PagePort,
    analysis: Analysis,
    tasks: TaskList,
    instances: () => readonly InstanceState[],
  ) {
    this.#page = page;
    this.#analysis = analysis;
    this.#tasks = tasks;
    this.#instances = instances;
  }

  navigated(): void {
    this.#last.clear();
  }

  async read(instanceKey: string): Promise<ReferenceReading> {
    const page = await this.#page.readReferences(instanceKey);
    return this.#finish(instanceKey, page, this.#last.get(instanceKey) ?? null);
  }

  inspect(instanceKey: string): Promise<ReferenceReading> {
    return this.#tasks.run('Naming JavaScript values with the debugger', async ({ signal }) => {
      const page = await this.#page.inspectReferences(instanceKey, signal);
      // It tells more of what the last one told: what that was compared with stays.
      return this.#finish(instanceKey, page, this.#last.get(instanceKey)?.before ?? null);
    });
  }

  async #finish(
    instanceKey: string,
    page: PageReferences,
    before: ReferenceReading['before'],
  ): Promise<ReferenceReading> {
    const instance = this.#instances().find(({ key }) => key === instanceKey);
    if (instance === undefined) throw new Error('this program is gone with its page');
    const { moduleKey } = instance;
    const params = { moduleKey, target: `instance ${instanceKey}`, byteLength: page.bytes };
    const funcs = await this.#analysis
      .request('references.funcs', params)
      .catch((error: unknown): JsFuncTable => ({
        ...{ id: new Uint32Array(), function: new Uint32Array(), functions: [] },
        missing: `The Go functions behind js.Func could not be read: ${error instanceof Error ? error.message : String(error)}.`,
      }));
    const reading: ReferenceReading = {
      page,
      funcs,
      before: before === null ? null : { page: before.page, funcs: before.funcs },
    };
    this.#last.set(instanceKey, reading);
    return reading;
  }
}

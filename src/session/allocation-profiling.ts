import type { PagePort, WordWrite } from './page-port.ts';
import type { Analysis } from './session.ts';
import type { InstanceState } from './state.ts';

/** What is known of the memory profile of a running program. */
export type ProfilingState =
  | {
      readonly available: true;
      /** runtime.MemProfileRate: bytes between two samples on average; 0 for off. */
      readonly rate: number;
      /** Its address in linear memory. */
      readonly at: number;
    }
  | { readonly available: false; readonly why: string };

/** A program whose memory profile was switched on here. */
export interface SwitchedOn {
  readonly instanceKey: string;
  readonly rate: number;
  /** Milliseconds since the epoch: only what is allocated later is recorded. */
  readonly since: number;
}

/** Switches the memory profile of running programs on and off: the one thing here that writes to a program's memory, and only when it is asked to. */
export class AllocationProfiling {
  readonly #page: PagePort;
  readonly #analysis: Analysis;
  readonly #instance: (instanceKey: string) => InstanceState | undefined;
  readonly #changed: (on: readonly SwitchedOn[]) => void;
  #on: readonly SwitchedOn[] = [];

  constructor(
    page: PagePort,
    analysis: Analysis,
    instance: (instanceKey: string) => InstanceState | undefined,
    changed: (on: readonly SwitchedOn[]) => void,
  ) {
    this.#page = page;
    this.#analysis = analysis;
    this.#instance = instance;
    this.#changed = changed;
  }

  async state(instanceKey: string): Promise<ProfilingState> {
    const found = await this.#find(instanceKey);
    if (typeof found === 'string') return { available: false, why: found };
    return { available: true, rate: found.rate, at: found.rateAt };
  }

  async set(instanceKey: string, rate: number): Promise<void> {
    const found = await this.#find(instanceKey);
    if (typeof found === 'string') throw new Error(found);
    const words: WordWrite[] = [{ address: found.rateAt, was: found.rate, value: rate }];
    if (rate > 0) words.push(...found.nextSampleAt.map((at) => ({ address: at, was: null, value: 0 })));
    await this.#page.writeWords(instanceKey, words);
    const others = this.#on.filter((one) => one.instanceKey !== instanceKey);
    this.#set(rate === 0 ? others : [...others, { instanceKey, rate, since: Date.now() }]);
  }

  /** The programs are gone with their page. */
  navigated(): void {
    if (this.#on.length > 0) this.#set([]);
  }

  async #find(instanceKey: string) {
    const instance = this.#instance(instanceKey);
    if (instance === undefined) return 'this program is gone with its page';
    if (instance.state !== 'running') return 'the program has ended';
    if (instance.memoryBytes === null) return 'the memory of this program is not seen';
    return this.#analysis.request('profiling.find', {
      moduleKey: instance.moduleKey,
      target: `instance ${instanceKey}`,
      byteLength: instance.memoryBytes,
    });
  }

  #set(on: readonly SwitchedOn[]): void {
    this.#on = on;
    this.#changed(on);
  }
}

import type {
  DeadlockVerdict,
  GoroutineDetail,
  GoroutineFacts,
  GoSourceText,
  WaitObject,
} from '../protocol/goroutines.ts';
import type { QueryItem } from '../protocol/goroutine-query.ts';
import type { FrameArguments } from '../values/typed-arguments.ts';
import { argumentsOf } from './goroutines-arguments.ts';
import { detailOf } from './goroutines-detail.ts';
import { profileOf, tracebackOf } from './goroutines-export.ts';
import { factsOf, type Reading } from './goroutines-facts.ts';
import type { Entry, GoroutineSnapshot } from './goroutines-snapshot.ts';
import type { NamedStack } from '../go/runtime/memory-map.ts';
import type { SnapshotMemory } from './goroutines-memory.ts';
import type { Snapshot } from './snapshot.ts';

/** A snapshot of a program of standard Go. */
export class GoSnapshot implements Snapshot {
  readonly of: GoroutineSnapshot;

  constructor(of: GoroutineSnapshot) {
    this.of = of;
  }

  get memory(): SnapshotMemory {
    return this.of.memory;
  }

  get version(): number {
    return this.of.version;
  }

  get verdict(): DeadlockVerdict | null {
    return this.of.verdict;
  }

  facts(reading: Reading): GoroutineFacts {
    return factsOf(this.of, reading);
  }

  stacks(): readonly NamedStack[] {
    return this.of.entries.map(({ goroutine: { id, stack } }) => ({ id, lo: stack.lo, hi: stack.hi }));
  }

  items(): readonly QueryItem[] {
    return this.of.items();
  }

  item(key: string): QueryItem | undefined {
    const entry = this.of.find(key);
    return entry && this.of.itemOf(entry);
  }

  ensure(
    keys: readonly string[] | null,
    signal?: AbortSignal,
    progress?: (fraction: number) => void,
  ): Promise<void> {
    return this.of.ensure(keys === null ? this.of.entries : this.#entries(keys), signal, progress);
  }

  async judge(): Promise<void> {
    await this.of.judge();
  }

  detail(key: string): Promise<GoroutineDetail> {
    return detailOf(this.of, this.#entry(key));
  }

  arguments(key: string, sources: ReadonlyMap<string, GoSourceText>): Promise<readonly FrameArguments[]> {
    return argumentsOf(this.of, this.#entry(key), sources);
  }

  waitObject(at: number): Promise<WaitObject | undefined> {
    return this.of.waitObject(at);
  }

  text(keys: readonly string[], signal: AbortSignal, progress: (fraction: number) => void): Promise<string> {
    return tracebackOf(this.of, this.#entries(keys), signal, progress);
  }

  profile(
    about: { readonly name: string; readonly hash: string; readonly time: number },
    signal: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>> {
    return profileOf(this.of, about, signal);
  }

  #entries(keys: readonly string[]): Entry[] {
    return keys.flatMap((key) => this.of.find(key) ?? []);
  }

  #entry(key: string): Entry {
    const entry = this.of.find(key);
    if (entry === undefined) throw new Error('this goroutine is not in the snapshot');
    return entry;
  }
}

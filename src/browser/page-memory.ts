import type {
  GatheredMemory,
  GatherRequest,
  HeldMemory,
  MemoryRange,
  MemoryTarget,
  WordWrite,
} from '../session/page-port.ts';
import type { HookTarget } from './hook-protocol.ts';
import type { PageModel } from './page-model.ts';
import type { RealmAddress, RegistryClient } from './registry-client.ts';

interface Place {
  readonly at: RealmAddress;
  readonly target: HookTarget;
}

/** Linear memory of the inspected page: of its instances, of its traps, and copies that are held there. */
export class PageMemory {
  readonly #client: RegistryClient;
  readonly #model: () => PageModel;
  readonly #held = new Map<string, { at: RealmAddress; stash: number }>();
  #holds = 0;

  /** `model`: the page as it is now. */
  constructor(client: RegistryClient, model: () => PageModel) {
    this.#client = client;
    this.#model = model;
  }

  /** The copies are gone with their page. */
  navigated(): void {
    this.#held.clear();
  }

  async read(target: MemoryTarget, ranges: readonly MemoryRange[]): Promise<readonly Uint8Array[]> {
    const place = this.#placeOf(target);
    return this.#client.read(place.at, place.target, ranges);
  }

  async hold(target: MemoryTarget): Promise<HeldMemory> {
    const place = this.#placeOf(target);
    const model = this.#model();
    const { stash, bytes, ...moment } = await this.#client.hold(place.at, place.target);
    if (model !== this.#model()) throw new Error('the page has navigated');
    const key = String(++this.#holds);
    this.#held.set(key, { at: place.at, stash });
    return { key, byteLength: bytes, ...moment };
  }

  release(heldKey: string): void {
    const held = this.#held.get(heldKey);
    this.#held.delete(heldKey);
    // Where the page does not hear it, the copy goes with the page, or when the hook ends.
    if (held !== undefined) this.#client.drop(held.at, held.stash).catch(() => undefined);
  }

  async gather(target: MemoryTarget, request: GatherRequest): Promise<GatheredMemory> {
    const place = this.#placeOf(target);
    const { bytes, ...found } = await this.#client.gather(place.at, { ...request, target: place.target });
    return { byteLength: bytes, ...found };
  }

  async write(instanceKey: string, words: readonly WordWrite[]): Promise<void> {
    const place = this.#placeOf({ instanceKey });
    if ('instance' in place.target) await this.#client.write(place.at, place.target.instance, words);
  }

  #placeOf(target: MemoryTarget): Place {
    if ('heldKey' in target) {
      const held = this.#held.get(target.heldKey);
      if (held === undefined) throw new Error('this copy of the memory is gone with its page');
      return { at: held.at, target: { held: held.stash } };
    }
    if ('instanceKey' in target) {
      const instance = this.#model().instance(target.instanceKey);
      if (instance === undefined) throw new Error('this instance is gone with its page');
      return { at: instance.at, target: { instance: instance.n } };
    }
    const trap = this.#model().trap(target.trapKey);
    if (trap === null) throw new Error('there is no memory of this death');
    return { at: trap.at, target: { trap: trap.n } };
  }
}

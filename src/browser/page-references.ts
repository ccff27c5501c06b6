import type { PageReferences, PageSample, SampleRequest } from '../session/page-references.ts';
import { describeThroughDebugger } from './debugger-references.ts';
import type { PageModel } from './page-model.ts';
import type { RealmAddress, RegistryClient } from './registry-client.ts';

/** The JavaScript values that programs of the inspected page refer to, and samples of the programs. */
export class ReferencesOfPage {
  readonly #client: RegistryClient;
  readonly #model: () => PageModel;
  readonly #tabId: number;
  readonly #described = new Map<string, ReadonlyMap<number, KnownObject>>();

  /** `model`: the page as it is now. */
  constructor(client: RegistryClient, model: () => PageModel, tabId: number) {
    this.#client = client;
    this.#model = model;
    this.#tabId = tabId;
  }

  /** Those that were described are gone with their page. */
  navigated(): void {
    this.#described.clear();
  }

  async read(instanceKey: string): Promise<PageReferences> {
    const { at, n } = this.#placeOf(instanceKey);
    const found = await this.#client.references(at, n);
    const described = this.#described.get(instanceKey);
    return described === undefined ? found : withDescriptions(found, described);
  }

  sample(instanceKey: string, request: SampleRequest): Promise<PageSample> {
    const { at, n } = this.#placeOf(instanceKey);
    return this.#client.sample(at, n, request);
  }

  async inspect(instanceKey: string, signal: AbortSignal): Promise<PageReferences> {
    const { at, n } = this.#placeOf(instanceKey);
    // What is first seen after this reading has come while the debugger looked: its id may have been another value's.
    const before = await this.#client.references(at, n).catch(() => null);
    const described = await describeThroughDebugger(this.#tabId, signal, at.realm, n);
    const found = await this.#client.references(at, n);
    const known = ofKnownObjects(found, described, before?.reading ?? found.reading);
    this.#described.set(instanceKey, known);
    return withDescriptions(found, known);
  }

  #placeOf(instanceKey: string): { readonly at: RealmAddress; readonly n: number } {
    const instance = this.#model().instance(instanceKey);
    if (instance === undefined) throw new Error('this instance is gone with its page');
    return instance;
  }
}

/** What the debugger says of one value. */
export interface DebuggerDescription {
  readonly kind: string;
  readonly name: string;
  readonly text: string;
}

/** An object that the debugger has described, and the reading in which it was first seen: together with its id that tells it from others. */
export interface KnownObject extends DebuggerDescription {
  readonly first: number;
}

/** What is described of objects that were seen in reading `last` already. */
export function ofKnownObjects(
  found: PageReferences,
  described: ReadonlyMap<number, DebuggerDescription>,
  last: number,
): Map<number, KnownObject> {
  const known = new Map<number, KnownObject>();
  found.id.forEach((id, row) => {
    const first = found.first[row] ?? 0;
    const one = described.get(id);
    if (one !== undefined && first > 0 && first <= last) known.set(id, { ...one, first });
  });
  return known;
}

/** The reading, with the classes of objects that were open. */
export function withDescriptions(
  found: PageReferences,
  described: ReadonlyMap<number, KnownObject>,
): PageReferences {
  const classes = [...found.classes];
  const numbers = new Map(classes.map(({ kind, name }, i) => [`${kind} ${name}`, i]));
  const texts = [...found.text];
  const column = found.class.slice();
  found.id.forEach((id, row) => {
    const known = classes[found.class[row] ?? 0];
    const one = described.get(id);
    if (one === undefined || known === undefined || one.first !== found.first[row]) return;
    const open = known.name === '' || (known.kind === 'array' && texts[row] === '');
    if (!open) return;
    const key = `${one.kind} ${one.name}`;
    let number = numbers.get(key);
    if (number === undefined) {
      number = classes.length;
      classes.push({ kind: one.kind, name: one.name });
      numbers.set(key, number);
    }
    column[row] = number;
    texts[row] = one.text;
  });
  return { ...found, classes, class: column, text: texts };
}

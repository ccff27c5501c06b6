import type { AccessLevel, AccessState, FileAccess } from '../session/page-port.ts';
import { debuggerAvailable } from './debugger-connection.ts';

/** What is in force for the current document. */
export interface Reach {
  /** A hook is there. */
  readonly capturing: boolean;
  /** The debugger has looked into the page. */
  readonly attached: boolean;
  /** The site that was opted in; null for none. */
  readonly site: string | null;
  /** Why it could not be. */
  readonly siteNotes: readonly string[];
}

/** What of the page is within reach, with the reasons and conditions that go with it. Tells when that changes. */
export class PageAccess {
  readonly #reach: () => Reach;
  readonly #changed: (access: AccessState) => void;
  /** Sentences, by who told them. */
  readonly #notes = new Map<string, readonly string[]>();
  #pageOrigin: string | null = null;
  #state: AccessState = {
    active: [],
    debuggerAvailable: debuggerAvailable(),
    siteOptIn: null,
    pageOrigin: null,
    files: 'off',
    notes: [],
  };
  #files: FileAccess = 'off';

  constructor(reach: () => Reach, changed: (access: AccessState) => void) {
    this.#reach = reach;
    this.#changed = changed;
  }

  get state(): AccessState {
    return this.#state;
  }

  /** Origin of the page; null when there is none, or none that is within reach. */
  get pageOrigin(): string | null {
    return this.#pageOrigin;
  }

  set pageOrigin(origin: string | null) {
    this.#pageOrigin = origin;
    this.update();
  }

  set files(files: FileAccess) {
    this.#files = files;
    this.update();
  }

  /** Sentences in place of those that the same teller told before. */
  note(teller: string, notes: readonly string[]): void {
    this.#notes.set(teller, notes);
    this.update();
  }

  /** Drops what was told of a document that is gone; the next change tells without it. */
  forget(teller: string): void {
    this.#notes.delete(teller);
  }

  /** Looks again at what is within reach. */
  update(): void {
    const { capturing, attached, site, siteNotes } = this.#reach();
    const active: AccessLevel[] = this.#pageOrigin === null ? [] : ['resources'];
    if (capturing) active.push('hook');
    if (attached) active.push('debugger');
    if (site !== null) active.push('site');
    const state: AccessState = {
      ...this.#state,
      pageOrigin: this.#pageOrigin,
      active,
      siteOptIn: site,
      files: this.#files,
      notes: [...this.#notes.values(), siteNotes].flat(),
    };
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return;
    this.#state = state;
    this.#changed(state);
  }
}

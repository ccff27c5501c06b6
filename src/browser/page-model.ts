import type { PageInstance, PageModule, PageReport, PageTrap, Realm } from '../session/page-events.ts';
import type { HookReport, HookStarts, PollAnswer } from './hook-protocol.ts';
import type { LateFindings } from './late-attach.ts';
import type { RealmAddress } from './registry-client.ts';

/** A module as the page port knows it. */
export interface KnownModule {
  readonly page: PageModule;
  /** Where the registry is that knows it, and its number there; null for modules without one. */
  readonly hook: { readonly at: RealmAddress; readonly n: number } | null;
  bytesKept: boolean;
  /** Of its bytes; null until they were read. */
  length: number | null;
  /** Of the download that its bytes came with (network-log.ts); null until they were read, and where the log has none. */
  download: string | null;
}

/** A script or download of wasm that DevTools lists. `download`: the URL from which the bytes of a script without one came, where that is known. */
export interface ListedWasm {
  readonly url: string;
  readonly download: string | null;
}

interface KnownRealm {
  /** The newest report: a frame is hooked while it is still about:blank. */
  report: HookReport;
  /** Null until something is told of it: frames leave realms behind in which nothing ever happened. */
  id: string | null;
  readonly at: RealmAddress;
  sequence: number;
  capturing: boolean;
}

/** Wasm that the page compiled is told by the hook first: a resource waits this many polls before it is taken for a module of its own. */
const RESOURCE_POLLS = 4;

/** Anything may pose as a hook in the page: what is told of one document ends here. */
const MAX_REALMS = 500;
const MAX_MODULES = 2000;
const MAX_INSTANCES = 5000;
const MAX_TRAPS = 5000;

/**
 * What is known of one document and everything below it: turns what hooks, the debugger and the resource list say into reports without repeats. Keys
 * begin with the number of the navigation, so that none ever means two things.
 */
export class PageModel {
  readonly #prefix: string;
  readonly #realms = new Map<string, KnownRealm>();
  readonly modules = new Map<string, KnownModule>();
  readonly #instances = new Map<string, { page: PageInstance; at: RealmAddress; n: number }>();
  readonly #traps = new Map<string, { page: PageTrap; memory: { at: RealmAddress; n: number } | null }>();
  readonly #resourcePolls = new Map<string, number>();
  #counts = { frame: 0, worker: 0 };
  #renewed = 0;
  readonly #limits = new Set<string>();
  #pageUrl = '';

  constructor(navigation: number) {
    this.#prefix = `${navigation}`;
  }

  /** What is not followed because there is too much of it. */
  get notes(): readonly string[] {
    return [...this.#limits];
  }

  /** Lets go of what programs wrote. */
  dropTexts(): void {
    for (const [key, { page, memory }] of this.#traps) {
      if (page.text !== '') this.#traps.set(key, { page: { ...page, text: '' }, memory });
    }
  }

  /** Highest sequence number seen, by realm. */
  since(): Record<string, number> {
    return Object.fromEntries([...this.#realms].map(([name, known]) => [name, known.sequence]));
  }

  /** Whether a hook sees modules and instances as they are made, anywhere on the page. */
  get capturing(): boolean {
    return [...this.#realms.values()].some((realm) => realm.capturing);
  }

  /** Programs of modules with a debug section, in all realms. */
  get starts(): HookStarts {
    const all = [...this.#realms.values()].flatMap(({ report }) => report.starts ?? []);
    const sum = (of: (starts: HookStarts) => number): number =>
      all.reduce((total, starts) => total + of(starts), 0);
    return { modules: sum(({ modules }) => modules), waiting: sum(({ waiting }) => waiting) };
  }

  /** Whether each of these realms, by its hook's name, has told of so many instances or more. */
  hasTold(instances: ReadonlyMap<string, number>): boolean {
    const told = (realm: string): number =>
      [...this.#instances.values()].filter(({ at }) => at.realm === realm).length;
    return [...instances].every(([realm, count]) => this.#realms.has(realm) && told(realm) >= count);
  }

  /** Whether there is wasm, or something that would see it. */
  get active(): boolean {
    return this.#realms.size > 0 || this.modules.size > 0;
  }

  /** Everything that was reported, as it is now. */
  everything(): PageReport {
    return {
      modules: [...this.modules.values()].map(({ page }) => page),
      instances: [...this.#instances.values()].map(({ page }) => page),
      traps: [...this.#traps.values()].map(({ page }) => page),
    };
  }

  instance(key: string): { at: RealmAddress; n: number } | undefined {
    return this.#instances.get(key);
  }

  /** Where the memory of a trap is; null for traps that have none. */
  trap(key: string): { at: RealmAddress; n: number } | null {
    return this.#traps.get(key)?.memory ?? null;
  }

  /** URLs of other-origin frames in which a hook answers. */
  hookedFrameUrls(): Set<string> {
    const urls = [...this.#realms.values()].map((known) => known.at.frameUrl);
    return new Set(urls.filter((url) => url !== null));
  }

  /** Takes the answer of a poll. */
  take(answer: PollAnswer, frameUrl: string | null): PageReport {
    const modules: PageModule[] = [];
    const instances: PageInstance[] = [];
    const traps: PageTrap[] = [];
    for (const report of answer.realms) {
      const known = this.#realm(report, frameUrl);
      if (known === null) continue;
      known.sequence = Math.max(known.sequence, report.sequence);
      known.capturing = report.capturing;
      known.report = report;
      modules.push(...this.#takeModules(report, known));
      instances.push(...this.#takeInstances(report, known));
      traps.push(...this.#takeTraps(report, known));
    }
    return { modules, instances, traps };
  }

  /** Wasm scripts that DevTools lists and nobody else has told of. Called once a poll. */
  takeResources(listed: readonly ListedWasm[], pageUrl: string): PageReport {
    this.#pageUrl = pageUrl;
    const modules: PageModule[] = [];
    for (const { url, download } of listed) {
      const polls = (this.#resourcePolls.get(url) ?? 0) + 1;
      this.#resourcePolls.set(url, polls);
      if ((polls < RESOURCE_POLLS && this.#realms.size > 0) || this.#isTold(url)) continue;
      if (download !== null && this.#hasScript(download)) continue;
      if (this.#isFull(this.modules, MAX_MODULES, 'modules')) break;
      const from = download ?? url;
      modules.push(this.#addModule(`resource:${from}`, this.#pageRealm(), 'resource', from, null, url));
    }
    return { modules, instances: [], traps: [] };
  }

  /** A script that only the resource list told of was loaded anew, from another download: it is another module. */
  renewResource(key: string): PageReport {
    const known = this.modules.get(key);
    if (known?.page.origin !== 'resource') return { modules: [], instances: [], traps: [] };
    const { realm, scriptUrl } = known.page;
    const url = known.page.url ?? scriptUrl ?? '';
    this.modules.delete(key);
    const name = `resource:${++this.#renewed}:${url}`;
    const module = this.#addModule(name, realm, 'resource', url, null, scriptUrl ?? url);
    return { modules: [module], instances: [], traps: [] };
  }

  /** What the debugger found, besides the instances that it gave to the hooks. */
  takeFindings(findings: LateFindings): PageReport {
    const modules: PageModule[] = [];
    for (const script of findings.scripts) {
      // One that only the resource list told of gives way to the debugger's.
      if (this.#hasScript(script.url, 'resource')) continue;
      if (this.#isFull(this.modules, MAX_MODULES, 'modules')) break;
      const realm = this.#realmNamed(script.realm);
      modules.push(
        this.#addModule(`debugger:${script.url}`, realm, 'debugger', script.url, script.byteLength),
      );
    }
    const traps: PageTrap[] = [];
    findings.traps.forEach((found) => {
      const realm = this.#realmNamed(found.realm);
      const key = `${this.#prefix}:${realm.id}:console:${found.time}:${found.via}`;
      if (this.#traps.has(key) || this.#isFull(this.#traps, MAX_TRAPS, 'errors')) return;
      const { realm: _name, ...trap } = found;
      const page: PageTrap = {
        ...trap,
        key,
        instanceKey: null,
        realm,
        sp: null,
        memory: { kind: 'none', why: 'it happened before DevTools looked: memory may have changed since' },
      };
      this.#traps.set(key, { page, memory: null });
      traps.push(page);
    });
    return { modules, instances: [], traps };
  }

  #takeModules(report: HookReport, known: KnownRealm): PageModule[] {
    const { at } = known;
    const fresh: PageModule[] = [];
    if (report.modules.length === 0) return fresh;
    const realm = this.#realmOf(known);
    for (const { n, bytesKept, ...module } of report.modules) {
      const key = this.#key(realm, 'module', n);
      const page: PageModule = { ...module, key, realm };
      if (!this.modules.has(key)) {
        if (this.#isFull(this.modules, MAX_MODULES, 'modules')) break;
        fresh.push(page);
      }
      const { length = null, download = null } = this.modules.get(key) ?? {};
      this.modules.set(key, { page, hook: { at, n }, bytesKept, length, download });
    }
    return fresh;
  }

  #takeInstances(report: HookReport, known: KnownRealm): PageInstance[] {
    const { at } = known;
    if (report.instances.length === 0) return [];
    const realm = this.#realmOf(known);
    return report.instances.flatMap(({ n, module, ...instance }) => {
      const key = this.#key(realm, 'instance', n);
      const page = { ...instance, key, moduleKey: this.#key(realm, 'module', module), realm };
      const told = this.#instances.get(key);
      if (told === undefined && this.#isFull(this.#instances, MAX_INSTANCES, 'instances')) return [];
      if (told !== undefined && JSON.stringify(told.page) === JSON.stringify(page)) return [];
      this.#instances.set(key, { page, at, n });
      return [page];
    });
  }

  #takeTraps(report: HookReport, known: KnownRealm): PageTrap[] {
    const { at } = known;
    if (report.traps.length === 0) return [];
    const realm = this.#realmOf(known);
    return report.traps.flatMap(({ n, instance, ...trap }) => {
      const key = this.#key(realm, 'trap', n);
      if (this.#traps.has(key) || this.#isFull(this.#traps, MAX_TRAPS, 'errors')) return [];
      const instanceKey = instance === null ? null : this.#key(realm, 'instance', instance);
      const page: PageTrap = { ...trap, key, instanceKey, realm };
      this.#traps.set(key, { page, memory: trap.memory.kind === 'none' ? null : { at, n } });
      return [page];
    });
  }

  #addModule(
    name: string,
    realm: Realm,
    origin: PageModule['origin'],
    url: string,
    byteLength: number | null,
    scriptUrl = url,
  ): PageModule {
    const page: PageModule = {
      key: `${this.#prefix}:${name}`,
      realm,
      origin,
      url: url.startsWith('wasm:') ? null : url,
      scriptUrl,
      byteLength,
      buildId: null,
      imports: [],
      exports: [],
    };
    this.modules.set(page.key, { page, hook: null, bytesKept: false, length: byteLength, download: null });
    return page;
  }

  /** Whether a module with this script URL is known, or one is that may turn out to have it. */
  #isTold(url: string): boolean {
    if (this.#hasScript(url)) return true;
    if (!url.startsWith('wasm:')) return false;
    return [...this.modules.values()].some(
      ({ page }) => page.origin === 'hook' && page.url === null && page.scriptUrl === null,
    );
  }

  #hasScript(url: string, besides?: PageModule['origin']): boolean {
    return [...this.modules.values()].some(
      ({ page }) => page.origin !== besides && (page.scriptUrl === url || page.url === url),
    );
  }

  #isFull(known: ReadonlyMap<string, unknown>, limit: number, what: string): boolean {
    if (known.size < limit) return false;
    this.#limits.add(`This page told of more than ${limit} ${what}: later ones are not followed.`);
    return true;
  }

  /** Null when there are too many. */
  #realm(report: HookReport, frameUrl: string | null): KnownRealm | null {
    const known = this.#realms.get(report.realm);
    if (known !== undefined) return known;
    if (this.#realms.size >= MAX_REALMS) {
      // Frames and workers come and go: the oldest one in which nothing happened is forgotten first.
      const quiet = [...this.#realms].find(([, { id }]) => id === null);
      if (quiet !== undefined) this.#realms.delete(quiet[0]);
      else if (this.#isFull(this.#realms, MAX_REALMS, 'frames and workers')) return null;
    }
    const added: KnownRealm = {
      report,
      id: null,
      at: { realm: report.realm, frameUrl },
      sequence: 0,
      capturing: report.capturing,
    };
    this.#realms.set(report.realm, added);
    return added;
  }

  /** The realm as it is reported; one that claims to be the page beside the page is taken for a frame. */
  #realmOf(known: KnownRealm): Realm {
    const { report, at } = known;
    const others = [...this.#realms.values()].filter((other) => other !== known);
    const isPage =
      report.kind === 'page' && at.frameUrl === null && !others.some((other) => other.id === 'page');
    if (known.id === null && isPage) known.id = 'page';
    const kind = known.id === 'page' ? 'page' : report.kind === 'worker' ? 'worker' : 'frame';
    if (kind !== 'page') known.id ??= `${kind}:${++this.#counts[kind]}`;
    return { id: known.id ?? kind, kind, url: report.url };
  }

  #realmNamed(name: string | null): Realm {
    const known = name === null ? undefined : this.#realms.get(name);
    return known === undefined ? this.#pageRealm() : this.#realmOf(known);
  }

  #pageRealm(): Realm {
    return { id: 'page', kind: 'page', url: this.#pageUrl };
  }

  #key(realm: Realm, kind: string, n: number): string {
    return `${this.#prefix}:${realm.id}:${kind}:${n}`;
  }
}

import type { DeathEvidence, DeathReport } from '../protocol/requests.ts';
import { isAlreadyExited, isDeath, joinSign, surfacedLine, type Death } from './deaths.ts';
import type { StackTrace } from '../stack/stack-trace.ts';
import type { DeathMemory } from './goroutine-snapshots.ts';
import type { ModuleLoader } from './module-loader.ts';
import type { PageInstance, PageTrap } from './page-events.ts';
import { hasSymbols } from './same-module.ts';
import type { Analysis } from './session.ts';
import type { ModuleState, TrapState } from './state.ts';

/** What the traps need to know of the page. */
export interface TrapContext {
  readonly modules: ModuleLoader;
  readonly instances: () => readonly PageInstance[];
  /** Puts JavaScript frames at the places that the page's source maps say. */
  readonly mapScripts: (stacks: readonly StackTrace[]) => Promise<readonly StackTrace[]>;
  /** The traps, newest first, after each change. */
  readonly changed: (traps: readonly TrapState[]) => void;
  /** `trapped` may have changed. */
  readonly died: () => void;
  /** A death has been worked out, as far as that can be done. */
  readonly analyzed: (trapKey: string) => void;
}

/** The page's deaths: signs are joined one after the other, each death is analysed by the worker and shown as a trap. */
export class Traps {
  readonly #analysis: Analysis;
  readonly #context: TrapContext;
  #traps: readonly TrapState[] = [];
  #deaths: readonly Death[] = [];
  /** What is to be said of how a death's module was found, by the death's key. */
  readonly #ownerNotes = new Map<string, readonly string[]>();
  /** Counts navigations: an answer that was asked for an earlier page is dropped. */
  #generation = 0;
  /** Signs are joined one after the other: finding a sign's instance is asynchronous. */
  #queue: Promise<void> = Promise.resolve();

  constructor(analysis: Analysis, context: TrapContext) {
    this.#analysis = analysis;
    this.#context = context;
  }

  /** The page is another one. */
  navigated(): void {
    this.#generation++;
    this.clear();
  }

  clear(): void {
    this.#deaths = [];
    this.#ownerNotes.clear();
    this.#context.died();
    this.#set([]);
  }

  take(signs: readonly PageTrap[]): void {
    const generation = this.#generation;
    for (const sign of signs.filter(isDeath)) this.#enqueue(() => this.#takeSign(sign, generation));
  }

  /** Whether an instance died otherwise than by its exit import, which the page tells itself. */
  trapped(instanceKey: string): boolean {
    return this.#deaths.some(
      (death) => death.instanceKey === instanceKey && !death.signs.some((sign) => sign.via === 'exit'),
    );
  }

  /** The memory of a death; null where it could not be had. */
  memoryOf(trapKey: string): DeathMemory | null {
    const trap = this.#trap(trapKey);
    const death = this.#deaths.find((known) => known.key === trapKey);
    const sign = death?.signs.find(({ memory }) => memory.kind !== 'none');
    const memory = memoryOf(sign);
    if (trap === undefined || sign === undefined || memory === null) return null;
    return { trap, ...memory, sp: sign.sp, time: sign.time };
  }

  setSnapshot(trapKey: string, snapshotKey: string | null): void {
    this.#replaceTrap(trapKey, { snapshotKey });
  }

  /**
   * Works out again what could not be, now that there is a module which was not there before, and all of `renewed`, a module of which more is known
   * than before.
   */
  retry(renewed: string | null = null): void {
    const generation = this.#generation;
    this.#enqueue(async () => {
      for (const { key } of this.#deaths) await this.#retryDeath(key, generation, renewed);
    });
  }

  #enqueue(work: () => Promise<void>): void {
    this.#queue = this.#queue.then(work).catch((error: unknown) => {
      reportError(error);
    });
  }

  async #retryDeath(key: string, generation: number, renewed: string | null): Promise<void> {
    const trap = this.#trap(key);
    const death = this.#deaths.find((known) => known.key === key);
    if (trap === undefined || death === undefined || generation !== this.#generation) return;
    if (trap.moduleKey !== null) {
      if (renewed === null ? !hasGo(trap) : trap.moduleKey === renewed)
        await this.#analyze(death, trap.moduleKey, generation);
      return;
    }
    const sign = death.signs.find((one) => stackOf(one) !== null) ?? death.signs[0];
    if (sign === undefined) return;
    const owner = await this.#ownerOf(sign);
    if (generation !== this.#generation || owner.moduleKey === null) return;
    const found: Death = { ...death, instanceKey: death.instanceKey ?? owner.instanceKey };
    this.#deaths = this.#deaths.map((known) => (known === death ? found : known));
    this.#context.died();
    this.#ownerNotes.set(key, owner.notes);
    this.#showTrap(found, owner.moduleKey);
    await this.#analyze(found, owner.moduleKey, generation);
  }

  async #takeSign(sign: PageTrap, generation: number): Promise<void> {
    const owner = await this.#ownerOf(sign);
    if (generation !== this.#generation) return;
    this.#deaths = joinSign(this.#deaths, sign, owner.instanceKey);
    const death = this.#deaths.find((known) => known.signs.includes(sign)) ?? null;
    this.#context.died();
    if (death === null) {
      // A repeat: only the count changed.
      this.#updateRepeats();
      return;
    }
    if (!this.#ownerNotes.has(death.key)) this.#ownerNotes.set(death.key, owner.notes);
    this.#showTrap(death, owner.moduleKey);
    await this.#analyze(death, this.#trap(death.key)?.moduleKey ?? null, generation);
  }

  /** The instance and module that a sign belongs to. */
  async #ownerOf(sign: PageTrap): Promise<Owner> {
    const known = this.#context.instances().find((instance) => instance.key === sign.instanceKey);
    if (known !== undefined) return { instanceKey: known.key, moduleKey: known.moduleKey, notes: [] };
    if (isAlreadyExited(sign)) {
      const death = this.#deaths.findLast(
        (candidate) =>
          candidate.signs[0]?.realm.id === sign.realm.id &&
          candidate.signs.some((other) => other.via === 'exit'),
      );
      const instance = this.#context.instances().find((candidate) => candidate.key === death?.instanceKey);
      return { instanceKey: instance?.key ?? null, moduleKey: instance?.moduleKey ?? null, notes: [] };
    }
    const stack = stackOf(sign);
    if (stack === null)
      return { instanceKey: null, moduleKey: null, notes: ['no instance is known for this exit'] };
    await this.#context.modules.settled(sign.realm.id);
    const candidates = this.#context.modules.list.filter(
      (module) =>
        module.status === 'ready' && (module.realm.id === sign.realm.id || module.origin !== 'hook'),
    );
    const owner = await this.#analysis.request('stack.owner', {
      stack,
      candidates: candidates.map((module) => module.key),
    });
    if (owner.moduleKey === null) return { instanceKey: null, moduleKey: null, notes: [owner.why] };
    const ran = this.#ranAs(owner.moduleKey, owner.scriptUrl);
    if (ran !== undefined) return { instanceKey: null, moduleKey: ran.key, notes: [] };
    const instances = this.#context
      .instances()
      .filter((instance) => instance.moduleKey === owner.moduleKey && instance.realm.id === sign.realm.id);
    const only = instances.length === 1 ? instances[0] : undefined;
    const notes =
      instances.length > 1
        ? ['several instances of this module run here: which one died is not known, so memory was not read']
        : [];
    return { instanceKey: only?.key ?? null, moduleKey: owner.moduleKey, notes };
  }

  /** The page's module that has no symbols of its own and that a stack is of, where a file is the one that fits it. */
  #ranAs(moduleKey: string, scriptUrl: string | null): ModuleState | undefined {
    if (this.#module(moduleKey)?.origin !== 'file' || scriptUrl === null) return undefined;
    return this.#context.modules.list.find(
      (module) => module.origin !== 'file' && module.url === scriptUrl && !hasSymbols(module),
    );
  }

  async #analyze(death: Death, moduleKey: string | null, generation: number): Promise<void> {
    const notes = this.#ownerNotes.get(death.key) ?? [];
    if (moduleKey === null) {
      this.#replaceTrap(death.key, { status: 'ready' });
      return;
    }
    await this.#context.modules.loaded(moduleKey);
    const aboutFiles = await this.#askFiles(death, moduleKey);
    if (generation !== this.#generation) return;
    const module = this.#module(moduleKey);
    if (module?.status !== 'ready') {
      const why = module?.error ?? 'the module could not be read';
      const note = `No symbols: ${why}. Drop in the module's file to have its stack symbolized.`;
      this.#replaceTrap(death.key, { status: 'ready', notes: [...notes, note, ...aboutFiles] });
      return;
    }
    try {
      const report = await this.#analysis.request('death.analyze', evidenceOf(death, moduleKey));
      if (generation !== this.#generation) return;
      this.#replaceTrap(death.key, {
        kind: report.kind,
        title: report.title,
        goroutine: report.goroutine,
        stack: report.stack,
        otherStacks: report.otherStacks,
        notes: [...notes, ...report.notes, ...aboutFiles],
        status: 'ready',
      });
      if (this.memoryOf(death.key) !== null) this.#context.analyzed(death.key);
      void this.#mapScripts(death.key, report, generation);
    } catch (error) {
      if (generation !== this.#generation) return;
      this.#replaceTrap(death.key, { status: 'ready', notes: [...notes, errorText(error)] });
    }
  }

  /** Once a death is shown: maps may have to be fetched. */
  async #mapScripts(key: string, { stack, otherStacks }: DeathReport, generation: number): Promise<void> {
    if (stack === null) return;
    const stacks = [stack, ...otherStacks];
    const mapped = await this.#context.mapScripts(stacks);
    if (mapped === stacks || generation !== this.#generation || this.#trap(key)?.stack !== stack) return;
    const [first = stack, ...others] = mapped;
    this.#replaceTrap(key, { stack: first, otherStacks: others });
  }

  /**
   * Asks whether a file that was dropped in is the module which has no symbols of its own: one with the same build ID has been taken already, of
   * others a stack tells. Returns what is to be said of that.
   */
  async #askFiles(death: Death, moduleKey: string): Promise<string[]> {
    const { modules } = this.#context;
    const module = this.#module(moduleKey);
    const notes: string[] = [];
    if (module === undefined || hasSymbols(module)) return notes;
    const stack = death.signs.map(stackOf).find((text) => text !== null) ?? null;
    for (const { file, same } of modules.filesFor(moduleKey)) {
      if (same.verdict === 'no') {
        notes.push(`${file.name}, the file, is not this module: ${same.why}.`);
        continue;
      }
      if (stack === null) {
        notes.push(
          `${file.name}, the file, was not used: ${same.why}, and there is no stack to compare it with.`,
        );
        continue;
      }
      const { moduleKey: owner, why } = await this.#analysis.request('stack.owner', {
        stack,
        candidates: [file.key],
      });
      if (owner === null) {
        notes.push(`${file.name}, the file, is not this module: ${why}.`);
        continue;
      }
      await modules.share(moduleKey, file.key, `${same.why}; ${why}`, false);
      return [`Symbols are those of ${file.name}, a file: ${same.why}, but ${why}.`];
    }
    return notes;
  }

  #showTrap(death: Death, moduleKey: string | null): void {
    const known = this.#trap(death.key);
    const first = death.signs[0];
    if (first === undefined) return;
    const trap: TrapState = {
      key: death.key,
      instanceKey: death.instanceKey,
      moduleKey: moduleKey ?? known?.moduleKey ?? null,
      realm: first.realm,
      time: first.time,
      kind: known?.kind ?? 'exception',
      title: known?.title ?? provisionalTitle(death),
      surfaced: surfaced(death),
      text: textOf(death),
      goroutine: known?.goroutine ?? null,
      snapshotKey: known?.snapshotKey ?? null,
      stack: known?.stack ?? null,
      otherStacks: known?.otherStacks ?? [],
      status: 'symbolizing',
      notes: known?.notes ?? this.#ownerNotes.get(death.key) ?? [],
    };
    const traps =
      known === undefined
        ? [trap, ...this.#traps]
        : this.#traps.map((other) => (other === known ? trap : other));
    this.#set(traps);
  }

  #updateRepeats(): void {
    for (const death of this.#deaths) this.#replaceTrap(death.key, { surfaced: surfaced(death) });
  }

  #replaceTrap(key: string, change: Partial<TrapState>): void {
    this.#set(this.#traps.map((trap) => (trap.key === key ? { ...trap, ...change } : trap)));
  }

  #trap(key: string): TrapState | undefined {
    return this.#traps.find((known) => known.key === key);
  }

  #module(key: string): ModuleState | undefined {
    return this.#context.modules.list.find((known) => known.key === key);
  }

  #set(traps: readonly TrapState[]): void {
    this.#traps = traps;
    this.#context.changed(traps);
  }
}

interface Owner {
  readonly instanceKey: string | null;
  readonly moduleKey: string | null;
  readonly notes: readonly string[];
}

/** What the worker gets of a death: the first sign that has each thing. */
function evidenceOf(death: Death, moduleKey: string): DeathEvidence {
  const withMemory = death.signs.find((sign) => sign.memory.kind !== 'none');
  const exit =
    death.signs.find((sign) => sign.via === 'exit') ?? death.signs.find((sign) => sign.exitCode !== null);
  const thrown = death.signs.filter((sign) => sign.error !== null);
  // That the program had ended says nothing of its death, but is all there is to say of a call after a normal end.
  const error =
    (thrown.find((sign) => !isAlreadyExited(sign)) ?? (exit === undefined ? thrown[0] : undefined))?.error ??
    null;
  return {
    moduleKey,
    memory: memoryOf(withMemory),
    sp: withMemory?.sp ?? null,
    exitCode: exit?.exitCode ?? null,
    error,
    exitStack: exit?.exitStack ?? null,
    text: textOf(death),
  };
}

function memoryOf(sign: PageTrap | undefined): DeathEvidence['memory'] {
  if (sign === undefined || sign.memory.kind === 'none') return null;
  return { target: `trap ${sign.key}`, byteLength: sign.memory.bytes };
}

/** Whether something of a trap's stack is known in terms of Go. */
const hasGo = (trap: TrapState): boolean =>
  trap.stack?.source === 'memory' ||
  trap.stack?.frames.some(({ language, file }) => language === 'go' && file !== '') === true;

/** The JavaScript stack of a sign; of a panic that only the console's history tells, that of its exit. */
const stackOf = (sign: PageTrap): string | null => sign.error?.stack ?? sign.exitStack;

const textOf = (death: Death): string => death.signs.find((sign) => sign.text !== '')?.text ?? '';

function surfaced(death: Death): string[] {
  const lines = death.signs.map(surfacedLine);
  if (death.repeats === 0) return lines;
  const where = death.instanceKey === null ? ', in this or another instance' : '';
  return [...lines, `the same again, ${String(death.repeats)} ×${where}`];
}

function provisionalTitle(death: Death): string {
  const error = death.signs.find((sign) => sign.error !== null)?.error;
  if (error != null) return `${error.name}: ${error.message}`;
  return death.signs.map(surfacedLine)[0] ?? '';
}

const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));

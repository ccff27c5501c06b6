import type {
  HookHeld,
  HookInstance,
  HookModule,
  HookReport,
  HookTrap,
  RealmRequest,
  HookTarget,
  HookRange,
} from '../hook-protocol.ts';
import { stackPointer } from './deaths.ts';
import type { Describer } from './describe.ts';
import { gatherAnswer } from './gather.ts';
import type { HeldStarts } from './held-starts.ts';
import type { Line } from './line.ts';
import type { Natives, ResourceTimes } from './natives.ts';
import type { InstanceRecord, ModuleRecord, Records, TrapRecord } from './records.ts';
import { readReferences } from './references.ts';
import { takeSample } from './sample.ts';
import { bytesAnswer, joined, type Stashes } from './stash.ts';
import { writeWords } from './write-words.ts';

/** Names of imports and exports that are told. */
const MAX_NAMES = 200;
const MAX_NAME = 200;
/** The fetch's entry may come a moment after the module; it is looked for in this many polls. */
const MAX_FETCH_TRIES = 20;

/** What `WebAssembly.Module` tells of a module. */
interface Describe {
  readonly imports: typeof WebAssembly.Module.imports;
  readonly exports: typeof WebAssembly.Module.exports;
  readonly customSections: typeof WebAssembly.Module.customSections;
}

export interface RealmDescription {
  readonly name: string;
  readonly kind: HookReport['kind'];
  readonly url: () => string;
}

/** Answers requests about one realm. */
export class RealmServer {
  readonly #realm: RealmDescription;
  readonly #records: Records;
  readonly #natives: Natives;
  readonly #stashes: Stashes;
  readonly #describe: Describe;
  readonly #describer: Describer;
  readonly #line: Line;
  readonly #names = new WeakMap<ModuleRecord, Pick<HookModule, 'buildId' | 'imports' | 'exports'>>();
  /** Whether `WebAssembly.*` is wrapped here. */
  capturing = false;
  /** Null where modules get no debug section. */
  starts: HeldStarts | null = null;

  constructor(
    realm: RealmDescription,
    records: Records,
    natives: Natives,
    stashes: Stashes,
    Module: typeof WebAssembly.Module,
    describer: Describer,
    line: Line,
  ) {
    this.#line = line;
    this.#describer = describer;
    this.#realm = realm;
    this.#records = records;
    this.#natives = natives;
    this.#stashes = stashes;
    this.#describe = {
      imports: Module.imports,
      exports: Module.exports,
      customSections: Module.customSections,
    };
  }

  /** What has changed since a sequence number. */
  report(since: number): HookReport {
    this.#refresh();
    const news = <T extends { changed: number }>(list: readonly T[]): T[] =>
      list.filter((record) => record.changed > since);
    return {
      realm: this.#realm.name,
      kind: this.#realm.kind,
      url: this.#realm.url(),
      sequence: this.#records.sequence,
      capturing: this.capturing,
      modules: news(this.#records.modules).map((record) => this.#module(record)),
      instances: news(this.#records.instances).map(describeInstance),
      traps: news(this.#records.traps).map(describeTrap),
      ...(this.starts === null ? {} : { starts: this.starts.state }),
    };
  }

  /** Answers in the form of hook-protocol.ts. */
  answer(request: RealmRequest): string {
    switch (request.op) {
      case 'read':
        return this.#base64(this.#read(request.target, request.ranges));
      case 'carry':
        this.#line.open(request.event);
        return 'jnull';
      case 'send': {
        const parts = this.#read(request.target, request.ranges);
        this.#line.send(request.id, joined(parts));
        return `j${JSON.stringify(parts.map(({ length }) => length))}`;
      }
      case 'freeze':
        return this.#stashes.put(whole(this.#read(request.target, request.ranges), request.ranges));
      case 'hold':
        return `j${JSON.stringify(this.#hold(request.target))}`;
      case 'gather':
        return gatherAnswer(
          this.bytesOf(request.target),
          request,
          this.#stackPointer(request.target),
          this.#natives,
        );
      case 'write':
        writeWords(this.bytesOf({ instance: request.instance }), request.words);
        return 'jnull';
      case 'module': {
        const record = this.#records.modules.find((module) => module.n === request.module);
        if (record?.bytes == null) throw new Error('the hook has not kept the bytes of this module');
        const { bytes } = record;
        record.bytes = null;
        return this.#stashes.put(bytes);
      }
      case 'part': {
        const part = this.#stashes.part(request.stash, request.offset, request.length);
        return this.#base64([part]);
      }
      case 'drop':
        this.#stashes.drop(request.stash);
        return 'jnull';
      case 'fetch':
        return this.#fetch(request);
      case 'references': {
        const record = this.#records.instances.find((instance) => instance.n === request.instance);
        if (record === undefined) throw new Error('this instance is gone');
        const { glue, memory, references } = record;
        const found = readReferences(glue, memory(), references, this.#describer, this.#natives);
        return `j${JSON.stringify(found)}`;
      }
      case 'sample': {
        const { glue } = this.#records.instances.find((instance) => instance.n === request.instance) ?? {};
        return `j${JSON.stringify(takeSample(this.bytesOf(request), request, glue, this.#natives))}`;
      }
      case 'ticket':
        return this.#stashes.collect(request.ticket);
    }
  }

  /** The memory that a target names, as it is now. */
  bytesOf(target: HookTarget): Uint8Array {
    if ('held' in target) return this.#stashes.bytes(target.held);
    if ('instance' in target) {
      const memory = this.#records.instances.find((instance) => instance.n === target.instance)?.memory();
      if (memory == null) throw new Error('the memory of this instance is gone');
      return new Uint8Array(memory.buffer);
    }
    const memory = this.#records.traps.find((trap) => trap.n === target.trap)?.memory;
    switch (memory?.kind) {
      case 'kept':
        return new Uint8Array(memory.memory.buffer);
      case 'copied':
        return memory.bytes;
      case 'none':
      case undefined:
        throw new Error(`no memory of this trap: ${memory?.why ?? 'it is not known'}`);
    }
  }

  #hold(target: HookTarget): HookHeld {
    const start = this.#natives.now();
    const bytes = this.bytesOf(target);
    this.#stashes.makeRoom(bytes.length);
    const { stash } = this.#stashes.hold(bytes.slice());
    return {
      stash,
      bytes: bytes.length,
      sp: this.#stackPointer(target),
      time: this.#natives.epoch(),
      pauseMs: this.#natives.now() - start,
    };
  }

  #stackPointer(target: HookTarget): number | null {
    if (!('instance' in target)) return null;
    const record = this.#records.instances.find((instance) => instance.n === target.instance);
    return record === undefined ? null : stackPointer(record);
  }

  #read(target: HookTarget, ranges: readonly HookRange[]): Uint8Array[] {
    const bytes = this.bytesOf(target);
    return ranges.map(({ address, length }) => bytes.subarray(address, address + length));
  }

  #base64(parts: readonly Uint8Array[]): string {
    return bytesAnswer(parts, this.#natives.encodeBase64);
  }

  #fetch({ url, limit, cache, sameOrigin }: Extract<RealmRequest, { op: 'fetch' }>): string {
    const { fetch } = this.#natives;
    if (fetch === undefined) throw new Error('this realm cannot fetch');
    const ticket = this.#stashes.ticket();
    const answer = (text: string): void => this.#stashes.answer(ticket, text);
    fetch(url, { cache, credentials: 'same-origin', mode: sameOrigin ? 'same-origin' : 'cors' })
      .then(async (response) => {
        if (!response.ok) throw new Error(`HTTP ${response.status}`);
        const bytes = await readUpTo(response, limit);
        answer(this.#stashes.put(bytes));
      })
      .catch((error: unknown) => answer(`e${error instanceof Error ? error.message : 'it failed'}`));
    return `t${ticket}`;
  }

  #refresh(): void {
    for (const record of this.#records.instances) {
      const bytes = record.memory()?.buffer.byteLength ?? record.lastMemoryBytes;
      if (bytes !== record.lastMemoryBytes) {
        record.lastMemoryBytes = bytes;
        this.#records.touch(record);
      }
      this.#fetchTimes(record);
      this.#noticeStart(record);
    }
  }

  /** Go up to 1.20 gives no sign of starting; its stack pointer is 0 until then. */
  #noticeStart(record: InstanceRecord): void {
    if (record.state !== 'created' || (stackPointer(record) ?? 0) === 0) return;
    record.state = 'running';
    this.#records.touch(record);
  }

  #fetchTimes(record: InstanceRecord): void {
    const { module } = record;
    if (module === null || record.times.fetchStart !== null) return;
    if (module.fetch === null) {
      if (module.fetchTries >= MAX_FETCH_TRIES) return;
      module.fetchTries++;
      module.fetch = this.#fetchOf(module, record.times.compileStart);
      if (module.fetch === null) return;
      module.byteLength ??= module.fetch.size;
      this.#records.touch(module);
    }
    if (module.url === null) record.times.fetchBySize = true;
    record.times.fetchStart = module.fetch.start;
    record.times.fetchEnd = module.fetch.end;
    this.#records.touch(record);
  }

  #fetchOf({ url, byteLength }: ModuleRecord, compileStart: number | null): ResourceTimes | null {
    if (url !== null) return this.#natives.resourceEntry(url);
    return byteLength === null || compileStart === null
      ? null
      : this.#natives.requestOfSize(byteLength, compileStart);
  }

  #module(record: ModuleRecord): HookModule {
    let names = this.#names.get(record);
    if (names === undefined) {
      names = this.#namesOf(record);
      this.#names.set(record, names);
    }
    return {
      n: record.n,
      origin: record.origin,
      url: record.url,
      scriptUrl: record.scriptUrl,
      byteLength: record.byteLength,
      bytesKept: record.bytes !== null,
      ...names,
    };
  }

  #namesOf({ module }: ModuleRecord): Pick<HookModule, 'buildId' | 'imports' | 'exports'> {
    if (module === null) return { buildId: null, imports: [], exports: [] };
    const [section] = this.#describe.customSections(module, 'go:buildid');
    const clip = (names: readonly string[]): string[] =>
      [...new Set(names)].slice(0, MAX_NAMES).map((name) => name.slice(0, MAX_NAME));
    return {
      buildId:
        section === undefined ? null : new TextDecoder().decode(new Uint8Array(section).subarray(0, 1024)),
      imports: clip(this.#describe.imports(module).map((entry) => entry.module)),
      exports: clip(this.#describe.exports(module).map((entry) => entry.name)),
    };
  }
}

/** The ranges in one; an Error when the memory ends before one of them does. */
export function whole(parts: readonly Uint8Array[], ranges: readonly HookRange[]): Uint8Array {
  if (parts.some((part, i) => part.length !== ranges[i]?.length)) {
    throw new Error('a range goes beyond the end of the memory');
  }
  return joined(parts);
}

function describeInstance(record: InstanceRecord): HookInstance {
  return {
    n: record.n,
    module: record.module?.n ?? 0,
    memoryBytes: record.lastMemoryBytes,
    times: record.times,
    state: record.state,
  };
}

function describeTrap(record: TrapRecord): HookTrap {
  const { memory } = record;
  return {
    ...record.trap,
    n: record.n,
    memory:
      memory.kind === 'none'
        ? { kind: 'none', why: memory.why }
        : {
            kind: memory.kind,
            bytes: (memory.kind === 'kept' ? memory.memory.buffer : memory.bytes).byteLength,
          },
  };
}

/** The body, or an Error when it is longer than `limit` bytes; the rest is then not loaded. */
async function readUpTo(response: Response, limit: number): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array();
  const reader = response.body.getReader();
  const parts: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return joined(parts);
    total += value.length;
    if (total > limit) {
      await reader.cancel();
      throw new Error(`it is longer than ${limit} bytes`);
    }
    parts.push(value);
  }
}

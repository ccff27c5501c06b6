import type {
  CodePlace,
  LanguageAnswers,
  LanguageObject,
  LanguageValue,
  StoppedFrame,
  Store,
  StoreValue,
  PlaceRange,
} from '../session/language.ts';
import { unquoted } from '../base/go-quoted.ts';

// DevTools' language plugin (front_end/models/extensions/LanguageExtensionPluginAPI of Chromium): DevTools asks it about modules with debug
// symbols. Files, lines, names of functions and variables of such a module all come from here: DevTools takes names from a plugin only along with
// places in files of the plugin's own.

interface RawLocation {
  readonly rawModuleId: string;
  readonly codeOffset: number;
  readonly inlineFrameIndex?: number;
}

interface LanguageServices {
  registerLanguageExtensionPlugin(
    plugin: object,
    name: string,
    scripts: { readonly language: string; readonly symbol_types: readonly string[] },
  ): Promise<void>;
  unregisterLanguageExtensionPlugin(plugin: object): Promise<void>;
  getWasmLinearMemory(offset: number, length: number, stopId: unknown): Promise<ArrayBuffer>;
  getWasmLocal(local: number, stopId: unknown): Promise<{ readonly value?: unknown }>;
  getWasmGlobal(global: number, stopId: unknown): Promise<{ readonly value?: unknown }>;
  getWasmOp(operand: number, stopId: unknown): Promise<{ readonly value?: unknown }>;
}

/** A value as DevTools takes it. */
interface RemoteObject {
  readonly type: string;
  readonly className?: string;
  readonly description: string;
  readonly value?: unknown;
  readonly objectId?: string;
  readonly hasChildren: boolean;
  readonly linearMemoryAddress?: number;
  readonly linearMemorySize?: number;
}

/** Who wants to know which scripts (by URL) have their files from the plugin. */
export interface PluginOwner {
  taken(scriptUrl: string): void;
  /** Its files are told. */
  answered(scriptUrl: string): void;
  released(scriptUrl: string): void;
}

/** What DevTools has asked of the plugin. */
export interface PluginProgress {
  /** Modules whose files it was told. */
  readonly modules: number;
  /** Questions about modules and places of lines: how many there were, and how many are not answered yet. */
  readonly asked: number;
  readonly open: number;
  /** Modules whose source is being looked for. */
  readonly searches: number;
}

const servicesOf = (): LanguageServices | undefined =>
  (chrome.devtools as { languageServices?: LanguageServices }).languageServices;

/** The language plugin of this DevTools window. */
export class LanguagePlugin {
  readonly #owner: PluginOwner;
  #plugin: GoPlugin | null = null;

  constructor(owner: PluginOwner) {
    this.#owner = owner;
  }

  /** Registers it, where it is not; rejects where this browser has no language plugins. */
  async register(answers: LanguageAnswers): Promise<void> {
    const services = servicesOf();
    if (services === undefined)
      throw new Error('This browser has no language plugins: values of Go cannot be shown.');
    if (this.#plugin !== null) return;
    this.#plugin = new GoPlugin(services, answers, this.#owner);
    await services.registerLanguageExtensionPlugin(this.#plugin, 'Go', {
      language: 'WebAssembly',
      symbol_types: ['EmbeddedDWARF'],
    });
  }

  /** Null where it is not registered. */
  get progress(): PluginProgress | null {
    return this.#plugin?.progress ?? null;
  }

  /** Takes it away, where it is registered: DevTools drops its files. */
  async unregister(): Promise<void> {
    const plugin = this.#plugin;
    if (plugin === null) return;
    this.#plugin = null;
    await servicesOf()?.unregisterLanguageExtensionPlugin(plugin);
    plugin.release();
  }
}

const placeOf = ({ rawModuleId, codeOffset, inlineFrameIndex = 0 }: RawLocation): CodePlace => ({
  rawModuleId,
  codeOffset,
  inlineFrameIndex,
});

const rangesOf = (rawModuleId: string, ranges: readonly PlaceRange[]): readonly object[] =>
  ranges.map(({ start, end }) => ({ rawModuleId, startOffset: start, endOffset: end }));

/** The methods that DevTools calls, by their names there. */
class GoPlugin {
  readonly #services: LanguageServices;
  readonly #answers: LanguageAnswers;
  readonly #owner: PluginOwner;
  /** URLs of scripts by raw module. */
  readonly #modules = new Map<string, string>();
  readonly #told = new Set<string>();
  #asked = 0;
  #open = 0;

  constructor(services: LanguageServices, answers: LanguageAnswers, owner: PluginOwner) {
    this.#services = services;
    this.#answers = answers;
    this.#owner = owner;
  }

  get progress(): PluginProgress {
    const { searches } = this.#answers;
    return { modules: this.#told.size, asked: this.#asked, open: this.#open, searches };
  }

  /** Forgets all modules. */
  release(): void {
    for (const rawModuleId of [...this.#modules.keys()]) void this.removeRawModule(rawModuleId);
  }

  async addRawModule(
    rawModuleId: string,
    _symbolsUrl: string | undefined,
    rawModule: { readonly code?: ArrayBuffer; readonly url: string },
  ): Promise<readonly string[]> {
    this.#modules.set(rawModuleId, rawModule.url);
    this.#owner.taken(rawModule.url);
    try {
      const { url, code = null } = rawModule;
      const files = await this.#counted(this.#answers.addModule(rawModuleId, url, code));
      this.#told.add(rawModuleId);
      this.#owner.answered(url);
      return files;
    } catch (error) {
      await this.removeRawModule(rawModuleId);
      throw error;
    }
  }

  removeRawModule(rawModuleId: string): Promise<void> {
    const url = this.#modules.get(rawModuleId);
    this.#modules.delete(rawModuleId);
    this.#told.delete(rawModuleId);
    if (url !== undefined && ![...this.#modules.values()].includes(url)) this.#owner.released(url);
    this.#answers.removeModule(rawModuleId);
    return Promise.resolve();
  }

  async rawLocationToSourceLocation(location: RawLocation): Promise<readonly object[]> {
    const { rawModuleId } = location;
    const place = await this.#answers.placeAt(placeOf(location));
    if (place === null) return [];
    return [{ rawModuleId, sourceFileURL: place.url, lineNumber: place.line, columnNumber: place.column }];
  }

  async sourceLocationToRawLocation(location: {
    readonly rawModuleId: string;
    readonly sourceFileURL: string;
    readonly lineNumber: number;
    readonly columnNumber: number;
  }): Promise<readonly object[]> {
    const { rawModuleId, sourceFileURL: url, lineNumber: line, columnNumber: column } = location;
    const place = { url, line, column };
    return rangesOf(rawModuleId, await this.#counted(this.#answers.codeOf(rawModuleId, place)));
  }

  getMappedLines(rawModuleId: string, sourceFileUrl: string): Promise<readonly number[]> {
    return this.#answers.linesOf(rawModuleId, sourceFileUrl);
  }

  async getFunctionInfo(location: RawLocation): Promise<{ frames: readonly { name: string }[] }> {
    const names = await this.#answers.functionsAt(placeOf(location));
    return { frames: names.map((name) => ({ name })) };
  }

  async getInlinedFunctionRanges(location: RawLocation): Promise<readonly object[]> {
    return rangesOf(location.rawModuleId, await this.#answers.inlined(placeOf(location), 'call'));
  }

  async getInlinedCalleesRanges(location: RawLocation): Promise<readonly object[]> {
    return rangesOf(location.rawModuleId, await this.#answers.inlined(placeOf(location), 'callees'));
  }

  getScopeInfo(type: string): Promise<{ type: string; typeName: string }> {
    const names: Readonly<Record<string, string>> = {
      PARAMETER: 'Arguments',
      LOCAL: 'Local',
      GLOBAL: 'Package',
    };
    return Promise.resolve({ type, typeName: names[type] ?? type });
  }

  async listVariablesInScope(location: RawLocation): Promise<readonly object[]> {
    const variables = await this.#answers.variablesAt(placeOf(location));
    return variables.map(({ name, type, scope }) => ({ scope, name, type }));
  }

  async evaluate(expression: string, context: RawLocation, stopId: unknown): Promise<RemoteObject> {
    const place = placeOf(context);
    const stores = await this.#answers.storesAt(place);
    const values = await Promise.all(stores.map((one) => this.#store(one, stopId)));
    const frame: Omit<StoppedFrame, 'byteLength'> = {
      place,
      stores: values.filter((one) => one !== null),
      target: `stop ${String(stopId)}`,
      sp: await this.#word(() => this.#services.getWasmGlobal(0, stopId)),
      local: await this.#word(() => this.#services.getWasmLocal(1, stopId)),
    };
    const read = (address: number, length: number): Promise<ArrayBuffer> =>
      this.#services.getWasmLinearMemory(address, length, stopId);
    const { value, byteLength } = await this.#answers.evaluate(expression, frame, read);
    const { target, stores: known } = frame;
    return remoteObject(value, {
      rawModuleId: context.rawModuleId,
      target,
      byteLength,
      place,
      stores: known,
    });
  }

  async getProperties(objectId: string): Promise<readonly object[]> {
    const { address, of, frame, ...where } = JSON.parse(objectId) as LanguageObject;
    const parts = await this.#answers.parts({ ...where, of, address, frame });
    const { place, stores } = frame ?? { place: null, stores: [] };
    return parts.map(({ name, value }) => ({
      name,
      value: remoteObject(value, { ...where, place, stores }),
    }));
  }

  releaseObject(): Promise<void> {
    return Promise.resolve();
  }

  async #counted<Answer>(answer: Promise<Answer>): Promise<Answer> {
    this.#asked++;
    this.#open++;
    try {
      return await answer;
    } finally {
      this.#open--;
    }
  }

  /** The bits of a local, a global or an operand (`WasmValue` of the plugin's API); null where it is none that is a number. */
  async #store({ store, index }: Store, stopId: unknown): Promise<StoreValue | null> {
    const services = this.#services;
    try {
      const { value, type } = (await (store === 'local'
        ? services.getWasmLocal(index, stopId)
        : store === 'global'
          ? services.getWasmGlobal(index, stopId)
          : services.getWasmOp(index, stopId))) as { readonly value?: unknown; readonly type?: unknown };
      const bits = bitsOf(type, value);
      const bytes = type === 'i64' || type === 'f64' ? 8 : 4;
      return bits === null ? null : { store, index, bits, bytes };
    } catch {
      return null;
    }
  }

  async #word(read: () => Promise<{ readonly value?: unknown }>): Promise<number | null> {
    try {
      const { value } = await read();
      return typeof value === 'number' ? value >>> 0 : null;
    } catch {
      return null;
    }
  }
}

/** In hex. */
function bitsOf(type: unknown, value: unknown): string | null {
  if (type === 'i64' && typeof value === 'bigint') return BigInt.asUintN(64, value).toString(16);
  if (typeof value !== 'number') return null;
  const view = new DataView(new ArrayBuffer(8));
  if (type === 'i32') return (value >>> 0).toString(16);
  if (type === 'f32') {
    view.setFloat32(0, value);
    return view.getUint32(0).toString(16);
  }
  if (type !== 'f64') return null;
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16);
}

interface Where {
  readonly rawModuleId: string;
  readonly target: string;
  readonly byteLength: number;
  /** Of the frame; null where the value is not of one. */
  readonly place: CodePlace | null;
  readonly stores: readonly StoreValue[];
}

/** Addresses of memory end there; what is beyond is a value that stands in none. */
const MEMORY_END = 2 ** 33;

function remoteObject(value: LanguageValue, { place, stores, ...where }: Where): RemoteObject {
  const { type, address, size, parts, of, doubt } = value;
  // DevTools puts strings in quotes, and escapes them, itself; one that is cut short, or is no text, stays as Go writes it.
  const whole = value.kind === 'string' && doubt === null ? unquoted(value.text) : undefined;
  const kind = doubt === null && (value.kind !== 'string' || whole !== undefined) ? value.kind : 'object';
  const text = whole ?? (doubt === null ? value.text : `${value.text} (not certain: ${doubt})`);
  const common = { description: text, className: type };
  const isKept = address !== null && address >= MEMORY_END;
  const memory =
    address === null || size === 0 || isKept ? {} : { linearMemoryAddress: address, linearMemorySize: size };
  if (parts === 0 || address === null) {
    return {
      ...common,
      ...memory,
      type: kind,
      value: text,
      hasChildren: false,
    };
  }
  const frame = isKept && place !== null ? { place, stores } : null;
  const objectId = JSON.stringify({ ...where, address, of, frame } satisfies LanguageObject);
  return { ...common, ...memory, type: 'object', objectId, hasChildren: true };
}

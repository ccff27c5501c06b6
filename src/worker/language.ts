import { address, goPc, moduleOffset, type ModuleOffset } from '../base/units.ts';
import { isStandardLibrary } from '../base/standard-library.ts';
import type { CodeFunction } from '../go/runtime/program.ts';
import { Kind } from '../go/runtime/types.ts';
import { loadConstants, type GoRuntime } from '../go/runtime/runtime.ts';
import { bodyNames, type BodyNames } from '../gosource/body-names.ts';
import { bodyTokens, findSignature, parseSignatures, type GoSignature } from '../gosource/signature.ts';
import type { Memory } from '../memory/memory.ts';
import { PageStore } from '../memory/page-store.ts';
import { withPages } from '../memory/with-pages.ts';
import type { Handlers } from '../protocol/endpoint.ts';
import type {
  CodePlace,
  LanguageRequests,
  LanguageValue,
  LanguageVariable,
  StoppedFrame,
} from '../protocol/language.ts';
import type { Frame } from '../symbols/symbol-source.ts';
import { evaluateExpression, type ExpressionScope } from '../values/expression/evaluate.ts';
import { frameEnd, packageOf, parameterPlaces, type ParameterPlace } from '../values/frame-arguments.ts';
import { valueParts, type GoValueSource } from '../values/go-value.ts';
import { typeByName } from '../values/type-by-name.ts';
import { typeOf, type ValueType } from '../values/value-type.ts';
import { SteppingLines } from '../symbols/stepping-lines.ts';
import { analyzeModule } from './analyze-module.ts';
import { DwarfLanguage } from './language-dwarf.ts';
import type { AskForMemory } from './analysis.ts';
import { CONCLUDED, NO_GLOBALS, whyNoGlobals, type LanguagePackages } from './language-packages.ts';
import { linesOf } from './lines-of.ts';
import { packagesOf } from './module-packages.ts';
import { describedValue, kindOf, sentence } from './language-value.ts';
import { filesByUrl, languageSources, type PluginModule } from './language-sources.ts';
import type { AnalyzedModule, ModuleStore } from './module-store.ts';
import { shownFiles } from './source-map.ts';

/** Bytes that DevTools is asked for at once. */
const PAGE = 2048;
const MAX_ROUNDS = 200;
const MAX_BYTES = 8 << 20;
const MAX_PARTS = 200;
/** The section that the hook appends: its bytes, of which the last are its name. */
const APPENDED = 14;
const APPENDED_NAME = '.debug_info';

const NAME = /^[\p{L}_][\p{L}\p{N}_]*$/u;
/** What is drawn in a scope in place of what has no location: its name. */
const NO_ARGUMENTS = '(arguments)';
const NO_LOCALS = '(local variables)';
const WHY_NO_LOCALS =
  "Go's linker writes no names or places of local variables for wasm. What a local points to may be seen in the Memory view.";
const CHANGED = 'the function assigns to it; this is what it was called with';

interface Known extends PluginModule {
  readonly module: AnalyzedModule;
  readonly texts: Map<string, string>;
  readonly signatures: Map<string, readonly GoSignature[]>;
  /** What functions do with names. */
  readonly bodies: Map<GoSignature, BodyNames>;
  readonly variables: LanguagePackages;
  /** Of a module with debug information, which standard Go has none of. */
  readonly dwarf: DwarfLanguage | undefined;
}

/** What is known of a function that is stopped somewhere. */
interface StoppedFunction {
  readonly frame: Frame;
  readonly code: CodeFunction | undefined;
  readonly signature: GoSignature | undefined;
  /** Why there is no signature. */
  readonly why: string;
}

/** Answers DevTools' language plugin. */
export function languageHandlers(store: ModuleStore, ask: AskForMemory): Handlers<LanguageRequests> {
  const known = new Map<string, Known>();
  const get = (id: string): Known => {
    const found = known.get(id);
    if (found === undefined) throw new Error('this module is gone');
    return found;
  };
  const walkMemory = async <Result>(
    { target, byteLength }: Pick<StoppedFrame, 'target' | 'byteLength'>,
    work: (memory: Memory) => Result,
    runtime?: GoRuntime,
  ): Promise<Result> => {
    const pages = new PageStore(byteLength, { pageSize: PAGE });
    if (runtime !== undefined) loadConstants(runtime, pages);
    const { result } = await withPages(pages, (ranges) => ask.read(target, ranges), work, {
      maxRounds: MAX_ROUNDS,
      maxBytes: MAX_BYTES,
    });
    return result;
  };
  const walk = <Result>(
    { module }: Known,
    where: Pick<StoppedFrame, 'target' | 'byteLength'>,
    work: (source: GoValueSource) => Result,
  ): Promise<Result> => {
    const runtime = runtimeOf(module);
    return walkMemory(where, (memory) => work({ runtime, memory }), runtime);
  };

  return {
    'language.add': async ({ rawModuleId, from }) => {
      const module = typeof from === 'string' ? store.get(from) : await moduleOf(store, new Uint8Array(from));
      const { codeStart } = module.symbols.wasm;
      store.keep(module);
      const { hash } = module;
      const stepping = new SteppingLines(await linesOf(module));
      const fileByUrl = filesByUrl(stepping.files);
      // DevTools has the module anew: its texts may be others.
      const variables = packagesOf(module, 'new');
      const dwarf = 'value' in module.runtime ? undefined : DwarfLanguage.of(module);
      known.set(rawModuleId, {
        ...{ module, codeStart, stepping, fileByUrl, dwarf },
        ...{ texts: variables.texts, signatures: new Map(), bodies: new Map(), variables },
      });
      const files = module.symbolizer
        .files()
        .filter((file) => !isStandardLibrary(file) && !file.startsWith('<'));
      return { hash, files, urls: [...fileByUrl.keys()] };
    },
    'language.remove': ({ rawModuleId }) => {
      known.delete(rawModuleId);
      return null;
    },
    'language.texts': ({ rawModuleId, texts }) => {
      const { texts: all, variables } = get(rawModuleId);
      for (const [file, text] of texts) all.set(file, text);
      variables.forget();
      // Before somebody waits for it at a breakpoint.
      void variables.prepared().catch(() => undefined);
      return null;
    },
    'language.unlisted': ({ place, expression }) => {
      const of = get(place.rawModuleId);
      if (of.dwarf !== undefined) return [];
      const frame = frameAt(of, place);
      return frame === undefined ? [] : of.variables.unlisted(frame, expression);
    },
    'language.listed': ({ rawModuleId, ...directory }) => get(rawModuleId).variables.begin(directory),
    'language.beside': ({ rawModuleId, ...found }) => {
      get(rawModuleId).variables.take(found);
      return null;
    },
    ...languageSources(get),
    'language.shown': async ({ moduleKey, ...params }) => {
      const module = store.get(moduleKey);
      const isShown = [...known.values()].some((one) => one.module.hash === module.hash);
      return isShown ? shownFiles(await linesOf(module), params) : null;
    },
    'language.variables': async (place) => {
      const of = get(place.rawModuleId);
      if (of.dwarf !== undefined) return of.dwarf.variables(place);
      await prepare(of, place, null);
      return variablesAt(of, place);
    },
    'language.stores': (place) => get(place.rawModuleId).dwarf?.stores(place) ?? [],
    'language.evaluate': async ({ expression, frame }) => {
      const of = get(frame.place.rawModuleId);
      const { dwarf } = of;
      if (dwarf !== undefined)
        return walkMemory(frame, (memory) => dwarf.evaluate(memory, frame, expression));
      await prepare(of, frame.place, expression);
      return walk(of, frame, (source) => evaluate(source, of, frame, expression));
    },
    'language.parts': (object) => {
      const { rawModuleId, of, address: at, ...where } = object;
      const { dwarf } = get(rawModuleId);
      if (dwarf !== undefined) return walkMemory(where, (memory) => dwarf.parts(memory, object));
      return walk(get(rawModuleId), where, (source) => {
        const type = typeNamed(source.runtime.types, of);
        return valueParts(source, type, address(at), 0, MAX_PARTS).map((part) => ({
          name: part.name,
          value: valueAt(source, part.type, part.address),
        }));
      });
    },
  };
}

/** The module of bytes that DevTools has: one that is known already, or made of them. */
async function moduleOf(store: ModuleStore, bytes: Uint8Array<ArrayBuffer>): Promise<AnalyzedModule> {
  const own = withoutAppended(bytes);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', own));
  const hash = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return store.cached(hash) ?? analyzeModule(own, hash);
}

function runtimeOf({ runtime }: AnalyzedModule): GoRuntime {
  if ('value' in runtime) return runtime.value;
  throw new Error(`Values cannot be read: ${runtime.why}.`);
}

/** The module as it was before the hook appended its section. */
function withoutAppended(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const end = bytes.subarray(Math.max(0, bytes.length - APPENDED));
  const name = new TextDecoder().decode(end.subarray(3));
  return end[0] === 0 && name === APPENDED_NAME ? bytes.slice(0, bytes.length - end.length) : bytes;
}

const offsetOf = ({ codeStart }: Known, { codeOffset }: CodePlace): ModuleOffset =>
  moduleOffset(codeStart + codeOffset);

const frameAt = (known: Known, place: CodePlace): Frame | undefined =>
  known.module.symbolizer.locate(offsetOf(known, place)).frames[place.inlineFrameIndex];

/** Has the package variables found that a place, and an expression there (null: none), are about. */
async function prepare(known: Known, place: CodePlace, expression: string | null): Promise<void> {
  const frame = frameAt(known, place);
  if (frame === undefined) await known.variables.prepared();
  else await known.variables.preparedFor(frame, expression);
}

function functionAt(known: Known, place: CodePlace): StoppedFunction | undefined {
  const { funcIndex, frames } = known.module.symbolizer.locate(offsetOf(known, place));
  const frame = frames[place.inlineFrameIndex];
  if (frame === undefined) return undefined;
  const { program } = runtimeOf(known.module);
  const code = funcIndex === undefined ? undefined : program.functionOf(funcIndex);
  const no = (why: string): StoppedFunction => ({ frame, code, signature: undefined, why });
  if (frame.inlined)
    return no('The compiler copied this function into its caller: its arguments are in no known place.');
  if (code === undefined) return no('The module does not describe this function.');
  const { startLine = 0, file = '' } = code.framesAt(code.entry).at(-1) ?? {};
  const text = known.texts.get(file);
  if (text === undefined)
    return no(`Names and types stand in the source, and the text of ${file} is not here.`);
  let signatures = known.signatures.get(file);
  if (signatures === undefined) known.signatures.set(file, (signatures = parseSignatures(text)));
  const signature = findSignature(signatures, code.name, startLine);
  return signature === undefined
    ? no(`The text of ${file} declares no such function: it may be another version.`)
    : { frame, code, signature, why: '' };
}

function variablesAt(known: Known, place: CodePlace): readonly LanguageVariable[] {
  const at = functionAt(known, place);
  if (at === undefined) return [];
  const { signature } = at;
  const all = signature === undefined ? [] : [signature.receiver, ...signature.parameters];
  const named = all.flatMap((one): LanguageVariable[] =>
    one === null || one.name === '' || one.name === '_'
      ? []
      : [{ name: one.name, type: one.type, scope: 'PARAMETER' }],
  );
  return [
    ...(signature === undefined ? [{ name: NO_ARGUMENTS, type: '', scope: 'PARAMETER' } as const] : named),
    { name: NO_LOCALS, type: '', scope: 'LOCAL' },
    ...known.variables.list(at.frame),
  ];
}

function evaluate(
  source: GoValueSource,
  known: Known,
  frame: StoppedFrame,
  expression: string,
): LanguageValue {
  const at = functionAt(known, frame.place);
  if (expression === NO_LOCALS) return sentence(WHY_NO_LOCALS);
  if (expression === NO_GLOBALS) return sentence(whyNoGlobals(at?.frame.file));
  if (expression === NO_ARGUMENTS) return sentence(at?.why ?? 'No function is known here.');
  let places: readonly ParameterPlace[] | undefined;
  const parameters = (): readonly ParameterPlace[] => (places ??= placesAt(source, known, frame, at));
  const direct = parameters().find(({ name }) => name === expression);
  // An argument of the Scope pane that is not there says so in its place, not as an error.
  if (direct !== undefined && 'why' in direct.place) return sentence(direct.place.why, direct.type);
  // So does a variable that the source declares.
  const other = direct === undefined && NAME.test(expression) ? variableAt(known, at, expression) : undefined;
  if (other !== undefined && 'why' in other) return sentence(other.why);
  let doubt: string | null = null;
  const find = (name: string): ReturnType<ExpressionScope['find']> => {
    const found = parameters().find((one) => one.name === name)?.place;
    if (found === undefined) {
      const variable = variableAt(known, at, name);
      if (variable !== undefined && 'address' in variable) doubt ??= CONCLUDED;
      return variable;
    }
    if ('type' in found) doubt ??= doubtOf(known, at, name, found.type);
    return found;
  };
  const { text, type, place } = evaluateExpression(
    source,
    {
      package: at?.code === undefined ? '' : packageOf(at.code.name),
      find,
      whyUnknown: (name) => (at === undefined ? '' : known.variables.whyUnknown(name, at.frame)),
    },
    expression,
  );
  if (place === null) return { ...sentence(text, type), kind: kindOf(type), doubt };
  return { ...valueAt(source, place.type, place.address), doubt };
}

function bodyOf({ texts, bodies }: Known, { frame, signature }: StoppedFunction): BodyNames | undefined {
  const text = texts.get(frame.file);
  if (signature === undefined || text === undefined) return undefined;
  let found = bodies.get(signature);
  if (found === undefined) bodies.set(signature, (found = bodyNames(bodyTokens(text, signature))));
  return found;
}

/** Why a parameter may have another value than that of the call; null where the function leaves it alone. */
function doubtOf(
  known: Known,
  at: StoppedFunction | undefined,
  name: string,
  { kind }: ValueType,
): string | null {
  const body = at && bodyOf(known, at);
  const isChanged =
    body?.assigned.has(name) === true ||
    ((kind === Kind.struct || kind === Kind.array) && body?.changed.has(name) === true);
  return isChanged ? CHANGED : null;
}

/** A local variable, or one of a package: `name` of the function's own, `pkg.name` of any. Undefined for a name that the source does not declare. */
function variableAt(
  known: Known,
  at: StoppedFunction | undefined,
  name: string,
): ReturnType<ExpressionScope['find']> {
  if (at === undefined) return undefined;
  if (bodyOf(known, at)?.declared.has(name) === true)
    return { why: `${name} is a local variable, and ${WHY_NO_LOCALS}` };
  return known.variables.find(name, at.frame);
}

function placesAt(
  source: GoValueSource,
  known: Known,
  { place, sp, local }: StoppedFrame,
  at: StoppedFunction | undefined,
): readonly ParameterPlace[] {
  if (at?.code === undefined || at.signature === undefined) return [];
  const { code, signature } = at;
  const { pc } = known.module.symbolizer.locate(offsetOf(known, place));
  const symbolPc = pc === undefined ? code.entry : pc > code.entry ? goPc(pc - 1) : pc;
  // At a call local 1 is below SP by the return PC that was pushed; before it, it is SP, as global 0 is in the innermost frame.
  const sps = [...(local === null ? [] : [local + 8, local]), ...(sp === null ? [] : [sp, sp + 8])];
  const base = frameEnd(source, code, pc === undefined ? undefined : symbolPc, sps);
  if (base === undefined) {
    const why = 'the frame of this call was not found on the stack';
    const { receiver } = signature;
    const all = receiver === null ? signature.parameters : [receiver, ...signature.parameters];
    return all.map(({ name, type }) => ({ name, type, place: { why } }));
  }
  return parameterPlaces(source, code, symbolPc, base, signature);
}

function typeNamed(types: GoRuntime['types'], of: LanguageValue['of']): ValueType {
  if ('number' in of) throw new Error('this type is of no module of standard Go');
  if ('descriptor' in of) return typeOf(types, types.typeAt(address(of.descriptor)));
  const type = typeByName(types, of.name);
  if (type === undefined) throw new Error(`the module does not describe ${of.name}`);
  return type;
}

function valueAt(source: GoValueSource, type: ValueType, place: number): LanguageValue {
  const at = address(place);
  return {
    ...describedValue(source, type, at),
    of: type.descriptor === null ? { name: type.name } : { descriptor: type.descriptor },
  };
}

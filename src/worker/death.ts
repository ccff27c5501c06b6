import { address } from '../base/units.ts';
import { readDeath, type Death } from '../go/runtime/death.ts';
import { loadConstants, type GoRuntime } from '../go/runtime/runtime.ts';
import { PageStore } from '../memory/page-store.ts';
import { withPages, type FetchRanges } from '../memory/with-pages.ts';
import type { DeathEvidence, DeathReport } from '../protocol/requests.ts';
import { nameOfTask } from '../stack/from-tasks.ts';
import { readCurrentTask, type TinyGoRuntime } from '../tinygo/tasks.ts';
import { classifyDeath, type DeathClass } from '../stack/classify.ts';
import { locateFrame, symbolizeJsStack } from '../stack/from-js.ts';
import { parseGoText } from '../stack/go-text.ts';
import { parseJsStack, type JsStack } from '../stack/js-stack.ts';
import type { StackTrace } from '../stack/stack-trace.ts';
import type { Location } from '../symbols/symbol-source.ts';
import type { Symbolizer } from '../symbols/symbolizer.ts';
import { memoryStack, systemStack } from './memory-stack.ts';
import { withRawFrames } from './raw-frames.ts';

/** What a TinyGo module says of its runtime. `version`: `0.33.0`; null where it does not say. */
export interface TinyGoParts {
  readonly runtime: TinyGoRuntime;
  readonly version: string | null;
}

/** What the module gives to explain a death. */
export interface DeathModule {
  readonly symbolizer: Symbolizer;
  /** `why` where the module is not standard Go, or says too little of its runtime. */
  readonly runtime: { readonly value: GoRuntime } | { readonly why: string };
  /** What goroutines and heap of a TinyGo program are read by, or why that cannot be; null for other modules. */
  readonly tinygo: { readonly value: TinyGoParts } | { readonly why: string } | null;
}

/** Stacks are small: a walk that wants more than this has lost its way. Bytes. */
const MAX_STACK_READ = 64 << 20;

/**
 * One death from everything that was seen of it: the stack in memory is the true one; JavaScript's shows where a trap happened and stands
 * beside it; Go's text gives the words. What could not be had is in the notes.
 */
export async function analyzeDeath(
  module: DeathModule,
  evidence: DeathEvidence,
  fetch: FetchRanges,
): Promise<DeathReport> {
  const notes: string[] = [];
  const js = javascriptStack(evidence);
  const javascript =
    js === null ? null : symbolizeJsStack(js.stack, module.symbolizer, { insideImport: js.insideImport });
  const places = js === null ? [] : wasmPlaces(js.stack, module.symbolizer);
  const death = await deathInMemory(module, evidence, places, fetch, notes);
  const memory = death === null ? null : memoryStack(death);
  const goText = evidence.text === '' ? null : parseGoText(evidence.text);
  const text = goText?.goroutines.find(({ header }) => header?.startsWith('goroutine') === true) ?? null;

  const stacks: StackTrace[] = [];
  if (memory !== null) stacks.push(withRawFrames(memory, javascript));
  if (javascript?.frames.some((frame) => frame.language !== 'javascript') === true) stacks.push(javascript);
  if (text !== null) stacks.push(text);
  const system = death === null ? null : systemStack(death);
  if (system !== null) stacks.push(system);
  if (stacks.length === 0 && javascript !== null) stacks.push(javascript);

  const [stack = null, ...otherStacks] = stacks;
  const functions = [...(system?.frames ?? []), ...(stack?.frames ?? [])].map((frame) => frame.function);
  return {
    ...classify(evidence, death, functions, notes),
    goroutine: death?.goroutine ?? (await currentTask(module, evidence, fetch)),
    stack,
    otherStacks,
    notes,
  };
}

/** Go's own words first; without them what memory holds of the panic, then the error, then the functions on the stack. */
function classify(
  evidence: DeathEvidence,
  death: Death | null,
  functions: readonly string[],
  notes: string[],
): DeathClass {
  const fromMemory = evidence.text === '' ? (death?.cause ?? null) : null;
  const isSaid = fromMemory !== null && (fromMemory.kind === 'panic' || fromMemory.kind === 'fatal');
  if (isSaid && fromMemory.text !== null) {
    const { confidence } = fromMemory;
    notes.push(
      confidence.kind === 'exact'
        ? "Go's text was not seen; the message was read from memory."
        : `Go's text was not seen; the message was read from memory (${confidence.why}).`,
    );
  }
  return classifyDeath({
    error: evidence.error,
    text: isSaid ? (fromMemory.text ?? '') : evidence.text,
    exitCode: evidence.exitCode,
    functions,
  });
}

/** The stack of the error, or the one taken at the exit import. */
function javascriptStack(evidence: DeathEvidence): { stack: JsStack; insideImport: boolean } | null {
  const text = evidence.exitStack ?? evidence.error?.stack ?? '';
  if (text === '') return null;
  const stack = parseJsStack(text);
  return stack.frames.length === 0 ? null : { stack, insideImport: evidence.exitStack !== null };
}

/** The wasm frames of a stack, innermost first, as the symbols have them. */
export function wasmPlaces(stack: JsStack, symbolizer: Symbolizer): Location[] {
  return stack.frames.flatMap((frame) => {
    const location = frame.isWasm ? locateFrame(frame, symbolizer) : undefined;
    return location === undefined ? [] : [location];
  });
}

/** The goroutine of a TinyGo program that ran when it died; null for none, and where memory does not say. */
async function currentTask(
  { tinygo }: DeathModule,
  { memory }: DeathEvidence,
  fetch: FetchRanges,
): Promise<DeathReport['goroutine']> {
  if (memory === null || tinygo === null || !('value' in tinygo)) return null;
  const { runtime } = tinygo.value;
  try {
    const store = new PageStore(memory.byteLength);
    const { result } = await withPages(store, fetch, (pages) => readCurrentTask(runtime, pages), {
      maxBytes: MAX_STACK_READ,
    });
    return result === 0
      ? null
      : { id: result, label: nameOfTask({ address: address(result) }), state: 'running' };
  } catch {
    return null;
  }
}

async function deathInMemory(
  module: DeathModule,
  evidence: DeathEvidence,
  places: readonly Location[],
  fetch: FetchRanges,
  notes: string[],
): Promise<Death | null> {
  const { memory, sp } = evidence;
  // Of TinyGo, JavaScript's stack is the goroutine's own.
  if (memory === null || module.tinygo !== null) return null;
  if (!('value' in module.runtime)) {
    notes.push(`The stack in memory was not read: ${module.runtime.why}.`);
    return null;
  }
  try {
    const runtime = module.runtime.value;
    const store = new PageStore(memory.byteLength);
    loadConstants(runtime, store);
    const seen = { sp: sp === null ? null : address(sp), places };
    const { result } = await withPages(store, fetch, (pages) => readDeath(runtime, pages, seen), {
      maxBytes: MAX_STACK_READ,
    });
    notes.push(...result.notes);
    return result;
  } catch (error) {
    notes.push(
      `The stack in memory could not be read: ${error instanceof Error ? error.message : String(error)}.`,
    );
    return null;
  }
}

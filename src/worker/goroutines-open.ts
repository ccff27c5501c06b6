import { address } from '../base/units.ts';
import type { GoRuntime } from '../go/runtime/runtime.ts';
import type { GatheredAnswer, SnapshotSource } from '../protocol/requests.ts';
import type { AskForMemory } from './analysis.ts';
import { readingText, type Reading } from './goroutines-facts.ts';
import { parseJsStack } from '../stack/js-stack.ts';
import { wasmPlaces } from './death.ts';
import { GoSnapshot } from './go-snapshot.ts';
import { FarSnapshotMemory, WholeSnapshotMemory } from './goroutines-memory.ts';
import { GoroutineSnapshot, type SnapshotMoment } from './goroutines-snapshot.ts';
import { ownCode } from './goroutines-stacks.ts';
import type { AnalyzedModule } from './module-store.ts';
import type { Snapshot } from './snapshot.ts';
import type { SnapshotBytes } from './snapshot-bytes.ts';
import { dwarfProgram } from './dwarf-program.ts';
import { TinyGoSnapshot, type TinyGoProgram } from './tinygo-snapshot.ts';

/** Bytes of memory that are fetched at a time. */
const STEP = 8 << 20;
/** More goroutines than a program in a browser has. */
const MAX_GOROUTINES = 1 << 20;
/** The fields of runtime.g that the list needs (src/go/runtime/goroutine.ts). */
const FIELDS = [
  '_panic',
  'm',
  'syscallsp',
  'syscallpc',
  'atomicstatus',
  'goid',
  'waitsince',
  'waitreason',
  'gopc',
  'startpc',
  'waiting',
  'parentGoid',
  'lockedm',
  'timer',
  'sleepWhen',
  'runningCleanups',
  'labels',
  'bubble',
  'syncGroup',
] as const;

/** The memory of a program in the page, with the list gathered where that can be done. */
export async function openMemory(
  runtime: GoRuntime,
  source: Omit<SnapshotSource, 'snapshotKey' | 'about'>,
  ask: AskForMemory,
): Promise<
  Pick<SnapshotSource, 'moment'> & {
    memory: FarSnapshotMemory;
    reading: Reading;
    /** The list is of one task of the page. */
    gathered: boolean;
  }
> {
  const { kind, target } = source;
  // A copy that is here already is read page by page as well as at once.
  const { gathered, words, why } = kind === 'stopped' ? NOT_GATHERED : await gatherList(runtime, target, ask);
  // The list of a running program and its SP are of one moment.
  const moment = kind === 'running' && gathered !== null ? gathered : source.moment;
  const memory = new FarSnapshotMemory(runtime, moment.byteLength, kind !== 'running', (ranges) =>
    ask.read(target, ranges),
  );
  if (gathered !== null) memory.take({ ...gathered, list: listAddress(runtime), words });
  const pauses = [source.moment.pauseMs, gathered?.pauseMs ?? null].filter((pause) => pause !== null);
  const pauseMs = kind === 'still' || pauses.length === 0 ? null : Math.max(...pauses);
  const notes = why === null ? [] : [`The list was read page by page: ${why}.`];
  const text = readingText(kind, moment.byteLength, pauseMs);
  return { memory, moment, reading: { text, pauseMs, notes }, gathered: gathered !== null };
}

const NOT_GATHERED = { gathered: null, words: [], why: null };

const listAddress = (runtime: GoRuntime): number => runtime.globals.allgs.address ?? 0;

async function gatherList(
  runtime: GoRuntime,
  target: string,
  ask: AskForMemory,
): Promise<{ gathered: GatheredAnswer | null; words: readonly number[]; why: string | null }> {
  const { g, gobuf, stack } = runtime.layouts.layouts;
  const offsets = [
    ...FIELDS.map((field) => g[field]),
    ...[gobuf.sp, gobuf.pc].map((offset) => g.sched + offset),
    ...[stack.lo, stack.hi].map((offset) => g.stack + offset),
  ];
  const words = [
    ...new Set(offsets.filter((offset) => offset !== undefined).map((offset) => offset - (offset % 8))),
  ].sort((a, b) => a - b);
  if (runtime.globals.allgs.address === undefined) return { gathered: null, words, why: null };
  try {
    const params = { target, list: listAddress(runtime), limit: MAX_GOROUTINES, words };
    return { gathered: await ask.gather(params), words, why: null };
  } catch (error) {
    return { gathered: null, words, why: error instanceof Error ? error.message : String(error) };
  }
}

/** What the program says of its runtime. Throws where it cannot be read. */
export function runtimeOf({ runtime }: AnalyzedModule): GoRuntime {
  if ('value' in runtime) return runtime.value;
  throw new Error(`Goroutines cannot be read: ${runtime.why}.`);
}

/** Whether a function is of the module's own code. */
export function ownOf(module: AnalyzedModule): (name: string) => boolean {
  const { main, deps } = module.report().module;
  return ownCode([...(main === null ? [] : [main]), ...deps.map(({ path }) => path)]);
}

/** The runtime's clock is wasm_exec.js's: nanoseconds since the epoch. */
export const clockOf = (time: number): number | null => (time === 0 ? null : time * 1e6);

/** A snapshot of the memory that `source` names. `bytes`: that memory. */
export async function openSnapshot(
  module: AnalyzedModule,
  source: Omit<SnapshotSource, 'snapshotKey'>,
  bytes: SnapshotBytes,
  ask: AskForMemory,
): Promise<Pick<SnapshotSource, 'moment'> & { readonly snapshot: Snapshot; readonly reading: Reading }> {
  const { kind, moment, about } = source;
  if (module.tinygo !== null) {
    const program = tinyGoOf(module);
    const whole = await fetchWhole(bytes, moment.byteLength);
    const { time, pauseMs } = moment;
    const snapshot = new TinyGoSnapshot(program, whole, {
      time: time === 0 ? null : time,
      ended: kind === 'still',
      consistent: kind !== 'running',
      stack: about.stack ?? source.stack ?? '',
    });
    const pause = kind === 'still' ? null : pauseMs;
    const text = readingText(kind, moment.byteLength, pause);
    return { snapshot, moment, reading: { text, pauseMs: pause, notes: [] } };
  }
  const runtime = runtimeOf(module);
  const opened = await openMemory(runtime, source, {
    read: (_target, ranges) => bytes.read(ranges),
    gather: (params) => ask.gather(params),
  });
  const at = {
    ...momentOf(opened.moment, kind === 'still'),
    ...(source.stack === undefined
      ? {}
      : { places: wasmPlaces(parseJsStack(source.stack), module.symbolizer) }),
  };
  const snapshot = await GoroutineSnapshot.read(runtime, opened.memory, at, ownOf(module));
  return { snapshot: new GoSnapshot(snapshot), moment: opened.moment, reading: opened.reading };
}

/** A snapshot of a memory that is here. `ended`: it is of a program that had died. */
export async function snapshotOfDump(
  module: AnalyzedModule,
  memory: Uint8Array,
  { moment, about }: Pick<SnapshotSource, 'moment' | 'about'>,
  ended: boolean,
): Promise<Snapshot> {
  if (module.tinygo !== null) {
    const time = moment.time === 0 ? null : moment.time;
    const at = { time, ended, consistent: true, stack: about.stack ?? '' };
    return new TinyGoSnapshot(tinyGoOf(module), memory, at);
  }
  const at = momentOf(moment, ended);
  const whole = new WholeSnapshotMemory(memory);
  return new GoSnapshot(await GoroutineSnapshot.read(runtimeOf(module), whole, at, ownOf(module)));
}

const momentOf = ({ sp, time }: SnapshotSource['moment'], ended: boolean): SnapshotMoment => ({
  sp: sp === null ? null : address(sp),
  now: clockOf(time),
  ended,
});

/** What a TinyGo program is read by. Throws where the module says too little. */
function tinyGoOf(module: AnalyzedModule): TinyGoProgram {
  const { tinygo, symbolizer } = module;
  if (tinygo === null) throw new Error('the module is not TinyGo’s');
  if (!('value' in tinygo)) throw new Error(`Goroutines cannot be read: ${tinygo.why}.`);
  return { ...tinygo.value, symbolizer, dwarf: dwarfProgram(module) };
}

/** The whole memory, fetched in parts. */
async function fetchWhole(bytes: SnapshotBytes, length: number): Promise<Uint8Array> {
  if (bytes.whole !== null) return bytes.whole;
  const whole = new Uint8Array(length);
  for (let from = 0; from < length; from += STEP) {
    const [part] = await bytes.read([{ address: address(from), length: Math.min(STEP, length - from) }]);
    if (part === undefined) throw new Error('the page gave fewer bytes than were asked for');
    whole.set(part, from);
  }
  bytes.hold(whole);
  return whole;
}

import type { Confidence } from '../../base/confidence.ts';
import { FormatError } from '../../base/format-error.ts';
import { address, goPc, pcBlock, type Address } from '../../base/units.ts';
import { isText } from '../../memory/interpret.ts';
import type { Memory } from '../../memory/memory.ts';
import { utf8 } from '../../wasm/byte-reader.ts';
import type { GoRuntime } from './runtime.ts';
import { Kind, type GoType } from './types.ts';

// What the words at an address may be, by Go's layouts: string and slice headers, interfaces and maps (Go src/runtime/string.go, slice.go,
// runtime2.go; map.go up to 1.23, src/internal/runtime/maps/map.go since 1.24), func values, return PCs, type descriptors. Memory does
// not say which of them it is: a reading is given only where nothing speaks against it, and says that it is one.

/** What the bytes at an address may be. */
export interface WordReading {
  readonly kind: 'string' | 'slice' | 'interface' | 'map' | 'func' | 'pc' | 'type';
  readonly text: string;
  /** Where it leads; null for nowhere. */
  readonly target: Address | null;
  readonly confidence: Confidence;
}

/** Bytes of a string that are shown. */
const MAX_TEXT = 200;
/** Longer strings and slices are taken for something else. */
const MAX_LENGTH = 2 ** 31;
/** Entries of a map that are believed. */
const MAX_ENTRIES = 2 ** 28;
/** Itab (Go src/internal/abi/iface.go): interface type, dynamic type, hash of the latter. */
const ITAB = { inter: 0, type: 8, hash: 16 } as const;
/** Where the hash is in abi.Type. */
const TYPE_HASH = 16;
const SLOTS = 8;

const PLAUSIBLE: Confidence = {
  kind: 'inferred',
  why: 'Memory does not say what stands here: the bytes go with this reading.',
};

/** The readings that nothing speaks against, the surest first. Throws only NeedPages. */
export function readGoWords(runtime: GoRuntime, memory: Memory, at: Address): WordReading[] {
  const readings: WordReading[] = [];
  for (const read of [
    typeReading,
    interfaceReading,
    funcReading,
    pcReading,
    stringReading,
    sliceReading,
    mapReading,
  ]) {
    try {
      const reading = read(runtime, memory, at);
      if (reading !== null) readings.push(reading);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }
  return readings;
}

const hex = (n: number): string => `0x${n.toString(16)}`;

/** The type whose descriptor is at an address; undefined where there is none. */
function typeAt(runtime: GoRuntime, at: number): GoType | undefined {
  const { types } = runtime.program.module.moduleData;
  if (at < types.start || at >= types.end || at % 8 !== 0) return undefined;
  try {
    const type = runtime.types.typeAt(address(at));
    return /^[\w*[\]({.]/.test(type.name) ? type : undefined;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return undefined;
  }
}

function typeReading(runtime: GoRuntime, _memory: Memory, at: Address): WordReading | null {
  const type = typeAt(runtime, at);
  if (type === undefined) return null;
  return {
    kind: 'type',
    text: `descriptor of ${type.name}, ${type.size} B`,
    target: null,
    confidence: PLAUSIBLE,
  };
}

/** An interface: its type, or a table of methods that has it, and a word of data. */
function interfaceReading(runtime: GoRuntime, memory: Memory, at: Address): WordReading | null {
  const first = memory.word(at);
  const data = memory.word(address(at + 8));
  const direct = typeAt(runtime, first);
  let type = direct;
  let as = 'interface {}';
  if (type === undefined) {
    if (first === 0 || first % 8 !== 0 || first + 24 > memory.size) return null;
    const inter = typeAt(runtime, memory.word(address(first + ITAB.inter)));
    type = typeAt(runtime, memory.word(address(first + ITAB.type)));
    if (type === undefined || inter?.kind !== Kind.interface) return null;
    if (memory.u32(address(first + ITAB.hash)) !== memory.u32(address(type.address + TYPE_HASH))) return null;
    as = inter.name;
  }
  const inMemory = data > 0 && data < memory.size;
  const what = inMemory ? `${type.name} at ${hex(data)}` : `${type.name}, word ${hex(data)}`;
  return {
    kind: 'interface',
    text: `${as} with ${what}`,
    target: inMemory ? address(data) : null,
    confidence: PLAUSIBLE,
  };
}

/** A func value: a pointer to a word that is a function's PC. */
function funcReading({ program }: GoRuntime, memory: Memory, at: Address): WordReading | null {
  const closure = memory.word(at);
  if (closure === 0 || closure % 8 !== 0 || closure + 8 > memory.size) return null;
  const pc = goPc(memory.word(address(closure)));
  if (pcBlock(pc) !== 0) return null;
  const code = program.functionAt(pc);
  if (code?.entry !== pc) return null;
  return {
    kind: 'func',
    text: `func value of ${code.name}`,
    target: address(closure),
    confidence: PLAUSIBLE,
  };
}

function pcReading({ program }: GoRuntime, memory: Memory, at: Address): WordReading | null {
  const pc = goPc(memory.word(at));
  const code = program.functionAt(pc);
  if (code === undefined) return null;
  if (pcBlock(pc) === 0)
    return { kind: 'pc', text: `entry of ${code.name}`, target: null, confidence: PLAUSIBLE };
  if (code.calleeAt(pc) === undefined) return null;
  const { file, line } = code.framesAt(goPc(pc - 1))[0] ?? { file: '', line: 0 };
  const place = file === '' ? '' : ` at ${file}:${line}`;
  return { kind: 'pc', text: `return to ${code.name}${place}`, target: null, confidence: PLAUSIBLE };
}

function stringReading(_runtime: GoRuntime, memory: Memory, at: Address): WordReading | null {
  const data = memory.word(at);
  const length = memory.word(address(at + 8));
  if (data === 0 || length === 0 || length > MAX_LENGTH || data + length > memory.size) return null;
  const cut = length > MAX_TEXT;
  const bytes = memory.bytes(address(data), Math.min(length, MAX_TEXT));
  // What is cut may end in the middle of a character.
  const whole = [0, 1, 2, 3].map((less) => bytes.subarray(0, bytes.length - (cut ? less : 0))).find(isText);
  if (whole === undefined) return null;
  const text = `${JSON.stringify(utf8(whole))}${cut ? '…' : ''}, ${length} B at ${hex(data)}`;
  return { kind: 'string', text, target: address(data), confidence: PLAUSIBLE };
}

function sliceReading(_runtime: GoRuntime, memory: Memory, at: Address): WordReading | null {
  const data = memory.word(at);
  const length = memory.word(address(at + 8));
  const capacity = memory.word(address(at + 16));
  if (data === 0 || capacity === 0 || length > capacity || data + capacity > memory.size) return null;
  return {
    kind: 'slice',
    text: `${length} of ${capacity} elements at ${hex(data)}`,
    target: address(data),
    confidence: PLAUSIBLE,
  };
}

/** A map's header at the address, or a variable that points to one. */
function mapReading(runtime: GoRuntime, memory: Memory, at: Address): WordReading | null {
  const header = memory.word(at);
  const pointed =
    header > 0 && header % 8 === 0 && header < memory.size ? entriesOf(runtime, memory, header) : null;
  if (pointed !== null) {
    return {
      kind: 'map',
      text: `map of ${pointed} entries, header at ${hex(header)}`,
      target: address(header),
      confidence: PLAUSIBLE,
    };
  }
  const here = entriesOf(runtime, memory, at);
  return here === null
    ? null
    : { kind: 'map', text: `header of a map of ${here} entries`, target: null, confidence: PLAUSIBLE };
}

/** How many entries the header at an address says; null where it is none. */
function entriesOf({ program }: GoRuntime, memory: Memory, at: number): number | null {
  const word = (offset: number): number => memory.word(address(at + offset));
  if (at + 48 > memory.size) return null;
  const entries = word(0);
  if (entries > MAX_ENTRIES) return null;
  if (program.minor >= 24 && program.module.version.text?.includes('noswissmap') !== true) {
    // maps.Map: used 0, seed 8, dirPtr 16, dirLen 24, globalDepth 32, globalShift 33.
    const directory = word(16);
    const length = word(24);
    const depth = memory.u8(address(at + 32));
    const shift = memory.u8(address(at + 33));
    if (directory === 0 || directory % 8 !== 0 || directory >= memory.size || word(8) === 0) return null;
    // Up to eight entries lie in one group without a directory.
    if (length === 0) return depth === 0 && shift === 0 && entries <= SLOTS ? entries : null;
    return depth < 32 && length === 2 ** depth && shift === 64 - depth ? entries : null;
  }
  // runtime.hmap: count 0, flags 8, B 9, noverflow 10, hash0 12, buckets 16, oldbuckets 24.
  const flags = memory.u8(address(at + 8));
  const bits = memory.u8(address(at + 9));
  const buckets = word(16);
  const old = word(24);
  const fits = flags < 16 && bits < 28 && entries <= SLOTS * 2 ** bits && memory.u32(address(at + 12)) !== 0;
  if (!fits || buckets === 0 || buckets % 8 !== 0 || buckets >= memory.size || old >= memory.size)
    return null;
  return entries;
}

import { FormatError } from '../../base/format-error.ts';
import { address, goPc, type Address } from '../../base/units.ts';
import { expectBytes, type Memory } from '../../memory/memory.ts';
import type { GoRuntime } from './runtime.ts';

// The functions that js.FuncOf registered: `funcs map[uint32]func(Value, []Value) any` in Go src/syscall/js/func.go. Release deletes them. A map is an
// hmap with buckets of 8 up to 1.23 (Go src/runtime/map.go), since 1.24 a maps.Map with groups of 8 slots (src/internal/runtime/maps: map.go, table.go,
// group.go), whose keys stand beside their values, or, since 1.27 and with GOEXPERIMENT=mapsplitgroup, in front of them. A func value is a
// pointer to a closure, which begins with the function's PC.

/** A function of Go's that JavaScript can call. */
export interface JsFunc {
  /** Number under which syscall/js knows it; `_makeFuncWrapper` is given it. */
  readonly id: number;
  /** Where its closure is. */
  readonly closure: Address;
  /** As Go prints it: `main.subscribe.func1`; '' where the program has no code at its PC. */
  readonly function: string;
  readonly file: string;
  /** 1-based line at which the function begins; 0 unknown. */
  readonly line: number;
}

export interface JsFuncs {
  /** In no particular order. */
  readonly funcs: readonly JsFunc[];
  /** Null when all were read; otherwise what is missing and why. */
  readonly missing: string | null;
}

const SLOTS = 8;
/** More than a program has. */
const MAX_FUNCTIONS = 1 << 20;
const HMAP = { count: 0, b: 9, buckets: 16, oldBuckets: 24 };
/** 8 bytes of hashes, 8 keys of 4 bytes, 8 pointers, the next bucket. */
const BUCKET = { keys: 8, values: 40, next: 104, size: 112 };
/** A byte of hashes below this says that the slot is empty, or moved to where the map grows to. */
const FIRST_HASH = 5;
const MAX_B = 20;
const SWISS = { used: 0, directory: 16, length: 24, groups: 16, mask: 24 };
const MAX_TABLES = 1 << 16;
const MAX_GROUPS = 1 << 20;
/** Of a group: 8 control bytes, below 0x80 where the slot is taken. */
interface GroupLayout {
  readonly size: number;
  readonly keys: number;
  readonly keyStride: number;
  readonly values: number;
  readonly valueStride: number;
}
const BESIDE: GroupLayout = { size: 136, keys: 8, keyStride: 16, values: 16, valueStride: 16 };
const SPLIT: GroupLayout = { size: 104, keys: 8, keyStride: 4, values: 40, valueStride: 8 };
const EMPTY = 0x80;

type Add = (id: number, closure: number) => void;

/** Reads them. Throws only NeedPages. */
export function readJsFuncs(runtime: GoRuntime, memory: Memory): JsFuncs {
  const { program, globals } = runtime;
  // Without syscall/js, JavaScript cannot call a function value.
  if (program.functionNamed('syscall/js.handleEvent') === undefined) return { funcs: [], missing: null };
  const { jsFuncs } = globals;
  if (jsFuncs.address === undefined) {
    const why = jsFuncs.confidence.kind === 'exact' ? '' : `: ${jsFuncs.confidence.why}`;
    return { funcs: [], missing: `The functions that js.FuncOf registered were not found${why}.` };
  }
  const found = new Map<number, number>();
  let missing: string | null = null;
  try {
    const map = memory.word(jsFuncs.address);
    const count = map === 0 ? 0 : memory.word(address(map));
    if (count > MAX_FUNCTIONS) throw new FormatError('syscall/js.funcs', map, `${count} functions`, true);
    const add: Add = (id, closure) => {
      if (closure !== 0 && found.size < MAX_FUNCTIONS) found.set(id, closure);
    };
    if (count > 0) {
      if (program.minor >= 24) readSwiss(memory, map, BESIDE, add);
      else readBuckets(memory, map, add);
      if (program.minor >= 27 && found.size !== count) {
        // Read in the wrong layout, keys are pieces of pointers: they are not as many.
        const beside = [...found];
        found.clear();
        readSwiss(memory, map, SPLIT, add);
        if (found.size !== count) {
          found.clear();
          for (const [id, closure] of beside) found.set(id, closure);
        }
      }
    }
    if (found.size !== count) {
      missing = `The program has registered ${count} functions, ${found.size} were found: the memory changed while it was read.`;
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    missing = `Not all functions that js.FuncOf registered could be read: ${error.message}.`;
  }
  for (const closure of found.values()) expectBytes(memory, address(closure), 8);
  return { funcs: [...found].map(([id, closure]) => describe(runtime, memory, id, closure)), missing };
}

function describe({ program }: GoRuntime, memory: Memory, id: number, closure: number): JsFunc {
  const unknown = { id, closure: address(closure), function: '', file: '', line: 0 };
  try {
    const code = program.functionAt(goPc(memory.word(address(closure))));
    if (code === undefined) return unknown;
    const { file = '', startLine = 0, line = 0 } = code.framesAt(code.entry).at(-1) ?? {};
    return { ...unknown, function: code.name, file, line: startLine > 0 ? startLine : line };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return unknown;
  }
}

function readBuckets(memory: Memory, map: number, add: Add): void {
  const b = memory.u8(address(map + HMAP.b));
  if (b > MAX_B) throw new FormatError('syscall/js.funcs', map, `2^${b} buckets`, true);
  const read = (first: number, count: number): void => {
    if (first === 0) return;
    expectBytes(memory, address(first), count * BUCKET.size);
    for (let i = 0; i < count; i++) {
      let bucket = first + i * BUCKET.size;
      for (let length = 0; bucket !== 0 && length < MAX_FUNCTIONS / SLOTS; length++) {
        for (let slot = 0; slot < SLOTS; slot++) {
          if (memory.u8(address(bucket + slot)) < FIRST_HASH) continue;
          add(
            memory.u32(address(bucket + BUCKET.keys + slot * 4)),
            memory.word(address(bucket + BUCKET.values + slot * 8)),
          );
        }
        bucket = memory.word(address(bucket + BUCKET.next));
      }
    }
  };
  const old = memory.word(address(map + HMAP.oldBuckets));
  read(memory.word(address(map + HMAP.buckets)), 2 ** b);
  // While it grows to as many buckets because of long chains, there are as many old ones.
  read(old, 2 ** b);
}

function readSwiss(memory: Memory, map: number, layout: GroupLayout, add: Add): void {
  const readGroups = (first: number, count: number): void => {
    expectBytes(memory, address(first), count * layout.size);
    for (let i = 0; i < count; i++) {
      const group = first + i * layout.size;
      for (let slot = 0; slot < SLOTS; slot++) {
        if (memory.u8(address(group + slot)) >= EMPTY) continue;
        add(
          memory.u32(address(group + layout.keys + slot * layout.keyStride)),
          memory.word(address(group + layout.values + slot * layout.valueStride)),
        );
      }
    }
  };
  const directory = memory.word(address(map + SWISS.directory));
  const length = memory.word(address(map + SWISS.length));
  if (length === 0) {
    readGroups(directory, 1);
    return;
  }
  if (length > MAX_TABLES) throw new FormatError('syscall/js.funcs', map, `${length} tables`, true);
  expectBytes(memory, address(directory), length * 8);
  const tables = new Set<number>();
  for (let i = 0; i < length; i++) tables.add(memory.word(address(directory + i * 8)));
  for (const table of tables) expectBytes(memory, address(table), SWISS.mask + 8);
  for (const table of tables) {
    const groups = memory.word(address(table + SWISS.mask)) + 1;
    if (groups > MAX_GROUPS) throw new FormatError('syscall/js.funcs', table, `${groups} groups`, true);
    readGroups(memory.word(address(table + SWISS.groups)), groups);
  }
}

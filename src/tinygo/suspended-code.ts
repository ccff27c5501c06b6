import { FormatError } from '../base/format-error.ts';
import { type FuncIndex, type ModuleOffset } from '../base/units.ts';
import { InstructionCursor, Op } from '../wasm/instructions.ts';
import { bodyOf, type WasmModule } from '../wasm/module.ts';
import type { AsyncifyCode } from './asyncify.ts';

/** A local that a suspended call leaves in the stack: `at` bytes behind the number of the call. */
export interface SavedLocal {
  readonly local: number;
  readonly at: number;
  readonly bytes: 4 | 8;
}

/** What a call passes: a local of the caller, a number that stands in its code, or something that is not told. */
export type Operand =
  | { readonly kind: 'local'; readonly local: number }
  | { readonly kind: 'constant'; readonly bits: bigint; readonly bytes: 4 | 8 }
  | { readonly kind: 'computed' };

/** Instructions between a call and the test whether it was suspended, at most; as in asyncify.ts. */
const WINDOW = 8;
const COMPUTED: Operand = { kind: 'computed' };
/** Bytes that an instruction stores, or loads into a local. */
const STORED: ReadonlyMap<number, 4 | 8> = new Map([
  [0x36, 4],
  [0x37, 8],
  [0x38, 4],
  [0x39, 8],
]);
const LOADED: ReadonlyMap<number, 4 | 8> = new Map([
  [0x28, 4],
  [0x29, 8],
  [0x2a, 4],
  [0x2b, 8],
]);

/** An instruction as far as what follows needs it. */
interface Step {
  readonly offset: number;
  readonly opcode: number;
  /** The first index: local, global, function. */
  readonly index: number;
  /** Of a load or store. */
  readonly memoryOffset: number;
  readonly low: number;
  readonly high: number;
}

/** A group of stores or loads, up to the change of the stack's end that belongs to it. */
interface Group {
  readonly bytes: number;
  readonly locals: readonly SavedLocal[];
  readonly from: number;
  readonly to: number;
}

/**
 * The code of one function that asyncify rewrote, as far as it tells which locals a suspended call keeps, and what its calls pass (Binaryen
 * src/passes/Asyncify.cpp, 108: AsyncifyLocals). A function saves locals where it ends, and takes them from there where it begins; only what both
 * say alike is believed. Throws a FormatError where the body is damaged.
 */
export class SuspendedCode {
  readonly parameters: number;
  readonly #wasm: WasmModule;
  readonly #steps: readonly Step[];
  readonly #saved: ReadonlyMap<number, SavedLocal>;
  /** Steps [from, to) of the end, in which locals are saved, and of the beginning, in which they are taken back. */
  readonly #tail: readonly [number, number];
  readonly #head: readonly [number, number];

  /** `data`: the global that points to the bounds of the stack. `savedBytes`: as the function's growth of the stack says. */
  constructor(wasm: WasmModule, index: FuncIndex, data: number, savedBytes: number) {
    this.#wasm = wasm;
    this.parameters = typeOf(wasm, index)?.params.length ?? 0;
    this.#steps = stepsOf(wasm, index);
    const head = this.#group(data, 0, 'load', savedBytes);
    const tail = this.#group(data, this.#tailStart(), 'store', savedBytes);
    this.#head = head === undefined ? [0, 0] : [head.from, head.to];
    this.#tail = tail === undefined ? [this.#steps.length, this.#steps.length] : [tail.from, tail.to];
    const restored = new Map(head?.locals.map((one) => [one.local, one]));
    const saved = new Map<number, SavedLocal>();
    for (const one of tail?.locals ?? []) {
      const back = restored.get(one.local);
      if (back?.at === one.at && back.bytes === one.bytes) saved.set(one.local, one);
    }
    this.#saved = saved;
  }

  /** Where a call keeps a local; undefined where it does not, or where what it keeps may be of something else. */
  saved(local: number, call: ModuleOffset): SavedLocal | undefined {
    const saved = this.#saved.get(local);
    if (saved === undefined) return undefined;
    const at = this.#stepAt(call);
    // Between the call and the place where locals are saved nothing may give it another value: the call's result, say.
    if (
      at < 0 ||
      this.#sets(local, at + 1, at + 1 + WINDOW) ||
      this.#sets(local, this.#tailStart(), this.#tail[1])
    )
      return undefined;
    return saved;
  }

  /** Whether a function that goes on takes a local back from the stack. */
  keeps(local: number): boolean {
    return this.#saved.has(local);
  }

  /** Whether nothing has given a local another value than the one with which the function began, when it stands at a call. */
  isUntouched(local: number, call: ModuleOffset): boolean {
    const at = this.#stepAt(call);
    if (at < 0) return false;
    const [from, to] = this.#head;
    return !this.#sets(local, 0, from) && !this.#sets(local, to, Math.max(at, this.#endOfLoops(at)));
  }

  /** The last instruction that may have run before the one at an offset: that one itself, or the end of the loops that it is in. */
  lastBefore(offset: ModuleOffset): number {
    const at = this.#steps.findIndex((step) => step.offset >= offset);
    return Math.max(offset, this.#steps[this.#endOfLoops(at)]?.offset ?? 0);
  }

  /** The step at which the outermost loop around a step ends; -1 where none is. */
  #endOfLoops(at: number): number {
    const open: { readonly step: number; readonly isLoop: boolean }[] = [];
    let outerLoop = -1;
    this.#steps.forEach(({ opcode }, i) => {
      if (opcode === Op.block || opcode === Op.loop || opcode === Op.if)
        open.push({ step: i, isLoop: opcode === Op.loop });
      else if (opcode === Op.end) {
        const block = open.pop();
        // A loop comes back to its beginning: all of it may have run before the call.
        if (block?.isLoop === true && block.step < at && at < i) outerLoop = i;
      }
    });
    return outerLoop;
  }

  /** What a call passes as its parameter of a number. */
  operand(call: ModuleOffset, parameter: number): Operand {
    const at = this.#stepAt(call);
    const step = this.#steps[at];
    if (step === undefined) return COMPUTED;
    const indirect = step.opcode === Op.callIndirect;
    const type = indirect ? this.#wasm.types[step.index] : typeOf(this.#wasm, step.index as FuncIndex);
    // The place in the function table is on top.
    let left = (type?.params.length ?? 0) - parameter + (indirect ? 1 : 0);
    if (type === undefined || left <= 0) return COMPUTED;
    const setBehind = new Set<number>();
    for (let i = at - 1; i >= 0; i--) {
      const { opcode, index, low, high } = this.#steps[i] ?? NOTHING;
      const isLast = --left === 0;
      if (opcode === Op.localGet || opcode === Op.localTee) {
        if (isLast) return setBehind.has(index) ? COMPUTED : { kind: 'local', local: index };
        // What is below came out of a computation.
        if (opcode === Op.localTee) return COMPUTED;
      } else if (opcode === Op.i32Const || opcode === Op.i64Const) {
        if (isLast) return constantOf(opcode, low, high);
      } else return COMPUTED;
    }
    return COMPUTED;
  }

  #stepAt(offset: number): number {
    return this.#steps.findIndex((step) => step.offset === offset);
  }

  #sets(local: number, from: number, to: number): boolean {
    for (let i = from; i < Math.min(to, this.#steps.length); i++) {
      const { opcode, index } = this.#steps[i] ?? NOTHING;
      if ((opcode === Op.localSet || opcode === Op.localTee) && index === local) return true;
    }
    return false;
  }

  /** Behind the block that is left when a call was suspended: the last one of the function's own blocks. */
  #tailStart(): number {
    let depth = 0;
    let start = this.#steps.length;
    this.#steps.forEach(({ opcode }, i) => {
      if (opcode === Op.block || opcode === Op.loop || opcode === Op.if) {
        // Behind it stand the blocks in which the number of the call and locals are saved.
        if (depth === 0 && this.#hasCall(i)) start = -1;
        depth++;
      } else if (opcode === Op.end && --depth === 0 && start === -1) start = i + 1;
    });
    return start < 0 ? this.#steps.length : start;
  }

  #hasCall(block: number): boolean {
    let depth = 0;
    for (let i = block; i < this.#steps.length; i++) {
      const { opcode } = this.#steps[i] ?? NOTHING;
      if (opcode === Op.call || opcode === Op.callIndirect) return true;
      if (opcode === Op.block || opcode === Op.loop || opcode === Op.if) depth++;
      else if (opcode === Op.end && --depth === 0) return false;
    }
    return false;
  }

  /**
   * The stores of locals up to a growth of the stack, or the loads behind a shrinking, of a number of bytes; undefined where there is no such group that
   * accounts for all of them.
   */
  #group(data: number, from: number, what: 'load' | 'store', bytes: number): Group | undefined {
    if (bytes === 0) return undefined;
    const changes: { readonly at: number; readonly bytes: number }[] = [];
    for (let i = from; i < this.#steps.length && changes.length < (what === 'load' ? 1 : 2); i++) {
      const { opcode } = this.#steps[i] ?? NOTHING;
      const constant = this.#steps[i - 1] ?? NOTHING;
      if (
        (opcode === Op.i32Add || opcode === Op.i32Sub) &&
        constant.opcode === Op.i32Const &&
        this.#steps[i - 2]?.opcode === Op.i32Load &&
        this.#isData(i - 3, data) &&
        this.#isData(i - 4, data)
      )
        changes.push({ at: i, bytes: Math.abs(constant.low) });
    }
    const change = changes.at(-1);
    if (change?.bytes !== bytes) return undefined;
    // The number of the call is saved first, and taken back last.
    if (what === 'store' && (changes.length !== 2 || changes[0]?.bytes !== 4)) return undefined;
    const [start, end] =
      what === 'load' ? [change.at + 1, this.#endOfBlock(change.at)] : [(changes[0]?.at ?? 0) + 1, change.at];
    const locals: SavedLocal[] = [];
    for (let i = start; i < end; i++) {
      const found = what === 'load' ? this.#loadAt(i) : this.#storeAt(i);
      if (found !== undefined) locals.push(found);
    }
    const total = locals.reduce((sum, one) => sum + one.bytes, 0);
    const places = new Set(locals.flatMap(({ at, bytes: size }) => (size === 4 ? [at] : [at, at + 4])));
    const whole = total === bytes && places.size * 4 === bytes && Math.max(...places) < bytes;
    return whole ? { bytes, locals, from: start, to: end } : undefined;
  }

  #isData(i: number, data: number): boolean {
    const { opcode, index } = this.#steps[i] ?? NOTHING;
    return opcode === Op.globalGet && index === data;
  }

  /** Where the block ends that a step is in. */
  #endOfBlock(step: number): number {
    let depth = 0;
    for (let i = step; i < this.#steps.length; i++) {
      const { opcode } = this.#steps[i] ?? NOTHING;
      if (opcode === Op.block || opcode === Op.loop || opcode === Op.if) depth++;
      else if (opcode === Op.end && --depth < 0) return i;
    }
    return this.#steps.length;
  }

  /** `T.load offset=K; local.set L` */
  #loadAt(i: number): SavedLocal | undefined {
    const { opcode, memoryOffset } = this.#steps[i] ?? NOTHING;
    const set = this.#steps[i + 1] ?? NOTHING;
    const bytes = LOADED.get(opcode);
    const address = this.#steps[i - 1]?.opcode;
    const isPlaced = address === Op.localGet || address === Op.localTee || address === Op.i32Load;
    if (bytes === undefined || set.opcode !== Op.localSet || !isPlaced) return undefined;
    // `i32.load; local.set T` of the end of the stack itself.
    if (address === Op.i32Load ? this.#steps[i - 2]?.opcode !== Op.globalGet : false) return undefined;
    return { local: set.index, at: memoryOffset, bytes };
  }

  /** `ADDRESS; local.get L; T.store offset=K` */
  #storeAt(i: number): SavedLocal | undefined {
    const { opcode, memoryOffset } = this.#steps[i] ?? NOTHING;
    const value = this.#steps[i - 1] ?? NOTHING;
    const bytes = STORED.get(opcode);
    const address = this.#steps[i - 2]?.opcode;
    const isPlaced = address === Op.localGet || address === Op.localTee || address === Op.i32Load;
    if (bytes === undefined || value.opcode !== Op.localGet || !isPlaced) return undefined;
    return { local: value.index, at: memoryOffset, bytes };
  }
}

/** The functions of a module that asyncify rewrote: each is read when it is first asked for. */
export class SuspendedFunctions {
  readonly #wasm: WasmModule;
  readonly #code: AsyncifyCode;
  readonly #known = new Map<FuncIndex, SuspendedCode | undefined>();

  constructor(wasm: WasmModule, code: AsyncifyCode) {
    this.#wasm = wasm;
    this.#code = code;
  }

  /** Undefined for a function that is never on a suspended stack, or whose code is damaged. */
  of(index: FuncIndex): SuspendedCode | undefined {
    if (!this.#known.has(index)) this.#known.set(index, this.#read(index));
    return this.#known.get(index);
  }

  #read(index: FuncIndex): SuspendedCode | undefined {
    const shape = this.#code.function(index);
    if (shape === undefined) return undefined;
    try {
      return new SuspendedCode(this.#wasm, index, this.#code.data, shape.saved);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return undefined;
    }
  }
}

const NOTHING: Step = { offset: -1, opcode: -1, index: -1, memoryOffset: 0, low: 0, high: 0 };

function constantOf(opcode: number, low: number, high: number): Operand {
  if (opcode === Op.i32Const) return { kind: 'constant', bits: BigInt(low >>> 0), bytes: 4 };
  return { kind: 'constant', bits: (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0), bytes: 8 };
}

function typeOf(wasm: WasmModule, index: FuncIndex): WasmModule['types'][number] | undefined {
  const type = wasm.functionTypes[index - wasm.importedFunctionCount];
  return type === undefined ? undefined : wasm.types[type];
}

function stepsOf(wasm: WasmModule, index: FuncIndex): Step[] {
  const body = bodyOf(wasm, index);
  const steps: Step[] = [];
  if (body === undefined) return steps;
  const cursor = new InstructionCursor(wasm.bytes);
  cursor.open(body.start, body.end);
  while (cursor.next()) {
    const { offset, opcode, memoryOffset, low, high } = cursor;
    if (opcode !== NOP) steps.push({ offset, opcode, index: cursor.index, memoryOffset, low, high });
  }
  return steps;
}

const NOP = 0x01;

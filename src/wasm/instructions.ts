import { FormatError } from '../base/format-error.ts';
import { moduleOffset, type ModuleOffset } from '../base/units.ts';
import { IMMEDIATES, Immediate, prefixedImmediate } from './opcodes.ts';

export { Op } from './opcodes.ts';

/**
 * Walks the instructions of function bodies without allocating: one cursor serves any number of bodies.
 *
 *     const cursor = new InstructionCursor(module.bytes);
 *     cursor.open(start, end);              // of one body, as bodyOf(module, index) gives them
 *     while (cursor.next()) if (cursor.opcode === Op.call) use(cursor.offset, cursor.index);
 *
 * Knows every instruction of the core specification 3.0 but those of garbage collection (prefix 0xfb), and of the threads, exception
 * handling (both forms), tail call, relaxed SIMD and wide arithmetic proposals. Throws a FormatError with section "Code section" at
 * the first byte that is none of them or where the body ends inside an instruction.
 */
export class InstructionCursor {
  readonly bytes: Uint8Array;
  /** Of the next instruction: where the current one ends. */
  pos = 0;
  /** First byte after the body. */
  end = 0;
  /** Module offset of the current instruction's opcode. */
  offset: ModuleOffset = moduleOffset(0);
  /** Of the current instruction; with a prefix byte `prefix * 0x1000 + number`, see `Op`. */
  opcode = 0;
  /**
   * First immediate where it is an index or count: local, global, function (call), label (br), type (call_indirect), alignment (load,
   * store), number of labels without the default (br_table), block type (block, loop, if, try; negative for a value type or none).
   */
  index = 0;
  /** Second index: the table of call_indirect, the second memory of memory.copy. */
  second = 0;
  /** Offset of a load or store, unsigned. */
  memoryOffset = 0;
  /** Value of i32.const, lower half of i64.const: signed 32 bits. */
  low = 0;
  /** Upper half of i64.const, signed 32 bits; for i32.const the sign. */
  high = 0;
  /** Locals that the body declares, without parameters. */
  localCount = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Goes to a body, reads its vector of locals, and stands before its first instruction. */
  open(start: number, end: number): void {
    this.pos = start;
    this.end = end;
    this.offset = moduleOffset(start);
    this.localCount = 0;
    for (let groups = this.#u32(); groups > 0; groups--) {
      this.localCount += this.#u32();
      this.#valueType();
      this.#checkEnd();
    }
    this.#checkEnd();
  }

  /** Reads the next instruction; false at the end of the body. */
  next(): boolean {
    const bytes = this.bytes;
    const start = this.pos;
    if (start >= this.end) return false;
    this.offset = start as ModuleOffset;
    const opcode = bytes[start] ?? 0;
    this.opcode = opcode;
    this.pos = start + 1;
    const kind = IMMEDIATES[opcode] ?? Immediate.invalid;
    if (kind === Immediate.index) {
      const byte = bytes[start + 1] ?? 0;
      if (byte < 0x80) {
        this.index = byte;
        this.pos = start + 2;
      } else this.index = this.#u32();
    } else if (kind === Immediate.memory) {
      this.#memoryArgument();
    } else if (kind === Immediate.i32 || kind === Immediate.i64) {
      const byte = bytes[start + 1] ?? 0;
      if (byte < 0x80) {
        this.low = (byte << 25) >> 25;
        this.high = this.low >> 31;
        this.pos = start + 2;
      } else if (kind === Immediate.i32) this.#s32();
      else this.#s64();
    } else if (kind !== Immediate.none) this.#immediate(kind);
    if (this.pos > this.end) this.#checkEnd();
    return true;
  }

  /** The value of the current i64.const (or i32.const, sign extended) as a number: exact within ±2^53. */
  constant(): number {
    return this.high * 0x100000000 + (this.low >>> 0);
  }

  /** The labels of the current br_table, the default last. Allocates; for the few tables that matter. */
  brTableTargets(): Uint32Array {
    const after = this.pos;
    this.pos = this.offset + 1;
    const targets = new Uint32Array(this.#u32() + 1);
    for (let i = 0; i < targets.length; i++) targets[i] = this.#u32();
    this.pos = after;
    return targets;
  }

  #immediate(kind: number): void {
    switch (kind) {
      case Immediate.index:
        this.index = this.#u32();
        return;
      case Immediate.twoIndices:
        this.index = this.#u32();
        this.second = this.#u32();
        return;
      case Immediate.memory:
        this.#memoryArgument();
        return;
      case Immediate.bytes4:
        this.pos += 4;
        return;
      case Immediate.bytes8:
        this.pos += 8;
        return;
      case Immediate.type:
        this.index = this.#s33();
        return;
      case Immediate.brTable:
        this.index = this.#u32();
        this.#labels(this.index + 1);
        return;
      case Immediate.valueTypes:
        for (let left = this.#u32(); left > 0; left--) {
          this.#valueType();
          this.#checkEnd();
        }
        return;
      case Immediate.tryTable:
        this.index = this.#s33();
        for (let left = this.#u32(); left > 0; left--) {
          // catch and catch_ref name a tag; all four end with a label.
          if ((this.bytes[this.pos++] ?? 0) < 2) this.#u32();
          this.#u32();
          this.#checkEnd();
        }
        return;
      case Immediate.bytes1:
        this.pos += 1;
        return;
      case Immediate.bytes16:
        this.pos += 16;
        return;
      case Immediate.memoryLane:
        this.#memoryArgument();
        this.pos += 1;
        return;
      case Immediate.prefix: {
        const prefix = this.opcode;
        const number = this.#u32();
        this.opcode = prefix * 0x1000 + number;
        const inner = prefixedImmediate(prefix, number);
        if (inner === Immediate.invalid) {
          throw this.#error(`unknown opcode 0x${prefix.toString(16)} ${number}`);
        }
        this.#immediate(inner);
        return;
      }
      case Immediate.none:
        return;
    }
    throw this.#error(`unknown opcode 0x${this.opcode.toString(16)}`);
  }

  /** One label a byte at least, so the count is bounded by the body. */
  #labels(count: number): void {
    for (let left = count; left > 0; left--) {
      if ((this.bytes[this.pos] ?? 0) < 0x80) this.pos++;
      else this.#u32();
      if (this.pos > this.end) this.#checkEnd();
    }
  }

  #memoryArgument(): void {
    const bytes = this.bytes;
    let byte = bytes[this.pos] ?? 0;
    if (byte < 0x40) {
      this.index = byte;
      this.pos++;
    } else {
      this.index = this.#u32();
      if (this.index & 0x40) this.second = this.#u32();
    }
    byte = bytes[this.pos] ?? 0;
    if (byte < 0x80) {
      this.memoryOffset = byte;
      this.pos++;
      return;
    }
    // 64 bits wide, for memories with 64-bit addresses.
    const low = this.#leb(64) >>> 0;
    this.memoryOffset = (this.#high >>> 0) * 0x100000000 + low;
  }

  #valueType(): void {
    const type = this.bytes[this.pos++] ?? 0;
    if (type === 0x63 || type === 0x64) this.#s33();
    else if (type < 0x60 || type > 0x7f) throw this.#error(`unknown value type 0x${type.toString(16)}`);
  }

  #u32(): number {
    const bytes = this.bytes;
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = bytes[this.pos++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    const last = bytes[this.pos++] ?? 0;
    if (last > 0x0f) throw this.#error('an immediate does not fit 32 bits');
    return value + last * 0x10000000;
  }

  #s32(): void {
    this.low = this.#leb(32, true);
    this.high = this.low >> 31;
  }

  #s33(): number {
    const low = this.#leb(33, true);
    return this.#high < 0 ? low - (low < 0 ? 0 : 0x100000000) : low >>> 0;
  }

  #s64(): void {
    this.low = this.#leb(64, true);
    this.high = this.#high;
  }

  /** Upper half of the last `#leb`. */
  #high = 0;

  /** LEB128 of up to `width` bits: the lower 32 are returned (signed), the upper left in `#high`. */
  #leb(width: 32 | 33 | 64, signed = false): number {
    const bytes = this.bytes;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < width; shift += 7) {
      const byte = bytes[this.pos++] ?? 0;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) {
        const used = shift + 7;
        if (used > width) this.#checkSpare(bits, width - shift, signed);
        if (signed && bits & 0x40) {
          if (used < 32) {
            low |= -1 << used;
            high = -1;
          } else if (used < 64) high |= -1 << (used - 32);
        }
        this.#high = high;
        return low;
      }
    }
    throw this.#error(`an immediate does not fit ${width} bits`);
  }

  /** The bits of the last byte beyond the width must repeat the sign, or be zero. */
  #checkSpare(bits: number, kept: number, signed: boolean): void {
    const spare = bits >> kept;
    const negative = signed && (bits >> (kept - 1)) & 1;
    if (spare !== (negative ? 0x7f >> kept : 0)) throw this.#error('an immediate is too large');
  }

  #checkEnd(): void {
    if (this.pos > this.end) throw this.#error('the body ends inside this instruction');
  }

  #error(expected: string): FormatError {
    return new FormatError('Code section', this.offset, expected);
  }
}

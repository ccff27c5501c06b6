import { Encoding } from './constants.ts';
import { DwarfReader } from './dwarf-reader.ts';
import { OPTIMIZED_OUT, type Machine, type Piece, type Place, type Store } from './machine.ts';
import { Op, readOperation, type Expression, type Operation } from './operations.ts';
import { binary, compare, convert, fromFloat, type Operand } from './stack-values.ts';

/** What an expression may ask about the module; each throws a FormatError where it is damaged. */
export interface EvaluationContext {
  /** An address of .debug_addr. */
  address(index: number): number;
  /** The expression that DW_OP_fbreg counts on; undefined where the function has none. */
  readonly frameBase?: Expression | undefined;
  /** Size and DW_ATE_* of the base type at an offset of the unit; undefined where there is none. */
  baseType?(offset: number): { readonly size: number; readonly encoding: number } | undefined;
  /** The location of the entry that DW_OP_call* names. */
  call?(operation: Operation): Expression | undefined;
}

/** Operations of one expression with all that it calls; real ones have a few dozen. */
const MAX_STEPS = 2000;
const MAX_STACK = 256;
const MAX_DEPTH = 8;
const MAX_PIECES = 512;

/** Ends an evaluation: the value cannot be known, and why. */
class Unavailable extends Error {}

/**
 * Where a variable is, by its expression (DWARF 5, 2.5 and 2.6). A WebAssembly location pushes what it names, as LLVM means it: alone it is the address
 * of the variable, with DW_OP_stack_value its value. Never throws for what an expression says: the part is `missing` then and says why. Throws a FormatError
 * where the expression itself is damaged, in bounded time.
 */
export function evaluate(expression: Expression, context: EvaluationContext, machine: Machine): Piece[] {
  const pieces: Piece[] = [];
  new Evaluation(context, machine).run(expression, pieces);
  return pieces;
}

class Evaluation {
  readonly #context: EvaluationContext;
  readonly #machine: Machine;
  #steps = 0;

  constructor(context: EvaluationContext, machine: Machine) {
    this.#context = context;
    this.#machine = machine;
  }

  /** Runs an expression; its parts go to `pieces`. A part that cannot be known leaves the others as they are. */
  run(expression: Expression, pieces: Piece[]): void {
    const { section, encoding } = expression;
    const stack: Operand[] = [];
    let place: Place | undefined;
    const before = pieces.length;
    const reader = new DwarfReader(section, expression.start, expression.end);
    while (reader.pos < reader.end) {
      const operation = this.#next(reader, expression, stack);
      const { code, operands, start, end } = operation;
      const [first = 0n, second = 0n] = operands;
      if (code === Op.piece || code === Op.bitPiece) {
        if (pieces.length >= MAX_PIECES)
          throw reader.error('the expression has too many parts', operation.at);
        const isBits = code === Op.bitPiece;
        pieces.push({
          place: place ?? placeOf(stack, encoding.addressSize),
          bitSize: isBits ? Number(first) : 8 * Number(first),
          bitOffset: isBits ? Number(second) : 0,
        });
        place = undefined;
        stack.length = 0;
      } else if (place?.kind === 'missing') {
        // Up to the end of the part that is not known.
      } else if (code === Op.stackValue) {
        const top = stack.at(-1);
        if (top === undefined) throw reader.error('DW_OP_stack_value without a value', operation.at);
        place = valueOf(top);
      } else if (code === Op.implicitValue) {
        place = { kind: 'value', bytes: section.bytes.slice(start, end) };
      } else if (code === Op.implicitPointer || code === Op.gnuImplicitPointer) {
        place = { kind: 'pointer', entry: Number(first), offset: Number(second) };
      } else {
        try {
          this.#step(operation, expression, stack, reader, 0);
        } catch (error) {
          if (!(error instanceof Unavailable)) throw error;
          place = { kind: 'missing', why: error.message };
        }
      }
    }
    if (pieces.length === before || stack.length > 0 || place !== undefined)
      pieces.push({
        place: place ?? placeOf(stack, encoding.addressSize),
        bitSize: undefined,
        bitOffset: 0,
      });
  }

  /** The value that an expression leaves on its stack. */
  #value(expression: Expression, depth: number): Operand {
    const stack: Operand[] = [];
    this.#call(expression, stack, depth);
    const top = stack.at(-1);
    if (top === undefined) throw new Unavailable('the expression of its frame says nothing');
    return top;
  }

  #call(expression: Expression, stack: Operand[], depth: number): void {
    if (depth > MAX_DEPTH) throw new Unavailable('expressions call each other without end');
    const reader = new DwarfReader(expression.section, expression.start, expression.end);
    while (reader.pos < reader.end) {
      const operation = this.#next(reader, expression, stack);
      if (operation.code !== Op.stackValue) this.#step(operation, expression, stack, reader, depth);
    }
  }

  #next(reader: DwarfReader, { encoding }: Expression, stack: readonly Operand[]): Operation {
    if (++this.#steps > MAX_STEPS) throw reader.error('the expression does not end');
    if (stack.length > MAX_STACK) throw reader.error('the expression fills its stack');
    return readOperation(reader, encoding);
  }

  #step(
    operation: Operation,
    expression: Expression,
    stack: Operand[],
    reader: DwarfReader,
    depth: number,
  ): void {
    const { code, operands } = operation;
    const { addressSize } = expression.encoding;
    const [first = 0n, second = 0n] = operands;
    const push = (bits: bigint, bytes = 0): void => {
      stack.push({ bits: BigInt.asUintN(64, bits), bytes, encoding: 0 });
    };
    const pop = (): Operand => {
      const top = stack.pop();
      if (top === undefined) throw reader.error(`DW_OP_${operation.name} on an empty stack`, operation.at);
      return top;
    };
    const peek = (from: number): Operand => {
      const found = stack[stack.length - 1 - from];
      if (found === undefined)
        throw reader.error(`DW_OP_${operation.name} on a stack that is too small`, operation.at);
      return found;
    };
    const jump = (by: bigint): void => {
      const target = operation.next + Number(by);
      if (target < expression.start) throw reader.error('a jump out of the expression', operation.at);
      reader.seek(target);
    };
    const deref = (size: number): void => {
      const address = Number(BigInt.asUintN(8 * addressSize, pop().bits));
      if (size < 1 || size > 8) throw reader.error(`${size} bytes are read`, operation.at);
      const bytes = this.#machine.read(address, size);
      if (bytes === undefined || bytes.length < size)
        throw new Unavailable(`memory at 0x${address.toString(16)} is not there`);
      let bits = 0n;
      for (let i = size - 1; i >= 0; i--) bits = (bits << 8n) | BigInt(bytes[i] ?? 0);
      push(bits, size);
    };
    if (code >= Op.lit0 && code < Op.lit0 + 32) {
      push(BigInt(code - Op.lit0));
      return;
    }
    if ((code >= Op.reg0 && code <= Op.regx) || code === Op.bregx)
      throw new Unavailable('it is said to be in a register, which WebAssembly does not have');
    switch (code) {
      case Op.addr:
        push(first, addressSize);
        return;
      case Op.addrx:
      case Op.gnuAddrIndex:
      case Op.constx:
      case Op.gnuConstIndex:
        push(BigInt(this.#context.address(Number(first))), addressSize);
        return;
      case Op.const1u:
      case Op.const1s:
      case Op.const2u:
      case Op.const2s:
      case Op.const4u:
      case Op.const4s:
      case Op.const8u:
      case Op.const8s:
      case Op.constu:
      case Op.consts:
        push(first);
        return;
      case Op.fbreg: {
        const { frameBase } = this.#context;
        if (frameBase === undefined) throw new Unavailable('the function has no frame in memory');
        const base = this.#value(frameBase, depth + 1);
        push(base.bits + first, addressSize);
        return;
      }
      case Op.wasmLocation:
      case Op.wasmLocationInt:
        stack.push(this.#location(Number(first), Number(second), 'now'));
        return;
      case Op.entryValue:
      case Op.gnuEntryValue: {
        const inner = { ...expression, start: operation.start, end: operation.end };
        stack.push(this.#entryValue(inner));
        return;
      }
      case Op.dup:
        stack.push(peek(0));
        return;
      case Op.drop:
        pop();
        return;
      case Op.over:
        stack.push(peek(1));
        return;
      case Op.pick:
        stack.push(peek(Number(first)));
        return;
      case Op.swap: {
        const [top, below] = [pop(), pop()];
        stack.push(top, below);
        return;
      }
      case Op.rot: {
        const [top, one, two] = [pop(), pop(), pop()];
        stack.push(top, two, one);
        return;
      }
      case Op.deref:
        deref(addressSize);
        return;
      case Op.derefSize:
        deref(Number(first));
        return;
      case Op.derefType:
      case Op.gnuDerefType:
        deref(Number(first));
        stack.push(convert(pop(), this.#type(Number(second)), true));
        return;
      case Op.constType:
      case Op.gnuConstType: {
        let bits = 0n;
        for (let i = operation.end - 1; i >= operation.start; i--)
          bits = (bits << 8n) | BigInt(expression.section.bytes[i] ?? 0);
        stack.push(
          convert({ bits: BigInt.asUintN(64, bits), bytes: 8, encoding: 0 }, this.#type(Number(first)), true),
        );
        return;
      }
      case Op.convert:
      case Op.gnuConvert:
      case Op.reinterpret:
      case Op.gnuReinterpret: {
        const generic = { size: addressSize, encoding: Encoding.signed };
        const type = first === 0n ? generic : this.#type(Number(first));
        stack.push(convert(pop(), type, code === Op.reinterpret || code === Op.gnuReinterpret));
        return;
      }
      case Op.plusUconst: {
        const value = pop();
        stack.push(binary(Op.plus, value, { bits: first, bytes: 0, encoding: 0 }));
        return;
      }
      case Op.neg:
        stack.push(binary(Op.minus, { ...peek(0), bits: 0n }, pop()));
        return;
      case Op.not:
        stack.push(binary(Op.xor, pop(), { bits: 0xffffffffffffffffn, bytes: 0, encoding: 0 }));
        return;
      case Op.abs: {
        const value = pop();
        const negative = compare(Op.lt, value, { bits: 0n, bytes: value.bytes, encoding: value.encoding });
        stack.push(negative ? binary(Op.minus, { ...value, bits: 0n }, value) : value);
        return;
      }
      case Op.and:
      case Op.or:
      case Op.xor:
      case Op.plus:
      case Op.minus:
      case Op.mul:
      case Op.shl:
      case Op.shr:
      case Op.shra: {
        const right = pop();
        stack.push(binary(code, pop(), right));
        return;
      }
      case Op.div:
      case Op.mod: {
        const right = pop();
        if (right.bits === 0n) throw new Unavailable('its expression divides by zero');
        stack.push(binary(code, pop(), right));
        return;
      }
      case Op.eq:
      case Op.ge:
      case Op.gt:
      case Op.le:
      case Op.lt:
      case Op.ne: {
        const right = pop();
        push(compare(code, pop(), right) ? 1n : 0n, addressSize);
        return;
      }
      case Op.skip:
        jump(first);
        return;
      case Op.bra:
        if (pop().bits !== 0n) jump(first);
        return;
      case Op.nop:
      case Op.gnuUninit:
        return;
      case Op.call2:
      case Op.call4:
      case Op.callRef: {
        const called = this.#context.call?.(operation);
        if (called === undefined) throw new Unavailable('its expression calls one that is not there');
        this.#call(called, stack, depth + 1);
        return;
      }
      default:
        throw new Unavailable(`DW_OP_${operation.name} has no meaning in WebAssembly`);
    }
  }

  #type(offset: number): { readonly size: number; readonly encoding: number } {
    const type = this.#context.baseType?.(offset);
    if (type === undefined) throw new Unavailable('its expression names a type that is not there');
    return type;
  }

  #location(kind: number, index: number, when: 'now' | 'entry'): Operand {
    const store = STORES[kind];
    if (store === undefined) throw new Unavailable(`a WebAssembly location of kind ${kind} is not known`);
    const value = when === 'now' ? this.#machine.value(store, index) : this.#machine.atEntry?.(store, index);
    if (value === undefined) {
      const what = store === 'operand' ? 'on the operand stack' : `in ${store} ${index}`;
      throw new Unavailable(
        when === 'now'
          ? `it is ${what}, whose value is not known`
          : `it is what was ${what} when the function was called, which nobody kept`,
      );
    }
    if ('why' in value) throw new Unavailable(value.why);
    return { bits: value.bits, bytes: value.bytes, encoding: 0 };
  }

  /** DW_OP_entry_value: its block names one WebAssembly location. */
  #entryValue(inner: Expression): Operand {
    const operation = readOperation(new DwarfReader(inner.section, inner.start, inner.end), inner.encoding);
    if (operation.code !== Op.wasmLocation && operation.code !== Op.wasmLocationInt)
      throw new Unavailable('it is a value from when the function was called, which nobody kept');
    return this.#location(Number(operation.operands[0] ?? 0n), Number(operation.operands[1] ?? 0n), 'entry');
  }
}

/** By the kind of a WebAssembly location. */
const STORES: readonly (Store | undefined)[] = ['local', 'global', 'operand', 'global'];

/** A value as its bytes; of a literal without a type eight. */
function valueOf({ bits, bytes, encoding }: Operand): Place {
  const value = encoding === 0 ? bits : fromFloat({ bits, bytes, encoding });
  const length = bytes === 0 ? 8 : bytes;
  const content = new Uint8Array(length);
  for (let i = 0; i < length; i++) content[i] = Number((value >> BigInt(8 * i)) & 0xffn);
  return { kind: 'value', bytes: content };
}

/** What stands at the end of a part: nothing, or the address of it. */
function placeOf(stack: readonly Operand[], addressSize: number): Place {
  const top = stack.at(-1);
  return top === undefined
    ? { kind: 'missing', why: OPTIMIZED_OUT }
    : { kind: 'memory', address: Number(BigInt.asUintN(8 * addressSize, top.bits)) };
}

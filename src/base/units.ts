// Numbers that carry their unit in the type. Mixing up the first two is this field's classic mistake, so each is a
// brand of its own; a plain number has to be named once, by one of the constructors below, where its unit is known.

declare const unit: unique symbol;
type Unit<Name extends string> = number & { readonly [unit]: Name };

/** Bytes from the start of the wasm file; what V8 prints in a stack (`wasm-function[7]:0x1234`). */
export type ModuleOffset = Unit<'ModuleOffset'>;
/** Bytes from the start of the Code section's content (its first byte is the function count); what DWARF uses. */
export type CodeOffset = Unit<'CodeOffset'>;
/**
 * A Go program counter on wasm: `PC_F * 65536 + PC_B`, PC_F = 0x1000 + the function's place in the Code section. Not a byte
 * offset. Can exceed 2^31, so build it with arithmetic, never with `<<`.
 */
export type GoPc = Unit<'GoPc'>;
/** Index in the function index space: imports first, then the functions of the Code section. */
export type FuncIndex = Unit<'FuncIndex'>;
/** Byte address in linear memory, unsigned. */
export type Address = Unit<'Address'>;

/** Names `n` (bytes from the start of the file) as a module offset. */
export const moduleOffset = (n: number): ModuleOffset => n as ModuleOffset;
/** Names `n` (bytes from the start of the Code section's content) as a code offset. */
export const codeOffset = (n: number): CodeOffset => n as CodeOffset;
/** Names `n` as a Go PC. */
export const goPc = (n: number): GoPc => n as GoPc;
/** Names `n` as an index in the function index space. */
export const funcIndex = (n: number): FuncIndex => n as FuncIndex;
/** Names `n` as an address in linear memory; a negative 32-bit number is taken as its unsigned value. */
export const address = (n: number): Address => (n < 0 && n >= -0x80000000 ? n + 0x100000000 : n) as Address;

/** The PC_F half of a Go PC. */
export const pcFunction = (pc: GoPc): number => Math.floor(pc / 65536);
/** The PC_B half of a Go PC: the index of the resume point inside the function. */
export const pcBlock = (pc: GoPc): number => pc % 65536;

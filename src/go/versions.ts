// Everything that differs between versions of Go, in one table. Read from Go's own sources:
//   src/runtime/symtab.go (pcHeader, moduledata, functab; textAddr and textOff for what an entry of functab means on wasm),
//   src/runtime/runtime2.go (_func), src/runtime/symtabinl.go (inlinedCall; before 1.21 in symtab.go),
//   src/internal/abi/symtab.go (magic numbers, PCDATA_ and FUNCDATA_ indexes, flags),
//   src/runtime/traceback.go and symtab.go (funcNamePiecesForPrint).
// of the releases 1.19.8, 1.20.14, 1.21.13, 1.22.12, 1.23.12, 1.24.13, 1.25.11, 1.26.10 and 1.27.3.
//
// Only 64-bit little-endian layouts are here: wasm has pointers of 8 bytes in Go's eyes.

/** Byte offsets in a `_func` record. All fields of all versions stand at fixed places; the arrays come last. */
export interface FuncRecordLayout {
  /** i32, line of the `func` keyword; -1 where the record has none (up to 1.19). */
  readonly startLine: number;
  readonly funcId: number;
  readonly flag: number;
  readonly nfuncdata: number;
  /** Size of the record; the pcdata offsets (u32 each) follow, then the funcdata offsets. */
  readonly arrays: number;
}

/** Byte offsets in an entry of an inline tree (`inlinedCall`). */
export interface InlineTreeLayout {
  readonly entrySize: number;
  readonly funcId: number;
  /** i32, offset in the table of function names. */
  readonly nameOffset: number;
  /** i32, PC_B of the instruction that stands for the call site. */
  readonly parentPc: number;
  /** i32; -1 where the entry has none (up to 1.19). */
  readonly startLine: number;
}

/** Word (8 bytes) indexes in `moduledata`; what stands before them is the same in all versions, see moduledata.ts. */
export interface ModuleDataLayout {
  readonly end: number;
  readonly types: number;
  readonly etypes: number;
  readonly rodata: number;
  readonly gofunc: number;
}

/** How a range of Go versions lays out its symbol tables. */
export interface GoLayout {
  /** First version of the range, as `1.NN`. */
  readonly since: number;
  /** First word of the pclntab. */
  readonly magic: number;
  /** What `functab.entryoff` (and a text offset in a method table) is: a PC less moduledata.text, or such a PC's PC_F alone. */
  readonly functabEntry: 'pc' | 'pcFunction';
  readonly func: FuncRecordLayout;
  readonly inlineTree: InlineTreeLayout;
  readonly moduleData: ModuleDataLayout;
  /**
   * How Go shortens type arguments when it prints a name: the linker did it (up to 1.20), from the first bracket to the last one, or each
   * of the two bracketed parts of a generic method of a generic type (from 1.27).
   */
  readonly typeArguments: 'linker' | 'whole' | 'parts';
}

export const MAGIC_1_18 = 0xfffffff0;
export const MAGIC_1_20 = 0xfffffff1;

const FUNC_1_19: FuncRecordLayout = { startLine: -1, funcId: 36, flag: 37, nfuncdata: 39, arrays: 40 };
const FUNC_1_20: FuncRecordLayout = { startLine: 36, funcId: 40, flag: 41, nfuncdata: 43, arrays: 44 };
const INLINE_1_19: InlineTreeLayout = {
  entrySize: 20,
  funcId: 2,
  nameOffset: 12,
  parentPc: 16,
  startLine: -1,
};
const INLINE_1_20: InlineTreeLayout = { entrySize: 16, funcId: 0, nameOffset: 4, parentPc: 8, startLine: 12 };

const GO_1_19: GoLayout = {
  since: 18,
  magic: MAGIC_1_18,
  functabEntry: 'pc',
  func: FUNC_1_19,
  inlineTree: INLINE_1_19,
  moduleData: { end: 32, types: 35, etypes: 36, rodata: 37, gofunc: 38 },
  typeArguments: 'linker',
};
/** The coverage counters (two words before `end`) are new, and `startLine`; the inline tree loses its file and line. */
const GO_1_20: GoLayout = {
  since: 20,
  magic: MAGIC_1_20,
  functabEntry: 'pc',
  func: FUNC_1_20,
  inlineTree: INLINE_1_20,
  moduleData: { end: 34, types: 37, etypes: 38, rodata: 39, gofunc: 40 },
  typeArguments: 'linker',
};
const GO_1_21: GoLayout = { ...GO_1_20, since: 21, typeArguments: 'whole' };
/** A text offset is a function index on wasm: `textAddr` shifts it. */
const GO_1_25: GoLayout = { ...GO_1_21, since: 25, functabEntry: 'pcFunction' };
/** `typedesclen` follows types, itaboffset and itabsize follow etypes; typelinks and itablinks are gone. */
const GO_1_27: GoLayout = {
  ...GO_1_25,
  since: 27,
  moduleData: { end: 34, types: 37, etypes: 39, rodata: 42, gofunc: 43 },
  typeArguments: 'parts',
};

/** Newest first. */
export const LAYOUTS: readonly GoLayout[] = [GO_1_27, GO_1_25, GO_1_21, GO_1_20, GO_1_19];

/** The newest `1.NN` whose sources the table was read from; later ones are tried as if they were this one. */
export const NEWEST_KNOWN_MINOR = 27;

/** The minor version NN of `go1.NN.P`, `go1.NN-devel_...`, `devel go1.NN-...`; undefined for other texts. */
export function minorVersion(version: string): number | undefined {
  const found = /\bgo1\.(\d{1,4})(?!\d)/.exec(version)?.[1];
  return found === undefined ? undefined : Number(found);
}

/**
 * The layouts to try for a module, likeliest first: the version's own, then, as a version may be absent, forged or newer than this table,
 * every other one with the same magic. The caller takes the first whose tables hold together.
 */
export function candidateLayouts(version: string | null, magic: number): readonly GoLayout[] {
  const minor = version === null ? undefined : minorVersion(version);
  const own = minor === undefined ? undefined : LAYOUTS.find((layout) => layout.since <= minor);
  return LAYOUTS.filter((layout) => layout.magic === magic).sort(
    (a, b) => Number(b === own) - Number(a === own),
  );
}

/** Indexes of the tables that `_func` refers to (Go src/internal/abi/symtab.go, the same in every version). */
export const PcData = { unsafePoint: 0, stackMapIndex: 1, inlineTreeIndex: 2, argLiveIndex: 3 } as const;
export const FuncData = {
  argsPointerMaps: 0,
  localsPointerMaps: 1,
  stackObjects: 2,
  inlineTree: 3,
  openCodedDeferInfo: 4,
  argInfo: 5,
  argLiveInfo: 6,
  wrapInfo: 7,
} as const;

/** Bits of `_func.flag` (Go src/internal/abi/symtab.go, the same in every version). */
export const FuncFlag = { topFrame: 1, spWrite: 2, asm: 4 } as const;

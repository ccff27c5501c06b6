import { FormatError } from '../base/format-error.ts';
import { goPc, pcBlock, type Address, type FuncIndex, type GoPc } from '../base/units.ts';
import { readDataImage, type DataImage } from '../wasm/image.ts';
import { NO_FUNCTION, tableFunctions, type WasmModule } from '../wasm/module.ts';
import { CallSiteIndex } from './call-sites.ts';
import { detectVersion, type GoVersion } from './detect-version.ts';
import { FileNames } from './file-names.ts';
import { FuncTable, type GoFunc } from './func-table.ts';
import { readInlinedCall } from './inline-tree.ts';
import { findModuleDatas, readModuleData, type ModuleData } from './moduledata.ts';
import { printedName } from './names.ts';
import { coveredPcs, NO_VALUE, PcValueTables, valueAt, type PcValues } from './pc-value.ts';
import { findPclntabs, readPclntabHeader, type PclntabHeader } from './pclntab.ts';
import { checkTables } from './plausible.ts';
import { candidateLayouts, FuncData, NEWEST_KNOWN_MINOR, PcData, type GoLayout } from './versions.ts';

/** One level of a place: an inlined call, or the function itself. */
export interface GoFrame {
  /** As Go prints it: `main.Map[...]`. Only `runtime.gopanic`, printed as `panic`, keeps its name. */
  readonly name: string;
  /** Empty where unknown. */
  readonly file: string;
  /** 0 where unknown. */
  readonly line: number;
  readonly inlined: boolean;
  /** Of this level's function, see FuncTable.funcId. */
  readonly funcId: number;
  /** Line of the `func` keyword of this level's function; 0 where not recorded (up to 1.19). */
  readonly startLine: number;
}

/** A Go function as it stands in the Code section. */
export interface GoBody {
  readonly fn: GoFunc;
  /**
   * `table`: the body stands in the function table at the slot that is its PC_F, as the linker put it. `calls`: a tool took it from the
   * table, and the return PCs that its calls push say which function it is. `merged`: it stands at more than one slot, as a tool merged equal
   * functions; `fn` is the first.
   */
  readonly by: 'table' | 'calls' | 'merged';
}

/** The tables of a module that were found to hold together. */
interface GoTables {
  readonly layout: GoLayout;
  readonly header: PclntabHeader;
  readonly moduleData: ModuleData;
}

/** More levels than the compiler inlines. */
const MAX_INLINE_DEPTH = 256;

/**
 * What a standard Go module (gc toolchain, GOOS js or wasip1) says of its functions, files and lines, stripped or not. Functions are
 * named by `GoFunc`, places by PC: a *lookup PC*, that is for a return address the PC before it, see `lookupPc`.
 * Tables are read when they are needed, so each method may throw a FormatError with the address of what is damaged; the others go on.
 */
export class GoModule {
  readonly wasm: WasmModule;
  /** The linear memory at instantiation. */
  readonly image: DataImage;
  readonly version: GoVersion;
  readonly layout: GoLayout;
  readonly header: PclntabHeader;
  readonly moduleData: ModuleData;
  readonly functions: FuncTable;
  readonly callSites: CallSiteIndex;
  readonly pcTables: PcValueTables;
  readonly files: FileNames;
  /** Whatever was odd but did not prevent reading: sentences. */
  readonly notes: readonly string[];
  readonly #slots: Uint32Array;
  #bodies: Map<FuncIndex, GoBody> | undefined;
  #funcIds: SpecialFuncIds | undefined;

  constructor(wasm: WasmModule, image: DataImage, version: GoVersion, tables: GoTables) {
    const { layout, header, moduleData } = tables;
    this.wasm = wasm;
    this.image = image;
    this.version = version;
    this.layout = layout;
    this.header = header;
    this.moduleData = moduleData;
    this.functions = new FuncTable(image, header, moduleData, layout);
    this.pcTables = new PcValueTables(image, moduleData.pcTable);
    this.files = new FileNames(image, moduleData);
    this.callSites = new CallSiteIndex(wasm);
    this.#slots = tableFunctions(wasm);
    this.notes = versionNotes(version, layout);
  }

  /** The Go function whose code is this function of the module; undefined for imports and for code that is not Go's. */
  bodyOf(index: FuncIndex): GoBody | undefined {
    const known = this.#bodiesByTable().get(index);
    if (known !== undefined) return known;
    const pcF = this.callSites.pcFunctionOf(index);
    const fn = pcF === undefined ? undefined : this.functions.ofPcFunction(pcF);
    return fn === undefined ? undefined : { fn, by: 'calls' };
  }

  /** The function of the module that runs when Go calls `fn`: the one at its slot of the table. */
  funcIndexOf(fn: GoFunc): FuncIndex | undefined {
    const index = this.#slots[this.functions.pcFunction(fn)];
    return index === undefined || index === NO_FUNCTION ? undefined : (index as FuncIndex);
  }

  /** The PC to look things up with, for a return PC: the one before it, but not before the function's entry (Go unwinder.symPC). */
  lookupPc(returnPc: GoPc): GoPc {
    return pcBlock(returnPc) === 0 ? returnPc : goPc(returnPc - 1);
  }

  /** PC_Bs of the function: the lines' table ends there. */
  pcCount(fn: GoFunc): number {
    return Math.max(
      coveredPcs(this.pcTables.at(this.functions.pcTable(fn, 'pcln'))),
      coveredPcs(this.pcTables.at(this.functions.pcTable(fn, 'pcsp'))),
    );
  }

  /** Value of pcdata table `table` (see `PcData`) at a lookup PC; -1 where there is none. */
  pcdata(fn: GoFunc, table: number, pc: GoPc): number {
    return valueAt(this.pcdataTable(fn, table), pcBlock(pc));
  }

  /** The whole pcdata table; empty where the function has none. */
  pcdataTable(fn: GoFunc, table: number): PcValues {
    return this.pcTables.at(this.functions.pcData(fn, table));
  }

  /** Address of funcdata `index` (see `FuncData`); undefined where the function has none. */
  funcdataAddress(fn: GoFunc, index: number): Address | undefined {
    return this.functions.funcData(fn, index);
  }

  /** How far SP is below its value at the function's entry, in bytes; -1 where unknown. */
  spDelta(fn: GoFunc, pc: GoPc): number {
    return valueAt(this.pcTables.at(this.functions.pcTable(fn, 'pcsp')), pcBlock(pc));
  }

  /** File and line of the innermost level at a lookup PC; '' and 0 where unknown. */
  fileLine(fn: GoFunc, pc: GoPc): { readonly file: string; readonly line: number } {
    const block = pcBlock(pc);
    const line = valueAt(this.pcTables.at(this.functions.pcTable(fn, 'pcln')), block);
    const offset = this.fileOffset(fn, block);
    if (line < 0 || offset < 0) return { file: '', line: 0 };
    return { file: this.files.name(offset), line };
  }

  /** Where the file's name at a PC_B stands in the table of file names: the key of the file. -1 where unknown. */
  fileOffset(fn: GoFunc, block: number): number {
    const number = valueAt(this.pcTables.at(this.functions.pcTable(fn, 'pcfile')), block);
    return number < 0 ? -1 : this.files.offset(this.functions.cuOffset(fn), number);
  }

  /**
   * The levels of a lookup PC, innermost first, the function itself last: what runtime.Stack prints for a frame, before it hides
   * wrappers (see `hidesWrapper`).
   */
  frames(fn: GoFunc, pc: GoPc): GoFrame[] {
    const frames: GoFrame[] = [];
    const tree = this.functions.funcData(fn, FuncData.inlineTree);
    const indexes = this.pcdataTable(fn, PcData.inlineTreeIndex);
    let at = pc;
    for (;;) {
      const place = this.fileLine(fn, at);
      const index = tree === undefined ? NO_VALUE : valueAt(indexes, pcBlock(at));
      if (index < 0 || tree === undefined) {
        const { functions } = this;
        frames.push({
          name: this.printedName(functions.nameOffset(fn)),
          ...place,
          inlined: false,
          funcId: functions.funcId(fn),
          startLine: functions.startLine(fn),
        });
        return frames;
      }
      if (frames.length === MAX_INLINE_DEPTH) {
        throw new FormatError('inline tree', tree, `more than ${MAX_INLINE_DEPTH} levels`, true);
      }
      const call = readInlinedCall(this.image, tree, index, this.layout.inlineTree);
      frames.push({
        name: this.printedName(call.nameOffset),
        ...place,
        inlined: true,
        funcId: call.funcId,
        startLine: call.startLine,
      });
      at = goPc(this.functions.entry(fn) + call.parentPc);
    }
  }

  /** The name at an offset of the table of names, as Go prints it. */
  printedName(nameOffset: number): string {
    return printedName(this.functions.nameAt(nameOffset), this.layout.typeArguments);
  }

  /** Numbers that the runtime gives to functions it knows, as this module has them. */
  get funcIds(): SpecialFuncIds {
    return (this.#funcIds ??= this.#readFuncIds());
  }

  /**
   * Whether a traceback leaves out a frame of a wrapper that the compiler made, `funcId`, when the frame it called is `calleeFuncId` (Go
   * src/runtime/traceback.go, elideWrapperCalling): always, but for a wrapper that panicked itself.
   */
  hidesWrapper(funcId: number, calleeFuncId: number): boolean {
    const ids = this.funcIds;
    if (funcId !== ids.wrapper) return false;
    return calleeFuncId !== ids.gopanic && calleeFuncId !== ids.sigpanic && calleeFuncId !== ids.panicwrap;
  }

  #bodiesByTable(): Map<FuncIndex, GoBody> {
    if (this.#bodies) return this.#bodies;
    const bodies = new Map<FuncIndex, GoBody>();
    for (let i = 0; i < this.functions.count; i++) {
      const fn = i as GoFunc;
      const index = this.funcIndexOf(fn);
      if (index === undefined) continue;
      const first = bodies.get(index);
      bodies.set(index, first === undefined ? { fn, by: 'table' } : { fn: first.fn, by: 'merged' });
    }
    this.#bodies = bodies;
    return bodies;
  }

  #readFuncIds(): SpecialFuncIds {
    const id = (name: string): number | undefined => {
      const fn = this.functions.find(name);
      return fn === undefined ? undefined : this.functions.funcId(fn);
    };
    // The list is in alphabetical order with the wrapper's last, so it follows this one in every version.
    const last = id('runtime.systemstack_switch');
    return {
      wrapper: last === undefined ? undefined : last + 1,
      gopanic: id('runtime.gopanic'),
      sigpanic: id('runtime.sigpanic'),
      panicwrap: id('runtime.panicwrap'),
    };
  }
}

/** Undefined where the module does not have the function, or its number is not known. */
export interface SpecialFuncIds {
  readonly wrapper: number | undefined;
  readonly gopanic: number | undefined;
  readonly sigpanic: number | undefined;
  readonly panicwrap: number | undefined;
}

function versionNotes(version: GoVersion, layout: GoLayout): string[] {
  const notes: string[] = [];
  const as = layout.since === NEWEST_KNOWN_MINOR ? `1.${layout.since}` : `1.${layout.since} and later`;
  if (version.minor === undefined) {
    notes.push(`The module does not say its Go version; its tables have the form of Go ${as}.`);
  } else if (version.minor > NEWEST_KNOWN_MINOR) {
    notes.push(
      `${version.text ?? ''} is newer than this tool; its tables were read in the form of Go ${as}.`,
    );
  }
  return notes;
}

/**
 * Finds and reads the tables of a standard Go module; undefined for a module without a pclntab. Throws a FormatError when there is
 * one and it cannot be read: of several candidates the error of the most promising.
 */
export function readGoModule(wasm: WasmModule): GoModule | undefined {
  const image = readDataImage(wasm);
  const version = detectVersion(wasm, image);
  let failure: FormatError | undefined;
  for (const at of findPclntabs(image)) {
    try {
      return new GoModule(wasm, image, version, readTables(image, at, version));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return undefined;
}

/** Tries the layouts that the magic allows, the version's own first, and takes the first that holds together. */
function readTables(image: DataImage, at: Address, version: GoVersion): GoTables {
  const header = readPclntabHeader(image, at);
  const moduleDatas = findModuleDatas(image, header);
  let failure: FormatError | undefined;
  for (const layout of candidateLayouts(version.text, header.magic)) {
    for (const moduleDataAt of moduleDatas) {
      try {
        const moduleData = readModuleData(image, moduleDataAt, layout.moduleData);
        checkTables(image, header, moduleData, layout);
        return { layout, header, moduleData };
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        failure ??= error;
      }
    }
  }
  throw failure ?? new FormatError('moduledata', at, 'no moduledata refers to this pclntab', true);
}

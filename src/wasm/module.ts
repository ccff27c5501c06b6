import { FormatError } from '../base/format-error.ts';
import { funcIndex, moduleOffset, type FuncIndex, type ModuleOffset } from '../base/units.ts';
import { ByteReader } from './byte-reader.ts';
import { NO_CODE, readCodeSection, type CodeBodies } from './code-section.ts';
import { NO_DATA, readDataSection } from './data-section.ts';
import {
  readElementSegment,
  readExport,
  readFunctionIndex,
  readFunctionType,
  readGlobal,
  readImport,
  readMemory,
  readTable,
} from './entities.ts';
import { readSections, SectionId } from './sections.ts';
import {
  NO_FUNCTION,
  type ElementSegment,
  type Export,
  type FunctionType,
  type Global,
  type Import,
  type Memory,
  type Section,
  type Table,
  type WasmModule,
} from './types.ts';

export * from './types.ts';

/** True when `bytes` begins like a WebAssembly module of version 1. */
export function isWasmModule(bytes: Uint8Array): boolean {
  return [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0].every((byte, i) => bytes[i] === byte);
}

/**
 * Reads a module (core specification 2.0, 5.5). Throws a FormatError only when the eight bytes of magic and version are wrong;
 * any later damage is a diagnostic of its section, what was read before it is kept, and the other sections are read. Memory is
 * bounded by a small multiple of the file's size whatever the counts in it say. Function bodies are only located: decode them with
 * `InstructionCursor`. `bytes` is kept, not copied.
 */
export function readModule(bytes: Uint8Array): WasmModule {
  if (!isWasmModule(bytes)) {
    throw new FormatError('module header', 0, 'expected the magic \\0asm and version 1');
  }
  const diagnostics: FormatError[] = [];
  const report = (error: unknown) => {
    if (!(error instanceof FormatError)) throw error;
    diagnostics.push(error);
  };
  const sections = readSections(bytes, report);

  const types: FunctionType[] = [];
  const imports: Import[] = [];
  const functionTypes: number[] = [];
  const tables: Table[] = [];
  const memories: Memory[] = [];
  const globals: Global[] = [];
  const exports: Export[] = [];
  const elements: ElementSegment[] = [];
  let code: CodeBodies = NO_CODE;
  let codeStart = -1;
  let data = NO_DATA;
  let start: FuncIndex | undefined;
  let dataCount: number | undefined;

  const seen = new Set<number>();
  for (const section of sections) {
    if (section.custom) continue;
    if (seen.has(section.id)) {
      report(new FormatError(`${section.name} section`, section.offset, 'a second section of this kind'));
      continue;
    }
    seen.add(section.id);
    const reader = sectionReader(bytes, section);
    try {
      switch (section.id) {
        case SectionId.type:
          each(reader, 'types', () => types.push(readFunctionType(reader)));
          break;
        case SectionId.import:
          each(reader, 'imports', () => {
            const entity = readImport(reader);
            imports.push(entity.import);
            if (entity.memory) memories.push(entity.memory);
            if (entity.table) tables.push(entity.table);
          });
          break;
        case SectionId.function:
          each(reader, 'functions', () => functionTypes.push(reader.u32('a type index')));
          break;
        case SectionId.table:
          each(reader, 'tables', () => tables.push(readTable(reader)));
          break;
        case SectionId.memory:
          each(reader, 'memories', () => memories.push(readMemory(reader)));
          break;
        case SectionId.global:
          each(reader, 'globals', () => globals.push(readGlobal(reader)));
          break;
        case SectionId.export:
          each(reader, 'exports', () => exports.push(readExport(reader)));
          break;
        case SectionId.start:
          start = readFunctionIndex(reader);
          break;
        case SectionId.element:
          each(reader, 'element segments', () => elements.push(readElementSegment(reader)));
          break;
        case SectionId.dataCount:
          dataCount = reader.u32('the count of data segments');
          break;
        case SectionId.code:
          codeStart = section.contentStart;
          code = readCodeSection(reader, report);
          break;
        case SectionId.data:
          data = readDataSection(reader, report);
          break;
      }
    } catch (error) {
      report(error);
    }
  }

  return {
    bytes,
    sections,
    types,
    imports,
    importedFunctionCount: imports.filter((entry) => entry.kind === 'function').length,
    functionTypes: Uint32Array.from(functionTypes),
    functionCount: code.bodyStart.length,
    bodyStart: code.bodyStart,
    bodySize: code.bodySize,
    codeStart,
    exports,
    globals,
    tables,
    memories,
    elements,
    data,
    start,
    dataCount,
    diagnostics,
  };
}

/** A reader over a section's content. */
export function sectionReader(bytes: Uint8Array, section: Section): ByteReader {
  const name = section.custom ? `custom section ${JSON.stringify(section.name)}` : `${section.name} section`;
  return new ByteReader(bytes, name, section.contentStart, section.contentEnd);
}

/** The last custom section of that name. */
export function customSection(module: WasmModule, name: string): Section | undefined {
  return module.sections.findLast((section) => section.custom && section.name === name);
}

/**
 * The functions of a table after instantiation, by slot; NO_FUNCTION where no active segment put one. Go calls functions through
 * table 0, slot = PC_F. Slots beyond the table's declared size and beyond 2 Mi are ignored.
 */
export function tableFunctions(module: WasmModule, table = 0): Uint32Array {
  const active = module.elements.filter((segment) => segment.mode === 'active' && segment.table === table);
  const limit = Math.min(module.tables[table]?.min ?? Infinity, 1 << 21);
  let length = 0;
  for (const segment of active) length = Math.max(length, (segment.offset ?? 0) + segment.functions.length);
  const slots = new Uint32Array(Math.min(length, limit)).fill(NO_FUNCTION);
  for (const { offset, functions } of active) {
    if (offset === undefined || offset >= slots.length) continue;
    slots.set(functions.subarray(0, slots.length - offset), offset);
  }
  return slots;
}

/** Which function's body holds the offset; undefined between bodies and outside the Code section. */
export function functionAtOffset(module: WasmModule, offset: ModuleOffset): FuncIndex | undefined {
  let low = 0;
  let high = module.functionCount;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((module.bodyStart[middle] ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  const defined = low - 1;
  const range = bodyOf(module, funcIndex(module.importedFunctionCount + defined));
  if (range === undefined || offset >= range.end) return undefined;
  return funcIndex(module.importedFunctionCount + defined);
}

/** Where a function's body stands: [start, end); undefined for an import and for an index outside the module. */
export function bodyOf(
  module: WasmModule,
  index: FuncIndex,
): { readonly start: ModuleOffset; readonly end: ModuleOffset } | undefined {
  const start = module.bodyStart[index - module.importedFunctionCount];
  const size = module.bodySize[index - module.importedFunctionCount];
  if (start === undefined || size === undefined) return undefined;
  return { start: moduleOffset(start), end: moduleOffset(start + size) };
}

function each(reader: ByteReader, what: string, readItem: () => unknown): void {
  const count = reader.u32(`the count of ${what}`);
  for (let i = 0; i < count; i++) readItem();
}

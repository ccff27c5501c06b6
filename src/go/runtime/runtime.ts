import { FormatError } from '../../base/format-error.ts';
import { address } from '../../base/units.ts';
import type { PageStore } from '../../memory/page-store.ts';
import type { GoModule } from '../go-module.ts';
import { readChannelLayouts, type ChannelLayouts } from './channel-layouts.ts';
import { findGlobals, type RuntimeGlobals } from './globals.ts';
import { readLayouts, runtimeVersion, type ProgramLayouts, type RuntimeVersion } from './layouts.ts';
import { ProgramCode } from './program.ts';
import { TypeReader } from './types.ts';

/** What a module says of its runtime: what is needed to read the program's memory. Made once a module, good for every memory. */
export interface GoRuntime {
  readonly program: ProgramCode;
  readonly types: TypeReader;
  readonly layouts: ProgramLayouts;
  readonly globals: RuntimeGlobals;
  readonly version: RuntimeVersion;
  /** Of channels and of what waits on them; undefined where they are neither described nor known for this version. */
  readonly channels: ChannelLayouts | undefined;
}

/**
 * Reads types, layouts and addresses of variables out of the module. Throws a FormatError when the structs of the runtime are neither
 * described nor known for this version.
 */
export function readRuntime(module: GoModule): GoRuntime {
  const program = new ProgramCode(module);
  const version = runtimeVersion(program.minor);
  const { image, wasm, moduleData } = program.module;
  const types = new TypeReader(image, moduleData.types);
  const layouts = readLayouts(types, program.minor);
  if (layouts === undefined) {
    throw new FormatError(
      'type descriptors',
      moduleData.types.start,
      `expected runtime.g and the like, and no table has Go 1.${program.minor}`,
      true,
    );
  }
  const globals = findGlobals(wasm, {
    functionNamed: (name) => program.functionNamed(name)?.funcIndex,
    variables: { start: moduleData.noptrdata.start, end: moduleData.end },
    layouts: layouts.layouts,
  });
  return { program, types, layouts, globals, version, channels: readChannelLayouts(types, program.minor) };
}

/**
 * Gives `store` what never changes in the program's memory: constants, types and tables lie below the first variable, and the module
 * has them. Reading them then costs no round trip.
 */
export function loadConstants(runtime: GoRuntime, store: PageStore): void {
  const { image, moduleData } = runtime.program.module;
  const start = Math.ceil(moduleData.rodata / store.pageSize) * store.pageSize;
  const end = Math.min(moduleData.noptrdata.start, store.size, image.size);
  if (start < end) store.load(address(start), image.bytes(address(start), end - start));
}

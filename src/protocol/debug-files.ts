import type { ModuleReport } from '../symbols/module-report.ts';

/** A file with debug information of a module, beside the module. */
export interface DebugFile {
  /** `external`: what an `external_debug_info` section names; `dwo`: what a unit of split DWARF names. */
  readonly kind: 'external' | 'dwo';
  /** As the module says it: a URL, or a path on the machine that built it. */
  readonly name: string;
  /** Where its content was read from, in words; null while it is missing. */
  readonly from: string | null;
}

/** A file that may be one of them, or a package (.dwp) of several. */
export interface GivenDebugFile {
  readonly name: string;
  /** Where it is from, in words. */
  readonly from: string;
  readonly bytes: ArrayBuffer;
}

/** What came of files that were given. */
export interface DebugFilesAnswer {
  readonly report: ModuleReport;
  readonly files: readonly DebugFile[];
  /** Modules that are the same bytes: what was given to one is theirs too. */
  readonly moduleKeys: readonly string[];
  /** Files that are of no use for the module, and why. */
  readonly refused: readonly { readonly name: string; readonly why: string }[];
}

export interface DebugFileRequests {
  /** Adds the debug information of files. Takes ownership of their bytes. */
  'module.debugFiles': {
    params: { moduleKey: string; files: readonly GivenDebugFile[] };
    result: DebugFilesAnswer;
  };
}

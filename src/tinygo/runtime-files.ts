import { FormatError } from '../base/format-error.ts';
import type { Dwarf } from '../dwarf/dwarf.ts';
import { readLineHeader } from '../dwarf/line-header.ts';

/**
 * Names of the files of TinyGo's own packages runtime and internal/task that a module was built from, by its line tables: which files these are
 * depends on -gc, -scheduler and the target (TinyGo src/runtime/gc_*.go, src/internal/task/task_*.go, by their build tags). Reads the heads of the
 * tables only; a damaged one is left out.
 */
export function runtimeFiles(dwarf: Dwarf): ReadonlySet<string> {
  const found = new Set<string>();
  const seen = new Set<number>();
  /** Bytes that may still be read: heads that lie in each other are damaged. */
  let left = 4 * dwarf.sections.need('.debug_line').bytes.length;
  for (const unit of dwarf.codeUnits()) {
    const offset = dwarf.unit(unit)?.root.lineTable;
    if (offset === undefined || seen.has(offset) || left <= 0) continue;
    seen.add(offset);
    try {
      const { directories, files, program } = readLineHeader(
        dwarf.sections,
        '.debug_line',
        offset,
        unit.addressSize,
      );
      left -= program - offset;
      for (const file of files) {
        if (file === undefined) continue;
        if (/\/src\/(?:runtime|internal\/task)$/.test(directories[file.directory] ?? ''))
          found.add(file.name);
      }
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }
  return found;
}

/** The collector of a module (-gc) by the files of its runtime; null where they do not tell. */
export function gcOf(
  files: ReadonlySet<string>,
): 'conservative' | 'precise' | 'leaking' | 'none' | 'custom' | null {
  const kinds = ['conservative', 'precise', 'leaking', 'none', 'custom'] as const;
  return kinds.find((kind) => files.has(`gc_${kind}.go`)) ?? null;
}

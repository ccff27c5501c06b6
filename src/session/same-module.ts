import type { PageModule } from './page-events.ts';
import type { ModuleState } from './state.ts';

/** Whether a file that was dropped in is a module of the page. */
export interface SameModule {
  /** `proved`: the same build. `possible`: nothing contradicts it; a stack may tell. `no`: it is another one. */
  readonly verdict: 'proved' | 'possible' | 'no';
  /** In words, to follow a file's name. */
  readonly why: string;
}

/** Whether a module names functions, files and lines: a stack of it can be shown as Go. */
export function hasSymbols(module: ModuleState | undefined): boolean {
  return module?.status === 'ready' && (module.report?.symbols ?? []).some(({ kind }) => kind !== 'names');
}

/**
 * Compares a file with a module of the page that could not be read or has no symbols: by build ID (custom section `go:buildid`), by length, and
 * where both were read by where their code is, because the offsets of a stack are of the module that ran.
 */
export function isSameModule(page: PageModule, known: ModuleState, file: ModuleState): SameModule {
  const report = file.report;
  if (report === null) return { verdict: 'no', why: 'it was not read' };
  const buildId = known.report?.buildId ?? page.buildId;
  // The page tells the section's text, in which the ID stands.
  const proved = buildId !== null && report.buildId !== null && buildId.includes(report.buildId);
  if (buildId !== null && report.buildId !== null && !proved)
    return { verdict: 'no', why: 'its build ID differs' };
  if (known.report !== null) {
    const [ours, theirs] = [known.report, report].map(({ sections }) =>
      sections.find(({ name }) => name === 'Code'),
    );
    if (ours?.offset !== theirs?.offset || ours?.bytes !== theirs?.bytes)
      return { verdict: 'no', why: 'its code is not where the code of the module that ran is' };
  } else if (page.byteLength !== null && page.byteLength !== report.byteLength && buildId === null) {
    return { verdict: 'no', why: 'its length differs' };
  }
  return proved
    ? { verdict: 'proved', why: 'build id matches' }
    : { verdict: 'possible', why: 'not proved to be the same build' };
}

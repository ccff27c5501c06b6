import { formatMarkdown, formatTraceback } from '../stack/format.ts';
import type { SessionState, TrapState } from './state.ts';

/** A trap for the clipboard: as Go prints a traceback, or Markdown for an issue; empty for one that is not known. */
export function trapText(state: SessionState, trapKey: string, format: 'traceback' | 'markdown'): string {
  const trap = state.traps.find((known) => known.key === trapKey);
  if (trap === undefined) return '';
  const stack = trap.stack ?? trap.otherStacks[0] ?? null;
  if (format === 'traceback') return formatTraceback(trap.title, stack);
  return formatMarkdown(trap.title, stack, environmentOf(state, trap));
}

/** What it ran in, a line each. */
function environmentOf(state: SessionState, trap: TrapState): string[] {
  const module = state.modules.find((known) => known.key === trap.moduleKey);
  const report = module?.report ?? null;
  const main = report?.module.main ?? null;
  return [
    ...(module === undefined ? [] : [`module: ${module.name}`]),
    ...(report?.goVersion == null ? [] : [`go: ${report.goVersion}`]),
    ...(main === null ? [] : [`main module: ${main} ${report?.module.mainVersion ?? ''}`.trim()]),
    ...(report?.buildId == null ? [] : [`build id: ${report.buildId}`]),
    `page: ${state.pageUrl}`,
    ...trap.surfaced,
    ...(trap.stack === null ? [] : [`stack: ${trap.stack.note}`]),
  ];
}

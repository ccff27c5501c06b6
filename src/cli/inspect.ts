import { reportOf } from '../symbols/inspect.ts';
import type { ModuleReport } from '../symbols/module-report.ts';
import type { CliIo } from './io.ts';
import { indexAll, openModule } from './open-module.ts';
import { formatCount, formatHex, formatTable } from './table.ts';

export interface InspectOptions {
  readonly modulePath: string;
  readonly json: boolean;
}

/** gowasm inspect */
export async function inspect(options: InspectOptions, io: CliIo): Promise<number> {
  const { symbols, notes } = await openModule(options.modulePath, io);
  indexAll(symbols);
  const said = reportOf(symbols);
  const report = { ...said, notes: [...said.notes, ...notes] };
  for (const line of report.diagnostics) io.stderr(`gowasm: ${options.modulePath}: ${line}\n`);
  io.stdout(options.json ? `${JSON.stringify(toJson(report), null, 2)}\n` : formatReport(report));
  return report.diagnostics.length === 0 ? 0 : 1;
}

function toJson(report: ModuleReport): unknown {
  const { module } = report;
  return {
    toolchain: report.toolchain,
    goVersion: report.goVersion,
    module: { path: module.path, main: module.main, mainVersion: module.mainVersion, deps: module.deps },
    settings: Object.fromEntries(report.settings.map(({ key, value }) => [key, value])),
    functions: report.functionCount,
    symbols: report.symbols.map(({ kind }) => kind),
    sections: report.sections,
    bytes: report.byteLength,
    buildId: report.buildId,
    notes: report.notes,
    diagnostics: report.diagnostics,
  };
}

const TOOLCHAINS: Readonly<Record<ModuleReport['toolchain'], string>> = {
  go: 'Go',
  tinygo: 'TinyGo',
  other: 'not Go',
};

function formatReport(report: ModuleReport): string {
  const { module } = report;
  const facts: string[][] = [
    ['toolchain', [TOOLCHAINS[report.toolchain], report.goVersion ?? ''].join(' ').trim()],
    ['size', `${formatCount(report.byteLength)} bytes, ${formatCount(report.functionCount)} functions`],
  ];
  if (module.path !== null) facts.push(['package', module.path]);
  if (module.main !== null) facts.push(['main module', `${module.main} ${module.mainVersion ?? ''}`.trim()]);
  if (report.buildId !== null) facts.push(['build id', report.buildId]);
  for (const { field, name, version } of report.producers) facts.push([field, `${name} ${version}`.trim()]);
  const blocks = [formatTable(facts)];
  const section = (
    title: string,
    rows: readonly (readonly string[])[],
    right: readonly number[] = [],
  ): void => {
    if (rows.length > 0) blocks.push(`${title}\n${formatTable(rows, '  ', right)}`);
  };
  section(
    'dependencies',
    module.deps.map((dep) => [
      dep.path,
      dep.version,
      dep.replacedBy === null ? '' : `replaced by ${dep.replacedBy}`,
    ]),
  );
  section(
    'build settings',
    report.settings.map(({ key, value, from }) => [key, value, ...(from === undefined ? [] : [from])]),
  );
  section(
    'symbols',
    report.symbols.map(({ kind, summary }) => [kind, summary]),
  );
  section(
    'sections',
    report.sections.map(({ name, offset, bytes }) => [
      name,
      formatHex(offset),
      `${formatCount(bytes)} bytes`,
    ]),
    [1, 2],
  );
  section(
    'largest packages',
    [...report.packages]
      .sort((a, b) => b.bytes - a.bytes)
      .slice(0, 10)
      .map(({ path, bytes, functions }) => [
        path,
        `${formatCount(bytes)} bytes`,
        `${formatCount(functions)} functions`,
      ]),
    [1, 2],
  );
  section(
    'notes',
    report.notes.map((note) => [note]),
  );
  return blocks.join('\n');
}

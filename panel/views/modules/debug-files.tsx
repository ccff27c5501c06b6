import type { JSX } from 'preact';
import type { ModuleState } from '../../../src/session/state.ts';
import { missingUrls, packageUrl } from '../../../src/session/debug-files.ts';
import { chooseFiles } from '../../components/files.ts';
import { TextButton } from '../../components/toolbar.tsx';
import { useModel } from '../../model/context.ts';
import type { PanelModel } from '../../model/panel-model.ts';
import { clip, formatCount } from '../../model/text.ts';

/** Files that are shown one by one; those that are missing come first. */
const SHOWN = 20;

/** The files with debug information that a module names: what was read, what is missing and why, and what can be done. */
export function DebugFilesList({ module }: { module: ModuleState }): JSX.Element | null {
  const model = useModel();
  const files = module.debugFiles ?? [];
  if (files.length === 0) return null;
  const missing = files.filter(({ from }) => from === null);
  const shown = [...missing, ...files.filter(({ from }) => from !== null)].slice(0, SHOWN);
  const rest = files.length - shown.length;
  return (
    <>
      {shown.map((file, index) => (
        <div class="field" key={index}>
          <div class="field-name">{file.kind === 'dwo' ? 'split DWARF' : 'debug file'}</div>
          <div class="field-value">
            <span class="code">{clip(file.name, 300)}</span>
            {file.from === null ? (
              <span class="unproved">
                {' '}
                · missing
                {file.why === null ? '' : `: ${clip(file.why, 300)}`}
              </span>
            ) : (
              <span class="subtle"> · read from {clip(file.from, 300)}</span>
            )}
          </div>
        </div>
      ))}
      {rest === 0 ? null : (
        <div class="field">
          <div class="field-name" />
          <div class="field-value subtle">and {formatCount(rest)} more</div>
        </div>
      )}
      {missing.length === 0 ? null : (
        <div class="field">
          <div class="field-name" />
          <div class="field-value debug-files">
            <TextButton
              kind="outlined"
              text="Choose files…"
              tip="Reads debug information from this computer: the files named here, or a package (.dwp) of them. They can also be dropped on the panel. Nothing is uploaded."
              onClick={() => choose(model, module.key)}
            />
            {fetches(module).map(({ text, tip, urls }) => (
              <TextButton
                key={text}
                kind="outlined"
                text={text}
                tip={tip}
                onClick={() =>
                  model.run('Fetching debug information', model.client.debugFiles.fetch(module.key, urls))
                }
              />
            ))}
          </div>
        </div>
      )}
    </>
  );
}

function choose(model: PanelModel, moduleKey: string): void {
  chooseFiles(
    '.dwo,.dwp,.wasm,application/wasm',
    (file) => {
      const read = async (): Promise<void> =>
        model.client.debugFiles.choose(moduleKey, file.name, await file.arrayBuffer());
      model.run(`Reading ${file.name}`, read());
    },
    { several: true },
  );
}

interface Fetch {
  readonly text: string;
  readonly tip: string;
  readonly urls: readonly string[];
}

/** What can be fetched: the missing files of each server, and a package beside the module. */
function fetches({ debugFiles = [], url }: ModuleState): readonly Fetch[] {
  const byOrigin = new Map<string, string[]>();
  for (const one of missingUrls(debugFiles)) {
    const { origin } = new URL(one);
    byOrigin.set(origin, [...(byOrigin.get(origin) ?? []), one]);
  }
  const found = [...byOrigin].map(([origin, urls]): Fetch => ({
    text: `Fetch from ${clip(origin, 80)}`,
    tip: `Asks this server for ${urls.length === 1 ? clip(urls[0] ?? '', 200) : `${formatCount(urls.length)} files`}. For another server than the page’s Chrome asks for the permission first.`,
    urls,
  }));
  const isSplit = debugFiles.some(({ kind, from }) => kind === 'dwo' && from === null);
  const pack = isSplit ? packageUrl(url) : null;
  if (pack === null) return found;
  return [
    ...found,
    {
      text: 'Fetch a .dwp',
      tip: `Asks for a package of all files of split DWARF where one is put as a rule: ${clip(pack, 200)}`,
      urls: [pack],
    },
  ];
}

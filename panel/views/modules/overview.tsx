import type { ComponentChildren, JSX } from 'preact';
import type { InstanceState, ModuleState, SourceMapState } from '../../../src/session/state.ts';
import { Icon } from '../../components/icon.tsx';
import { useModel } from '../../model/context.ts';
import { clip, formatBytes, formatCount, formatMemory, formatShare, plural, tip } from '../../model/text.ts';
import type { ModuleReport } from '../../model/types.ts';
import { DebugFilesList } from './debug-files.tsx';
import { Startup } from './startup.tsx';

const ORIGIN_TEXT: Readonly<Record<ModuleState['origin'], string>> = {
  hook: 'seen by the hook',
  debugger: 'found by the debugger',
  resource: 'a resource of the page',
  file: 'a file from this computer',
};

/** Name and value lines under headings, as in DevTools' Application panel. */
export function Overview({ module, report }: { module: ModuleState; report: ModuleReport }): JSX.Element {
  const model = useModel();
  const instances = model.state.value.instances.filter(({ moduleKey }) => moduleKey === module.key);
  const traps = model.state.value.traps.filter(({ moduleKey }) => moduleKey === module.key).length;
  const map = model.state.value.sourceMaps?.find(({ moduleKey }) => moduleKey === module.key);
  const { path, main, mainVersion } = report.module;
  return (
    <div class="report">
      <Section title="Program">
        <Field name="Toolchain">
          {report.toolchain === 'go' ? 'Go' : report.toolchain === 'tinygo' ? 'TinyGo' : 'not Go'}
          {report.goVersion === null ? null : <span class="code"> {clip(report.goVersion, 80)}</span>}
        </Field>
        {report.producers
          .filter(
            ({ name, version }) =>
              report.toolchain === 'other' || !`${name} ${version}`.includes(report.goVersion ?? '\0'),
          )
          .map(({ field, name, version }) => (
            <Field key={`${field}${name}`} name={clip(field, 40)}>
              {clip(`${name} ${version}`, 120)}
            </Field>
          ))}
        {report.toolchain !== 'tinygo'
          ? null
          : report.settings.map(({ key, value, from }) => (
              <Field key={key} name={clip(key, 40)}>
                <span data-tip={from}>{clip(value, 80)}</span>
              </Field>
            ))}
        {path === null ? null : (
          <Field name="Package">
            <Code text={path} />
          </Field>
        )}
        {main === null ? null : (
          <Field name="Module path">
            <Code text={main} />
            {mainVersion === null ? null : <span class="subtle code"> {clip(mainVersion, 80)}</span>}
          </Field>
        )}
        <Field name="Functions">{formatCount(report.functionCount)}</Field>
        <Field name="Size">
          <span data-tip={`${formatCount(report.byteLength)} bytes`}>{formatBytes(report.byteLength)}</span>
          {report.packages.length === 0 ? null : (
            <>
              {' · '}
              <button type="button" class="link" onClick={() => model.go({ moduleTab: 'size', zoom: '' })}>
                {plural(report.packages.length, 'package')}
              </button>
            </>
          )}
        </Field>
        {report.buildId === null ? null : (
          <Field name="Build ID">
            <Code text={report.buildId} />
          </Field>
        )}
        {traps === 0 ? null : (
          <Field name="Traps">
            <button
              type="button"
              class="link"
              onClick={() => model.go({ view: 'traps', trap: null, stack: 0 })}
            >
              {plural(traps, 'trap')}
            </button>
          </Field>
        )}
      </Section>
      <Section title="Symbols">
        {report.symbols.length === 0 ? (
          <Field name="None">Functions have no names in this module.</Field>
        ) : null}
        {report.symbols.map(({ kind, summary, exactCalls }, index) => (
          <Field key={kind} name={kind}>
            {clip(summary, 300)}
            {exactCalls === undefined || summary.includes('%')
              ? null
              : `, ${formatShare(exactCalls)} of calls exact`}
            {index === 0 && report.symbols.length > 1 ? <span class="subtle"> · used first</span> : null}
          </Field>
        ))}
        <DebugFilesList module={module} />
      </Section>
      <Section title="Loaded from">
        <Field name="URL">
          {module.url === null ? (
            <span class="subtle">bytes that the page made itself</span>
          ) : (
            <Code text={module.url} />
          )}
        </Field>
        <Field name="Found">{ORIGIN_TEXT[module.origin]}</Field>
        <Field name="In">
          {module.realm.kind} <Code text={module.realm.url} />
        </Field>
        <Field name="Bytes">
          {module.bytesFrom === null ? <span class="subtle">not had yet</span> : clip(module.bytesFrom, 300)}
          {module.bytesFrom === null ? null : module.bytesVerified ? (
            <span class="subtle"> · proved to be the running module</span>
          ) : (
            <span
              class="unproved"
              data-tip="If the server now has another build, names and lines can be wrong."
            >
              {' '}
              · not proved to be the running module
            </span>
          )}
        </Field>
        {map === undefined ? null : <Field name="In Sources">{inSources(map)}</Field>}
      </Section>
      {instances.map((instance) => (
        <InstanceSection key={instance.key} instance={instance} />
      ))}
      <Messages title="Could not be read" icon="warning" messages={report.diagnostics} />
      <Messages title="Notes" icon="info" messages={report.notes} />
    </div>
  );
}

function inSources({ status, error, files }: SourceMapState): string {
  switch (status) {
    case 'building':
      return 'the source map is being made';
    case 'attached':
      return `${plural(files.length, 'Go file')}, by an attached source map`;
    case 'waiting':
    case 'failed':
      return `no Go files: ${clip(error ?? 'the source map could not be made', 500)}.`;
  }
}

function InstanceSection({ instance }: { instance: InstanceState }): JSX.Element {
  const model = useModel();
  return (
    <Section title="Instance">
      <Field name="State">
        <span class={`dot ${instance.state}`} /> {instance.state}
        {' · '}
        <button
          type="button"
          class="link"
          data-tip="Show only this instance in the panel"
          onClick={() => model.chooseInstance(instance.key)}
        >
          {clip(instance.label, 120)}
        </button>
      </Field>
      <Field name="Memory">
        {instance.memoryBytes === null ? (
          <span class="subtle">not reached; reload with the hook</span>
        ) : (
          formatMemory(instance.memoryBytes)
        )}
      </Field>
      <Field name="Start-up">
        <Startup times={instance.times} />
      </Field>
    </Section>
  );
}

function Messages({
  title,
  icon,
  messages,
}: {
  title: string;
  icon: 'warning' | 'info';
  messages: readonly string[];
}): JSX.Element | null {
  if (messages.length === 0) return null;
  return (
    <Section title={`${title} (${String(messages.length)})`}>
      {messages.slice(0, 200).map((message, index) => (
        <div key={index} class="message-line">
          <Icon name={icon} class={icon} />
          <span>{clip(message, 600)}</span>
        </div>
      ))}
    </Section>
  );
}

export function Section({ title, children }: { title: string; children: ComponentChildren }): JSX.Element {
  return (
    <section class="report-section">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function Field({ name, children }: { name: string; children: ComponentChildren }): JSX.Element {
  return (
    <div class="field">
      <div class="field-name">{name}</div>
      <div class="field-value">{children}</div>
    </div>
  );
}

function Code({ text }: { text: string }): JSX.Element {
  return (
    <span class="code" data-tip={text.length > 400 ? tip(text) : undefined}>
      {clip(text)}
    </span>
  );
}

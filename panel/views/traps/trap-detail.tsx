import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { TrapState } from '../../../src/session/state.ts';
import { Icon } from '../../components/icon.tsx';
import { StackView } from '../../components/stack-view.tsx';
import { TabStrip } from '../../components/toolbar.tsx';
import { useModel } from '../../model/context.ts';
import { isPasted } from '../../model/pasted.ts';
import { clip, clipBlock, formatCount, formatTime, tip } from '../../model/text.ts';
import type { StackTrace } from '../../model/types.ts';
import { TRAP_KINDS } from './trap-kinds.ts';
import { useRawFrames } from './traps-toolbar.tsx';

const SOURCE_TITLES: Readonly<Record<StackTrace['source'], string>> = {
  memory: 'Go stack',
  javascript: 'JavaScript',
  text: 'Go text',
};

/** Tabs for the stacks of one death; stacks of the same kind are numbered. */
export function stackTabs(
  stacks: readonly StackTrace[],
): { readonly id: string; readonly title: string; readonly tip: string }[] {
  const seen = new Map<string, number>();
  return stacks.map((stack, index) => {
    const title =
      stack.header === null || !seen.has(stack.source) ? SOURCE_TITLES[stack.source] : stack.header;
    const count = (seen.get(stack.source) ?? 0) + 1;
    seen.set(stack.source, count);
    return {
      id: String(index),
      title: count === 1 || title === stack.header ? clip(title, 40) : `${title} ${String(count)}`,
      tip: tip(stack.note) ?? '',
    };
  });
}

/** One death: what it was, where it surfaced, Go's words, and its stacks. */
export function TrapDetail({ trap }: { trap: TrapState }): JSX.Element {
  const model = useModel();
  const [raw] = useRawFrames();
  const stacks = useMemo(() => [...(trap.stack === null ? [] : [trap.stack]), ...trap.otherStacks], [trap]);
  const tabs = useMemo(() => stackTabs(stacks), [stacks]);
  const index = Math.min(model.place.value.stack, Math.max(0, stacks.length - 1));
  const stack = stacks[index] ?? null;
  return (
    <div class="pane trap">
      <TrapHead trap={trap} />
      <GoText trap={trap} initiallyOpen={stacks.length === 0} />
      {stack === null ? (
        <div class="grid-empty subtle" role="status">
          {trap.status === 'symbolizing' ? 'Working the stack out…' : 'No stack is known for this trap.'}
        </div>
      ) : (
        <>
          <div class="stack-bar">
            <TabStrip
              label="Stacks"
              controls="stack"
              class="sub-tabs"
              tabs={tabs}
              active={String(index)}
              onSelect={(id) => model.go({ stack: Number(id) })}
            />
            <span class="stack-note subtle" data-tip={tip(stack.note)}>
              {stack.header === null ? null : (
                <span class="code">{clip(stack.header.replace(/:$/, ''), 80)}</span>
              )}
              <span>{clip(stack.note, 300)}</span>
            </span>
          </div>
          <div class="pane-body" id="stack" role="tabpanel" aria-label={tabs[index]?.title}>
            <StackView
              key={`${trap.key} ${String(index)}`}
              stack={stack}
              moduleKey={trap.moduleKey}
              raw={raw}
            />
          </div>
        </>
      )}
    </div>
  );
}

function TrapHead({ trap }: { trap: TrapState }): JSX.Element {
  const model = useModel();
  const { icon, name, tone } = TRAP_KINDS[trap.kind];
  const instance = model.state.value.instances.find(({ key }) => key === trap.instanceKey) ?? null;
  const module = model.state.value.modules.find(({ key }) => key === trap.moduleKey) ?? null;
  return (
    <header class="trap-head">
      <div class={`trap-title ${tone}`}>
        <span data-tip={name}>
          <Icon name={icon} class={tone} />
        </span>
        <h1 class="code">{clip(trap.title, 2000)}</h1>
      </div>
      <div class="trap-facts">
        {trap.surfaced.slice(0, 8).map((line, index) => (
          <span key={index}>{clip(line, 200)}</span>
        ))}
        <Goroutines trap={trap} />
        {isPasted(trap) ? null : <span class="subtle">{formatTime(trap.time)}</span>}
        {module === null ? null : (
          <button
            type="button"
            class="link"
            data-tip={tip(`Show ${module.name} in Modules${instance === null ? '' : `\n${instance.label}`}`)}
            onClick={() => model.go({ view: 'modules', module: module.key })}
          >
            {clip(instance?.label ?? module.name, 100)}
          </button>
        )}
      </div>
      {trap.notes.slice(0, 20).map((note) => (
        <div key={note} class="message-line">
          <Icon name="info" class="info" />
          <span>{clip(note, 600)}</span>
        </div>
      ))}
    </header>
  );
}

/** The goroutine that died, and all of them at that moment. */
function Goroutines({ trap }: { trap: TrapState }): JSX.Element | null {
  const model = useModel();
  const { goroutine } = trap;
  const snapshot = model.state.value.snapshots.find(({ key }) => key === trap.snapshotKey);
  const title =
    goroutine === null
      ? ''
      : `goroutine ${goroutine.label ?? String(goroutine.id)} [${clip(goroutine.state, 60)}]`;
  const read = async (): Promise<void> =>
    model.showGoroutine(await model.client.goroutines.take({ trapKey: trap.key }), null);
  if (snapshot === undefined)
    return (
      <>
        {goroutine === null || trap.stack?.header !== null ? null : <span>{title}</span>}
        {trap.instanceKey === null || trap.status !== 'ready' ? null : (
          <button
            type="button"
            class="link"
            data-tip="Reads all goroutines as they were when the program died, out of its memory"
            onClick={() => model.run('Reading goroutines', read())}
          >
            goroutines at that moment
          </button>
        )}
      </>
    );
  const count = snapshot.facts === null ? '' : ` ${formatCount(snapshot.facts.user)}`;
  return (
    <>
      {goroutine === null ? null : (
        <button
          type="button"
          class="link"
          data-tip="Show the goroutine that died"
          onClick={() => model.showGoroutine(snapshot.key, goroutine.id)}
        >
          {title}
        </button>
      )}
      <button
        type="button"
        class="link"
        data-tip="All goroutines as they were when the program died"
        onClick={() => model.showGoroutine(snapshot.key, null)}
      >
        {`goroutines at that moment${count}`}
      </button>
    </>
  );
}

function GoText({ trap, initiallyOpen }: { trap: TrapState; initiallyOpen: boolean }): JSX.Element | null {
  const [open, setOpen] = useState(initiallyOpen);
  if (trap.text === '') return null;
  const { text, hidden } = clipBlock(trap.text);
  const lines = trap.text.split('\n', 10_000).length;
  return (
    <section class="go-text">
      <button type="button" class="disclosure" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name={open ? 'down' : 'right'} />
        {isPasted(trap) ? 'Pasted text' : 'What Go printed'}{' '}
        <span class="subtle">{formatCount(lines)} lines</span>
      </button>
      {open ? (
        <pre class="code" tabIndex={0}>
          {text}
          {hidden > 0 ? `\n… ${formatCount(hidden)} more characters` : ''}
        </pre>
      ) : null}
    </section>
  );
}

import type { JSX } from 'preact';
import { Icon } from '../../components/icon.tsx';
import { StackView } from '../../components/stack-view.tsx';
import { Checkbox, TabStrip } from '../../components/toolbar.tsx';
import { useAnswer } from '../../components/use-answer.ts';
import { useModel } from '../../model/context.ts';
import { clip, formatCount, tip } from '../../model/text.ts';
import type { GoroutineDetail, GroupRow, SnapshotState } from '../../model/types.ts';
import { openStack } from '../memory/open-memory.ts';
import { ChangeBadge } from './goroutine-table.tsx';
import { CHANGES } from './query.ts';
import { WaitPane } from './wait-pane.tsx';
import { labelsText } from './words.ts';

/** One goroutine, by the key of its row: its header as Go prints it, advice, its stack, and what it waits on. */
export function DetailPane({
  snapshot,
  rowKey,
  group,
}: {
  snapshot: SnapshotState;
  /** Null: nothing is chosen. */
  rowKey: string | null;
  /** When a group is chosen: the goroutine is the first of it. */
  group: GroupRow | null;
}): JSX.Element {
  const { client } = useModel();
  const { value, failure } = useAnswer(rowKey === null ? null : `${snapshot.key} ${rowKey}`, () =>
    client.goroutines.detail(snapshot.key, rowKey ?? ''),
  );
  return (
    <div class="pane goroutine">
      {group === null ? null : <GroupHead group={group} />}
      {failure !== null ? (
        <div class="grid-empty subtle">{clip(failure, 400)}</div>
      ) : rowKey === null ? (
        <div class="grid-empty subtle">No goroutine is chosen.</div>
      ) : value === null ? (
        <div class="grid-empty subtle" role="status">
          Reading its stack…
        </div>
      ) : (
        <Goroutine snapshot={snapshot} detail={value} />
      )}
    </div>
  );
}

function GroupHead({ group }: { group: GroupRow }): JSX.Element {
  return (
    <div class="group-head">
      <span class="code group-title">{clip(group.title, 300)}</span>
      <span class="group-count">{formatCount(group.count)}</span>
      {CHANGES.map(([change]) => {
        const count = group.changes?.[change] ?? 0;
        return count === 0 ? null : <ChangeBadge key={change} change={change} count={count} />;
      })}
      <span class="subtle">the first of them:</span>
    </div>
  );
}

function Goroutine({ snapshot, detail }: { snapshot: SnapshotState; detail: GoroutineDetail }): JSX.Element {
  const model = useModel();
  const { goroutineTab, waitObject } = model.place.value;
  const { stack } = detail;
  const typed = useAnswer(`${snapshot.key} ${detail.key}`, () =>
    model.client.goroutines.arguments(snapshot.key, detail.key),
  );
  const tabs = [
    { id: 'stack', title: `Stack ${formatCount(stack.frames.length)}` },
    {
      id: 'waits',
      title: detail.waits.length === 0 ? 'Waits on' : `Waits on ${formatCount(detail.waits.length)}`,
      tip: 'The channel, lock or timer, and who else waits on it',
    },
  ];
  const toCreator = async (id: number): Promise<void> => {
    const plain = {
      filter: '',
      with: [],
      without: [],
      groupBy: 'none',
      base: null,
      changes: [],
      open: [],
    } as const;
    const sort = { by: 'id', descending: false } as const;
    const found = await model.client.goroutines.find(snapshot.key, { ...plain, sort }, { id });
    if (found !== null) model.showGoroutine(snapshot.key, id);
    else
      model.notice.value = {
        kind: 'info',
        text: `Goroutine ${String(id)} is not in this snapshot: it has ended.`,
      };
  };
  return (
    <>
      <GoroutineHead detail={detail} snapshotKey={snapshot.key} />
      <div class="stack-bar">
        <TabStrip
          label="About the goroutine"
          controls="goroutine-tab"
          class="sub-tabs"
          tabs={tabs}
          active={goroutineTab}
          onSelect={(id) => model.go({ goroutineTab: id === 'waits' ? 'waits' : 'stack', waitObject: null })}
        />
        {goroutineTab === 'waits' ? null : (
          <>
            <span class="stack-note subtle" data-tip={tip(stack.note)}>
              <span>{clip(stack.note, 300)}</span>
            </span>
            <Checkbox
              text="Fold runtime"
              tip="Frames of the scheduler, of wrappers and of wasm_exec.js become one line"
              checked={model.state.value.settings.foldRuntime}
              onChange={(foldRuntime) => model.client.setSettings({ foldRuntime })}
            />
          </>
        )}
      </div>
      <div class="pane-body" id="goroutine-tab" role="tabpanel">
        {goroutineTab === 'waits' ? (
          <WaitPane snapshotKey={snapshot.key} waits={detail.waits} address={waitObject} />
        ) : (
          <StackView
            key={`${snapshot.key} ${detail.key}`}
            stack={stack}
            moduleKey={snapshot.moduleKey}
            raw={false}
            typed={typed.current ? typed.value : null}
            onCreator={(id) => model.run('Looking for the goroutine', toCreator(id))}
          />
        )}
      </div>
    </>
  );
}

function GoroutineHead({
  detail,
  snapshotKey,
}: {
  detail: GoroutineDetail;
  snapshotKey: string;
}): JSX.Element {
  const model = useModel();
  const [target] = detail.waits;
  return (
    <header class="trap-head goroutine-head">
      <div class="trap-title">
        <h1 class="code">{clip(detail.header.replace(/:$/, ''), 400)}</h1>
      </div>
      <div class="trap-facts">
        {target === undefined ? null : (
          <span>
            waits on{' '}
            <button
              type="button"
              class={`link code ${target.confidence.kind}`}
              data-tip={target.confidence.kind === 'exact' ? undefined : target.confidence.why}
              onClick={() => model.go({ goroutineTab: 'waits', waitObject: target.address })}
            >
              {clip(target.text, 120)}
            </button>
            {detail.waits.length > 1 ? ` and ${formatCount(detail.waits.length - 1)} more` : ''}
          </span>
        )}
        {detail.startFunction === '' ? null : (
          <span>
            <span class="subtle">started as</span> <span class="code">{clip(detail.startFunction, 160)}</span>
          </span>
        )}
        <button
          type="button"
          class="link"
          data-tip="Show its stack in the memory of the snapshot"
          onClick={() => model.run('Looking for the stack', openStack(model, detail.id, snapshotKey))}
        >
          stack memory
        </button>
        {detail.system ? <span data-tip="Started by the runtime itself">system</span> : null}
        {detail.lockedThread ? <span data-tip="runtime.LockOSThread">locked to its thread</span> : null}
        {detail.labels.length === 0 ? null : (
          <span>
            <span class="subtle">labels</span>{' '}
            <span class="code">{clip(labelsText(detail.labels), 200)}</span>
          </span>
        )}
      </div>
      {detail.advice.slice(0, 5).map((advice) => (
        <div key={advice} class="message-line">
          <Icon name="warning" class="warning" />
          <span>{clip(advice, 600)}</span>
        </div>
      ))}
      {detail.notes.slice(0, 10).map((note) => (
        <div key={note} class="message-line">
          <Icon name="info" class="info" />
          <span>{clip(note, 600)}</span>
        </div>
      ))}
    </header>
  );
}

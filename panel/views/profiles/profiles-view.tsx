import type { JSX, TargetedKeyboardEvent } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Icon } from '../../components/icon.tsx';
import { SplitPane } from '../../components/split-pane.tsx';
import { Checkbox, TabStrip, TextButton } from '../../components/toolbar.tsx';
import { useAnswer } from '../../components/use-answer.ts';
import { useModel } from '../../model/context.ts';
import { clip, plural, tip } from '../../model/text.ts';
import type { CaptureState, ProfileFacts, ProfileSummary } from '../../model/types.ts';
import { OPEN_FILE, openModuleFile, openProfileFiles } from '../../shell/actions.ts';
import { focusFilter } from '../../shell/keys.ts';
import { EmptyState } from '../../shell/empty-state.tsx';
import { CallsPane } from './calls-pane.tsx';
import { CapturesList, saveProfile } from './captures-list.tsx';
import { isPlainKey, viewActionOf } from './flame-keys.ts';
import { FlamePane } from './flame-pane.tsx';
import { FramePane } from './frame-pane.tsx';
import { ProfilesToolbar } from './profiles-toolbar.tsx';
import { QueryBar } from './query-bar.tsx';
import { basesOf, isPrefs, queryOf, sampleTypeOf, START, type ProfilePrefs } from './query.ts';
import { TopPane } from './top-pane.tsx';
import { changeText, factsText, valueOf } from './values.ts';

const TABS = [
  { id: 'time', title: 'Time order', tip: 'The recording in order of time (1)' },
  { id: 'flame', title: 'Flame graph', tip: 'Callers above what they call, the largest on the left (2)' },
  { id: 'sandwich', title: 'Sandwich', tip: 'All that calls one function, and all that it calls (3)' },
  { id: 'top', title: 'Top', tip: 'All functions by what they cost' },
  { id: 'calls', title: 'Call tree', tip: 'What functions call' },
  { id: 'callers', title: 'Bottom-up', tip: 'What functions are called by' },
] as const;

export function ProfilesView(): JSX.Element {
  const model = useModel();
  const { captures } = model.state.value;
  const { capture: chosen } = model.place.value;
  const shown = captures.find(({ key }) => key === chosen) ?? captures[0] ?? null;
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLElement>): void => {
    const action = viewActionOf(event);
    if (action === null) return;
    if (action.kind === 'tab') model.go({ profileTab: action.tab });
    else if (action.kind === 'step') {
      const next = shown === null ? undefined : captures[captures.indexOf(shown) + action.by];
      if (next === undefined) return;
      model.go({ capture: next.key });
    } else if (action.kind === 'open') openProfileFiles.run(model);
    else if (action.kind === 'search') focusFilter();
    else if (action.kind === 'list') {
      event.currentTarget.querySelector<HTMLElement>('[aria-label=Thread], .captures-list')?.focus();
    } else if (shown?.facts == null) return;
    else model.run('Saving', saveProfile(model, shown.key, 'pprof'));
    event.preventDefault();
    // DevTools has keys of its own.
    event.stopPropagation();
  };
  return (
    <div class="pane profiles" onKeyDown={onKeyDown}>
      <ProfilesToolbar />
      {shown === null ? (
        <EmptyState
          empty={{
            title: 'No profiles',
            text: [
              'Open or drop a file here: pprof (gzip or raw), the text of debug=1, a .cpuprofile, a Chrome trace, what go test prints.',
              'Heap, allocs and goroutines can be taken from the memory of a running Go program.',
            ],
            actions: [openProfileFiles],
          }}
        />
      ) : (
        <SplitPane
          id="profiles"
          axis="auto"
          initial={0.17}
          min={110}
          label="Width of the list of profiles"
          first={<CapturesList captures={captures} shown={shown} />}
          second={<Shown key={shown.key} capture={shown} />}
        />
      )}
    </div>
  );
}

function Shown({ capture }: { capture: CaptureState }): JSX.Element {
  const model = useModel();
  const { facts, status, error } = capture;
  useEffect(() => {
    // What fails says so in the state of the capture.
    if (status === 'kept') model.client.profiles.load(capture.key).catch(() => undefined);
  }, [status]);
  if (status === 'failed') {
    return (
      <div class="empty">
        <div class="empty-title">The profile cannot be read</div>
        <div class="empty-error code" role="alert">
          {clip(error ?? '', 1000)}
        </div>
      </div>
    );
  }
  if (facts === null || status !== 'ready') {
    return (
      <div class="empty" role="status">
        <div class="empty-text">Reading {clip(capture.name, 120)}…</div>
      </div>
    );
  }
  return <Profile capture={capture} facts={facts} />;
}

function Profile({ capture, facts }: { capture: CaptureState; facts: ProfileFacts }): JSX.Element {
  const model = useModel();
  const { store } = model;
  const { profileTab, frame, captureBase } = model.place.value;
  const { captures } = model.state.value;
  const [prefs, setPrefsState] = useState<ProfilePrefs>(() => store.get('profiles', isPrefs) ?? START);
  const setPrefs = (next: ProfilePrefs): void => {
    setPrefsState(next);
    store.set('profiles', next);
  };
  const [thread, setThread] = useState(0);
  const [searchStep, setSearchStep] = useState(0);
  const { type = '' } = facts.sampleTypes[sampleTypeOf(facts, prefs.sampleType)] ?? {};
  const isBase = basesOf(captures, capture, type).some(({ key }) => key === captureBase);
  const base = isBase ? captureBase : null;
  const query = useMemo(() => queryOf(prefs, facts, base), [prefs, facts, base]);
  const summary = useAnswer(JSON.stringify([capture.key, query]), () =>
    model.client.profiles.summary(capture.key, query),
  );
  const timed = facts.threads.length > 0;
  const tabs = TABS.filter(({ id }) => id !== 'time' || timed);
  const tab = tabs.find(({ id }) => id === profileTab)?.id ?? (timed ? 'time' : 'flame');
  const onFrame = (name: string): void => model.adjust({ frame: name });
  const openFrame = (name: string): void => model.go({ frame: name, profileTab: 'sandwich' });
  const total = summary.value?.total ?? 0;
  const shared = { captureKey: capture.key, query, frame, onFrame, searchStep };

  const inGraph = tab === 'flame' || tab === 'time' || tab === 'sandwich';
  const collapse = prefs.collapse ? ({ collapse: true } as const) : {};
  const toggleCollapse = (): void => setPrefs({ ...prefs, collapse: !prefs.collapse });

  return (
    <div
      class="pane"
      onKeyDown={(event) => {
        if (!inGraph || !isPlainKey(event, 'r')) return;
        event.preventDefault();
        toggleCollapse();
      }}
    >
      <QueryBar
        capture={capture}
        facts={facts}
        base={base}
        prefs={prefs}
        setPrefs={setPrefs}
        onSearchNext={(backwards) =>
          setSearchStep(backwards ? -Math.abs(searchStep) - 1 : Math.abs(searchStep) + 1)
        }
      />
      <div class="profile-tabs">
        <TabStrip
          label="Views of the profile"
          class="sub-tabs"
          controls="profile-body"
          active={tab}
          tabs={tabs}
          onSelect={(id) => model.go({ profileTab: id })}
        />
        {tab === 'time' && facts.threads.length > 1 ? (
          <select
            class="select"
            aria-label="Thread"
            value={String(thread)}
            onChange={(event) => setThread(Number(event.currentTarget.value))}
          >
            {facts.threads.map((name, index) => (
              <option key={index} value={String(index)}>
                {clip(name, 60)}
              </option>
            ))}
          </select>
        ) : null}
        {inGraph ? (
          <Checkbox
            text="Collapse recursion"
            tip="A function that is in a stack more than once is drawn once, where it was called first (R)"
            checked={prefs.collapse}
            onChange={toggleCollapse}
          />
        ) : null}
      </div>
      <Notes
        capture={capture}
        facts={facts}
        warnings={[
          ...(tab === 'time' && base !== null ? [NO_COMPARISON] : []),
          ...(prefs.granularity === 'lines' && !facts.lines ? [NO_LINES] : []),
          ...(summary.value?.warnings ?? []),
        ]}
        failure={summary.failure}
      />
      {facts.unnamed === 0 ? null : (
        <div class="infobar info" role="status">
          <Icon name="info" class="info" />
          <span class="infobar-text">
            {plural(facts.unnamed, 'function')} of WebAssembly {facts.unnamed === 1 ? 'has' : 'have'} no Go
            name: the module is not known here. Open it, or the page that runs it: the recording gets its
            names.
          </span>
          <TextButton text={OPEN_FILE.text} tip={OPEN_FILE.tip} onClick={() => openModuleFile(model)} />
        </div>
      )}
      <div class="profile-body" id="profile-body" role="tabpanel">
        {summary.value === null ? (
          <div class="grid-empty subtle">{summary.failure === null ? 'Counting…' : ''}</div>
        ) : tab === 'flame' ? (
          <FlamePane
            {...shared}
            shape={{ kind: 'left-heavy', ...collapse }}
            total={total}
            label="Flame graph"
            minimap
            onOpen={openFrame}
          />
        ) : tab === 'time' ? (
          <FlamePane
            {...shared}
            shape={{ kind: 'time', thread: Math.min(thread, facts.threads.length - 1), ...collapse }}
            total={total}
            label="Flame chart in order of time"
            minimap
            onOpen={openFrame}
          />
        ) : (
          <SplitPane
            id={`profile-${tab === 'sandwich' ? 'sandwich' : 'table'}`}
            axis="auto"
            initial={tab === 'sandwich' ? 0.45 : 0.6}
            label="Width of the table"
            first={
              tab === 'calls' || tab === 'callers' ? (
                <CallsPane
                  key={tab}
                  captureKey={capture.key}
                  query={query}
                  summary={summary.value}
                  direction={tab === 'calls' ? 'down' : 'up'}
                  onFrame={onFrame}
                />
              ) : (
                <TopPane {...shared} summary={summary.value} />
              )
            }
            second={
              tab !== 'sandwich' ? (
                <FramePane
                  capture={capture}
                  query={query}
                  summary={summary.value}
                  frame={frame}
                  prefs={prefs}
                  setPrefs={setPrefs}
                  onFrame={onFrame}
                />
              ) : frame === '' ? (
                <div class="grid-empty subtle">Choose a function.</div>
              ) : (
                <SplitPane
                  id="profile-sandwich-halves"
                  axis="column"
                  initial={0.5}
                  label="Height of the callers"
                  first={
                    <FlamePane
                      {...shared}
                      shape={{ kind: 'callers', frame, ...collapse }}
                      total={total}
                      label="Callers"
                      inverted
                      onFrame={() => undefined}
                      onOpen={openFrame}
                    />
                  }
                  second={
                    <FlamePane
                      {...shared}
                      shape={{ kind: 'callees', frame, ...collapse }}
                      total={total}
                      label="Calls"
                      onFrame={() => undefined}
                      onOpen={openFrame}
                    />
                  }
                />
              )
            }
          />
        )}
      </div>
      <div class="profile-facts" role="status" data-tip={tip(facts.notes.join('\n'))}>
        <span>{factsText(facts)}</span>
        {summary.value === null ? null : (
          <span class="profile-total">
            {totalText(summary.value, facts.sampleTypes[sampleTypeOf(facts, prefs.sampleType)]?.total ?? 0)}
          </span>
        )}
      </div>
    </div>
  );
}

/** How much of everything is shown; in a comparison what the base had, and what changed. */
function totalText({ value, baseValue, unit }: ProfileSummary, all: number): string {
  const now = valueOf(value, unit);
  if (baseValue === null) return `${now} of ${valueOf(all, unit)} shown`;
  return `base ${valueOf(baseValue, unit)} → ${now} (${changeText(value - baseValue, unit)})`;
}

const NO_LINES =
  'Every line is that of the function’s declaration: this profile knows no other. A recording of V8 has functions only.';
const NO_COMPARISON =
  'The order of time is that of this recording alone: two recordings have no common axis. The comparison is in the other views.';

/** What is to be known of the profile, above it: warnings of filters first. */
function Notes({
  capture,
  facts,
  warnings,
  failure,
}: {
  capture: CaptureState;
  facts: ProfileFacts;
  warnings: readonly string[];
  failure: string | null;
}): JSX.Element | null {
  const [open, setOpen] = useState(false);
  const all = [...(failure === null ? [] : [failure]), ...warnings, ...facts.notes];
  const [first, ...rest] = all;
  if (first === undefined) return null;
  return (
    <div key={capture.key} class={`infobar ${failure === null ? 'info' : 'error'}`} role="status">
      <Icon name={failure === null ? 'info' : 'error'} class={failure === null ? 'info' : ''} />
      <span class="infobar-text">
        {open ? (
          all.map((one, at) => <div key={at}>{clip(one, 1000)}</div>)
        ) : (
          <span data-tip={tip(all.join('\n'))}>{clip(first, 300)}</span>
        )}
        {rest.length === 0 ? null : (
          <>
            {' '}
            <button type="button" class="link notes-more" aria-expanded={open} onClick={() => setOpen(!open)}>
              {open ? 'less' : `and ${String(rest.length)} more`}
            </button>
          </>
        )}
      </span>
    </div>
  );
}

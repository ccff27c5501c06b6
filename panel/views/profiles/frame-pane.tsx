import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { SourceLink, MissingSource, type OpenFailure } from '../../components/source-link.tsx';
import { TextButton, Toolbar } from '../../components/toolbar.tsx';
import { useAnswer } from '../../components/use-answer.ts';
import { useModel } from '../../model/context.ts';
import { clip } from '../../model/text.ts';
import type { CaptureState, PeekRow, ProfileQuery, ProfileSummary } from '../../model/types.ts';
import { expressionOf, withAlternative, type ProfilePrefs } from './query.ts';
import { SourceCosts } from './source-costs.tsx';
import { changeText, shareText, valueOf } from './values.ts';

/** One function: what it costs, who calls it, what it calls, and its lines. */
export function FramePane({
  capture,
  query,
  summary,
  frame,
  prefs,
  setPrefs,
  onFrame,
}: {
  capture: CaptureState;
  query: ProfileQuery;
  summary: ProfileSummary;
  frame: string;
  prefs: ProfilePrefs;
  setPrefs: (prefs: ProfilePrefs) => void;
  onFrame: (name: string) => void;
}): JSX.Element {
  const model = useModel();
  const [failure, setFailure] = useState<OpenFailure | null>(null);
  const answer = useAnswer(frame === '' ? null : JSON.stringify([capture.key, query, frame]), () =>
    model.client.profiles.peek(capture.key, query, frame),
  );
  if (frame === '')
    return <div class="grid-empty subtle">Choose a function to see its callers, calls and lines.</div>;
  const found = answer.value?.frame ?? null;
  if (found === null) {
    return (
      <div class="grid-empty subtle">
        {answer.failure !== null
          ? clip(answer.failure, 400)
          : answer.current && answer.value !== null
            ? `${clip(frame, 200)} is not in what is shown of this profile.`
            : 'Counting…'}
      </div>
    );
  }
  const { unit, total } = summary;
  const diff = summary.baseValue !== null;
  const value = (now: number, base: number): string =>
    diff
      ? `${changeText(now - base, unit)} (${valueOf(base, unit)} → ${valueOf(now, unit)})`
      : `${valueOf(now, unit)} (${shareText(now, total)})`;
  const { filters } = prefs;
  return (
    <div class="pane frame-pane">
      <div class="frame-head">
        <div class="frame-head-name code">{clip(found.name, 400)}</div>
        <div class="frame-head-values">
          flat {value(found.flat, found.baseFlat)} · cum {value(found.cum, found.baseCum)}
          {found.file === '' ? null : (
            <>
              {isDeclaration(query, capture) && found.line > 0 ? ' · declared at ' : ' · '}
              <SourceLink
                place={{ file: found.file, line: found.line }}
                confidence={null}
                moduleKey={capture.moduleKey}
                onFailure={setFailure}
              />
            </>
          )}
        </div>
      </div>
      <Toolbar label="Function" class="frame-actions">
        <TextButton
          text="Sandwich"
          tip="Flame graphs of all that calls it and all that it calls"
          onClick={() => model.go({ profileTab: 'sandwich', frame })}
        />
        {query.granularity === 'functions' ? (
          <>
            <TextButton
              text="Focus"
              tip="pprof’s focus: only stacks with it"
              onClick={() => setPrefs({ ...prefs, filters: { ...filters, focus: expressionOf(frame) } })}
            />
            <TextButton
              text="Ignore"
              tip="pprof’s ignore: no stacks with it"
              onClick={() =>
                setPrefs({
                  ...prefs,
                  filters: { ...filters, ignore: withAlternative(filters.ignore, frame) },
                })
              }
            />
            <TextButton
              text="Hide"
              tip="pprof’s hide: it is left out of stacks"
              onClick={() =>
                setPrefs({ ...prefs, filters: { ...filters, hide: withAlternative(filters.hide, frame) } })
              }
            />
            <TextButton
              text="Show from"
              tip="pprof’s show_from: what called it is left out"
              onClick={() => setPrefs({ ...prefs, filters: { ...filters, showFrom: expressionOf(frame) } })}
            />
          </>
        ) : null}
      </Toolbar>
      {failure === null ? null : (
        <MissingSource
          title={`${clip(failure.place.file, 300)} could not be opened:`}
          why={failure.why}
          tried={failure.tried}
        />
      )}
      <div class="frame-body">
        <Edges
          title="Callers"
          rows={answer.value?.callers ?? []}
          summary={summary}
          cum={found.cum}
          onFrame={onFrame}
        />
        <Edges
          title="Calls"
          rows={answer.value?.callees ?? []}
          summary={summary}
          cum={found.cum}
          onFrame={onFrame}
        />
        <SourceCosts capture={capture} query={query} summary={summary} frame={found} />
      </div>
    </div>
  );
}

/** Whether the line of a frame is that of the declaration: of a function it always is, and a recording of V8 knows no other. */
const isDeclaration = ({ granularity }: ProfileQuery, { facts }: CaptureState): boolean =>
  granularity === 'functions' || facts?.lines === false;

/** More callers than anybody reads; they are sorted by size. */
const MAX_EDGES = 200;

function Edges({
  title,
  rows,
  summary,
  cum,
  onFrame,
}: {
  title: string;
  rows: readonly PeekRow[];
  summary: ProfileSummary;
  /** Of the function: what shares are of. */
  cum: number;
  onFrame: (name: string) => void;
}): JSX.Element {
  const diff = summary.baseValue !== null;
  return (
    <section class="edges" aria-label={title}>
      <h2>
        {title} <span class="subtle">{rows.length === 0 ? 'none' : String(rows.length)}</span>
      </h2>
      <table class="edge-table">
        <tbody>
          {rows.slice(0, MAX_EDGES).map(({ name, value, baseValue }) => (
            <tr key={name}>
              <td class="edge-value">
                {diff ? changeText(value - baseValue, summary.unit) : valueOf(value, summary.unit)}
              </td>
              <td class="edge-share">{diff ? '' : shareText(value, cum)}</td>
              <td>
                <button type="button" class="link code edge-name" onClick={() => onFrame(name)}>
                  {clip(name, 240)}
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > MAX_EDGES ? <div class="subtle">and {rows.length - MAX_EDGES} smaller ones</div> : null}
    </section>
  );
}

import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { highlightGo } from '../../components/go-highlight.ts';
import type { GoLineState, GoToken } from '../../components/go-highlight.ts';
import { MissingSource } from '../../components/source-link.tsx';
import { useAnswer } from '../../components/use-answer.ts';
import { useModel } from '../../model/context.ts';
import { clip, visible } from '../../model/text.ts';
import type { CaptureState, ProfileQuery, ProfileSummary, SourceCost, TopRow } from '../../model/types.ts';
import { changeText, valueOf } from './values.ts';

/** Lines shown around those that cost something. */
const AROUND = 4;
/** Lines of one function that are shown at most. */
const MAX_LINES = 600;

/** What each line of a function costs, beside its text where that can be had. */
export function SourceCosts({
  capture,
  query,
  summary,
  frame,
}: {
  capture: CaptureState;
  query: ProfileQuery;
  summary: ProfileSummary;
  frame: TopRow;
}): JSX.Element {
  const model = useModel();
  const lines = capture.facts?.lines === true;
  const name = query.granularity === 'lines' ? frame.name.replace(/ \S+:\d+$/, '') : frame.name;
  const wanted = lines && (query.granularity === 'functions' || query.granularity === 'lines');
  const cost = useAnswer(wanted ? JSON.stringify([capture.key, query, name]) : null, () =>
    model.client.profiles.source(capture.key, query, name),
  );
  const { value } = cost;
  const first = value?.lines[0]?.line ?? 0;
  const last = value?.lines.at(-1)?.line ?? 0;
  const middle = Math.floor((first + last) / 2);
  const context = Math.min(MAX_LINES / 2, Math.ceil((last - first) / 2) + AROUND);
  const text = useAnswer(
    value === null ? null : JSON.stringify([capture.moduleKey, value.file, middle, context]),
    () => model.client.sourceExcerpt(capture.moduleKey, value?.file ?? '', middle, context),
  );
  return (
    <section class="source-costs" aria-label="Lines">
      <h2>Lines</h2>
      {!wanted ? (
        <div class="subtle">
          {lines
            ? 'Lines are shown of functions.'
            : 'This profile has no lines: a recording of V8 knows functions only, and where each is declared.'}
        </div>
      ) : value === null ? (
        <div class="subtle">
          {cost.failure !== null
            ? clip(cost.failure, 400)
            : cost.current
              ? 'The profile has no lines of this function.'
              : 'Counting…'}
        </div>
      ) : (
        <>
          <div class="subtle code">{clip(value.file, 300)}</div>
          {text.value?.ok === false ? (
            <MissingSource title="No text of this file:" why={text.value.why} tried={text.value.tried} />
          ) : null}
          <CostTable
            cost={value}
            summary={summary}
            text={text.value?.ok === true ? text.value : { firstLine: 0, lines: [] }}
          />
        </>
      )}
    </section>
  );
}

function CostTable({
  cost,
  summary,
  text,
}: {
  cost: SourceCost;
  summary: ProfileSummary;
  text: { readonly firstLine: number; readonly lines: readonly string[] };
}): JSX.Element {
  const { unit, baseValue } = summary;
  const costs = useMemo(() => new Map(cost.lines.map((one) => [one.line, one])), [cost]);
  const tokens = useMemo(() => {
    let state: GoLineState = 'code';
    return text.lines.map((line): readonly GoToken[] => {
      const marked = highlightGo(line.slice(0, 400), state);
      state = marked.state;
      return marked.tokens;
    });
  }, [text]);
  const numbers =
    tokens.length > 0 ? tokens.map((_, index) => text.firstLine + index) : cost.lines.map(({ line }) => line);
  const value = (now: number, base: number): string => {
    if (baseValue !== null) return now === base ? '' : changeText(now - base, unit);
    return now === 0 ? '' : valueOf(now, unit);
  };
  return (
    <table class="cost-table code">
      <thead>
        <tr>
          <th>flat</th>
          <th>cum</th>
          <th>line</th>
          <th />
        </tr>
      </thead>
      <tbody>
        {numbers.slice(0, MAX_LINES).map((line, index) => {
          const one = costs.get(line);
          return (
            <tr key={line} class={one === undefined ? '' : 'costly'} data-line={line}>
              <td>{one === undefined ? '' : value(one.flat, one.baseFlat)}</td>
              <td>{one === undefined ? '' : value(one.cum, one.baseCum)}</td>
              <td class="cost-line">{line}</td>
              <td class="cost-text">
                {(tokens[index] ?? []).map(({ kind, text: part }, at) => (
                  <span key={at} class={`go-${kind}`}>
                    {visible(part)}
                  </span>
                ))}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

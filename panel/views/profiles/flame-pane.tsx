import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { useAnswer } from '../../components/use-answer.ts';
import { useModel } from '../../model/context.ts';
import { clip, matcher, plural } from '../../model/text.ts';
import type { FlameBoxes, FlameShape, ProfileQuery } from '../../model/types.ts';
import { FlameGraph } from './flame-graph.tsx';
import { boxTip } from './flame-tip.ts';
import { valueOf } from './values.ts';

/** One flame graph of a profile, with what is chosen in it in a line below. */
export function FlamePane({
  captureKey,
  query,
  shape,
  total,
  label,
  inverted = false,
  frame,
  onFrame,
  onOpen,
  searchStep,
}: {
  captureKey: string;
  query: ProfileQuery;
  shape: FlameShape;
  /** What shares are of; for order of time they are of all of the axis. */
  total: number;
  label: string;
  inverted?: boolean;
  /** Name of the chosen frame; '' none. */
  frame: string;
  onFrame: (name: string) => void;
  /** A frame was opened. */
  onOpen: (name: string) => void;
  /** Counts the steps of the search: up for the next match, down for the one before. */
  searchStep: number;
}): JSX.Element {
  const model = useModel();
  const [chosen, setChosen] = useState<{ readonly boxes: FlameBoxes; readonly box: number } | null>(null);
  const answer = useAnswer(JSON.stringify([captureKey, query, shape]), () =>
    model.client.profiles.flame(captureKey, query, shape),
  );
  const boxes = answer.value;
  const selected = chosen !== null && chosen.boxes === boxes ? chosen.box : null;
  const search = model.filter('profiles').value;
  const found = useMemo(() => (boxes === null ? null : foundFrames(boxes, search)), [boxes, search]);
  useEffect(() => {
    if (boxes === null || found === null || searchStep === 0) return;
    const next = nextMatch(boxes, found, selected, searchStep > 0 ? 1 : -1);
    if (next !== null) select(next);
  }, [searchStep]);
  const select = (box: number | null): void => {
    setChosen(box === null || boxes === null ? null : { boxes, box });
    const name = box === null ? undefined : boxes?.frames[boxes.frame[box] ?? 0]?.name;
    if (name !== undefined && name !== frame) onFrame(name);
  };
  if (boxes === null) {
    return (
      <div class="grid-empty subtle" role="status">
        {answer.failure === null ? 'Laying out…' : clip(answer.failure, 400)}
      </div>
    );
  }
  if (boxes.frame.length === 0) {
    return (
      <div class="grid-empty subtle" role="status">
        Nothing is left of the profile.
      </div>
    );
  }
  const shares = boxes.time ? boxes.width : total;
  return (
    <div class="flame-pane" aria-busy={!answer.current}>
      {boxes.time ? <TimeAxis boxes={boxes} /> : null}
      <FlameGraph
        label={label}
        boxes={boxes}
        total={shares}
        found={found}
        inverted={inverted}
        selected={selected}
        onSelect={select}
        onOpen={(box) => onOpen(boxes.frames[boxes.frame[box] ?? 0]?.name ?? '')}
      />
      <div class="flame-status" role="status">
        {selected !== null ? (
          <span class="flame-selected">
            {clip(boxTip(boxes, selected, shares).slice(0, 3).join(' · '), 300)}
          </span>
        ) : (
          <span class="subtle">
            {valueOf(boxes.width, boxes.unit)}
            {boxes.values === null ? '' : ', the larger of both, stack by stack'} ·{' '}
            {plural(boxes.frame.length, 'box', 'boxes')}
          </span>
        )}
        {found === null ? null : (
          <span class="flame-found">
            {plural(
              found.reduce((sum, one) => sum + one, 0),
              'function matches',
              'functions match',
            )}
          </span>
        )}
      </div>
    </div>
  );
}

/** Says what the axis is, for a recording in order of time. */
function TimeAxis({ boxes }: { boxes: FlameBoxes }): JSX.Element {
  return (
    <div class="flame-axis subtle">
      <span>0</span>
      <span>order of time; gaps are idle</span>
      <span>{valueOf(boxes.width, boxes.unit)}</span>
    </div>
  );
}

/** Frames in whose name every word of the search occurs, by row; null for an empty search. */
function foundFrames({ frames }: FlameBoxes, search: string): Uint8Array | null {
  if (search.trim() === '') return null;
  const fits = matcher(search);
  return Uint8Array.from(frames, ({ name }) => (fits(name.toLowerCase()) ? 1 : 0));
}

/** The next box whose frame was found, in order of rows; null when there is none. */
function nextMatch(
  { frame }: FlameBoxes,
  found: Uint8Array,
  from: number | null,
  step: 1 | -1,
): number | null {
  const count = frame.length;
  let at = from ?? (step > 0 ? -1 : count);
  for (let looked = 0; looked < count; looked++) {
    at = (at + step + count) % count;
    if (found[frame[at] ?? 0] === 1) return at;
  }
  return null;
}

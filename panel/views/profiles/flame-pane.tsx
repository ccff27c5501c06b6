import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { useAnswer } from '../../components/use-answer.ts';
import { useModel } from '../../model/context.ts';
import { clip, matcher, plural } from '../../model/text.ts';
import type { FlameBoxes, FlameShape, ProfileQuery } from '../../model/types.ts';
import { boxAt, rowOf } from './flame-geometry.ts';
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
  minimap = false,
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
  /** All of it in little, above. */
  minimap?: boolean;
  /** Name of the chosen frame; '' none. */
  frame: string;
  onFrame: (name: string) => void;
  /** A frame was opened. */
  onOpen: (name: string) => void;
  /** Counts the steps of the search: up for the next match, down for the one before. */
  searchStep: number;
}): JSX.Element {
  const model = useModel();
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const question = JSON.stringify([captureKey, query, shape]);
  // Of a large profile a first picture, then all of it.
  const first = useAnswer(question, () =>
    model.client.profiles.flame(captureKey, query, { ...shape, first: true }),
  );
  const partialOf = first.value?.partial === true ? first.of : null;
  const rest = useAnswer(partialOf, () => model.client.profiles.flame(captureKey, query, shape));
  const answer = rest.value !== null && rest.of === partialOf ? rest : first;
  const boxes = answer.value;
  const axis = answer.of ?? '';
  const selected = useMemo(
    () => (chosen?.axis === axis && boxes !== null ? sameBox(chosen, boxes) : null),
    [chosen, axis, boxes],
  );
  const search = model.filter('profiles').value;
  const found = useMemo(() => (boxes === null ? null : foundFrames(boxes, search)), [boxes, search]);
  useEffect(() => {
    if (boxes === null || found === null || searchStep === 0) return;
    const next = nextMatch(boxes, found, selected, searchStep > 0 ? 1 : -1);
    if (next !== null) select(next);
  }, [searchStep]);
  const select = (box: number | null): void => {
    setChosen(box === null || boxes === null ? null : { axis, boxes, box });
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
    <div class="flame-pane" aria-busy={!first.current}>
      {boxes.time ? <TimeAxis boxes={boxes} /> : null}
      <FlameGraph
        label={label}
        axis={axis}
        boxes={boxes}
        total={shares}
        found={found}
        inverted={inverted}
        minimap={minimap}
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
            {boxes.values === null ? null : (
              <>
                {' · '}
                <span class="flame-legend grew">grew</span> <span class="flame-legend shrank">shrank</span>
              </>
            )}
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

/** A box of a picture that may since have been drawn with more boxes. */
interface Chosen {
  readonly axis: string;
  readonly boxes: FlameBoxes;
  readonly box: number;
}

/** The chosen box among others of the same axis; null where none stands for it. */
function sameBox({ boxes: old, box }: Chosen, boxes: FlameBoxes): number | null {
  if (old === boxes) return box;
  const middle = ((old.start[box] ?? 0) + (old.end[box] ?? 0)) / 2;
  const found = boxAt(boxes, rowOf(old, box), middle);
  if (found === null) return null;
  const nameOf = ({ frames, frame }: FlameBoxes, at: number): string | undefined =>
    frames[frame[at] ?? 0]?.name;
  return nameOf(old, box) === nameOf(boxes, found) ? found : null;
}

/** Says what the axis is, for a recording in order of time. */
function TimeAxis({ boxes }: { boxes: FlameBoxes }): JSX.Element {
  return (
    <div class="flame-axis subtle">
      <span>0</span>
      <span>order of time; gaps are idle, or what filters leave out</span>
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

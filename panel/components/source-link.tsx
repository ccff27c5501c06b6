import type { JSX } from 'preact';
import type { OpenResult } from '../../src/session/client.ts';
import { useModel } from '../model/context.ts';
import { errorText } from '../model/failure.ts';
import { locationText } from '../model/frames.ts';
import { clip, tip } from '../model/text.ts';
import type { Confidence } from '../model/types.ts';

export interface SourcePlace {
  readonly file: string;
  /** 1-based; 0 unknown. */
  readonly line: number;
  readonly lineEnd?: number | null;
  /** The line that is opened, of a range. */
  readonly likelyLine?: number;
}

/** A file and line that could not be opened, with what was tried. */
export interface OpenFailure {
  readonly place: SourcePlace;
  readonly why: string;
  readonly tried: readonly string[];
}

/** Opens a place in Sources and reports a failure, so that the view can say which path is missing. */
export async function openPlace(
  open: (file: string, line: number) => Promise<OpenResult>,
  place: SourcePlace,
): Promise<OpenFailure | null> {
  try {
    const result = await open(place.file, place.likelyLine ?? place.line);
    return result.ok ? null : { place, why: result.why, tried: result.tried };
  } catch (error) {
    return { place, why: errorText(error), tried: [] };
  }
}

/** `main.go:41` as a link into Sources; a place that is not exact is in italics with the reason in its tip. */
export function SourceLink({
  place,
  confidence,
  moduleKey,
  onFailure,
  whole = false,
}: {
  place: SourcePlace;
  confidence: Confidence | null;
  moduleKey: string | null;
  onFailure: (failure: OpenFailure | null) => void;
  whole?: boolean;
}): JSX.Element {
  const model = useModel();
  const text = locationText(place, whole);
  const why =
    confidence === null || confidence.kind === 'exact' ? null : `${confidence.kind}: ${confidence.why}`;
  if (text === '') {
    return (
      <span class="subtle unknown-place" data-tip={tip(why ?? 'No file and line are known for this frame.')}>
        unknown
      </span>
    );
  }
  const open = async (): Promise<void> => {
    onFailure(null);
    const failure = await openPlace((file, line) => model.client.openSource(moduleKey, file, line), place);
    onFailure(failure);
  };
  return (
    <a
      href="#"
      class={`link code ${confidence === null ? 'exact' : confidence.kind}`}
      tabIndex={-1}
      draggable={false}
      data-tip={tip([locationText(place, true), ...(why === null ? [] : [why])].join('\n'))}
      onClick={(event) => {
        event.preventDefault();
        void open();
      }}
    >
      {clip(text, 120)}
    </a>
  );
}

/** What stands in place of a source text that could not be had or opened. */
export function MissingSource({
  title,
  why,
  tried,
}: {
  title: string;
  why: string;
  tried: readonly string[];
}): JSX.Element {
  return (
    <div class="missing-source" role="alert">
      <div>
        {title} <span class="code">{clip(why, 600)}</span>
      </div>
      {tried.length === 0 ? null : (
        <details>
          <summary>{tried.length === 1 ? 'Tried 1 place' : `Tried ${String(tried.length)} places`}</summary>
          <ul>
            {tried.map((url) => (
              <li key={url} class="code">
                {clip(url, 300)}
              </li>
            ))}
          </ul>
        </details>
      )}
      <div class="subtle">Where the files are served elsewhere, say so in Settings, Source roots.</div>
    </div>
  );
}

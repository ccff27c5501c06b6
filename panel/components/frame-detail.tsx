import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { SourceExcerpt } from '../../src/session/client.ts';
import { MissingSource, SourceLink } from './source-link.tsx';
import type { OpenFailure } from './source-link.tsx';
import { highlightGo } from './go-highlight.ts';
import type { GoLineState, GoToken } from './go-highlight.ts';
import { useModel } from '../model/context.ts';
import { errorText } from '../model/failure.ts';
import { locationText, packageOf } from '../model/frames.ts';
import { packageId, packageTree } from '../model/package-tree.ts';
import { clip, tip, visible } from '../model/text.ts';
import type { FrameArguments, StackFrame } from '../model/types.ts';
import { ArgumentTable } from './frame-arguments.tsx';

/** Lines shown above and below the frame's line. */
const CONTEXT = 8;
/** Characters of one source line that are drawn. */
const LINE_LIMIT = 500;

/** The chosen frame: its function, its place, and the source around it, or which path is missing. */
export function FrameDetail({
  frame,
  moduleKey,
  typed,
  failure,
  onFailure,
}: {
  frame: StackFrame | null;
  moduleKey: string | null;
  /** Its arguments by name and type; null where nobody asked for them. */
  typed: FrameArguments | null;
  failure: OpenFailure | null;
  onFailure: (failure: OpenFailure | null) => void;
}): JSX.Element {
  const excerpt = useExcerpt(frame, moduleKey);
  if (frame === null) return <div class="grid-empty subtle">Choose a frame to see its source.</div>;
  return (
    <div class="frame-detail">
      <div class="frame-bar">
        <FunctionLink frame={frame} moduleKey={moduleKey} />
        <SourceLink
          place={frame}
          confidence={frame.confidence}
          moduleKey={moduleKey}
          onFailure={onFailure}
          whole
        />
        {frame.confidence.kind === 'exact' ? null : (
          <span class="subtle">
            {frame.confidence.kind}: {clip(frame.confidence.why, 200)}
          </span>
        )}
      </div>
      {typed === null ? null : <ArgumentTable typed={typed} />}
      {failure === null ? null : (
        <MissingSource
          title={`Sources has no ${locationText(failure.place, true)}:`}
          why={failure.why}
          tried={failure.tried}
        />
      )}
      {frame.file === '' ? (
        <div class="grid-empty subtle">
          {frame.confidence.kind === 'unavailable'
            ? clip(frame.confidence.why, 400)
            : 'No file is known for this frame.'}
        </div>
      ) : excerpt === null ? (
        <div class="grid-empty subtle">Looking for {clip(frame.file, 200)}…</div>
      ) : excerpt.ok ? (
        <Excerpt
          excerpt={excerpt}
          line={frame.line}
          lineEnd={frame.lineEnd ?? frame.line}
          likely={frame.likelyLine ?? frame.line}
        />
      ) : failure?.place.file === frame.file ? null : (
        <MissingSource
          title={`No text of ${clip(excerpt.file, 300)}:`}
          why={excerpt.why}
          tried={excerpt.tried}
        />
      )}
    </div>
  );
}

/** A function leads to the size of its package in Modules, or is plain text where that is not known. */
function FunctionLink({ frame, moduleKey }: { frame: StackFrame; moduleKey: string | null }): JSX.Element {
  const model = useModel();
  const report = model.state.value.modules.find(({ key }) => key === moduleKey)?.report ?? null;
  const pack = frame.language === 'go' ? packageOf(frame.function) : '';
  const known = report?.packages.some(({ path }) => path === pack) === true;
  if (report === null || !known) return <span class="code">{clip(frame.function, 240)}</span>;
  const show = (): void => {
    const zoom = packageId(packageTree(report.packages, report.module), pack) ?? '';
    model.go({ view: 'modules', module: moduleKey, moduleTab: 'size', zoom });
  };
  return (
    <button type="button" class="link code" data-tip={tip(`Show package ${pack} in Modules`)} onClick={show}>
      {clip(frame.function, 240)}
    </button>
  );
}

function useExcerpt(frame: StackFrame | null, moduleKey: string | null): SourceExcerpt | null {
  const { client } = useModel();
  const file = frame?.file ?? '';
  const line = frame?.likelyLine ?? frame?.line ?? 0;
  const wanted = `${moduleKey ?? ''}\n${file}\n${String(line)}`;
  const [got, setGot] = useState<{ wanted: string; excerpt: SourceExcerpt } | null>(null);
  useEffect(() => {
    if (file === '') return;
    let current = true;
    const keep = (excerpt: SourceExcerpt): void => {
      if (current) setGot({ wanted, excerpt });
    };
    client
      .sourceExcerpt(moduleKey, file, line, CONTEXT)
      .then(keep, (error: unknown) => keep({ ok: false, file, tried: [], why: errorText(error) }));
    return () => {
      current = false;
    };
  }, [client, wanted]);
  return got?.wanted === wanted ? got.excerpt : null;
}

function Excerpt({
  excerpt,
  line,
  lineEnd,
  likely,
}: {
  excerpt: Extract<SourceExcerpt, { ok: true }>;
  line: number;
  lineEnd: number;
  /** Brought into view. */
  likely: number;
}): JSX.Element {
  const lines = useMemo(() => {
    let state: GoLineState = 'code';
    return excerpt.lines.map((text): readonly GoToken[] => {
      const marked = highlightGo(text.slice(0, LINE_LIMIT), state);
      state = marked.state;
      return marked.tokens;
    });
  }, [excerpt]);
  return (
    <div class="excerpt code" role="figure" aria-label={`Source of ${excerpt.url}`} tabIndex={0}>
      {lines.map((tokens, index) => {
        const number = excerpt.firstLine + index;
        const here = number >= line && number <= lineEnd;
        return (
          <div
            key={number}
            class={`excerpt-line ${here ? 'here' : ''} ${here && lineEnd > line && number === likely ? 'likely' : ''}`}
            ref={number === likely ? scrollIntoPlace : null}
            aria-current={here ? 'location' : undefined}
          >
            <span class="excerpt-number">{number}</span>
            <span class="excerpt-text">
              {tokens.map(({ kind, text }, at) => (
                <span key={at} class={`go-${kind}`}>
                  {visible(text)}
                </span>
              ))}
            </span>
          </div>
        );
      })}
    </div>
  );
}

/** Brings the frame's line to the middle of the excerpt without scrolling anything else. */
function scrollIntoPlace(element: HTMLElement | null): void {
  const box = element?.parentElement;
  if (element === null || box === null || box === undefined) return;
  box.scrollTop = element.offsetTop - box.clientHeight / 2 + element.offsetHeight / 2;
}

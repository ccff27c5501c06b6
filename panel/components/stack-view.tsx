import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { copyText } from './clipboard.ts';
import { DataGrid } from './data-grid.tsx';
import type { Column } from './data-grid.tsx';
import { openPlace, SourceLink } from './source-link.tsx';
import type { OpenFailure } from './source-link.tsx';
import { SplitPane } from './split-pane.tsx';
import { useModel } from '../model/context.ts';
import {
  alternativesText,
  framesAsText,
  frameTitle,
  pathPrefix,
  shortRaw,
  stackRows,
} from '../model/frames.ts';
import type { StackRow } from '../model/frames.ts';
import { clip, tip } from '../model/text.ts';
import type { FrameArguments, StackFrame, StackTrace } from '../model/types.ts';
import { argumentsText } from './frame-arguments.tsx';
import { FrameDetail } from './frame-detail.tsx';

/** The table of a stack, and below it the chosen frame's source. */
export function StackView({
  stack,
  moduleKey,
  raw,
  typed = null,
  onCreator,
}: {
  stack: StackTrace;
  moduleKey: string | null;
  /** Shows the frame as the browser printed it beside each Go frame. */
  raw: boolean;
  /** Arguments by name and type, one entry for each of the stack's frames; null where nobody asked for them, or until they are known. */
  typed?: readonly FrameArguments[] | null;
  /** Goes to the goroutine that created this one, by its id; without it the number is no link. */
  onCreator?: (id: number) => void;
}): JSX.Element {
  const model = useModel();
  const { foldRuntime } = model.state.value.settings;
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [chosen, setChosen] = useState<string | null>(null);
  const [failure, setFailure] = useState<OpenFailure | null>(null);
  const rows = useMemo(() => stackRows(stack.frames, foldRuntime, open), [stack, foldRuntime, open]);
  const firstGo =
    rows.find((row) => row.kind === 'frame' && row.frame.fold === null && row.frame.language === 'go') ??
    rows.find((row) => row.kind === 'frame');
  const active = rows.some(({ key }) => key === chosen) ? chosen : (firstGo?.key ?? null);
  const row = rows.find(({ key }) => key === active);
  const frame = row?.kind === 'frame' ? row.frame : null;
  const typedFrame = row?.kind === 'frame' ? (typed?.[row.index] ?? null) : null;
  const hasTyped = typed?.some((one) => one.ok && one.arguments.length > 0) === true;

  const openFrame = async (target: StackFrame): Promise<void> => {
    if (target.file === '') return;
    setFailure(null);
    setFailure(await openPlace((file, line) => model.client.openSource(moduleKey, file, line), target));
  };
  const copy = (keys: ReadonlySet<string>): void => {
    const frames = rows.flatMap((candidate) => {
      if (!keys.has(candidate.key)) return [];
      if (candidate.kind === 'frame') return [candidate.frame];
      return candidate.expanded ? [] : stack.frames.slice(candidate.from, candidate.from + candidate.count);
    });
    void copyText(framesAsText(frames));
  };
  const toggle = (target: StackRow): void => {
    const next = new Set(open);
    if (!next.delete(target.key)) next.add(target.key);
    setOpen(next);
  };
  const columns = useMemo<readonly Column<StackRow>[]>(
    () => [
      {
        id: 'function',
        title: 'Function',
        weight: 46,
        tip: (target) => (target.kind === 'frame' ? frameTip(target.frame) : undefined),
        cell: (target) =>
          target.kind === 'fold' ? (
            <span class="subtle">{target.label}</span>
          ) : (
            <FrameName frame={target.frame} />
          ),
      },
      {
        id: 'location',
        title: 'Location',
        weight: 22,
        cell: (target) =>
          target.kind === 'fold' ? null : (
            <SourceLink
              place={target.frame}
              confidence={target.frame.confidence}
              moduleKey={moduleKey}
              onFailure={setFailure}
            />
          ),
      },
      ...(hasTyped
        ? [
            {
              id: 'arguments',
              title: 'Arguments',
              weight: 32,
              tip: (target: StackRow) =>
                target.kind === 'frame' ? argumentsText(typed[target.index]) : undefined,
              cell: (target: StackRow) =>
                target.kind === 'frame' ? (
                  <span class="code">{clip(argumentsText(typed[target.index]), 300)}</span>
                ) : null,
            },
          ]
        : []),
      ...(raw
        ? [
            {
              id: 'raw',
              title: 'Raw frame',
              weight: 32,
              tip: (target: StackRow) =>
                target.kind === 'frame' ? (target.frame.raw ?? undefined) : undefined,
              cell: (target: StackRow) =>
                target.kind === 'frame' && target.frame.raw !== null ? (
                  <span class="code subtle">{clip(shortRaw(target.frame.raw), 300)}</span>
                ) : null,
            },
          ]
        : []),
    ],
    [raw, moduleKey, typed],
  );
  return (
    <SplitPane
      id="stack"
      axis="column"
      initial={0.58}
      label="Height of the stack"
      first={
        <div class="stack">
          <DataGrid
            id="stack"
            label="Stack, innermost frame first"
            columns={columns}
            rows={rows}
            rowKey={({ key }) => key}
            active={active}
            onActivate={setChosen}
            onOpen={(target) => (target.kind === 'fold' ? toggle(target) : void openFrame(target.frame))}
            copy={copy}
            tree={{
              level: (target) => (target.kind === 'frame' ? target.level : 1),
              expanded: (target) => (target.kind === 'fold' ? target.expanded : null),
              toggle,
            }}
            rowClass={(target) =>
              target.kind === 'fold' ? 'fold' : target.frame.fold === null ? '' : 'folded'
            }
            empty={<span class="subtle">This stack has no frames.</span>}
          />
          <CreatedBy stack={stack} moduleKey={moduleKey} onCreator={onCreator} onFailure={setFailure} />
        </div>
      }
      second={
        <FrameDetail
          frame={frame}
          moduleKey={moduleKey}
          typed={typedFrame}
          failure={failure}
          onFailure={setFailure}
        />
      }
    />
  );
}

function FrameName({ frame }: { frame: StackFrame }): JSX.Element {
  const title = frameTitle(frame);
  const path = pathPrefix(frame);
  return (
    <>
      <span class={`code frame-name ${frame.language}`}>
        <span class="frame-function">
          {path === '' ? null : <span class="frame-path">{clip(path, 200)}</span>}
          <span class="frame-own">{clip(frame.function.slice(path.length), 240)}</span>
        </span>
        {title === frame.function ? null : (
          <span class="subtle">{clip(title.slice(frame.function.length), 120)}</span>
        )}
      </span>
      {frame.inlined ? (
        <span
          class="badge"
          data-tip="The compiler copied this function into the frame below it; it has no frame of its own."
        >
          inlined
        </span>
      ) : null}
      {frame.alternatives === undefined ? null : (
        <span class="subtle alternatives" data-tip={tip(alternativesText(frame))}>
          {' '}
          or in {clip(frame.alternatives.map(([other]) => other?.function ?? '').join(', '), 120)}
        </span>
      )}
    </>
  );
}

function frameTip(frame: StackFrame): string {
  const lines = [frameTitle(frame)];
  if (frame.moduleOffset !== null) lines.push(`module offset 0x${frame.moduleOffset.toString(16)}`);
  if (frame.pcOffset !== null) lines.push(`PC +0x${frame.pcOffset.toString(16)}`);
  if (frame.confidence.kind !== 'exact') lines.push(`${frame.confidence.kind}: ${frame.confidence.why}`);
  return lines.join('\n');
}

function CreatedBy({
  stack,
  moduleKey,
  onCreator,
  onFailure,
}: {
  stack: StackTrace;
  moduleKey: string | null;
  onCreator: ((id: number) => void) | undefined;
  onFailure: (failure: OpenFailure | null) => void;
}): JSX.Element | null {
  const { createdBy } = stack;
  if (createdBy === null) return null;
  return (
    <div class="created-by">
      <span class="subtle">created by</span>
      <span class="code">{clip(createdBy.function, 240)}</span>
      {createdBy.goroutine === null ? null : <Creator id={createdBy.goroutine} onCreator={onCreator} />}
      <SourceLink place={createdBy} confidence={null} moduleKey={moduleKey} onFailure={onFailure} />
    </div>
  );
}

function Creator({
  id,
  onCreator,
}: {
  id: number;
  onCreator: ((id: number) => void) | undefined;
}): JSX.Element {
  if (onCreator === undefined) return <span class="subtle">in goroutine {id}</span>;
  return (
    <>
      <span class="subtle">in</span>
      <button type="button" class="link" data-tip="Show this goroutine" onClick={() => onCreator(id)}>
        goroutine {id}
      </button>
    </>
  );
}

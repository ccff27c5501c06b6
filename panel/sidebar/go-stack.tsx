import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { GoroutineDetail } from '../../src/protocol/goroutines.ts';
import type { SessionClient } from '../../src/session/client.ts';
import type { StackFrame } from '../../src/stack/stack-trace.ts';
import { useAnswer } from '../components/use-answer.ts';
import { locationText } from '../model/frames.ts';
import { clip } from '../model/text.ts';
import { ALL } from './goroutine-list.tsx';

/** The stack of a goroutine (null: of the one that runs), innermost frame first; a frame opens its line in Sources. */
export function GoStack({
  session,
  snapshotKey,
  moduleKey,
  goroutine,
  onCurrent,
  onAgain,
}: {
  session: SessionClient;
  snapshotKey: string;
  moduleKey: string;
  goroutine: string | null;
  onCurrent: () => void;
  /** Null: it cannot be read again here. */
  onAgain: (() => void) | null;
}): JSX.Element {
  const [frame, setFrame] = useState<number | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const { value, failure: why } = useAnswer(`${snapshotKey} ${goroutine ?? ''}`, () =>
    readStack(session, snapshotKey, goroutine),
  );
  useEffect(() => {
    setFrame(null);
    setFailure(null);
  }, [snapshotKey, goroutine]);
  if (value === null) return <div class="side-message">{why ?? 'Reading…'}</div>;
  const open = async (index: number, { file, line }: StackFrame): Promise<void> => {
    setFrame(index);
    setFailure(null);
    if (file === '' || line === 0) return;
    const opened = await session.openSource(moduleKey, file, line);
    if (!opened.ok) setFailure(opened.why);
  };
  return (
    <section aria-label="Go stack">
      <div class="side-bar">
        <span class="title" title={value.header}>
          {value.header.replace(/:$/, '')}
        </span>
        {goroutine === null ? (
          onAgain === null ? null : (
            <button type="button" class="side-button" onClick={onAgain}>
              Refresh
            </button>
          )
        ) : (
          <button type="button" class="side-button" onClick={onCurrent}>
            Current
          </button>
        )}
      </div>
      <div role="listbox" aria-label="Frames">
        {value.stack.frames.map((one, i) => (
          <>
            <FrameRow key={i} frame={one} selected={i === frame} onOpen={() => void open(i, one)} />
            {i === frame ? (
              <FrameValues session={session} snapshotKey={snapshotKey} goroutine={value.key} index={i} />
            ) : null}
          </>
        ))}
      </div>
      {value.stack.createdBy === null ? null : (
        <div class="side-note code">
          created by {value.stack.createdBy.function}
          {value.stack.createdBy.goroutine === null ? '' : ` in goroutine ${value.stack.createdBy.goroutine}`}
        </div>
      )}
      {[...(failure === null ? [] : [failure]), ...value.notes].map((note) => (
        <div class="side-note" key={note}>
          {clip(note, 400)}
        </div>
      ))}
    </section>
  );
}

async function readStack(
  session: SessionClient,
  snapshotKey: string,
  goroutine: string | null,
): Promise<GoroutineDetail> {
  if (goroutine !== null) return session.goroutines.detail(snapshotKey, goroutine);
  const { rows } = await session.goroutines.rows(snapshotKey, { ...ALL, with: ['running'] }, 0, 10);
  const running = rows.find((row) => row.kind === 'goroutine');
  if (running === undefined) throw new Error('The runtime itself runs at this moment, and no goroutine.');
  return session.goroutines.detail(snapshotKey, running.key);
}

function FrameRow({
  frame,
  selected,
  onOpen,
}: {
  frame: StackFrame;
  selected: boolean;
  onOpen: () => void;
}): JSX.Element {
  const place = locationText(frame, false);
  const why = frame.confidence.kind === 'exact' ? '' : `\n${frame.confidence.why}`;
  return (
    <button
      type="button"
      role="option"
      aria-selected={selected}
      class={`side-row code ${frame.fold === null ? '' : 'folded'}`}
      title={`${clip(frame.function, 400)}\n${clip(frame.file, 400)}:${frame.line}${why}`}
      onClick={onOpen}
    >
      <span class="name">{clip(frame.function, 300)}</span>
      <span class={`place ${frame.confidence.kind === 'exact' ? '' : 'range'}`}>{clip(place, 200)}</span>
    </button>
  );
}

/** The arguments of a frame by name and type, or why they are not known. */
function FrameValues({
  session,
  snapshotKey,
  goroutine,
  index,
}: {
  session: SessionClient;
  snapshotKey: string;
  goroutine: string;
  index: number;
}): JSX.Element | null {
  const { value, failure } = useAnswer(`${snapshotKey} ${goroutine}`, () =>
    session.goroutines.arguments(snapshotKey, goroutine),
  );
  const typed = value?.[index];
  if (failure !== null) return <div class="side-arguments subtle">{clip(failure, 300)}</div>;
  if (typed === undefined) return null;
  if (!typed.ok) return <div class="side-arguments subtle">{clip(typed.why, 300)}</div>;
  return (
    <div class="side-arguments code">
      {typed.arguments.map(({ name, type, text, confidence }, i) => (
        <div key={i} title={confidence.kind === 'exact' ? type : `${type}\n${confidence.why}`}>
          <span class="argument-name">{name === '' ? '_' : clip(name, 100)}</span> {clip(type, 100)} ={' '}
          {clip(text, 500)}
          {confidence.kind === 'exact' ? '' : ' ?'}
        </div>
      ))}
    </div>
  );
}

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from '../../components/icon.tsx';
import { useModel } from '../../model/context.ts';
import { clip, formatCount } from '../../model/text.ts';
import type { DeadlockVerdict, SnapshotState, WaitEdge } from '../../model/types.ts';
import { nameOf } from './words.ts';

/** Edges of the picture that are drawn; the table has the rest. */
const EDGES = 200;
/** Goroutines named on one side of an edge. */
const NAMED = 6;

/** Says that the program cannot go on, or perhaps cannot: why, who waits for whom, and which callbacks block. */
export function VerdictBar({ snapshot }: { snapshot: SnapshotState }): JSX.Element | null {
  const [open, setOpen] = useState(false);
  const { verdict } = snapshot;
  if (verdict === null) return null;
  const stands = verdict.kind === 'blocked' || verdict.kind === 'deadlocked';
  if (!stands && verdict.blockedCallbacks.length === 0) return null;
  const dead = verdict.kind === 'deadlocked';
  const more = verdict.why.length > 0 || verdict.edges.length > 0;
  return (
    <section class={`verdict ${dead ? 'error' : 'warning'}`} aria-label="Whether the program can go on">
      {stands ? (
        <button
          type="button"
          class="verdict-line"
          aria-expanded={more ? open : undefined}
          disabled={!more}
          onClick={() => setOpen(!open)}
        >
          <Icon name={dead ? 'error' : 'warning'} class={dead ? 'error' : 'warning'} />
          <span class="verdict-text">{clip(verdict.text, 400)}</span>
          {more ? (
            <span class="verdict-more">
              {open ? 'Hide' : 'Why'}
              <Icon name={open ? 'down' : 'right'} />
            </span>
          ) : null}
        </button>
      ) : null}
      <Callbacks snapshot={snapshot} verdict={verdict} />
      {open && more ? (
        <div class="verdict-detail" tabIndex={0}>
          {verdict.why.map((why) => (
            <p key={why}>{clip(why, 600)}</p>
          ))}
          <WaitPicture snapshot={snapshot} edges={verdict.edges} />
        </div>
      ) : null}
    </section>
  );
}

/** Goroutines that block inside a js.FuncOf callback, with the remedy. */
function Callbacks({
  snapshot,
  verdict,
}: {
  snapshot: SnapshotState;
  verdict: DeadlockVerdict;
}): JSX.Element | null {
  if (verdict.blockedCallbacks.length === 0) return null;
  return (
    <ul class="verdict-callbacks">
      {verdict.blockedCallbacks.slice(0, NAMED).map(({ key, id, text }) => (
        <li key={key} class="message-line">
          <Icon name="script" class="warning" />
          <span>
            <GoroutineLink snapshotKey={snapshot.key} of={{ key, id }} />{' '}
            {clip(text.replace(`Goroutine ${String(id)} `, ''), 600)}
          </span>
        </li>
      ))}
      {verdict.blockedCallbacks.length > NAMED ? (
        <li class="subtle">and {formatCount(verdict.blockedCallbacks.length - NAMED)} more</li>
      ) : null}
    </ul>
  );
}

/** Who waits on what, and who could end the wait, as far as memory proves it. */
function WaitPicture({
  snapshot,
  edges,
}: {
  snapshot: SnapshotState;
  edges: readonly WaitEdge[];
}): JSX.Element | null {
  if (edges.length === 0) return null;
  return (
    <table class="wait-picture">
      <thead>
        <tr>
          <th scope="col">Goroutine</th>
          <th scope="col">waits on</th>
          <th scope="col">and could be woken by</th>
        </tr>
      </thead>
      <tbody>
        {edges.slice(0, EDGES).map((edge, index) => (
          <tr key={index}>
            <td>
              <GoroutineLink snapshotKey={snapshot.key} of={edge.from} />
            </td>
            <td>
              <TargetLink snapshotKey={snapshot.key} edge={edge} />
            </td>
            <td>
              <Wakers snapshotKey={snapshot.key} edge={edge} />
            </td>
          </tr>
        ))}
        {edges.length > EDGES ? (
          <tr>
            <td colSpan={3} class="subtle">
              and {formatCount(edges.length - EDGES)} more; group by wait reason to see them all
            </td>
          </tr>
        ) : null}
      </tbody>
    </table>
  );
}

function Wakers({ snapshotKey, edge }: { snapshotKey: string; edge: WaitEdge }): JSX.Element {
  if (edge.to.length === 0) return <span class="subtle">no goroutine that memory shows</span>;
  return (
    <>
      {edge.to.slice(0, NAMED).map(({ key, id }, index) => (
        <span key={key}>
          {index === 0 ? '' : ', '}
          <GoroutineLink snapshotKey={snapshotKey} of={{ key, id }} />
        </span>
      ))}
      {edge.to.length > NAMED ? ` and ${formatCount(edge.to.length - NAMED)} more` : ''}
    </>
  );
}

function TargetLink({ snapshotKey, edge }: { snapshotKey: string; edge: WaitEdge }): JSX.Element {
  const model = useModel();
  const { address, text, confidence } = edge.on;
  const shown = clip(text, 120);
  if (address === null) return <span class="code">{shown}</span>;
  return (
    <button
      type="button"
      class={`link code ${confidence.kind}`}
      data-tip={
        confidence.kind === 'exact' ? 'Who else waits on it' : `${confidence.kind}: ${confidence.why}`
      }
      onClick={() =>
        model.go({
          view: 'goroutines',
          snapshot: snapshotKey,
          goroutine: edge.from.id,
          group: null,
          goroutineTab: 'waits',
          waitObject: address,
        })
      }
    >
      {shown}
    </button>
  );
}

/** A goroutine, as a link to it in the same snapshot. `of`: its id, and the key of its row. */
export function GoroutineLink({
  snapshotKey,
  of,
}: {
  snapshotKey: string;
  of: { readonly id: number; readonly key: string };
}): JSX.Element {
  const model = useModel();
  return (
    <button
      type="button"
      class="link"
      data-tip="Show this goroutine"
      onClick={() => model.showGoroutine(snapshotKey, of.id)}
    >
      goroutine {nameOf(of)}
    </button>
  );
}

import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { SessionClient } from '../../src/session/client.ts';
import type { SessionState } from '../../src/session/state.ts';
import { LOOKING, type ThreadPlace } from '../../src/session/stopped-threads.ts';
import { GoroutineList } from './goroutine-list.tsx';
import { GoStack } from './go-stack.tsx';
import { errorText } from '../model/failure.ts';
import { clip } from '../model/text.ts';

/** The true Go stack of the program that a debugger has stopped, and its other goroutines. */
export function Sidebar({ session }: { session: SessionClient }): JSX.Element {
  const state = useSession(session);
  useEffect(() => session.stops?.watch(), [session]);
  const [chosen, setChosen] = useState<{ readonly snapshot: string; readonly key: string } | null>(null);
  const stop = state.stop ?? null;
  const step = (
    <>
      <Breakpoint state={state} />
      <Step session={session} state={state} />
    </>
  );
  if (stop === null) {
    return (
      <div class="side">
        {step}
        <div class="side-message">{whyNothing(state)}</div>
        <Elsewhere session={session} state={state} />
        <Values session={session} state={state} />
      </div>
    );
  }
  if (stop.snapshotKey === null || stop.moduleKey === null) {
    return (
      <div class="side">
        {step}
        <div class="side-message">{stop.why}</div>
        <Remedies session={session} state={state} />
      </div>
    );
  }
  const { snapshotKey, moduleKey, thread } = stop;
  const key = chosen?.snapshot === snapshotKey ? chosen.key : null;
  return (
    <div class="side">
      {step}
      {thread === null ? null : (
        <StoppedThread session={session} state={state} thread={thread} time={stop.time} />
      )}
      <GoStack
        session={session}
        snapshotKey={snapshotKey}
        moduleKey={moduleKey}
        goroutine={key}
        onCurrent={() => setChosen(null)}
        onAgain={thread === null ? () => session.stops?.again() : null}
      />
      <GoroutineList
        session={session}
        snapshotKey={snapshotKey}
        chosen={key}
        onChoose={(one) => setChosen({ snapshot: snapshotKey, key: one })}
      />
    </div>
  );
}

/** That runtime.Breakpoint() has stopped the program, and what becomes of it. */
function Breakpoint({ state }: { state: SessionState }): JSX.Element | null {
  const call = state.breakpointCall ?? null;
  if (call === null) return null;
  const place = `${clip(call.file.slice(call.file.lastIndexOf('/') + 1), 80)}:${String(call.line)}`;
  return (
    <div class="side-message">
      Stopped at runtime.Breakpoint(), called by {clip(call.function, 120)} at {place}. It is a trap of
      WebAssembly: resuming ends the program.
    </div>
  );
}

/** A step of DevTools that left the code of Go, and what becomes of it. */
function Step({ session, state }: { session: SessionClient; state: SessionState }): JSX.Element | null {
  const step = state.step ?? null;
  if (step === null) return null;
  return (
    <div class="side-message" role="status" aria-label="Step">
      <div>{step.text}</div>
      {step.status === 'going' && session.steps !== undefined ? (
        <button type="button" class="side-button" onClick={() => session.steps?.cancel()}>
          Stop waiting
        </button>
      ) : null}
    </div>
  );
}

/** The one click that lets DevTools itself show values of Go. */
function Values({ session, state }: { session: SessionClient; state: SessionState }): JSX.Element | null {
  const [failure, setFailure] = useState<string | null>(null);
  if (session.reloadWithValues === undefined || state.emptyReason === 'no-wasm') return null;
  const reload = (): void => {
    session.reloadWithValues?.().catch((error: unknown) => {
      setFailure(errorText(error));
    });
  };
  const why =
    'Loads the page again and lets DevTools show Go values at a breakpoint: arguments under Scope, Go expressions under Watch and on hover. ' +
    'Until the next reload an empty debug section is appended to the module as it is loaded; the program itself is unchanged. ' +
    'Meanwhile the standard library is not on the ignore list of DevTools. Where the tab of a Go file stays without colours, and the mouse shows no values: ' +
    'close it and open it again.';
  const stop = (): void => {
    session.stopValues?.().catch((error: unknown) => {
      setFailure(errorText(error));
    });
  };
  return (
    <div class="side-message">
      <button type="button" class="side-button" title={why} onClick={reload}>
        Reload with Go values
      </button>{' '}
      {state.values === true ? (
        <button
          type="button"
          class="side-button"
          title="DevTools shows Go files and names as before, without values; the page is not reloaded."
          onClick={stop}
        >
          Stop Go values
        </button>
      ) : null}
      {failure === null ? null : <div>{failure}</div>}
    </div>
  );
}

/** Programs whose stops are not told: where else their goroutines are, what that means for steps, and a look for a stop there. */
function Elsewhere({ session, state }: { session: SessionClient; state: SessionState }): JSX.Element | null {
  const where = elsewhere(state);
  if (where === null && state.emptyReason !== 'loaded-before') return null;
  const look =
    session.stops?.canLook === true ? (
      <div>
        <Look session={session} state={state} label="Look for a stop there" />
      </div>
    ) : null;
  return where === null ? (
    <div class="side-note" role="note" aria-label="Programs elsewhere">
      It may run in a worker, or in a frame of another site. DevTools tells extensions of stops of the page
      itself only{look === null ? '' : ': such a stop is looked for when you say so'}.{look}
    </div>
  ) : (
    <div class="side-note" role="note" aria-label="Programs elsewhere">
      This page runs Go in {where} too. Breakpoints hit there, and DevTools steps there, but it tells
      extensions of stops of the page itself only: such a stop is{' '}
      {look === null ? 'not seen here' : 'looked for when you say so'}. A step over a call that blocks, or
      makes the stack larger, ends in the runtime. {look === null ? SET_BREAKPOINT : GOES_ON} The goroutines
      of these programs are in the panel "Go", while they run.{look}
    </div>
  );
}

/** What becomes of a step that has ended in the runtime there. */
const SET_BREAKPOINT = 'Set a breakpoint on the next line then, and resume.';
const GOES_ON = 'It goes on to the line where its goroutine comes back, as in the page.';

/** Where the goroutines below are, as they were when somebody looked. */
function StoppedThread({
  session,
  state,
  thread,
  time,
}: {
  session: SessionClient;
  state: SessionState;
  thread: ThreadPlace;
  time: number;
}): JSX.Element {
  return (
    <div class="side-note" role="note" aria-label="Stopped thread">
      The {thread.kind} {clip(thread.url, 200)}, stopped, as it was at{' '}
      {new Date(time).toTimeString().slice(0, 8)}. That it goes on is not told to extensions.
      <div>
        <Look session={session} state={state} label="Look again" />{' '}
        <button type="button" class="side-button" onClick={() => session.stops?.close()}>
          Close
        </button>
      </div>
    </div>
  );
}

/** Looks for a stop of a worker or frame; says so while it does, and what came of it where that is nothing to show. */
function Look({
  session,
  state,
  label,
}: {
  session: SessionClient;
  state: SessionState;
  label: string;
}): JSX.Element {
  const [looking, setLooking] = useState(false);
  const [outcome, setOutcome] = useState('');
  const task = looking ? state.tasks.find(({ title }) => title === LOOKING) : undefined;
  const look = (): void => {
    setLooking(true);
    setOutcome('');
    session.stops
      ?.look()
      .then(setOutcome, (error: unknown) => setOutcome(errorText(error)))
      .finally(() => setLooking(false));
  };
  const percent = task?.progress == null ? '' : ` ${String(Math.round(task.progress * 100))} %`;
  return (
    <>
      <button
        type="button"
        class="side-button"
        disabled={looking}
        title="Attaches the debugger for a moment, and copies the memory of a program that is stopped. Nothing is resumed."
        onClick={look}
      >
        {looking ? `Looking…${percent}` : label}
      </button>
      {task === undefined ? null : (
        <>
          {' '}
          <button type="button" class="side-button" onClick={() => session.cancelTask(task.id)}>
            Cancel
          </button>
        </>
      )}
      {outcome === '' ? null : <div role="status">{clip(outcome, 600)}</div>}
    </>
  );
}

/** Workers, and frames of other sites, which have a process of their own. */
function elsewhere({ instances, modules, pageUrl }: SessionState): string | null {
  const realms = [...instances, ...modules].map(({ realm }) => realm);
  const page = hostOf(pageUrl);
  const found = [
    ...(realms.some(({ kind }) => kind === 'worker') ? ['workers'] : []),
    ...(realms.some(({ kind, url }) => kind === 'frame' && hostOf(url) !== page)
      ? ['frames of other sites']
      : []),
  ];
  return found.length === 0 ? null : found.join(' and ');
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : '');

function useSession(session: SessionClient): SessionState {
  const [state, setState] = useState(session.state());
  useEffect(() => {
    setState(session.state());
    return session.subscribe(() => setState(session.state()));
  }, [session]);
  return state;
}

function whyNothing({ emptyReason, instances }: SessionState): string {
  switch (emptyReason) {
    case 'no-wasm':
      return 'This page has loaded no WebAssembly.';
    case 'not-go':
      return 'No module of this page is a Go program.';
    case 'loaded-before':
      return 'This program was loaded before its memory could be seen. Its goroutines are shown here at a breakpoint after a reload with the hook, or after looking into the running page: both are in the panel "Go".';
    case 'starting':
      return 'Looking at the page…';
    case null:
      return instances.length === 0
        ? 'The memory of this program cannot be reached yet: reload with the hook, in the panel "Go".'
        : 'Not paused in Go. At a breakpoint the goroutines and their stacks are shown here.';
  }
}

/** What would let the memory be reached. */
function Remedies({ session, state }: { session: SessionClient; state: SessionState }): JSX.Element | null {
  const [failure, setFailure] = useState<string | null>(null);
  if (state.stop?.instanceKey != null || state.stop?.moduleKey == null) return null;
  const act = (work: Promise<unknown>): void => {
    work.then(
      () => session.stops?.again(),
      (error: unknown) => setFailure(errorText(error)),
    );
  };
  return (
    <div class="side-message">
      {state.access.debuggerAvailable ? (
        <button type="button" class="side-button" onClick={() => act(session.attachDebugger())}>
          Look into the running page
        </button>
      ) : null}{' '}
      <button type="button" class="side-button" onClick={() => act(session.reload())}>
        Reload with hook
      </button>
      {state.access.debuggerAvailable ? (
        <div>
          A page that is stopped lets nobody look into it: that begins when it goes on. At the next stop the
          goroutines are here.
        </div>
      ) : null}
      {failure === null ? null : <div>{failure}</div>}
    </div>
  );
}

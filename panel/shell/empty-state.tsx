import type { ComponentChildren, JSX } from 'preact';
import type { SessionState } from '../../src/session/state.ts';
import { Icon } from '../components/icon.tsx';
import { TextButton } from '../components/toolbar.tsx';
import { useModel } from '../model/context.ts';
import { accessActions, ATTACH, OPEN_FILE, PASTE, RELOAD } from './actions.ts';
import type { Action } from './actions.ts';

/** What a view says when it has nothing to show: which case it is, and the buttons that change it. */
export interface EmptyText {
  readonly title: string;
  readonly text: readonly string[];
  readonly actions: readonly Action[];
}

const MINIMAL_BUILD =
  'This build of the extension cannot attach the debugger: what happened before DevTools opened is seen only after a reload, or when its stack is pasted.';

/** Whether what happens in the page is seen from its first script on. */
const watched = ({ access }: SessionState): boolean =>
  access.active.includes('hook') || access.active.includes('site');

/** Why the list of scripts may not be all: the browser frees modules that nothing refers to. */
const endedBefore = ({ access }: SessionState): string =>
  access.debuggerAvailable
    ? 'A program that ended before DevTools opened may no longer be listed: attaching looks for what it left.'
    : MINIMAL_BUILD;

/** Whether nothing but a pasted stack can tell, without a reload, what happened before DevTools opened. */
const missesThePast = (state: SessionState): boolean => !watched(state) && !state.access.debuggerAvailable;

/** Which of the known reasons there is no module to show. */
export function emptyModules(state: SessionState): EmptyText {
  switch (state.emptyReason) {
    case 'starting':
      return {
        title: 'Looking for WebAssembly',
        text: ['Asking DevTools for the scripts of this page.'],
        actions: [],
      };
    case 'loaded-before':
      return {
        title: 'Loaded before DevTools opened',
        text: [
          'The wasm of this page was loaded before the hook was there: instances, memory and traps are not seen.',
          ...(state.access.debuggerAvailable ? [] : [MINIMAL_BUILD]),
        ],
        actions: state.access.debuggerAvailable ? [ATTACH, RELOAD] : [RELOAD, PASTE],
      };
    case 'not-go':
      return {
        title: 'No Go module',
        text: ['The page runs WebAssembly, but none of its modules was built by Go.'],
        actions: [OPEN_FILE],
      };
    case 'no-wasm':
    case null:
      return {
        title: 'No WebAssembly',
        text: [
          'DevTools lists no wasm script of this page. A module that it loads later appears here.',
          ...(watched(state) ? [] : [endedBefore(state)]),
          'A .wasm file can also be dropped onto this panel.',
        ],
        actions: [...accessActions(state), ...(missesThePast(state) ? [PASTE] : []), OPEN_FILE],
      };
  }
}

/** Why there is no trap to show. */
export function emptyTraps(state: SessionState): EmptyText {
  const { access } = state;
  if (watched(state)) {
    return {
      title: 'No traps',
      text: [
        'Watching uncaught errors, unhandled rejections and exits of every Go program on this page.',
        ...(state.settings.captureText
          ? []
          : ['Panic text is not kept (Settings): the message of a panic then comes from memory only.']),
      ],
      actions: [PASTE],
    };
  }
  if (access.active.includes('debugger')) {
    return {
      title: 'No traps so far',
      text: [
        'The console of this page holds no trap. To see later ones at the moment they happen, reload with the hook.',
      ],
      actions: [RELOAD, PASTE],
    };
  }
  return {
    title: 'Traps are not being watched',
    text: [
      'Without the hook a panic or trap of this page is not seen.',
      access.debuggerAvailable
        ? 'Attaching also brings back errors from before DevTools opened.'
        : MINIMAL_BUILD,
    ],
    actions: [...accessActions(state), PASTE],
  };
}

/** In the form of DevTools' own empty panels. */
export function EmptyState({
  empty,
  children,
}: {
  empty: EmptyText;
  children?: ComponentChildren;
}): JSX.Element {
  const model = useModel();
  return (
    <div class="empty" role="status">
      <div class="empty-title">{empty.title}</div>
      {empty.text.map((text) => (
        <div key={text} class="empty-text">
          {text}
        </div>
      ))}
      {children}
      <div class="empty-actions">
        {empty.actions.map((action, index) => (
          <TextButton
            key={action.id}
            text={action.text}
            tip={action.tip}
            kind={index === 0 ? 'tonal' : 'outlined'}
            onClick={() => action.run(model)}
          />
        ))}
      </div>
    </div>
  );
}

/** The same in one line above a list that is not empty: its modules are known, but not all that could be. */
export function ReasonBar({ empty }: { empty: EmptyText }): JSX.Element {
  const model = useModel();
  return (
    <div class="infobar info" role="status">
      <Icon name="info" class="info" />
      <span class="infobar-text" data-tip={empty.text.join('\n')}>
        {empty.text[0]}
      </span>
      {empty.actions.map((action) => (
        <TextButton key={action.id} text={action.text} tip={action.tip} onClick={() => action.run(model)} />
      ))}
    </div>
  );
}

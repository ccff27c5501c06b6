import { describe, expect, test } from 'vitest';
import { emptyModules, emptyTraps } from '../../../panel/shell/empty-state.tsx';
import { accessText, symbolsText } from '../../../panel/shell/status-bar.tsx';
import { startupSpan, startupSteps } from '../../../panel/views/modules/startup-model.ts';
import { toolchainText } from '../../../panel/views/modules/modules-view.tsx';
import { stackTabs } from '../../../panel/views/traps/trap-detail.tsx';
import type { AccessState } from '../../../src/session/page-port.ts';
import type { EmptyReason, SessionState } from '../../../src/session/state.ts';
import { recordedClient } from './recording.ts';

const state = recordedClient().state();

function withAccess(access: Partial<AccessState>, emptyReason: EmptyReason | null = null): SessionState {
  return { ...state, emptyReason, access: { ...state.access, ...access } };
}

const actions = (empty: { actions: readonly { id: string }[] }): string[] =>
  empty.actions.map(({ id }) => id);

describe('why there is no module', () => {
  test('every reason has words of its own', () => {
    const reasons: EmptyReason[] = ['no-wasm', 'not-go', 'loaded-before', 'starting'];
    const titles = reasons.map((reason) => emptyModules(withAccess({}, reason)).title);
    expect(new Set(titles).size).toBe(reasons.length);
  });

  test('a page that was loaded before offers to attach first, and the minimal build a reload with the reason', () => {
    expect(actions(emptyModules(withAccess({ active: ['resources'] }, 'loaded-before')))).toEqual([
      'attach',
      'reload',
    ]);
    const minimal = emptyModules(
      withAccess({ active: ['resources'], debuggerAvailable: false }, 'loaded-before'),
    );
    expect(actions(minimal)).toEqual(['reload', 'paste']);
    expect(minimal.text.join(' ')).toContain('cannot attach the debugger');
  });

  test('a page without wasm offers what is not in force yet', () => {
    expect(actions(emptyModules(withAccess({ active: ['resources'] }, 'no-wasm')))).toEqual([
      'reload',
      'attach',
      'open-file',
    ]);
    expect(actions(emptyModules(withAccess({ active: ['hook', 'debugger'] }, 'no-wasm')))).toEqual([
      'open-file',
    ]);
    // The program may have died before: this build sees it only after a reload, or when its stack is pasted.
    const minimal = { debuggerAvailable: false } as const;
    expect(actions(emptyModules(withAccess({ ...minimal, active: ['resources'] }, 'no-wasm')))).toEqual([
      'reload',
      'paste',
      'open-file',
    ]);
    expect(actions(emptyModules(withAccess({ ...minimal, active: ['hook'] }, 'no-wasm')))).toEqual([
      'open-file',
    ]);
  });
});

describe('why there is no trap', () => {
  test('with the hook: they are being watched', () => {
    const empty = emptyTraps(withAccess({ active: ['resources', 'hook'] }));
    expect(empty.title).toBe('No traps');
    expect(actions(empty)).toEqual(['paste']);
  });

  test('without it: they are not, and what would help', () => {
    expect(actions(emptyTraps(withAccess({ active: ['resources'] })))).toEqual(['reload', 'attach', 'paste']);
    const minimal = emptyTraps(withAccess({ active: ['resources'], debuggerAvailable: false }));
    expect(actions(minimal)).toEqual(['reload', 'paste']);
    expect(minimal.text.join(' ')).toContain('pasted');
  });

  test('after attaching: later ones need the hook', () => {
    expect(actions(emptyTraps(withAccess({ active: ['resources', 'debugger'] })))).toEqual([
      'reload',
      'paste',
    ]);
  });

  test('panic text that is not kept is mentioned', () => {
    const silent = {
      ...withAccess({ active: ['hook'] }),
      settings: { ...state.settings, captureText: false },
    };
    expect(emptyTraps(silent).text.join(' ')).toContain('Panic text is not kept');
  });
});

test('the status bar says access and symbols in words', () => {
  expect(accessText({ ...state.access, active: [] })).toBe('none');
  expect(accessText({ ...state.access, active: ['resources', 'site'] })).toBe('resources, site');
  const [app, , , rust, broken] = state.modules;
  expect(symbolsText(app ?? null)).toBe('pclntab, exact 94 %');
  expect(symbolsText(rust ?? null)).toBe('names');
  expect(symbolsText(broken ?? null)).toBe('none');
  expect(symbolsText(null)).toBeNull();
});

test('the list says who built a module', () => {
  expect(state.modules.map(toolchainText)).toEqual([
    'go1.26.10',
    'go1.26.10',
    'go1.23.8',
    'not Go',
    'failed',
  ]);
});

describe('start-up', () => {
  const none = {
    fetchStart: null,
    fetchEnd: null,
    compileStart: null,
    compileEnd: null,
    instantiateStart: null,
    instantiateEnd: null,
    firstGoCode: null,
  };

  test('what was not observed has a reason and no time', () => {
    const steps = startupSteps(none);
    expect(steps.every(({ why }) => why?.startsWith('not observed') === true)).toBe(true);
    expect(startupSpan(steps)).toBeNull();
  });

  test('compile and instantiate in one call are one step', () => {
    const steps = startupSteps({ ...none, compileStart: 31, instantiateEnd: 118, firstGoCode: 140 });
    expect(steps.map(({ name }) => name)).toEqual(['Fetch', 'Compile and instantiate', 'To first Go code']);
    expect(startupSpan(steps)).toEqual({ start: 31, end: 140 });
    const bySize = startupSteps({ ...none, fetchStart: 1, fetchEnd: 2, fetchBySize: true });
    expect(bySize[0]).toMatchObject({ name: 'Fetch, told by its size', start: 1, end: 2 });
  });
});

test('stacks of one trap have tabs with names of their own', () => {
  const trap = state.traps[0];
  const stacks = [trap?.stack, ...(trap?.otherStacks ?? [])].filter((stack) => stack != null);
  expect(stackTabs(stacks).map(({ title }) => title)).toEqual(['Go stack', 'JavaScript', 'Go text']);
  const [, , text] = stacks;
  if (text === undefined) throw new Error('no text stack');
  const titles = stackTabs([
    text,
    { ...text, header: 'goroutine 7 [chan receive]:' },
    { ...text, header: null },
  ]).map(({ title }) => title);
  expect(new Set(titles).size).toBe(3);
});

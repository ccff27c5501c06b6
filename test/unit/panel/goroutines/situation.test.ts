import { describe, expect, test } from 'vitest';
import { programOf, situationOf } from '../../../../panel/views/goroutines/situation.ts';
import type { Situation } from '../../../../panel/views/goroutines/situation.ts';
import type { SnapshotState } from '../../../../panel/model/types.ts';
import type { EmptyReason, InstanceState, ModuleState, SessionState } from '../../../../src/session/state.ts';
import { recordedClient } from '../recording.ts';

const recorded = { ...recordedClient().state(), snapshots: [] as readonly SnapshotState[] };
const instance = (change: Partial<InstanceState> = {}): InstanceState => {
  const found = recorded.instances.find(({ key }) => key === 'i1');
  if (found === undefined) throw new Error('no instance was recorded');
  return { ...found, state: 'running', ...change };
};
const go = ((): ModuleState => {
  const found = recorded.modules.find(({ key }) => key === instance().moduleKey);
  if (found === undefined) throw new Error('no module was recorded');
  return found;
})();

function withToolchain(toolchain: 'go' | 'tinygo' | 'other'): ModuleState {
  if (go.report === null) throw new Error('the module has no report');
  return { ...go, report: { ...go.report, toolchain } };
}

const state = (change: Partial<SessionState> = {}): SessionState => ({
  ...recorded,
  instances: [instance()],
  modules: [go],
  traps: [],
  ...change,
});

const snapshot = (key: string, change: Partial<SnapshotState> = {}): SnapshotState => ({
  key,
  instanceKey: 'i1',
  moduleKey: go.key,
  trapKey: null,
  origin: 'live',
  label: `#${key}`,
  time: 0,
  pinned: false,
  status: 'ready',
  taskId: null,
  error: null,
  facts: null,
  verdict: null,
  stacksRead: 1,
  ...change,
});

const CHEAP = { bytes: 1 << 20, ended: false, copies: true, pauseMs: 1 };
const shown = (
  session: SessionState,
  chosen: InstanceState | null,
  wanted: string | null,
  cost = CHEAP,
): Situation => situationOf(session, chosen, wanted, cost);

/** Title and the ids of the buttons. */
function said(situation: Situation): string {
  if (situation.kind === 'snapshot') return `shows ${situation.snapshot.key}`;
  const { title, actions } = situation.empty;
  return [title, ...actions.map(({ id }) => id)].join(' | ');
}

describe('which snapshot is shown', () => {
  const two = state({ snapshots: [snapshot('s2'), snapshot('s1')] });

  test('the newest, or the one that is named', () => {
    expect(said(shown(two, null, null))).toBe('shows s2');
    expect(said(shown(two, null, 's1'))).toBe('shows s1');
    expect(said(shown(two, null, 'dropped'))).toBe('shows s2');
  });

  test('one that is being read does not hide the one before', () => {
    const reading = snapshot('s3', { status: 'reading', taskId: 4 });
    expect(said(shown(state({ snapshots: [reading, snapshot('s2')] }), null, null))).toBe('shows s2');
    const first = shown(state({ snapshots: [reading] }), null, null);
    expect(said(first)).toBe('Reading goroutines');
    expect(first).toMatchObject({ taskId: 4, take: null });
  });

  test('one that failed says why, and offers to try again', () => {
    const failed = snapshot('s1', { status: 'failed', error: 'runtime.allgs was not found' });
    const situation = shown(state({ snapshots: [failed] }), null, null);
    expect(said(situation)).toBe('The goroutines could not be read | take | open-dump');
    expect(situation).toMatchObject({ error: 'runtime.allgs was not found', take: null });
  });

  test('of the chosen instance; with several and none chosen, a dump that is named', () => {
    const instances = [instance(), instance({ key: 'i2' })];
    const dump = snapshot('d', { instanceKey: null, origin: 'dump' });
    const both = state({
      instances,
      snapshots: [snapshot('s1'), snapshot('t', { instanceKey: 'i2' }), dump],
    });
    expect(said(shown(both, instance({ key: 'i2' }), null))).toBe('shows t');
    expect(said(shown(both, null, null))).toBe('Several Go programs run on this page | i1 | i2');
    expect(said(shown(both, null, 'd'))).toBe('shows d');
    expect(programOf(both, null)).toBeNull();
  });
});

describe('why there is none', () => {
  test('a program that can be read is read when the view is first shown', () => {
    const situation = shown(state(), null, null);
    expect(said(situation)).toBe('No snapshot | take | open-dump');
    expect(situation).toMatchObject({ take: 'i1' });
    const large = shown(state(), null, null, { bytes: 200 << 20, ended: false, copies: true, pauseMs: 210 });
    expect(large).toMatchObject({ take: null });
    expect(JSON.stringify(large)).toContain('stops for about 210 ms');
  });

  test.each([
    ['no-wasm', 'No WebAssembly'],
    ['not-go', 'No Go module'],
    ['loaded-before', 'Loaded before DevTools opened | attach | reload | open-dump'],
    ['starting', 'Looking for WebAssembly'],
  ] as const)('no instance: %s', (emptyReason: EmptyReason, title) => {
    const situation = shown(state({ instances: [], modules: [], emptyReason }), null, null);
    expect(said(situation)).toContain(title);
    expect(situation).toMatchObject({ take: null });
  });

  test('modules are known, but no instance', () => {
    expect(said(shown(state({ instances: [], emptyReason: null }), null, null))).toMatch(
      /^No running program.*open-dump$/,
    );
  });

  test('a module of TinyGo is read as one of Go is', () => {
    const tiny = state({ modules: [withToolchain('tinygo')] });
    expect(shown(tiny, instance(), null)).toMatchObject({ take: 'i1' });
  });

  test('a module that no Go toolchain built', () => {
    const other = state({ modules: [withToolchain('other')] });
    expect(said(shown(other, null, null))).toBe('No Go program | open-dump');
    expect(said(shown(other, instance(), null))).toBe('No Go program | open-dump');
    expect(shown(other, null, null)).toMatchObject({ take: null });
  });

  test('the module is still being read, or could not be', () => {
    const loading = { ...go, status: 'loading', report: null } as const;
    expect(said(shown(state({ modules: [loading] }), instance(), null))).toBe('Reading the module');
    const failed = { ...go, status: 'failed', report: null, error: 'code section at 0x12' } as const;
    const situation = shown(state({ modules: [failed] }), instance(), null);
    expect(said(situation)).toBe('The module could not be read | open-dump');
    expect(situation).toMatchObject({ error: 'code section at 0x12' });
  });

  test('the program ended without its memory, or the memory is not seen', () => {
    const ended = instance({ state: 'exited', memoryBytes: null });
    expect(said(shown(state({ instances: [ended] }), null, null))).toBe(
      'The program has ended, and its memory with it | reload | open-dump',
    );
    const unseen = instance({ memoryBytes: null });
    expect(said(shown(state({ instances: [unseen] }), null, null))).toBe(
      'The memory of this program is not seen | attach | reload | open-dump',
    );
  });

  test('of several programs, those that are not Go are not offered', () => {
    const other = { ...withToolchain('other'), key: 'other' };
    const mixed = state({
      modules: [go, other],
      instances: [instance({ key: 't', moduleKey: 'other' }), instance()],
    });
    expect(programOf(mixed, null)?.key).toBe('i1');
    expect(shown(mixed, null, null)).toMatchObject({ take: 'i1' });
  });
});

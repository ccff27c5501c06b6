import { describe, expect, test } from 'vitest';
import { EXACT } from '../../../../src/base/confidence.ts';
import { columnsFor } from '../../../../panel/views/goroutines/goroutine-table.tsx';
import { waiterRows } from '../../../../panel/views/goroutines/wait-pane.tsx';
import {
  basesOf,
  countText,
  labelsText,
  costText,
  isCheap,
  snapshotsOf,
  snapshotTitle,
  waitedText,
} from '../../../../panel/views/goroutines/words.ts';
import type { GoroutineFacts, SnapshotState, WaitObject } from '../../../../panel/model/types.ts';
import { recordedClient } from '../recording.ts';
import { rowNamed } from './rows.ts';

const facts: GoroutineFacts = {
  total: 1234,
  user: 1230,
  system: 4,
  running: 1,
  runnable: 2,
  waiting: 1231,
  reading: 'Read in one task of the page.',
  consistent: true,
  pauseMs: 12.3,
  confidence: EXACT,
  notes: [],
};
const snapshot: SnapshotState = {
  key: 's1',
  instanceKey: 'i1',
  moduleKey: 'm1',
  trapKey: null,
  origin: 'live',
  label: '#1 12:04:31',
  time: 0,
  pinned: false,
  status: 'ready',
  taskId: null,
  error: null,
  facts,
  verdict: null,
  stacksRead: 1,
};

test.each([
  [null, ''],
  [0, '≈ 0 ms'],
  [41e6, '≈ 41 ms'],
  [1.26e9, '≈ 1.2 s'],
  [41.9e9, '≈ 41 s'],
  [180e9, '≈ 3 min'],
  [5400e9, '≈ 1.5 h'],
  [1000 * 24 * 3600e9, '≈ 1,000 d'],
])('a wait of %s ns is %s', (ns, text) => {
  expect(waitedText(ns)).toBe(text);
});

test('labels, counts and costs', () => {
  expect(
    labelsText([
      ['job', 'resize'],
      ['worker', '3'],
    ]),
  ).toBe('job:resize worker:3');
  expect(countText(facts, null)).toBe('1,234 goroutines');
  expect(countText(facts, 1234)).toBe('1,234 goroutines');
  expect(countText(facts, 7)).toBe('7 of 1,234 goroutines');
  const cost = { bytes: 18 << 20, ended: false, copies: true, pauseMs: 19.2 };
  expect(costText(cost)).toMatch(/18\.0 MiB, is copied .* about 19 ms\.$/);
  expect(costText({ ...cost, copies: false, pauseMs: null })).toContain('not copied');
  expect(costText({ ...cost, ended: true, copies: false, pauseMs: null })).toMatch(
    /^The program has ended\..* as it was left\.$/,
  );
  expect([cost, { ...cost, pauseMs: 300 }, { ...cost, copies: false }, null].map(isCheap)).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

describe('snapshots', () => {
  const other = { ...snapshot, key: 's2', instanceKey: 'i2', moduleKey: 'm2' };
  const dump = { ...snapshot, key: 's3', instanceKey: null, origin: 'dump', pinned: true } as const;
  const state = { ...recordedClient().state(), snapshots: [snapshot, other, dump] };
  const [instance] = state.instances;

  test('those of the chosen instance, and dumps', () => {
    expect(snapshotsOf(state, null)).toHaveLength(3);
    if (instance === undefined) throw new Error('no instance was recorded');
    expect(snapshotsOf(state, { ...instance, key: 'i1' }).map(({ key }) => key)).toEqual(['s1', 's3']);
  });

  test('one is compared with others of the same module that are ready', () => {
    expect(basesOf(state.snapshots, snapshot).map(({ key }) => key)).toEqual(['s3']);
    expect(basesOf([{ ...dump, status: 'reading' }], snapshot)).toEqual([]);
  });

  test('their titles say what is special', () => {
    expect(snapshotTitle(snapshot)).toBe('#1 12:04:31 · 1,234');
    expect(snapshotTitle({ ...snapshot, pinned: true })).toBe('#1 12:04:31 · 1,234 · pinned');
    expect(snapshotTitle({ ...snapshot, facts: null, status: 'reading' })).toBe('#1 12:04:31 · reading…');
    expect(snapshotTitle({ ...snapshot, facts: null, status: 'failed' })).toBe('#1 12:04:31 · failed');
  });
});

test('columns go where there is no room, the least telling first; the change is there with a base only', () => {
  const ids = (width: number, compared = false): string =>
    columnsFor(width, compared)
      .map(({ id }) => id)
      .join(' ');
  expect(ids(2000)).toBe('id state waiting function waitsOn creator startFunction labels count');
  expect(ids(710)).toBe('id state waiting function waitsOn creator count');
  expect(ids(400)).toBe('id state function');
  expect(ids(100)).toBe('id state function');
  expect(ids(2000, true)).toContain('id change state');
});

test('who waits on a channel: senders and receivers are always named, waiters of a lock only there', () => {
  const object: WaitObject = {
    kind: 'channel',
    address: 0xc000108060,
    text: 'chan int, 0 of 0 values, open',
    elementType: 'int',
    length: 0,
    capacity: 0,
    closed: false,
    senders: [],
    receivers: [rowNamed(7), rowNamed(9)],
    waiters: [],
    owner: null,
    notes: [],
  };
  const lines = (one: WaitObject): readonly string[] =>
    waiterRows(one).map((row) =>
      'row' in row ? `goroutine ${String(row.row.id)}` : `${row.title} ${String(row.count)}`,
    );
  expect(lines(object)).toEqual(['Senders 0', 'Receivers 2', 'goroutine 7', 'goroutine 9']);
  expect(lines({ ...object, kind: 'mutex', receivers: [], waiters: [rowNamed(3)] })).toEqual([
    'Waiters 1',
    'goroutine 3',
  ]);
});

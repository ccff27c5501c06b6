import { describe, expect, test } from 'vitest';
import { address } from '../../../../src/base/units.ts';
import { deadlockVerdict } from '../../../../src/go/runtime/deadlock.ts';
import type { Goroutine } from '../../../../src/go/runtime/goroutine.ts';
import { readLabels } from '../../../../src/go/runtime/labels.ts';
import { livePointers } from '../../../../src/go/runtime/live-words.ts';
import { Moment } from '../../../../src/go/runtime/moment.ts';
import { groupStacks } from '../../../../src/go/runtime/stack-groups.ts';
import { waitObject } from '../../../../src/go/runtime/wait-object.ts';
import { listWaits, type WaitTarget } from '../../../../src/go/runtime/wait-target.ts';
import { WholeMemory } from '../../../../src/memory/whole-memory.ts';
import { fixtures, goSource, type Fixture } from '../../../support/fixtures.ts';
import { runGo, runWasip1 } from '../../../support/run-go.ts';
import { readCrashText } from './crash-text.ts';
import { runtimeOf } from './programs.ts';

// What goroutines wait on, against what Go's own text of the same moment says: the words of the arguments of the functions that wait.

interface Shown {
  readonly goroutine: Goroutine;
  readonly targets: readonly WaitTarget[];
  /** The words of the arguments of the function, by Go. */
  readonly words: readonly number[];
}

class Idle {
  readonly moment: Moment;
  readonly #text: string;

  constructor(moment: Moment, text: string) {
    this.moment = moment;
    this.#text = text;
  }

  /** The goroutines that Go's text shows in `name`. */
  in(name: string): Shown[] {
    return readCrashText(this.#text).flatMap((stack): Shown[] => {
      const frame = stack.frames.find((one) => one.function === name);
      const goroutine = this.moment.goroutines.find((one) => one.id === stack.id);
      if (frame === undefined || goroutine === undefined) return [];
      const { targets, notes } = listWaits(this.moment, goroutine);
      expect(notes).toEqual([]);
      const words = [...frame.args.matchAll(/0x([0-9a-f]+)/g)].map(([, hex = '']) => parseInt(hex, 16));
      return [{ goroutine, targets, words }];
    });
  }

  /** The only kind of target that those in `name` have. */
  only(name: string): { readonly target: WaitTarget; readonly words: readonly number[] }[] {
    const all = this.in(name);
    expect(all.length, name).toBeGreaterThan(0);
    return all.map(({ targets, words }) => {
      expect(targets.length, name).toBe(1);
      const [target] = targets;
      if (target === undefined) throw new Error(`${name} waits on nothing`);
      return { target, words };
    });
  }
}

const EXACT = { kind: 'exact' } as const;

async function idleOf(fixture: Fixture): Promise<Idle> {
  const snapshot = (await runGo(fixture, { args: ['idle'] })).snapshots[1];
  if (snapshot === undefined) throw new Error('the program told nothing');
  const { memory, sp, now, text } = snapshot;
  return new Idle(new Moment(runtimeOf(fixture), new WholeMemory(memory), { sp: address(sp), now }), text);
}

describe.each(fixtures({ family: 'goroutines' }).map((one) => [one.name, one] as const))(
  '%s',
  (_, fixture) => {
    test('what every goroutine waits on, and who else does', async () => {
      const idle = await idleOf(fixture);
      const { moment } = idle;

      for (const { target, words } of idle.only('main.receive')) {
        expect(target).toMatchObject({
          kind: 'channel',
          direction: 'receive',
          select: false,
          confidence: EXACT,
        });
        expect(target.address).toBe(words[0]);
        expect(target.text).toMatch(/^<-chan main\.message 0x[0-9a-f]+$/);
      }
      for (const { target, words } of idle.only('main.send')) {
        expect(target).toMatchObject({ kind: 'channel', direction: 'send', address: words[0] });
        expect(target.text).toMatch(/^chan<- \*main\.message 0x/);
      }
      for (const name of ['main.receiveNil', 'main.sendNil']) {
        for (const { target } of idle.only(name)) {
          expect(target).toMatchObject({ kind: 'channel', address: null, forever: true, confidence: EXACT });
          expect(target.text).toContain('nothing can wake it');
        }
      }
      expect(idle.only('main.selectNothing')[0]?.target).toMatchObject({ select: true, forever: true });

      const selects = idle.in('main.selecting');
      expect(selects.length).toBe(2);
      for (const { targets, words } of selects) {
        expect(targets.every((one) => one.select && one.kind === 'channel')).toBe(true);
        expect(new Map(targets.map((one) => [one.address, one.direction]))).toEqual(
          new Map([
            [words[0], 'receive'],
            [words[1], 'receive'],
            [words[2], 'send'],
          ]),
        );
      }
      for (const { targets } of idle.in('main.selectWithTimeout')) {
        const timed = targets.filter((one) => one.until !== null);
        expect(timed.length).toBe(1);
        expect(timed[0]?.text).toMatch(
          /^<-chan time\.Time 0x[0-9a-f]+, sent by a timer, (?:\d+h)?\d+m\d+s left$/,
        );
      }
      for (const { targets, goroutine } of idle.in('main.sleep')) {
        expect(targets).toMatchObject([{ kind: 'timer', confidence: EXACT }]);
        const left = /^sleep, (?:\d+h)?\d+m\d+s left$/;
        expect(targets[0]?.text).toMatch(goroutine.bubble === null ? left : /clock of its synctest bubble$/);
      }

      for (const { target, words } of idle.only('main.lock')) {
        expect(target).toMatchObject({ kind: 'mutex', address: words[0], confidence: EXACT });
        expect(target.text).toMatch(/^sync\.Mutex 0x[0-9a-f]+, locked$/);
      }
      for (const { target, words } of idle.only('main.lockShared')) {
        expect(target).toMatchObject({ kind: 'rwmutex', address: words[0], confidence: EXACT });
        expect(target.text).toMatch(/\(RLock\), locked by a writer, 1 reader waiting$/);
      }
      for (const { target, words } of idle.only('main.lockAlone')) {
        expect(target).toMatchObject({ kind: 'rwmutex', address: words[0], confidence: EXACT });
        expect(target.text).toMatch(
          /\(Lock\), locked by 1 reader, a writer waits$|\(Lock, behind another writer\)/,
        );
      }
      for (const { target, words } of idle.only('main.waitGroup')) {
        expect(target).toMatchObject({ kind: 'waitgroup', address: words[0], confidence: EXACT });
        expect(target.text).toMatch(/, counter 2$/);
      }
      for (const { target, words } of idle.only('main.waitCond')) {
        expect(target).toMatchObject({ kind: 'cond', address: words[0], confidence: EXACT });
      }

      // Every goroutine that waits waits on something, and stands among those that wait on it.
      for (const goroutine of moment.goroutines.filter((one) => one.waits)) {
        const { targets } = listWaits(moment, goroutine);
        expect(targets.length).toBeGreaterThan(0);
        for (const target of targets) {
          const object = waitObject(moment, target);
          expect(object === undefined).toBe(target.address === null);
          if (object === undefined) continue;
          expect(object.kind).toBe(target.kind);
          const { senders, receivers, waiters } = object;
          const among = { send: senders, receive: receivers, none: waiters }[target.direction ?? 'none'];
          expect(among, `${goroutine.state} ${target.text}`).toContain(goroutine);
        }
      }
      const handler = moment.stacks.running;
      expect(handler && listWaits(moment, handler).targets).toMatchObject([{ kind: 'javascript' }]);

      const [mutex] = idle.only('main.lock');
      const object = mutex && waitObject(moment, mutex.target);
      expect(object?.waiters.map((one) => one.id)).toEqual(
        idle
          .in('main.lock')
          .filter((one) => one.words[0] === mutex?.words[0])
          .map((one) => one.goroutine.id),
      );
      expect(object).toMatchObject({ elementType: null, senders: [], receivers: [], closed: null });
      const [full] = idle.only('main.send');
      expect(full && waitObject(moment, full.target)).toMatchObject({
        ...{ elementType: '*main.message', length: 2, capacity: 2, closed: false },
        text: expect.stringMatching(/^chan \*main\.message 0x[0-9a-f]+, 2 of 2 values, open$/) as string,
      });
      expect(waitObject(moment, { kind: 'timer', address: null })).toBeUndefined();

      // Its timers and callbacks can wake it.
      const verdict = deadlockVerdict(moment, { ended: false });
      expect(verdict.kind).toBe('blocked');
      const users = moment.goroutines.filter((one) => !one.system && one.address !== handler?.address).length;
      expect(verdict.text).toBe(
        `All ${users} user goroutines are blocked (waiting for events, or deadlocked).`,
      );
      expect(verdict.why).toEqual([
        expect.stringMatching(/^\d+ timers are set, the next fires in (?:\d+h)?\d+m\d+s\.$/),
        '3 functions of Go’s that js.FuncOf registered can be called by JavaScript.',
      ]);
      expect(verdict.blockedCallbacks).toEqual([]);
      for (const { from, to } of verdict.edges) expect(to).not.toContain(from);
      expect(deadlockVerdict(moment, { ended: true }).kind).toBe('ended');
    });

    test('pointers that a stack keeps alive', async () => {
      const idle = await idleOf(fixture);
      const { runtime, memory, stacks } = idle.moment;
      // Each still needs its lock or condition when it goes on.
      for (const name of ['main.lock', 'main.lockShared', 'main.lockAlone']) {
        for (const { goroutine, words } of idle.in(name)) {
          const live = livePointers(runtime, memory, stacks.inner(goroutine, 100), goroutine.stack);
          expect(live.has(address(words[0] ?? 0)), name).toBe(true);
        }
      }
      // Nothing else does: whoever locked has returned, and words that are left over do not count.
      const verdict = deadlockVerdict(idle.moment, { ended: false });
      const locks = verdict.edges.filter(({ on }) => on.kind === 'mutex' || on.kind === 'waitgroup');
      expect(locks.length).toBe(10);
      for (const { to } of locks) expect(to).toEqual([]);
    });

    test('labels, and goroutines with the same stack', async () => {
      const { moment } = await idleOf(fixture);
      const labels = moment.goroutines
        .map((one) => readLabels(moment.runtime, moment.memory, one))
        .filter((all) => all.length > 0);
      const own = [
        ['request', '42'],
        ['user', 'gopher'],
      ];
      expect(labels).toEqual([own, [['part', 'inner'], ...own], own, [['part', 'inner'], ...own]]);

      const { of, groups } = groupStacks(moment);
      const keys = moment.goroutines.map((one) =>
        moment.stacks
          .read(one)
          .frames.map((frame) => frame.pc)
          .join(' '),
      );
      expect(groups.length).toBe(new Set(keys).size);
      const first = new Map<string, number>();
      keys.forEach((key, i) => {
        const group = of[i] ?? -1;
        if (!first.has(key)) first.set(key, group);
        expect(group).toBe(first.get(key));
      });
      expect(groups.reduce((sum, group) => sum + group.count, 0)).toBe(moment.goroutines.length);
    });
  },
);

describe.each(fixtures({ family: 'exits', stripped: true }).map((one) => [one.name, one] as const))(
  '%s',
  (_, fixture) => {
    async function momentOf(name: string): Promise<Moment> {
      const { death, instance } = await runGo(fixture, { args: [name] });
      const memory = death?.memory ?? new Uint8Array(instance.memory.buffer).slice();
      const sp = address(death?.sp ?? (instance.getsp?.() ?? 0) >>> 0);
      return new Moment(runtimeOf(fixture), new WholeMemory(memory), { sp });
    }

    test('a main that blocks where nothing can wake it is deadlocked', async () => {
      const verdict = deadlockVerdict(await momentOf('blocked'), { ended: false });
      expect(verdict).toMatchObject({
        kind: 'deadlocked',
        text: 'The only user goroutine is blocked, and nothing can wake it: deadlocked.',
        blockedCallbacks: [],
      });
      expect(verdict.edges).toMatchObject([
        { from: { id: 1 }, on: { kind: 'channel', direction: 'receive' }, to: [] },
      ]);
    });

    test('without user goroutines it is not called deadlocked', async () => {
      const verdict = deadlockVerdict(await momentOf('goexit'), { ended: false });
      expect(verdict).toMatchObject({ kind: 'blocked', text: 'No user goroutine is left.' });
    });

    test('what cannot be read is no proof of a deadlock', async () => {
      const moment = await momentOf('blocked');
      const { runtime, memory, goroutines } = moment;
      const why = 'taken away';
      const gone = { address: undefined, confidence: { kind: 'unavailable', why } } as const;
      for (const name of ['allp', 'jsFuncs'] as const) {
        const without = { ...runtime, globals: { ...runtime.globals, [name]: gone } };
        const sp = address((goroutines.at(-1)?.stack.hi ?? 0) - 16);
        const read = new Moment(without, memory, { sp: moment.stacks.idle ? null : sp });
        const verdict = deadlockVerdict(read, { ended: false });
        expect(verdict.kind).toBe('blocked');
        expect(verdict.why.join(' ')).toContain(why);
      }
    });

    test.each([
      ['deadlock', '<-chan int 0x'],
      ['mutex', 'sync.Mutex 0x'],
    ])('%s: blocking inside a callback is named, with the remedy', async (name, on) => {
      const moment = await momentOf(name);
      const { blockedCallbacks } = deadlockVerdict(moment, { ended: true });
      expect(blockedCallbacks.length).toBe(1);
      const [found] = blockedCallbacks;
      const source = goSource('exits/main.go');
      expect(source).toContain('js.FuncOf(');
      expect(found?.text).toContain('blocks in main.inCallback.func1, a callback made with js.FuncOf');
      expect(found?.text).toContain(` on ${on}`);
      expect(found?.text).toContain('go func() { ... }()');
      expect(found?.goroutine.waits).toBe(true);
    });
  },
);

describe.each(fixtures({ family: 'reactor' }).map((one) => [one.name, one] as const))('%s', (_, fixture) => {
  test.each([
    ['never called', []],
    ['called', [{ export: 'add', args: [1, 2] }]],
    ['called, with a switch of goroutines', [{ export: 'wait', args: [3] }]],
  ])('%s: it is not said that it runs, or that it is blocked', async (_name, calls) => {
    const { end, instance } = await runWasip1(fixture, { calls });
    expect(end).toBe('blocked');
    const memory = new WholeMemory(new Uint8Array(instance.memory.buffer.slice(0)));
    const moment = new Moment(runtimeOf(fixture), memory, { sp: null });
    expect(moment.goroutines.filter(({ system }) => !system).map(({ state }) => state)).toEqual(['running']);
    expect(deadlockVerdict(moment, { ended: false })).toMatchObject({
      kind: 'unknown',
      text: expect.stringMatching(/^The module is a reactor: it waits for calls of .*\badd, /) as string,
      why: [expect.stringContaining('no stack pointer') as string],
    });
  });
});

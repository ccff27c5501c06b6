import { expect, test } from 'vitest';
import { address } from '../../../../src/base/units.ts';
import { readGoModule } from '../../../../src/go/go-module.ts';
import { deadlockVerdict } from '../../../../src/go/runtime/deadlock.ts';
import { readLayouts } from '../../../../src/go/runtime/layouts.ts';
import { Moment } from '../../../../src/go/runtime/moment.ts';
import { readRuntime, type GoRuntime } from '../../../../src/go/runtime/runtime.ts';
import { TypeReader } from '../../../../src/go/runtime/types.ts';
import { listWaits } from '../../../../src/go/runtime/wait-target.ts';
import { WholeMemory } from '../../../../src/memory/whole-memory.ts';
import { readModule } from '../../../../src/wasm/module.ts';
import { fixture, fixtureBytes } from '../../../support/fixtures.ts';
import { runGo } from '../../../support/run-go.ts';
import { runtimeOf } from './programs.ts';

// A Go that is newer than every table here: a module of 1.27 that says it was made by 1.40.

const FROM = new TextEncoder().encode('go1.27.3');
const TO = new TextEncoder().encode('go1.40.0');

function renamed(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const copy = bytes.slice();
  const view = Buffer.from(copy.buffer);
  for (let at = view.indexOf(FROM); at >= 0; at = view.indexOf(FROM, at + 1)) copy.set(TO, at);
  return copy;
}

function newerRuntime(): GoRuntime {
  const of = fixture({ family: 'goroutines', goVersion: '1.27.3' });
  const module = readGoModule(readModule(renamed(fixtureBytes(of))));
  if (module === undefined) throw new Error('the module is no longer Go');
  return readRuntime(module);
}

test('a newer Go is read by its own type descriptors, and every answer says that it is newer', async () => {
  const of = fixture({ family: 'goroutines', goVersion: '1.27.3' });
  const snapshot = (await runGo(of, { args: ['idle'] })).snapshots[1];
  if (snapshot === undefined) throw new Error('the program told nothing');
  const newer = newerRuntime();
  expect(newer.program.minor).toBe(40);
  expect(newer.program.module.notes.join(' ')).toContain('1.40');
  expect(new Set(Object.values(newer.layouts.from))).toEqual(new Set(['descriptors']));
  const evidence = { sp: address(snapshot.sp), now: snapshot.now };
  const memory = new WholeMemory(snapshot.memory);
  const moment = new Moment(newer, memory, evidence);
  const known = new Moment(runtimeOf(of), memory, evidence);
  expect(known.notes).toEqual([]);
  expect(moment.notes).toEqual([expect.stringMatching(/^Go 1\.40 is newer than 1\.27, /)]);
  expect(moment.goroutines).toEqual(known.goroutines);
  for (const [i, one] of moment.goroutines.entries()) {
    expect(moment.stacks.read(one)).toEqual(known.stacks.read(one));
    const same = known.goroutines[i];
    expect(listWaits(moment, one)).toEqual(same && listWaits(known, same));
  }
  expect(deadlockVerdict(moment, { ended: false })).toEqual(deadlockVerdict(known, { ended: false }));
});

test('without descriptors a newer Go is refused, with the reason', () => {
  const { image, moduleData } = newerRuntime().program.module;
  const { start } = moduleData.types;
  expect(readLayouts(new TypeReader(image, { start, end: start }), 40)).toBeUndefined();
});

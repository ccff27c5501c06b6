import { expect } from 'vitest';
import type { Address } from '../../../../src/base/units.ts';
import type { RuntimeFrame } from '../../../../src/go/runtime/frames.ts';
import { goroutineHeader, type Goroutine } from '../../../../src/go/runtime/goroutine.ts';
import { StackReader } from '../../../../src/go/runtime/goroutine-stack.ts';
import { listGoroutines } from '../../../../src/go/runtime/goroutines.ts';
import type { GoRuntime } from '../../../../src/go/runtime/runtime.ts';
import { WholeMemory } from '../../../../src/memory/whole-memory.ts';
import { readCrashText, type TextFrame, type TextStack } from './crash-text.ts';

// Every goroutine that memory shows against Go's own text of the same moment: the crash text with GOTRACEBACK=system, which has all
// goroutines and all frames, and runtime.Stack of all goroutines, which hides those of the runtime.

/** What has been compared so far. */
export const compared = { goroutines: 0, frames: 0, created: 0 };
export const distinct = { frames: new Set<string>(), states: new Set<string>(), stacks: new Set<string>() };

/** The memory of one moment, and the program that it is of. */
export interface Moment {
  readonly runtime: GoRuntime;
  readonly memory: Uint8Array;
  readonly sp: Address;
  readonly now: number | null;
}

/** Reads all goroutines of a moment as Go's text of all frames would show them. */
export class Reading {
  readonly runtime: GoRuntime;
  readonly all: readonly Goroutine[];
  readonly notes: readonly string[];
  readonly stacks: StackReader;

  constructor({ runtime, memory, sp }: Moment) {
    this.runtime = runtime;
    const whole = new WholeMemory(memory);
    const { goroutines, notes } = listGoroutines(this.runtime, whole);
    this.all = goroutines;
    this.notes = notes;
    this.stacks = new StackReader(this.runtime, whole, { sp });
  }

  byId(id: number): Goroutine {
    const found = this.all.find((one) => one.id === id);
    if (found === undefined) throw new Error(`goroutine ${id} is not in the list`);
    return found;
  }
}

function asText(frame: RuntimeFrame, detailed: boolean): TextFrame {
  const shows = detailed && !frame.inlined;
  return {
    function: frame.function === 'runtime.gopanic' && !frame.inlined ? 'panic' : frame.function,
    args: frame.args ?? '?',
    file: frame.file,
    line: frame.line,
    offset: frame.pcOffset ?? -1,
    fp: shows ? frame.fp : -1,
    sp: shows ? frame.sp : -1,
    pc: shows ? frame.pc : -1,
  };
}

/** Go src/runtime/traceback.go, showfuncinfo, for GOTRACEBACK=single, and for `created by` as well. */
function isShown(frame: Pick<RuntimeFrame, 'function' | 'wrapper'>, minor: number, first: boolean): boolean {
  if (frame.wrapper) return false;
  if (frame.function === 'runtime.gopanic') return !first;
  if (minor >= 25 && /^runtime\.run(Finalizers|Cleanups)$/.test(frame.function)) return true;
  return (
    frame.function.includes('.') &&
    (!frame.function.startsWith('runtime.') || /^runtime\.[A-Z]/.test(frame.function))
  );
}

function expectFrames(mine: readonly TextFrame[], text: TextStack): void {
  if (text.gapAfter === null) expect(mine).toEqual(text.frames);
  else {
    // 1.19 prints only the first hundred frames of a long stack, later versions the first and the last fifty.
    expect(mine.slice(0, text.gapAfter)).toEqual(text.frames.slice(0, text.gapAfter));
    const tail = text.frames.slice(text.gapAfter);
    expect(tail.length === 0 ? [] : mine.slice(-tail.length)).toEqual(tail);
  }
}

function expectCreatedBy({ createdBy }: Goroutine, text: TextStack): void {
  const by = createdBy?.goroutine == null ? '' : ` in goroutine ${createdBy.goroutine}`;
  expect(createdBy && `created by ${createdBy.function}${by} ${createdBy.file}:${createdBy.line}`).toBe(
    text.createdBy,
  );
  expect(createdBy?.pcOffset ?? null).toBe(text.createdOffset);
  if (createdBy !== null) compared.created++;
}

function count({ program }: GoRuntime, text: TextStack): void {
  compared.goroutines++;
  compared.frames += text.frames.length;
  distinct.states.add(text.state);
  distinct.stacks.add(
    `${text.state} ${text.frames.map((frame) => `${frame.function}+${frame.offset}`).join(' ')}`,
  );
  for (const frame of text.frames) {
    if (frame.offset >= 0) distinct.frames.add(`${program.minor} ${frame.function}+${frame.offset}`);
  }
}

/** All goroutines of a crash text with every frame; the first may begin a few frames later, where the runtime ends the program. */
export function expectCrash(moment: Moment, text: string): void {
  const reading = new Reading(moment);
  const told = readCrashText(text).filter((stack) => stack.id !== 0);
  expect(reading.notes).toEqual([]);
  expect(reading.all.map((one) => one.id).sort()).toEqual(told.map((one) => one.id).sort());
  for (const [i, stack] of told.entries()) {
    const one = reading.byId(stack.id);
    const header = `${stack.state}${stack.rest === '' ? '' : `, ${stack.rest}`}`;
    expect(goroutineHeader(one, moment.now)).toBe(`goroutine ${stack.id} [${header}]:`);
    expectCreatedBy(one, stack);
    const read = reading.stacks.read(one);
    expect(read).toMatchObject({ complete: true, notes: [], elided: null });
    let mine = read.frames.map((frame) => asText(frame, true));
    if (i === 0) {
      const [first] = stack.frames;
      const start = mine.findIndex((frame) => frame.function === first?.function && frame.fp === first.fp);
      expect(start).toBeGreaterThanOrEqual(0);
      mine = mine.slice(start);
    }
    if (stack.cut) mine = mine.slice(0, stack.frames.length);
    expectFrames(mine, stack);
    count(moment.runtime, stack);
  }
}

/** runtime.Stack of all goroutines: those of the program, without frames of the runtime. `skip` has changed since. */
export function expectStackText(moment: Moment, text: string, skip: number | null): Reading {
  const reading = new Reading(moment);
  const { minor } = reading.runtime.program;
  const told = readCrashText(text).filter((stack) => stack.id !== skip);
  expect(reading.notes).toEqual([]);
  const users = reading.all.filter((one) => !one.system && one.id !== skip).map((one) => one.id);
  expect(users.sort()).toEqual(told.map((one) => one.id).sort());
  for (const stack of told) {
    const one = reading.byId(stack.id);
    const header = `${stack.state}${stack.rest === '' ? '' : `, ${stack.rest}`}`;
    expect(goroutineHeader(one, moment.now)).toBe(`goroutine ${stack.id} [${header}]:`);
    if (one.createdBy !== null && isShown({ ...one.createdBy, wrapper: false }, minor, false))
      expectCreatedBy(one, stack);
    else expect(stack.createdBy).toBeNull();
    const read = reading.stacks.read(one);
    expect(read).toMatchObject({ complete: true, notes: [], elided: null });
    let mine: TextFrame[] = [];
    // Before 1.21 Go looks at the first hundred frames, and does not say that there are more when it hides the last of them.
    for (const frame of minor < 21 ? read.frames.slice(0, 100) : read.frames) {
      if (isShown(frame, minor, mine.length === 0)) mine.push(asText(frame, false));
    }
    // Where nothing would be left, Go shows all.
    if (mine.length === 0) mine = read.frames.map((frame) => asText(frame, false));
    // Main has gone on to another line of the function that took the text.
    if (one.id === reading.stacks.running?.id) {
      const at = (frames: readonly TextFrame[]): number =>
        frames.findIndex((frame) => frame.function === 'main.tell') + 1;
      mine = mine.slice(at(mine));
      expect(mine).toEqual(stack.frames.slice(at(stack.frames)));
    } else expectFrames(mine, stack);
    count(moment.runtime, stack);
  }
  return reading;
}

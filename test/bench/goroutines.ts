// How long it takes to read all goroutines, with their whole stacks, beside Go itself: pprof.Lookup("goroutine").WriteTo(w, 2) inside the
// same program at the same moment. Go makes text, this makes frames and the words of their arguments.
import { address } from '../../src/base/units.ts';
import { readGoModule } from '../../src/go/go-module.ts';
import { Moment } from '../../src/go/runtime/moment.ts';
import { readRuntime } from '../../src/go/runtime/runtime.ts';
import { groupStacks } from '../../src/go/runtime/stack-groups.ts';
import { WholeMemory } from '../../src/memory/whole-memory.ts';
import { readModule } from '../../src/wasm/module.ts';
import { fixture, fixtureBytes } from '../support/fixtures.ts';
import { runGo } from '../support/run-go.ts';

export interface GoroutinesMeasured {
  readonly goroutines: number;
  readonly frames: number;
  /** Milliseconds: Go's own, and ours, the module's runtime not counted, which is read once. */
  readonly go: number;
  /** Bytes of Go's text. */
  readonly text: number;
  readonly first: number;
  readonly best: number;
  readonly list: number;
  /** Putting together those with identical stacks, of which there are `distinct`. */
  readonly groups: number;
  readonly distinct: number;
}

const RUNS = 3;

/** Starts `count` goroutines in a program of its own, and measures both. */
export async function measureGoroutines(count: number): Promise<GoroutinesMeasured> {
  const module = fixture({ family: 'goroutines', goVersion: '1.27.3' });
  const bytes = fixtureBytes(module);
  let measured: GoroutinesMeasured | undefined;
  await runGo(module, {
    args: ['many', String(count)],
    onMeasured: (go, text, { memory, getsp }) => {
      const goModule = readGoModule(readModule(bytes));
      if (goModule === undefined) throw new Error('the fixture is not Go');
      const runtime = readRuntime(goModule);
      const runs = Array.from({ length: RUNS }, () => {
        const from = performance.now();
        const whole = new WholeMemory(new Uint8Array(memory.buffer));
        const moment = new Moment(runtime, whole, { sp: address(getsp?.() ?? 0) });
        const listed = performance.now();
        let frames = 0;
        for (const one of moment.goroutines) frames += moment.stacks.read(one).frames.length;
        const to = performance.now();
        const distinct = groupStacks(moment).groups.length;
        return {
          ...{ frames, distinct, goroutines: moment.goroutines.length },
          ...{ list: listed - from, all: to - from, groups: performance.now() - to },
        };
      });
      const [first] = runs;
      if (first === undefined) return;
      const best = runs.reduce((a, b) => (b.all < a.all ? b : a));
      const { goroutines, frames, distinct } = first;
      measured = {
        ...{ goroutines, frames, go, text, first: first.all, best: best.all },
        ...{ list: best.list, groups: best.groups, distinct },
      };
    },
  });
  if (measured === undefined) throw new Error('the program measured nothing');
  return measured;
}

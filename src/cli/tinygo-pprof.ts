import { WholeMemory } from '../memory/whole-memory.ts';
import type { ProfiledModule } from '../profile/go-locations.ts';
import { goroutineProfile } from '../profile/goroutine-profile.ts';
import type { Profile } from '../profile/profile.ts';
import { traceOfTask } from '../stack/from-tasks.ts';
import { profiledFramesOf } from '../stack/profiled-frames.ts';
import type { ModuleSymbols } from '../symbols/choose.ts';
import { Symbolizer } from '../symbols/symbolizer.ts';
import { readTasks, uncertaintyOf } from '../tinygo/tasks.ts';
import { InputError } from './io.ts';
import { attempt, openTinyGo } from './open-tinygo.ts';

/** The goroutine profile of a TinyGo program, finished goroutines left out; an InputError says why there is no other one. */
export function tinyGoProfile(
  symbols: ModuleSymbols,
  type: 'heap' | 'allocs' | 'goroutine',
  module: ProfiledModule,
  paths: { readonly module: string; readonly memory: string },
  bytes: Uint8Array,
  note: (text: string) => void,
): Profile {
  if (type !== 'goroutine') {
    throw new InputError(
      `${paths.module}: TinyGo notes no stack of an allocation, so there is no ${type} profile of it: gowasm heap tells its objects by size and type`,
    );
  }
  const runtime = openTinyGo(paths.module, symbols);
  const symbolizer = new Symbolizer(symbols.sources);
  const uncertain = uncertaintyOf(symbols.tinygo?.version ?? null);
  if (uncertain !== null) note(uncertain);
  const stacks = attempt(paths.memory, () => readTasks(runtime, new WholeMemory(bytes)))
    .filter(({ state }) => state !== 'finished')
    .map((task) => ({
      frames: profiledFramesOf(traceOfTask(task, symbolizer), task.entry, symbolizer),
      count: 1,
    }))
    .filter(({ frames }) => frames.length > 0);
  return goroutineProfile(stacks, { module, timeNanos: 0n });
}

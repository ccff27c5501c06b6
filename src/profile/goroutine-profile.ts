import type { RuntimeFrame } from '../go/runtime/frames.ts';
import type { GoRuntime } from '../go/runtime/runtime.ts';
import { ProfileBuilder } from './builder.ts';
import { GoLocations, type GoStackFrame, type ProfiledModule } from './go-locations.ts';
import type { Profile } from './profile.ts';

/** Goroutines with one stack. */
export interface GoroutineStacks {
  /** Innermost first, with the runtime's own frames, as runtime.GoroutineProfile has them. */
  readonly frames: readonly GoStackFrame[];
  /** How many goroutines have it: 1 for a single one. */
  readonly count: number;
  /** Labels that pprof.Do set; none by default. */
  readonly labels?: readonly { readonly key: string; readonly value: string }[];
}

/**
 * The frames of a stack that was read from memory, as a profile has them: without the wrappers that the compiler made, and with the
 * lines at which their functions are declared.
 */
export function profiledFrames({ program }: GoRuntime, frames: readonly RuntimeFrame[]): GoStackFrame[] {
  return frames
    .filter(({ wrapper }) => !wrapper)
    .map((frame) => {
      const levels = program.functionAt(frame.pc)?.framesAt(frame.symbolPc) ?? [];
      return { ...frame, startLine: levels.find(({ name }) => name === frame.function)?.startLine ?? 0 };
    });
}

/**
 * A goroutine profile as pprof.Lookup("goroutine").WriteTo(w, 0) writes it (Go src/runtime/pprof/pprof.go, printCountProfile): one sample
 * type, `goroutine` in `count`; stacks with the same PCs and labels are one sample, the most frequent first. Go leaves system goroutines
 * out: so should the caller. `timeNanos`: when the stacks were taken, in nanoseconds since 1970 UTC.
 */
export function goroutineProfile(
  stacks: readonly GoroutineStacks[],
  { module, timeNanos }: { readonly module: ProfiledModule; readonly timeNanos: bigint },
): Profile {
  const type = { type: 'goroutine', unit: 'count' };
  const builder = new ProfileBuilder({ sampleTypes: [type], periodType: type, period: 1n, timeNanos });
  const locations = new GoLocations(builder, module);
  const groups = new Map<string, { count: number; first: GoroutineStacks }>();
  for (const stack of stacks) {
    const key = keyOf(stack);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { count: stack.count, first: stack });
    else group.count += stack.count;
  }
  const ordered = [...groups].sort(
    ([key, one], [otherKey, other]) =>
      other.count - one.count || (key < otherKey ? -1 : key > otherKey ? 1 : 0),
  );
  for (const [, { count, first }] of ordered) {
    const labels = (first.labels ?? []).map(({ key, value }) => ({ key, text: value }));
    builder.addSample(locations.ofStack(first.frames), [count], labels);
  }
  return builder.build();
}

/** What Go groups by: the PCs and the labels. */
function keyOf({ frames, labels = [] }: GoroutineStacks): string {
  const pcs = frames.map(
    (frame) => `${frame.inlined ? `${frame.function}:${frame.line}` : ''}0x${frame.pc.toString(16)}`,
  );
  return [
    '@',
    ...pcs,
    ...labels.map(({ key, value }) => `${JSON.stringify(key)}:${JSON.stringify(value)}`),
  ].join(' ');
}

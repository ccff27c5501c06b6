import { goroutineProfile, profiledFrames, type GoroutineStacks } from '../profile/goroutine-profile.ts';
import { writeProfile } from '../profile/write-profile.ts';
import { CancelledError } from '../protocol/endpoint.ts';
import { formatStack } from '../stack/format.ts';
import type { Entry, GoroutineSnapshot } from './goroutines-snapshot.ts';
import { goroutineTrace } from './memory-stack.ts';

// What goes out of a snapshot: text as Go prints it, and a profile for go tool pprof.

/** These goroutines as Go prints a traceback, in their order. `progress`: 0..1. */
export async function tracebackOf(
  snapshot: GoroutineSnapshot,
  entries: readonly Entry[],
  signal: AbortSignal,
  progress: (fraction: number) => void,
): Promise<string> {
  const texts: string[] = [];
  for await (const { entry, stack } of snapshot.stacksOf(entries)) {
    if (signal.aborted) throw new CancelledError();
    progress(texts.length / entries.length);
    texts.push(formatStack(goroutineTrace(entry.goroutine, entry.state, snapshot.at.now, stack)));
  }
  return texts.join('\n');
}

/** A goroutine profile (profile.proto, not packed) of all but the system goroutines, which Go leaves out too. `time`: milliseconds since the epoch. */
export async function profileOf(
  snapshot: GoroutineSnapshot,
  about: { readonly name: string; readonly hash: string; readonly time: number },
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  await snapshot.ensure(snapshot.entries, signal);
  // Goroutines with the same stack are one sample: one of them is read for all.
  const groups = new Map<string, { readonly first: Entry; count: number }>();
  const keyOf = ({ stack, labels }: Entry): string => `${stack?.key ?? ''} ${JSON.stringify(labels)}`;
  for (const entry of snapshot.entries) {
    if (entry.stack === null || entry.goroutine.system) continue;
    const group = groups.get(keyOf(entry));
    if (group === undefined) groups.set(keyOf(entry), { first: entry, count: 1 });
    else group.count++;
  }
  const stacks: GoroutineStacks[] = [];
  for await (const { entry, stack } of snapshot.stacksOf([...groups.values()].map(({ first }) => first))) {
    if (signal.aborted) throw new CancelledError();
    const frames = profiledFrames(snapshot.runtime, stack.frames);
    const labels = entry.labels.map(([key, value]) => ({ key, value }));
    if (frames.length > 0) stacks.push({ frames, count: groups.get(keyOf(entry))?.count ?? 1, labels });
  }
  return writeProfile(
    goroutineProfile(stacks, {
      module: { file: about.name, buildId: about.hash },
      timeNanos: BigInt(Math.round(about.time)) * 1_000_000n,
    }),
  );
}

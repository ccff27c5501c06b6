import { ProfileBuilder } from '../../src/profile/builder.ts';
import type { Profile } from '../../src/profile/profile.ts';

/** What the profile of a large program is like. */
export interface MadeSize {
  readonly samples: number;
  readonly functions: number;
  /** Frames of the deepest stack. */
  readonly depth: number;
}

/** 100,000 samples, about 12 MB of profile.proto. */
export const LARGE: MadeSize = { samples: 100_000, functions: 12_000, depth: 54 };

/**
 * A CPU profile as a large server gives it, always the same: stacks that share their outer frames, inlined calls, labels, two values a
 * sample. Nothing is random.
 */
export function madeProfile({ samples, functions, depth }: MadeSize): Profile {
  const builder = new ProfileBuilder({
    sampleTypes: [
      { type: 'samples', unit: 'count' },
      { type: 'cpu', unit: 'nanoseconds' },
    ],
    periodType: { type: 'cpu', unit: 'nanoseconds' },
    ...{ period: 10_000_000n, timeNanos: 1_700_000_000_000_000_000n, durationNanos: 1_000_000_000_000n },
  });
  const mapping = builder.addMapping({
    ...{ memoryStart: 0x400000n, memoryLimit: 0x4000000n, fileOffset: 0n, file: '/srv/app', buildId: 'abc' },
    ...{ hasFunctions: true, hasFilenames: true, hasLineNumbers: true, hasInlineFrames: true },
  });
  let state = 12345;
  /** A pseudorandom whole number below `limit` (Numerical Recipes' generator). */
  const next = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  for (let at = 0; at < functions; at++) {
    const path = `example.com/company/service/internal/part${at % 97}`;
    builder.addFunction({
      name: `${path}.(*Type${at % 311}).Method${at}`,
      file: `${path}/file${at % 13}.go`,
      startLine: 1 + (at % 900),
    });
  }
  const locations = functions * 3;
  for (let at = 0; at < locations; at++) {
    const lines = [{ function: at % functions, line: 1 + (at % 1000) }];
    if (at % 4 === 0) lines.unshift({ function: (at * 7) % functions, line: 1 + (at % 700) });
    builder.addLocation(lines, BigInt(0x400000 + at * 16), mapping);
  }
  // Outermost first; each sample keeps the outer part of the one before.
  const stack: number[] = [];
  for (let sample = 0; sample < samples; sample++) {
    stack.length = Math.min(stack.length, 8 + next(depth - 8));
    const wanted = 8 + next(depth - 8);
    while (stack.length < wanted) {
      // Most functions call one other as a rule, and few others.
      const chance = next(100);
      const choice = chance < 78 ? 0 : chance < 96 ? 1 : 2;
      stack.push((((stack.at(-1) ?? 0) + 1) * 7919 + choice * 104729) % locations);
    }
    const labels = [{ key: 'handler', text: `/api/${sample % 40}` }];
    const count = 1 + next(3);
    builder.addSample(stack.toReversed(), [count, count * 10_000_000], labels);
  }
  return builder.build();
}

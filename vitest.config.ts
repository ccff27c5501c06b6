import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest, in this order: begun last, one of them would run alone at the end. */
const LONG = [
  'e2e/sources-breakpoints.test.ts',
  'e2e/sources-attach.test.ts',
  'e2e/main-job.test.ts',
  'e2e/main-job-oldest.test.ts',
  'e2e/goroutine-places.test.ts',
  'e2e/browser.test.ts',
  'e2e/panel-goroutines.test.ts',
  'e2e/heap.test.ts',
  'unit/go/go-module.test.ts',
  'unit/worker/goroutines.test.ts',
  'unit/symbols/inspect.test.ts',
  'unit/symbols/truth.test.ts',
  'unit/go/runtime/waits.test.ts',
  'unit/go/runtime/goroutines.test.ts',
];

/** Vitest's own order, which is by the size of files where it has never run them, with the long ones first. */
class LongOnesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONG.findIndex((name) => moduleId.endsWith(`/test/${name}`));
      return at < 0 ? LONG.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongOnesFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.{ts,tsx}'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          // By default one core is left idle, half of a machine of two.
          maxWorkers: '100%',
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // Generous: only failures use it up.
          expect: { poll: { timeout: 60_000 } },
          // A browser each; most of their time goes into starting DevTools.
          maxWorkers: 2,
        },
      },
    ],
  },
});

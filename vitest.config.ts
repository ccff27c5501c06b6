import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.{ts,tsx}'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Generous: only failures use it up.
          expect: { poll: { timeout: 30_000 } },
          // A browser each; most of their time goes into starting DevTools.
          maxWorkers: 2,
        },
      },
    ],
  },
});

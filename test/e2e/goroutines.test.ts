import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import type { GoVersion } from '../support/fixtures.ts';
import { expectWaits, snapshotOf, takeIdle } from './support/goroutines.ts';
import { eventually, launch, type TestBrowser } from './support/harness.ts';

// Goroutines of a program in a page, through the session that the panel has: blocked in many ways, after a crash, and from a dump.

let server: FixtureServer;
let tested: TestBrowser;
beforeAll(async () => {
  server = await startServer();
  tested = await launch('extension');
});
afterAll(async () => {
  await tested.close();
  await server.close();
});

const url = (version: GoVersion, name: string): string =>
  `${server.url}/?version=${version}&family=goroutines&case=${name}&auto=1`;

test.each(['1.21.13', '1.27.3'] as const)(
  'Go %s: blocked goroutines while the page is idle, and the same from a dump',
  async (version) => {
    const where = { name: `goroutines ${version}`, url: url(version, 'idle'), hooked: true } as const;
    await tested.inspect(where, async ({ panel }) => {
      const seen = await takeIdle(panel);
      expect(seen.error).toBeNull();
      expect(seen.pauseMs).not.toBeNull();
      expectWaits(seen);
      expect(seen.verdict).toBe('blocked');

      const dumped = await panel.evaluate(async (snapshotKey) => {
        const session = window.goSession;
        if (session === undefined) throw new Error('the panel has no session');
        const { name, blob } = await session.goroutines.saveMemory(snapshotKey);
        const opened = await session.goroutines.openDump(name, await blob.arrayBuffer(), null);
        return { name, opened };
      }, seen.key);
      expect(dumped.name).toMatch(/\.gowasm-dump$/);
      const again = await snapshotOf(panel, dumped.opened);
      expect(again.rows).toEqual(seen.rows);
    });
  },
);

test('after a crash the goroutines are still there, linked from the trap', async () => {
  const where = { name: 'goroutines crash', url: url('1.27.3', 'panic'), hooked: true } as const;
  await tested.inspect(where, async ({ panel }) => {
    const trap = await eventually(
      'the snapshot of a trap',
      () =>
        panel.evaluate(() => {
          const found = window.goSession?.state().traps[0];
          return found === undefined ? null : { key: found.snapshotKey, id: found.goroutine?.id ?? null };
        }),
      (one) => one !== null && one.key !== null,
    );
    const seen = await snapshotOf(panel, trap?.key ?? '');
    expectWaits(seen);
    expect(seen.verdict).toBe('ended');
    expect(seen.rows.find((row) => row.id === trap?.id)).toMatchObject({ state: 'running' });
  });
});

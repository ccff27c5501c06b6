import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { DEATHS } from './main-job-cases.ts';
import { expectDeath } from './support/expect-death.ts';
import { launch, type TestBrowser } from './support/harness.ts';
import { die, mainJob, NEWEST, pageFor } from './support/main-job.ts';
import { withoutSymbols } from './support/without-symbols.ts';

describe(`go${NEWEST}`, () => {
  mainJob(NEWEST);
});

describe('with a worker whose symbolization is taken out', () => {
  let server: FixtureServer;
  let tested: TestBrowser;
  let directory: string;
  beforeAll(async () => {
    server = await startServer();
    directory = await withoutSymbols();
    tested = await launch('extension', directory);
  });
  afterAll(async () => {
    await tested.close();
    await server.close();
    await rm(directory, { recursive: true });
  });

  test.each(
    DEATHS.filter(({ fixture }) => ['index', 'breakpoint', 'deadlock'].includes(fixture.name)).map(
      (death) => [death.fixture.name, death] as const,
    ),
  )('%s is not shown as it was, and the check says so', async (name, death) => {
    await tested.inspect(
      { name: `stubbed ${name}`, url: pageFor(server, NEWEST, death.fixture, true) },
      async (inspected) => {
        const shown = await die(inspected);
        expect(() => {
          expectDeath(shown, death);
        }).toThrow();
      },
    );
  });
});

import { describe } from 'vitest';
import { mainJob, NEWEST, withoutSymbolization } from './support/main-job.ts';

describe(`go${NEWEST}`, () => {
  mainJob(NEWEST);
});

describe('with a worker whose symbolization is taken out', () => {
  withoutSymbolization(NEWEST);
});

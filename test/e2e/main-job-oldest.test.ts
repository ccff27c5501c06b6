import { describe } from 'vitest';
import { mainJob, OLDEST, withoutSymbolization } from './support/main-job.ts';

describe(`go${OLDEST}`, () => {
  mainJob(OLDEST);
});

describe('with a worker whose symbolization is taken out', () => {
  withoutSymbolization(OLDEST);
});

import { describe } from 'vitest';
import { mainJob, OLDEST } from './support/main-job.ts';

describe(`go${OLDEST}`, () => {
  mainJob(OLDEST);
});

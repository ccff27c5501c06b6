import { afterEach, expect, test, vi } from 'vitest';
import { findBrowser } from '../../../scripts/browser.mjs';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('CHROME_PATH decides', async () => {
  vi.stubEnv('CHROME_PATH', process.execPath);
  expect(await findBrowser({ install: false })).toBe(process.execPath);
});

test('a CHROME_PATH that is no program is an error, not a reason to take another browser', async () => {
  vi.stubEnv('CHROME_PATH', import.meta.filename);
  await expect(findBrowser({ install: false })).rejects.toThrow(
    `CHROME_PATH is ${import.meta.filename}, which is not an executable file`,
  );
});

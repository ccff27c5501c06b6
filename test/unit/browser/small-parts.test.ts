import { describe, expect, test } from 'vitest';
import { buildIdOf } from '../../../src/browser/build-id.ts';
import { allowsBlobWorkers } from '../../../src/browser/csp.ts';
import { fixture, fixtureBytes } from '../../support/fixtures.ts';

describe('build id', () => {
  test('equals what the engine reads of the module', async () => {
    for (const goVersion of ['1.21.13', '1.27.3'] as const) {
      const bytes = fixtureBytes(fixture({ family: 'panics', goVersion }));
      const [section] = WebAssembly.Module.customSections(await WebAssembly.compile(bytes), 'go:buildid');
      expect(section?.byteLength).toBeGreaterThan(20);
      expect(buildIdOf(bytes)).toBe(new TextDecoder().decode(section));
    }
  });

  test.each([
    ['nothing', []],
    ['a module without sections', [0, 97, 115, 109, 1, 0, 0, 0]],
    ['a section that leaves the file', [0, 97, 115, 109, 1, 0, 0, 0, 0, 127, 1, 65]],
    ['a size without end', [0, 97, 115, 109, 1, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255]],
  ])('%s has none', (_name, bytes) => {
    expect(buildIdOf(Uint8Array.from(bytes))).toBeNull();
  });
});

describe('blob: workers under a Content-Security-Policy', () => {
  test.each([
    [[]],
    [['']],
    [["img-src 'self'"]],
    [["default-src 'self'; worker-src blob:; script-src 'self' blob:"]],
    [["default-src 'self' blob:"]],
    [["DEFAULT-SRC 'self'; Worker-Src BLOB:; child-src 'none'; script-src blob:"]],
  ])('allowed: %j', (policies) => {
    expect(allowsBlobWorkers(policies)).toBe(true);
  });

  test.each([
    [["default-src 'self'"]],
    [["worker-src 'self'; script-src blob:"]],
    [["worker-src blob:; script-src 'self'"]],
    [["child-src 'none'"]],
    [["script-src 'self' blob:; default-src 'self'", "default-src 'none'"]],
    [["default-src blob:, default-src 'self'"]],
    [['worker-src *; script-src *']],
    [["worker-src 'self'; worker-src blob:"]],
  ])('forbidden: %j', (policies) => {
    expect(allowsBlobWorkers(policies)).toBe(false);
  });
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, type FixtureServer } from '../../fixtures/serve.mjs';
import { reloadWithHook } from '../../scripts/panel.mjs';
import { tinygoCases } from '../support/tinygo.ts';
import { launch, type TestBrowser } from './support/harness.ts';
import { seenTrap } from './support/seen.ts';

// TinyGo: every kind of panic, in the panel of real DevTools, with its reason, its function and its line.

let server: FixtureServer;
let tested: TestBrowser;
beforeAll(async () => {
  [server, tested] = await Promise.all([startServer(), launch('extension')]);
});
afterAll(async () => {
  await tested.close();
  await server.close();
});

const [first] = tinygoCases;

test('each panic shows reason, function and line', { timeout: 300_000 }, async () => {
  const urlOf = (name: string): string => `${server.url}/tinygo.html?module=tinygo.wasm.0&case=${name}`;
  await tested.inspect({ name: 'tinygo', url: urlOf(first?.name ?? '') }, async (inspected) => {
    const { page, panel } = inspected;
    for (const expected of tinygoCases) {
      await page.goto(urlOf(expected.name));
      await reloadWithHook(page, panel);
      await page.locator('#crash').click();
      const shown = await seenTrap(panel);
      expect([expected.name, shown.title]).toEqual([expected.name, expected.title]);
      const dead = shown.frames.find(
        (frame) => frame.language === 'go' && /^\(?\*?main\./.test(frame.function),
      );
      expect(dead).toMatchObject({ function: expected.function, file: expected.file });
      if (dead?.confidence === 'exact') expect(dead.line).toBe(expected.line);
      else expect(['nilmap', 'closed']).toContain(expected.name);
    }
    await inspected.screenshot('tinygo');
  });
});

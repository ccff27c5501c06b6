import { expect, test } from 'vitest';
import { launchPlainBrowser, openPanelPage, texts } from '../support/panel-browser.ts';
import { servePanel } from '../support/panel-page.ts';

// The panel as a plain page with what a real session said (`npm run record`): two programs on one page, one of them died.

test('a session that was really recorded shows its trap, its stack and the source', async () => {
  const [browser, server] = await Promise.all([launchPlainBrowser(), servePanel()]);
  try {
    const { page, errors } = await openPanelPage(browser, server.url('recorded'));
    await page.click('[data-tab="traps"]');
    await page.waitForSelector('.excerpt-line.here');
    expect(await texts(page, '.trap-title h1')).toEqual([
      'panic: runtime error: index out of range [5] with length 3',
    ]);
    expect((await texts(page, '[data-grid=stack] [data-column=function]')).slice(1, 4)).toEqual([
      'main.at(...)inlined',
      'main.indexOutOfRange(0x0)',
      expect.stringMatching(/^main\.middle\(0x[0-9a-f]+, 0x0\)$/),
    ]);
    expect(await texts(page, '.excerpt-line.here')).toEqual([
      expect.stringContaining('return xs[i] // dies: index'),
    ]);
    expect(errors).toEqual([]);
  } finally {
    await browser.close();
    await server.close();
  }
});

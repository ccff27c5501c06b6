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
    // Its goroutines at that moment, the one that died among them.
    await page.locator('.trap-facts button ::-p-text(goroutine 1 [running])').click();
    // It is in an inlined function, whose arguments are nowhere; those of its caller are.
    await page.waitForSelector('.goroutine .frame-arguments');
    expect(await texts(page, '.frame-arguments')).toEqual([expect.stringContaining('into its caller')]);
    await page.locator('[data-grid=stack] [data-column=function] ::-p-text(main.indexOutOfRange)').click();
    await page.waitForSelector('table.frame-arguments');
    expect(await texts(page, 'table.frame-arguments tr')).toEqual(['nint0']);
    expect(await texts(page, '.goroutine-head h1')).toEqual(['goroutine 1 [running]']);
    // Which columns the list has is known when it is laid out.
    await expect
      .poll(() => texts(page, '[data-grid=goroutines] .grid-row [data-column=function]'))
      .toEqual([expect.stringMatching(/^main\.atmain\.go:\d+$/)]);
    // The other program runs, and waits for what cannot come.
    await page.select('[aria-label=Snapshot]', 'snapshot:3');
    await page.waitForSelector('.verdict.error');
    expect(await texts(page, '.verdict-text')).toEqual([expect.stringContaining('deadlocked')]);
    await page.locator('[data-grid=goroutines] [data-column=state] ::-p-text(chan receive)').click();
    await page.click('[data-tab=waits]');
    await page.waitForSelector('[data-grid=waiters] .grid-row');
    expect(await texts(page, '.wait-object h2')).toEqual([expect.stringMatching(/^chan int/)]);
    expect(errors).toEqual([]);
  } finally {
    await browser.close();
    await server.close();
  }
});

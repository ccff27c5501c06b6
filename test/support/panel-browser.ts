import puppeteer from 'puppeteer-core';
import type { Browser, Page } from 'puppeteer-core';
import { automationArguments, findBrowser } from '../../scripts/browser.mjs';
import type { RecordedCall, RecordingClient } from '../../panel/recording-client.ts';

export interface PanelPageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly theme?: 'light' | 'dark';
  /** A script that runs in the page before the panel's. */
  readonly before?: string;
}

/** The panel's plain page in a browser, and what went wrong in it. */
export interface PanelPage {
  readonly page: Page;
  /** Errors that nobody caught, and what was written to the console as an error. */
  readonly errors: readonly string[];
  close(): Promise<void>;
}

/** Starts a headless browser without an extension. */
export async function launchPlainBrowser(): Promise<Browser> {
  return puppeteer.launch({
    executablePath: await findBrowser(),
    headless: true,
    pipe: true,
    args: [...automationArguments(), '--disable-gpu'],
  });
}

/** Opens a URL in a profile of its own, so that nothing is remembered from other tests. */
export async function openPanelPage(
  browser: Browser,
  url: string,
  { width = 1200, height = 500, theme = 'light', before }: PanelPageOptions = {},
): Promise<PanelPage> {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  // Generous: only failures use it up.
  page.setDefaultTimeout(60_000);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.location().url?.endsWith('/favicon.ico'))
      errors.push(message.text());
  });
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
  if (before !== undefined) await page.evaluateOnNewDocument(before);
  await page.goto(url);
  await page.waitForSelector('.shell, .start-failure');
  return { page, errors, close: () => context.close() };
}

/** Calls that the views made to the session, in order. */
export function clientCalls(page: Page): Promise<RecordedCall[]> {
  return page.evaluate(() => (window.goSession as RecordingClient | undefined)?.calls ?? []);
}

/** Text of all elements that a selector finds. */
export function texts(page: Page, selector: string): Promise<string[]> {
  return page.$$eval(selector, (elements) => elements.map((element) => element.textContent));
}

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Frame, Page } from 'puppeteer-core';
import { launchBrowser, openDevTools, showGoPanel } from '../../../scripts/devtools.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Which of the two builds of the extension is loaded. */
export type BuildName = 'extension' | 'extension-minimal';

/** Screenshots are kept here; CI stores the directory. */
export const ARTIFACTS = join(root, 'artifacts');

/** Absolute path of a built extension. */
export const builtExtension = (build: BuildName): string => join(root, 'dist', build);

/** How long a condition in the browser may take to come true, in milliseconds. Generous: it is only used up by failures. */
const PATIENCE = 30_000;

/** A page with DevTools open on the Go panel. */
export interface Inspected {
  readonly page: Page;
  /** The DevTools front end. */
  readonly frontEnd: Page;
  /** The panel's own page inside it. */
  readonly panel: Frame;
  /** What the page has written to its console and which errors nobody caught, oldest first. */
  readonly output: readonly string[];
  /** Saves a picture of the DevTools window as `artifacts/<build>-<name>.png`. */
  screenshot(name: string): Promise<void>;
}

export interface InspectOptions {
  /** Names the pictures. */
  readonly name: string;
  readonly url: string;
  /** Whether DevTools is there before the page loads (the default), or is opened on a page that is already loaded. */
  readonly devtools?: 'before-load' | 'after-load';
  /** For `after-load`: what to do in the page before DevTools opens. */
  readonly beforeDevtools?: (page: Page) => Promise<void>;
}

/** One browser with one build of the extension; a test file starts one and closes it at the end. */
export interface TestBrowser {
  readonly browser: Browser;
  readonly build: BuildName;
  /**
   * Opens a URL in a new tab with DevTools on the Go panel, runs `body`, and closes the tab. When `body` fails, pictures of
   * DevTools and of the page are saved as `artifacts/failed-<build>-<name>*.png`, and what the page wrote is part of the error.
   */
  inspect(options: InspectOptions, body: (inspected: Inspected) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** Starts a headless browser with a fresh profile. `directory`: another directory than the build's own, for tests that alter it. */
export async function launch(build: BuildName, directory = builtExtension(build)): Promise<TestBrowser> {
  if (!existsSync(join(directory, 'manifest.json')))
    throw new Error(`nothing is built in ${directory}: run npm run build`);
  mkdirSync(ARTIFACTS, { recursive: true });
  const browser = await launchBrowser({ extension: directory, headless: true });
  return {
    browser,
    build,
    inspect: (options, body) => inspect(browser, build, options, body),
    close: () => browser.close(),
  };
}

async function inspect(
  browser: Browser,
  build: BuildName,
  options: InspectOptions,
  body: (inspected: Inspected) => Promise<void>,
): Promise<void> {
  const page = await browser.newPage();
  const output: string[] = [];
  page.on('console', (message) => output.push(message.text()));
  page.on('pageerror', (error) => output.push(String(error)));
  let frontEnd: Page | null = null;
  try {
    if (options.devtools === 'after-load') {
      await page.goto(options.url);
      await options.beforeDevtools?.(page);
      frontEnd = await openDevTools(page, { undock: true });
    } else {
      frontEnd = await openDevTools(page, { undock: true });
      await page.goto(options.url);
    }
    const panel = await showGoPanel(frontEnd);
    const shown = frontEnd;
    await body({
      page,
      frontEnd: shown,
      panel,
      output,
      screenshot: async (picture) => {
        // Away from anything that has a tip.
        await shown.mouse.move(0, 0);
        await save(shown, `${build}-${picture}`);
      },
    });
  } catch (error) {
    if (frontEnd !== null) await save(frontEnd, `failed-${build}-${options.name}`);
    await save(page, `failed-${build}-${options.name}-page`);
    if (error instanceof Error && output.length > 0) {
      error.message += `\n\nThe page wrote:\n${output.join('\n')}`;
    }
    throw error;
  } finally {
    await page.close();
  }
}

/** A picture is a help, not a result: a window that is gone has none. */
async function save(page: Page, name: string): Promise<void> {
  const file = `${name.replaceAll(/[^\w.-]+/g, '-')}.png` as const;
  await page.screenshot({ path: `${ARTIFACTS}/${file}` }).catch(() => undefined);
}

/**
 * Waits until `read` gives a value that `accept` takes, and returns it. Rejects with what was waited for and the last value seen.
 */
export async function eventually<T>(
  what: string,
  read: () => Promise<T>,
  accept: (value: T) => boolean,
  patience = PATIENCE,
): Promise<T> {
  const end = performance.now() + patience;
  for (;;) {
    const value = await read();
    if (accept(value)) return value;
    if (performance.now() > end) {
      throw new Error(`waited in vain for ${what}; last seen: ${JSON.stringify(value)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Messages in the Console of DevTools, as they are shown there. */
export async function consoleMessages(frontEnd: Page): Promise<string[]> {
  const messages = await frontEnd.$$('>>> .console-message-wrapper');
  return Promise.all(messages.map((message) => message.evaluate((element) => element.textContent)));
}

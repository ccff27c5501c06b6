import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Frame, Page } from 'puppeteer-core';
import { launchBrowser, openDevTools, showGoPanel } from '../../../scripts/devtools.mjs';
import { reloadWithHook } from '../../../scripts/panel.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Which of the two builds of the extension is loaded. */
export type BuildName = 'extension' | 'extension-minimal';

/** Screenshots are kept here; CI stores the directory. */
export const ARTIFACTS = join(root, 'artifacts');

/** Absolute path of a built extension. */
export const builtExtension = (build: BuildName): string => join(root, 'dist', build);

/** How long a condition in the browser may take to come true, in milliseconds. Generous: it is only used up by failures. */
const PATIENCE = 60_000;

/** Of one call of the browser, in milliseconds. Below what a test may take: a call that is never answered fails where it was made. */
const CALL_PATIENCE = 90_000;

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
  /** The page is loaded once, with the hook, by the panel's button: for programs that start with their page. */
  readonly hooked?: true;
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
  /** Opens a URL in a new tab with DevTools on the Go panel, for several tests. */
  open(options: InspectOptions): Promise<InspectedTab>;
  close(): Promise<void>;
}

/** A tab that several tests use one after the other. */
export interface InspectedTab {
  /** Runs `body`. What is said of a failure of `TestBrowser.inspect` is so here, with `name` in the pictures' names. */
  use(name: string, body: (inspected: Inspected) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** Starts a headless browser with a fresh profile. `directory`: another directory than the build's own, for tests that alter it. */
export async function launch(build: BuildName, directory = builtExtension(build)): Promise<TestBrowser> {
  if (!existsSync(join(directory, 'manifest.json')))
    throw new Error(`nothing is built in ${directory}: run npm run build`);
  mkdirSync(ARTIFACTS, { recursive: true });
  const browser = await launchBrowser({ extension: directory, headless: true, patience: CALL_PATIENCE });
  return {
    browser,
    build,
    inspect: async (options, body) => {
      const tab = await open(browser, build, options);
      try {
        await tab.use(options.name, body);
      } finally {
        await tab.close();
      }
    },
    open: (options) => open(browser, build, options),
    close: () => browser.close(),
  };
}

async function open(browser: Browser, build: BuildName, options: InspectOptions): Promise<InspectedTab> {
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  const output: string[] = [];
  page.on('console', (message) => output.push(message.text()));
  page.on('pageerror', (error) => output.push(String(error)));
  let frontEnd: Page | null = null;

  /** Adds to an error what there is to see of it. */
  async function explain(name: string, error: unknown): Promise<never> {
    if (frontEnd !== null) await save(frontEnd, `failed-${build}-${name}`);
    await save(page, `failed-${build}-${name}-page`);
    if (error instanceof Error && output.length > 0) {
      error.message += `\n\nThe page wrote:\n${output.join('\n')}`;
    }
    throw error;
  }

  async function opened(): Promise<Inspected> {
    if (options.devtools === 'after-load') {
      await page.goto(options.url);
      await options.beforeDevtools?.(page);
      frontEnd = await openDevTools(page, { undock: true });
    } else {
      frontEnd = await openDevTools(page, { undock: true });
      await page.goto(options.hooked === true ? new URL('/plain.html', options.url).href : options.url);
    }
    frontEnd.setDefaultTimeout(PATIENCE);
    const panel = await showGoPanel(frontEnd);
    if (options.hooked === true) await loadWithHook(page, panel, options.url);
    const shown = frontEnd;
    return {
      page,
      frontEnd: shown,
      panel,
      output,
      screenshot: async (picture) => {
        // Away from anything that has a tip.
        await shown.mouse.move(0, 0);
        await save(shown, `${build}-${picture}`);
      },
    };
  }

  try {
    const inspected = await opened();
    return {
      use: (name, body) => body(inspected).catch((error: unknown) => explain(name, error)),
      close: () => page.close(),
    };
  } catch (error) {
    return await explain(options.name, error).finally(() => page.close());
  }
}

/**
 * Loads another page of the same origin, with the hook and only once: the page that is there takes its URL and is reloaded. Resolves when the panel
 * has the new page in place of the one before.
 */
export async function loadWithHook(page: Page, panel: Frame, url: string): Promise<void> {
  await page.evaluate((next) => {
    history.replaceState(null, '', next);
  }, url);
  await reloadWithHook(page, panel);
  await eventually(
    'the page in the panel',
    () => panel.evaluate(() => window.goSession?.state().pageUrl),
    (shown) => shown === url,
  );
}

/** Loads the page again with Go values, as the sidebar's button does; resolves when it is loaded. */
export async function reloadWithValues({ page, panel }: Pick<Inspected, 'page' | 'panel'>): Promise<void> {
  await Promise.all([
    page.waitForNavigation({ waitUntil: 'load' }),
    panel.evaluate(async () => {
      await window.goSession?.reloadWithValues?.();
    }),
  ]);
}

/** Waits until the programs of the page have ended. One that was loaded with Go values starts when DevTools has its files, and may not have when they are there. */
export async function programsEnded(panel: Frame): Promise<void> {
  await eventually(
    'the end of the program',
    () => panel.evaluate(() => window.goSession?.state().instances.map(({ state }) => state) ?? []),
    (states) => states.length > 0 && states.every((state) => state === 'exited'),
  );
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

/** Messages in the Console of DevTools, as they are shown there, the stacks that are unfolded below them included. */
export async function consoleMessages(frontEnd: Page): Promise<string[]> {
  const messages = await frontEnd.$$('>>> .console-message-wrapper');
  return Promise.all(
    messages.map((message) =>
      message.evaluate((element) => {
        const textOf = (node: Node): string => {
          if (node instanceof HTMLStyleElement) return '';
          if (node.nodeType === Node.TEXT_NODE) return node.textContent ?? '';
          const inside = node instanceof Element && node.shadowRoot !== null ? [node.shadowRoot] : [];
          return [...inside, ...node.childNodes].map(textOf).join(' ');
        };
        return textOf(element);
      }),
    ),
  );
}

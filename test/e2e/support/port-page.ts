import type { Browser, Frame, Page } from 'puppeteer-core';
import { openDevTools } from '../../../scripts/devtools.mjs';
import type { PageUpdate } from '../../../src/session/page-port.ts';
import { eventually } from './harness.ts';
import type { Tested } from './port-devtools.ts';

type Told = ReturnType<Tested['told']>;

/** A page with DevTools open, and the page port that inspects it. */
export class PortPage {
  readonly page: Page;
  readonly frontEnd: Page;
  readonly #devtools: Frame;

  constructor(page: Page, frontEnd: Page, devtools: Frame) {
    this.page = page;
    this.frontEnd = frontEnd;
    this.#devtools = devtools;
  }

  /** Runs a function in the devtools page; it gets the port and what belongs to it, and a plain value. */
  async run<T, V = null>(body: (tested: Tested, value: V) => T | Promise<T>, value?: V): Promise<T> {
    const text = `(async () => (${String(body)})(globalThis.tested, ${JSON.stringify(value ?? null)}))()`;
    return (await this.#devtools.evaluate(text)) as T;
  }

  told(): Promise<Told> {
    return this.run((tested) => tested.told());
  }

  /** Waits until what was told of the present page is as expected. */
  eventually(what: string, accept: (told: Told) => boolean): Promise<Told> {
    return eventually(what, () => this.told(), accept);
  }

  /** Looks into the page with the debugger until what was told is as expected: a program may die after the first look. */
  lookUntil(what: string, accept: (told: Told) => boolean): Promise<Told> {
    const look = async (): Promise<Told> => {
      await this.run((given) => given.port.attachDebugger());
      return this.told();
    };
    return eventually(what, look, accept);
  }

  access(): Promise<ReturnType<Tested['port']['access']>> {
    return this.run((tested) => tested.port.access());
  }

  updates(): Promise<PageUpdate[]> {
    return this.run((tested) => [...tested.updates]);
  }

  /** Reloads with the hook and waits for the new document. */
  async reload(options: { workers: boolean; captureText: boolean }): Promise<void> {
    const navigations = (updates: PageUpdate[]): number =>
      updates.filter((update) => update.type === 'navigated').length;
    await eventually(
      'the first answer of the page',
      () => this.updates(),
      (all) => navigations(all) > 0,
    );
    const before = navigations(await this.updates());
    await this.run((tested, wanted) => tested.port.reload(wanted), options);
    await eventually(
      'the reload',
      () => this.updates(),
      (all) => navigations(all) > before,
    );
  }
}

/** Opens a page, then DevTools on it. The browser has to run the extension of port-extension.ts. */
export async function openPort(browser: Browser, url: string): Promise<PortPage> {
  const page = await browser.newPage();
  await page.goto(url);
  const frontEnd = await openDevTools(page, { undock: true });
  const devtools = await frontEnd.waitForFrame((frame) => {
    return frame.url().startsWith('chrome-extension://') && frame.url().endsWith('/devtools.html');
  });
  // The page is never drawn, and has no animation frames to wait for.
  await devtools.waitForFunction('globalThis.tested !== undefined', { polling: 50 });
  return new PortPage(page, frontEnd, devtools);
}

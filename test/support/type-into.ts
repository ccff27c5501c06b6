import type { Frame, Page } from 'puppeteer-core';

/** How long a field may take to show what was typed, in milliseconds. Only failures use it up. */
const PATIENCE = 60_000;

/**
 * Types into a field in place of what it holds, as a person does: all of it is selected and typed over. (A locator's `fill` empties a field
 * without an event that says so: a view that is drawn again meanwhile puts the old text back.) Waits until the field shows `text`.
 */
export async function typeInto(where: Frame | Page, selector: string, text: string): Promise<void> {
  const frame = 'mainFrame' in where ? where.mainFrame() : where;
  const { keyboard } = frame.page();
  const field = await frame.waitForSelector(selector);
  await field?.evaluate((element) => {
    if (!(element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement)) {
      throw new Error('not a field for text');
    }
    element.focus();
    element.select();
  });
  if (text === '') await keyboard.press('Backspace');
  else await keyboard.type(text);
  await frame.waitForFunction(
    (which, wanted) => document.querySelector<HTMLInputElement>(which)?.value === wanted,
    { polling: 50, timeout: PATIENCE },
    selector,
    text,
  );
}

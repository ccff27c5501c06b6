import type { Frame } from 'puppeteer-core';
import { shownTrap, showPanelView, type ShownTrap } from '../../../scripts/panel.mjs';
import { eventually } from './harness.ts';

/** Brings the traps to the front and waits for one that is worked out. */
export async function seenTrap(panel: Frame): Promise<ShownTrap> {
  await showPanelView(panel, 'traps');
  const shown = await eventually(
    'a trap in the panel',
    () => shownTrap(panel),
    (trap) => trap !== null,
  );
  if (shown === null) throw new Error('no trap');
  return shown;
}

/** Text of every element that fits, as it is shown. */
export const textsOf = (panel: Frame, selector: string): Promise<string[]> =>
  panel.$$eval(selector, (found) => found.map((element) => element.textContent));

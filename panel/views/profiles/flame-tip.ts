import type { FlameBoxes } from '../../model/types.ts';
import { selfOf } from './flame-geometry.ts';
import { changeText, placeText, shareText, valueOf } from './values.ts';

/** What is said of a box: its name, then a line each for values and place. `total`: what shares are of. */
export function boxTip(boxes: FlameBoxes, box: number, total: number): string[] {
  const frame = boxes.frames[boxes.frame[box] ?? 0];
  if (frame === undefined) return [];
  const { unit, values } = boxes;
  const place = placeText(frame);
  const where = place === '' ? [] : [place];
  if (values !== null) {
    const now = values.now[box] ?? 0;
    const base = values.base[box] ?? 0;
    const relative = base === 0 ? 'new' : shareText(now - base, base);
    return [
      frame.name,
      `${changeText(now - base, unit)} (${now === 0 ? 'gone' : relative})`,
      `now ${valueOf(now, unit)}, base ${valueOf(base, unit)}`,
      ...where,
    ];
  }
  const all = (boxes.end[box] ?? 0) - (boxes.start[box] ?? 0);
  const self = selfOf(boxes, box);
  return [
    frame.name,
    `${valueOf(all, unit)} (${shareText(all, total)})${self === 0 ? '' : `, itself ${valueOf(self, unit)}`}`,
    ...where,
  ];
}

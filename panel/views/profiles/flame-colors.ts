import type { FlameBoxes, ProfileFrame } from '../../model/types.ts';

/** A colour of the same package every time: the hue says the package, the lightness tells its functions apart. */
export function frameColor({ name, package: pack }: ProfileFrame, dark: boolean): string {
  const grey = name.startsWith('(') || name.startsWith('[');
  const hue = hash(pack) % 360;
  const shade = hash(name) % 9;
  if (grey) return dark ? 'hsl(220 4% 34%)' : 'hsl(220 8% 86%)';
  return dark
    ? `hsl(${String(hue)} 34% ${String(29 + shade)}%)`
    : `hsl(${String(hue)} 58% ${String(76 + shade)}%)`;
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return (value ^ (value >>> 15)) >>> 0;
}

/** How a value changed: -1 all of it went, 0 the same, 1 all of it is new. */
export function changeOf(now: number, base: number): number {
  const larger = Math.max(Math.abs(now), Math.abs(base));
  return larger === 0 ? 0 : (now - base) / larger;
}

/** Red for what grew, blue for what shrank, the stronger the more of it changed; grey where nothing did. */
export function changeColor(change: number, dark: boolean): string {
  const strength = Math.sqrt(Math.abs(change));
  if (strength < 0.02) return dark ? 'hsl(220 4% 34%)' : 'hsl(220 8% 86%)';
  const hue = change > 0 ? 6 : 214;
  return dark
    ? `hsl(${String(hue)} ${String(Math.round(20 + 45 * strength))}% ${String(Math.round(33 + 6 * strength))}%)`
    : `hsl(${String(hue)} ${String(Math.round(30 + 60 * strength))}% ${String(Math.round(88 - 20 * strength))}%)`;
}

/** The colour of each box: by its frame, or in a comparison by its change. */
export function boxColors(boxes: FlameBoxes, dark: boolean): (box: number) => string {
  const { values, frame, frames } = boxes;
  if (values !== null)
    return (box) => changeColor(changeOf(values.now[box] ?? 0, values.base[box] ?? 0), dark);
  const colors = frames.map((one) => frameColor(one, dark));
  return (box) => colors[frame[box] ?? 0] ?? '';
}

import type { FlameBoxes } from '../../model/types.ts';
import { visitRow, type Camera } from './flame-geometry.ts';
import { shortName } from './values.ts';

/** CSS pixels. */
export const ROW = 18;
/** Boxes narrower than this have no text, in CSS pixels. */
const MIN_TEXT = 24;
/** Of a character of the font, in CSS pixels: about, and rather too much. */
const CHARACTER = 6.2;

/** What the picture is made of besides the boxes. */
export interface FlameLook {
  readonly color: (box: number) => string;
  /** Frames that a search found: all others are drawn faintly; null: there is no search. */
  readonly found: Uint8Array | null;
  readonly selected: number | null;
  readonly hovered: number | null;
  /** The first row is at the bottom. */
  readonly inverted: boolean;
  readonly text: string;
  readonly surface: string;
  readonly crowd: string;
  readonly accent: string;
}

/** Where a row is, in CSS pixels from the top of the canvas. */
export function rowTop(row: number, camera: Camera, height: number, inverted: boolean): number {
  return inverted ? height - (row + 1) * ROW + camera.top : row * ROW - camera.top;
}

/** Draws what the camera sees. `width` and `height` in CSS pixels; the context is scaled to them. */
export function paintFlame(
  context: CanvasRenderingContext2D,
  boxes: FlameBoxes,
  camera: Camera,
  width: number,
  height: number,
  look: FlameLook,
): void {
  const pixel = (camera.right - camera.left) / width;
  context.fillStyle = look.surface;
  context.fillRect(0, 0, width, height);
  context.font = '11px system-ui, sans-serif';
  context.textBaseline = 'middle';
  const rows = boxes.rowStart.length - 1;
  for (let row = 0; row < rows; row++) {
    const top = rowTop(row, camera, height, look.inverted);
    if (top > height || top + ROW < 0) continue;
    const { left, right } = camera;
    visitRow(
      boxes,
      row,
      left,
      right,
      pixel,
      (box) => {
        const from = Math.max(0, ((boxes.start[box] ?? 0) - left) / pixel);
        const to = Math.min(width, ((boxes.end[box] ?? 0) - left) / pixel);
        drawBox(context, boxes, box, from, to, top, look);
      },
      (start, end) => {
        context.fillStyle = look.crowd;
        const from = Math.max(0, (start - left) / pixel);
        context.fillRect(from, top, Math.max(0.4, (end - start) / pixel), ROW - 1);
      },
    );
  }
}

function drawBox(
  context: CanvasRenderingContext2D,
  boxes: FlameBoxes,
  box: number,
  from: number,
  to: number,
  top: number,
  look: FlameLook,
): void {
  const frame = boxes.frame[box] ?? 0;
  const width = Math.max(0.5, to - from - (to - from > 3 ? 1 : 0));
  const faint = look.found !== null && look.found[frame] !== 1;
  context.globalAlpha = faint ? 0.28 : 1;
  context.fillStyle = look.color(box);
  context.fillRect(from, top, width, ROW - 1);
  if (to - from >= MIN_TEXT) {
    const name = shortName(boxes.frames[frame]?.name ?? '');
    const room = Math.floor((width - 6) / CHARACTER);
    const text = name.length <= room ? name : `${name.slice(0, Math.max(1, room - 1))}…`;
    context.fillStyle = look.text;
    context.fillText(text, from + 3, top + ROW / 2, width - 4);
  }
  context.globalAlpha = 1;
  if (box !== look.selected && box !== look.hovered) return;
  context.strokeStyle = box === look.selected ? look.accent : look.text;
  context.lineWidth = box === look.selected ? 2 : 1;
  const inset = context.lineWidth / 2;
  context.strokeRect(from + inset, top + inset, Math.max(1, width - 2 * inset), ROW - 1 - 2 * inset);
}

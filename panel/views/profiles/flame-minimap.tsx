import type { JSX, TargetedPointerEvent } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useSize } from '../../components/use-size.ts';
import type { FlameBoxes } from '../../model/types.ts';
import { MIN_WIDTH, pan, showRange, visitRow, wholeView, zoom, type Camera } from './flame-geometry.ts';

/** Height of all rows and of one at most, CSS pixels. */
const HEIGHT = 48;
const MAX_ROW = 4;
/** Where the pointer has to move before a press is a drag, in CSS pixels. */
const DRAG = 3;

/** A press on the picture: `move` what is in view, or `draw` a new range. */
interface Press {
  readonly x: number;
  readonly kind: 'move' | 'draw';
  readonly camera: Camera;
}

/**
 * All of a flame graph in little, with what is in view marked. Dragging chooses a range; dragging what is in view moves it, with Shift a range
 * is chosen there too. A double click shows everything.
 */
export function FlameMinimap({
  boxes,
  color,
  camera,
  inverted,
  onCamera,
}: {
  boxes: FlameBoxes;
  color: (box: number) => string;
  camera: Camera;
  inverted: boolean;
  onCamera: (next: Camera) => void;
}): JSX.Element {
  const [frame, size] = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const press = useRef<Press | null>(null);
  const [drawn, setDrawn] = useState<readonly [number, number] | null>(null);
  const width = Math.max(1, size?.width ?? 1);
  useLayoutEffect(() => {
    const element = canvas.current;
    if (element === null || size === null) return;
    const ratio = devicePixelRatio;
    element.width = Math.round(width * ratio);
    element.height = Math.round(HEIGHT * ratio);
    const context = element.getContext('2d', { alpha: false });
    if (context === null) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const style = getComputedStyle(element);
    context.fillStyle = style.getPropertyValue('--surface');
    context.fillRect(0, 0, width, HEIGHT);
    const crowd = style.getPropertyValue('--flame-crowd');
    const rows = boxes.rowStart.length - 1;
    const high = Math.min(MAX_ROW, HEIGHT / Math.max(1, rows));
    const { left, right } = wholeView(boxes);
    const pixel = (right - left) / width;
    for (let row = 0; row < rows; row++) {
      const top = inverted ? HEIGHT - (row + 1) * high : row * high;
      const bar = (start: number, end: number, fill: string): void => {
        context.fillStyle = fill;
        context.fillRect(start / pixel, top, Math.max(MIN_WIDTH, (end - start) / pixel), high);
      };
      visitRow(
        boxes,
        row,
        left,
        right,
        pixel,
        (box) => bar(boxes.start[box] ?? 0, boxes.end[box] ?? 0, color(box)),
        (start, end) => bar(start, end, crowd),
      );
    }
  }, [boxes, color, width, inverted, size === null]);

  const placeOf = (event: { readonly clientX: number }): number => {
    const left = canvas.current?.getBoundingClientRect().left ?? 0;
    return (Math.max(0, Math.min(width, event.clientX - left)) / width) * boxes.width;
  };
  const onPointerMove = (event: TargetedPointerEvent<HTMLElement>): void => {
    const from = press.current;
    if (from === null) return;
    if (from.kind === 'move') {
      onCamera(pan(from.camera, boxes.width, ((event.clientX - from.x) / width) * boxes.width));
    } else if (drawn !== null || Math.abs(event.clientX - from.x) >= DRAG) {
      setDrawn([placeOf({ clientX: from.x }), placeOf(event)]);
    }
  };
  const onWheel = (event: WheelEvent): void => {
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) {
      onCamera(zoom(camera, boxes.width, Math.exp(event.deltaY * 0.005), placeOf(event)));
    } else {
      const by = Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.deltaY;
      onCamera(pan(camera, boxes.width, (by / width) * (camera.right - camera.left)));
    }
  };
  useEffect(() => {
    const element = frame.current;
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => element?.removeEventListener('wheel', onWheel);
  });
  const percent = (place: number): string => `${String((100 * place) / Math.max(boxes.width, 1e-12))}%`;
  const [from, to] = drawn ?? [camera.left, camera.right];
  return (
    <div
      class="flame-minimap"
      ref={frame}
      aria-hidden="true"
      data-tip={
        'All of it. Drag to show a part, drag the part to move it (with Shift a part of it is shown), double click to show everything.'
      }
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        const at = placeOf(event);
        const isWhole = camera.right - camera.left >= boxes.width * 0.999;
        const inside = at >= camera.left && at <= camera.right;
        const kind = inside && !isWhole && !event.shiftKey ? 'move' : 'draw';
        press.current = { x: event.clientX, kind, camera };
      }}
      onPointerMove={onPointerMove}
      onPointerUp={() => {
        press.current = null;
        if (drawn !== null) onCamera(showRange(camera, boxes.width, drawn[0], drawn[1]));
        setDrawn(null);
      }}
      onPointerCancel={() => {
        press.current = null;
        setDrawn(null);
      }}
      onDblClick={() => onCamera({ ...wholeView(boxes), top: camera.top })}
    >
      <canvas ref={canvas} class="flame-canvas" />
      <div class="flame-shade" style={{ left: 0, width: percent(Math.min(from, to)) }} />
      <div class="flame-shade" style={{ left: percent(Math.max(from, to)), right: 0 }} />
      <div
        class="flame-window"
        style={{ left: percent(Math.min(from, to)), width: percent(Math.abs(to - from)) }}
      />
    </div>
  );
}

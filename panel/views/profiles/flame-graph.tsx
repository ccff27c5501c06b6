import type { JSX, TargetedKeyboardEvent, TargetedMouseEvent, TargetedPointerEvent } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useSize } from '../../components/use-size.ts';
import { clip, visible } from '../../model/text.ts';
import type { FlameBoxes } from '../../model/types.ts';
import { boxColors } from './flame-colors.ts';
import {
  boxAt,
  fit,
  neighbour,
  pan,
  rowOf,
  showRange,
  wholeView,
  zoom,
  type Camera,
} from './flame-geometry.ts';
import { actionOf, type FlameAction } from './flame-keys.ts';
import { FlameMinimap } from './flame-minimap.tsx';
import { paintFlame, ROW, rowTop } from './flame-paint.ts';
import { boxTip } from './flame-tip.ts';

/** Where the pointer has to move before a press is a drag, in CSS pixels. */
const DRAG = 4;
const ZOOM_STEP = 0.75;
const PAN_STEP = 0.12;

interface Hover {
  readonly box: number;
  readonly x: number;
  readonly y: number;
}

export interface FlameGraphProps {
  readonly label: string;
  /** What the axis is of: as long as it is the same, what is in view stays, whatever boxes come. */
  readonly axis: string;
  readonly boxes: FlameBoxes;
  /** What shares are of, in the unit of the boxes. */
  readonly total: number;
  /** Frames that the search found, by row; null: there is no search. */
  readonly found: Uint8Array | null;
  readonly inverted?: boolean;
  /** All of it in little, above. */
  readonly minimap?: boolean;
  readonly selected: number | null;
  readonly onSelect: (box: number | null) => void;
  /** A double click, or Enter, on a box that fills the width already. */
  readonly onOpen?: (box: number) => void;
}

/** Boxes on a canvas: moved with the pointer and with the keys of speedscope. Only what can be seen is drawn, however many there are. */
export function FlameGraph(props: FlameGraphProps): JSX.Element {
  const { axis, boxes, total, found, selected, inverted = false, minimap = false } = props;
  const [frame, size] = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  // What is in view belongs to the axis that it was chosen for.
  const [seen, setSeen] = useState<{ readonly axis: string; readonly camera: Camera }>();
  const camera = useMemo(() => (seen?.axis === axis ? seen.camera : wholeView(boxes)), [seen, axis, boxes]);
  const setCamera = (next: Camera | ((now: Camera) => Camera)): void =>
    setSeen((before) => {
      const now = before?.axis === axis ? before.camera : wholeView(boxes);
      return { axis, camera: typeof next === 'function' ? next(now) : next };
    });
  const [hover, setHover] = useState<Hover | null>(null);
  const theme = useTheme();
  const drag = useRef<{ x: number; y: number; camera: Camera; moved: boolean; range: boolean } | null>(null);
  /** What is being chosen with Shift, along the axis. */
  const [range, setRange] = useState<readonly [number, number] | null>(null);
  const colors = useMemo(() => boxColors(boxes, theme === 'dark'), [boxes, theme]);
  const width = Math.max(1, size?.width ?? 1);
  const height = Math.max(1, size?.height ?? 1);
  const most = Math.max(0, (boxes.rowStart.length - 1) * ROW - height);

  useLayoutEffect(() => {
    const element = canvas.current;
    if (element === null || size === null) return;
    const ratio = devicePixelRatio;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (element.width !== wide || element.height !== high) {
      element.width = wide;
      element.height = high;
    }
    const context = element.getContext('2d', { alpha: false });
    if (context === null) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const style = getComputedStyle(element);
    const token = (name: string): string => style.getPropertyValue(name);
    paintFlame(context, boxes, camera, width, height, {
      ...{ color: colors, found, selected, hovered: hover?.box ?? null, inverted },
      ...{ text: token('--text'), surface: token('--surface') },
      ...{ crowd: token('--flame-crowd'), accent: token('--primary') },
    });
  }, [boxes, camera, width, height, colors, found, selected, hover?.box, size === null]);

  const place = (event: TargetedMouseEvent<HTMLElement>): { x: number; at: number; box: number | null } => {
    const rect = event.currentTarget.getBoundingClientRect();
    const x = event.clientX - rect.left;
    const y = event.clientY - rect.top;
    const at = camera.left + (x / width) * (camera.right - camera.left);
    const row = Math.floor((inverted ? height - y + camera.top : y + camera.top) / ROW);
    return { x, at, box: boxAt(boxes, row, at) };
  };
  const scrolled = (next: Camera, top: number): Camera => ({
    ...next,
    top: Math.max(0, Math.min(most, top)),
  });

  const onPointerMove = (event: TargetedPointerEvent<HTMLElement>): void => {
    const from = drag.current;
    if (from !== null) {
      const dx = event.clientX - from.x;
      const dy = event.clientY - from.y;
      if (!from.moved && Math.abs(dx) + Math.abs(dy) < DRAG) return;
      from.moved = true;
      if (from.range) {
        const rect = event.currentTarget.getBoundingClientRect();
        const placeAt = (x: number): number =>
          camera.left + ((x - rect.left) / width) * (camera.right - camera.left);
        setRange([placeAt(from.x), placeAt(event.clientX)]);
        return;
      }
      const moved = pan(from.camera, boxes.width, (-dx / width) * (from.camera.right - from.camera.left));
      setCamera(scrolled(moved, from.camera.top + (inverted ? dy : -dy)));
      setHover(null);
      return;
    }
    const { box } = place(event);
    setHover(box === null ? null : { box, x: event.clientX, y: event.clientY });
  };
  const onWheel = (event: WheelEvent): void => {
    event.preventDefault();
    setHover(null);
    const rect = canvas.current?.getBoundingClientRect();
    if (rect === undefined) return;
    setCamera((now) => {
      const size = now.right - now.left;
      if (event.ctrlKey || event.metaKey) {
        const around = now.left + ((event.clientX - rect.left) / width) * size;
        return zoom(now, boxes.width, Math.exp(event.deltaY * 0.005), around);
      }
      const moved = pan(now, boxes.width, (event.deltaX / width) * size);
      return scrolled(moved, now.top + (inverted ? -event.deltaY : event.deltaY));
    });
  };
  useEffect(() => {
    const element = frame.current;
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => element?.removeEventListener('wheel', onWheel);
  });

  /** Brings a box into view where it is not. */
  const reveal = (box: number): void => {
    const row = rowOf(boxes, box);
    const start = boxes.start[box] ?? 0;
    const end = boxes.end[box] ?? 0;
    setCamera((now) => {
      const outside = end <= now.left || start >= now.right;
      const next = outside ? pan(now, boxes.width, (start + end) / 2 - (now.left + now.right) / 2) : now;
      const top = rowTop(row, { ...next, top: 0 }, height, inverted);
      const at = inverted ? height - ROW - top : top;
      if (at < next.top) return scrolled(next, at);
      return at + ROW > next.top + height ? scrolled(next, at + ROW - height) : next;
    });
  };
  const zoomTo = (box: number): void => {
    const next = fit(boxes, box, camera);
    if (Math.abs(next.left - camera.left) + Math.abs(next.right - camera.right) < boxes.width * 1e-12)
      props.onOpen?.(box);
    else setCamera(next);
  };
  const act = (action: FlameAction): void => {
    const span = camera.right - camera.left;
    const middle = (camera.left + camera.right) / 2;
    switch (action.kind) {
      case 'zoom':
        setCamera(zoom(camera, boxes.width, action.in ? ZOOM_STEP : 1 / ZOOM_STEP, middle));
        break;
      case 'reset':
        setCamera(wholeView(boxes));
        break;
      case 'pan':
        setCamera(
          scrolled(
            pan(camera, boxes.width, action.x * PAN_STEP * span),
            camera.top + action.y * 3 * ROW * (inverted ? -1 : 1),
          ),
        );
        break;
      case 'fit':
        if (selected !== null) zoomTo(selected);
        break;
      case 'clear':
        props.onSelect(null);
        break;
      case 'move': {
        const to = selected === null ? firstBox(boxes) : neighbour(boxes, selected, action.to);
        if (to === null) break;
        props.onSelect(to);
        reveal(to);
        break;
      }
    }
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLElement>): void => {
    const action = actionOf(event, selected !== null, inverted);
    if (action === null) return;
    event.preventDefault();
    event.stopPropagation();
    act(action);
  };
  const wanted = useRef(selected);
  useEffect(() => {
    if (selected !== null && selected !== wanted.current) reveal(selected);
    wanted.current = selected;
  }, [selected]);

  return (
    <>
      {minimap ? (
        <FlameMinimap boxes={boxes} color={colors} camera={camera} inverted={inverted} onCamera={setCamera} />
      ) : null}
      <div
        class="flame"
        ref={frame}
        tabIndex={0}
        role="application"
        aria-label={props.label}
        aria-roledescription="flame graph"
        data-rows={boxes.rowStart.length - 1}
        data-boxes={boxes.frame.length}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          drag.current = { x: event.clientX, y: event.clientY, camera, moved: false, range: event.shiftKey };
        }}
        onPointerMove={onPointerMove}
        onPointerUp={(event) => {
          const from = drag.current;
          drag.current = null;
          if (range !== null) setCamera(showRange(camera, boxes.width, range[0], range[1]));
          setRange(null);
          if (from?.moved === false) {
            wanted.current = place(event).box;
            props.onSelect(wanted.current);
          }
        }}
        onPointerCancel={() => {
          drag.current = null;
          setRange(null);
        }}
        onPointerLeave={() => setHover(null)}
        onDblClick={(event) => {
          const { box } = place(event);
          if (box !== null) zoomTo(box);
        }}
      >
        <canvas ref={canvas} class="flame-canvas" aria-hidden="true" />
        {range === null ? null : <div class="flame-window" style={windowOf(range, camera)} />}
        {hover === null || hover.box >= boxes.frame.length ? null : (
          <FlameTip boxes={boxes} total={total} {...hover} />
        )}
      </div>
    </>
  );
}

/** Where a range is in the picture. */
function windowOf(
  [a, b]: readonly [number, number],
  { left, right }: Camera,
): { left: string; width: string } {
  const percent = (size: number): string => `${String((100 * size) / (right - left))}%`;
  return { left: percent(Math.min(a, b) - left), width: percent(Math.abs(b - a)) };
}

const firstBox = ({ frame }: FlameBoxes): number | null => (frame.length === 0 ? null : 0);

/** What is under the pointer, beside it. */
function FlameTip({
  boxes,
  total,
  box,
  x,
  y,
}: {
  boxes: FlameBoxes;
  total: number;
  box: number;
  x: number;
  y: number;
}): JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => boxTip(boxes, box, total), [boxes, box, total]);
  useLayoutEffect(() => {
    if (element.current === null) return;
    const { width, height } = element.current.getBoundingClientRect();
    const left = Math.max(2, Math.min(x + 12, innerWidth - width - 4));
    const top = y + 18 + height > innerHeight ? Math.max(2, y - height - 8) : y + 18;
    element.current.style.transform = `translate(${String(Math.round(left))}px, ${String(Math.round(top))}px)`;
  }, [x, y, lines]);
  return (
    <div class="tooltip flame-tip" role="tooltip" ref={element}>
      <div class="flame-tip-name">{clip(lines[0] ?? '', 300)}</div>
      {lines.slice(1).map((line) => (
        <div key={line} class="flame-tip-line">
          {visible(line).slice(0, 300)}
        </div>
      ))}
    </div>
  );
}

/** The theme of the document, also when it changes. */
function useTheme(): string {
  const read = (): string => document.documentElement.dataset['theme'] ?? 'default';
  const [theme, setTheme] = useState(read);
  useEffect(() => {
    const observer = new MutationObserver(() => setTheme(read()));
    observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => observer.disconnect();
  }, []);
  return theme;
}

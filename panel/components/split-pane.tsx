import type { ComponentChildren, JSX, TargetedKeyboardEvent, TargetedPointerEvent } from 'preact';
import { useState } from 'preact/hooks';
import { useModel } from '../model/context.ts';
import { isFraction } from '../model/store.ts';
import { useSize } from './use-size.ts';

/** Narrower than this, panes that stand side by side are put one above the other, as when DevTools is docked to the side. */
const STACK_BELOW = 600;

/** The first pane's share after the border was moved to `position` in a space of `size`, both panes at least `min` pixels. */
export function splitFraction(position: number, size: number, min: number): number {
  if (size <= 0) return 0.5;
  const low = Math.min(min, size / 2);
  return Math.max(low, Math.min(size - low, position)) / size;
}

/** Two panes with a border between them that is dragged or moved with the arrow keys; its place is remembered under `id`. */
export function SplitPane({
  id,
  axis,
  initial,
  min = 60,
  stackBelow = STACK_BELOW,
  label,
  first,
  second,
}: {
  id: string;
  /** `auto`: side by side where there is room. */
  axis: 'auto' | 'column';
  /** Share of the first pane at the start, 0..1. */
  initial: number;
  min?: number;
  /** Where `auto` puts one above the other, in CSS pixels. */
  stackBelow?: number;
  label: string;
  first: ComponentChildren;
  second: ComponentChildren;
}): JSX.Element {
  const { store } = useModel();
  const [box, size] = useSize<HTMLDivElement>();
  const stacked = axis === 'column' || (size?.width ?? innerWidth) < stackBelow;
  const name = `split:${id}:${stacked ? 'column' : 'row'}`;
  const [moved, setMoved] = useState<Readonly<Record<string, number>>>({});
  const fraction = moved[name] ?? store.get(name, isFraction) ?? initial;

  /** `to`: from the space that there is now to where the border goes in it, in CSS pixels. */
  const place = (to: (space: number) => number): void => {
    const rect = box.current?.getBoundingClientRect();
    if (rect === undefined) return;
    const space = stacked ? rect.height : rect.width;
    const share = splitFraction(to(space), space, min);
    setMoved({ ...moved, [name]: share });
    store.set(name, share);
  };
  const onPointerMove = (event: TargetedPointerEvent<HTMLElement>): void => {
    const rect = box.current?.getBoundingClientRect();
    if (rect === undefined || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
    place(() => (stacked ? event.clientY - rect.top : event.clientX - rect.left));
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLElement>): void => {
    const back = stacked ? 'ArrowUp' : 'ArrowLeft';
    const on = stacked ? 'ArrowDown' : 'ArrowRight';
    if ((event.key !== back && event.key !== on) || event.altKey) return;
    event.preventDefault();
    place((space) => fraction * space + (event.key === back ? -10 : 10));
  };
  const share = `${String(Math.round(fraction * 10000) / 100)}%`;
  return (
    <div class={`split ${stacked ? 'split-column' : 'split-row'}`} ref={box}>
      <div class="split-first" style={{ flexBasis: share }}>
        {first}
      </div>
      <div
        class="split-border"
        role="separator"
        tabIndex={0}
        aria-label={label}
        aria-orientation={stacked ? 'horizontal' : 'vertical'}
        aria-valuenow={Math.round(fraction * 100)}
        aria-valuemin={0}
        aria-valuemax={100}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={onPointerMove}
        onKeyDown={onKeyDown}
      />
      <div class="split-second">{second}</div>
    </div>
  );
}

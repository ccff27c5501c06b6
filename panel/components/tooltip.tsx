import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { visible } from '../model/text.ts';

interface Tip {
  readonly text: string;
  readonly anchor: DOMRect;
}

/** How long the pointer rests before the tip shows, in milliseconds; DevTools' own delay. */
const DELAY = 500;

/**
 * Draws the tip of whatever element with `data-tip` the pointer rests on or the keyboard focuses. One for the whole panel: rows
 * of long tables carry an attribute instead of a component each.
 */
export function TooltipHost(): JSX.Element | null {
  const [tip, setTip] = useState<Tip | null>(null);
  const box = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let owner: Element | null = null;
    /** What the mouse has come over, or what has come under a mouse that rests: that gets its tip when the mouse moves. */
    let entered: Element | null = null;
    const hide = (): void => {
      clearTimeout(timer);
      owner = null;
      entered = null;
      setTip(null);
    };
    const tipOf = ({ target }: Event): Element | null =>
      target instanceof Element ? target.closest('[data-tip]') : null;
    const aim = (target: Element | null): void => {
      if (target === owner) return;
      hide();
      if (target === null) return;
      owner = target;
      timer = setTimeout(() => {
        const text = target.getAttribute('data-tip') ?? '';
        if (text !== '' && target.isConnected) setTip({ text, anchor: target.getBoundingClientRect() });
      }, DELAY);
    };
    const byEntry = (event: Event): void => {
      const target = tipOf(event);
      if (target === owner) return;
      hide();
      entered = target;
    };
    const byMove = (): void => {
      if (entered !== null) aim(entered);
    };
    const byFocus = (event: Event): void => {
      const target = tipOf(event);
      if (target?.matches(':focus-visible') === true) aim(target);
      else if (target !== owner) hide();
    };
    // Only what moves the tip's owner away: a source that scrolls to its line elsewhere has nothing to do with it.
    const byScroll = (event: Event): void => {
      if (event.target instanceof Node && owner !== null && event.target.contains(owner)) hide();
    };
    const byKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') hide();
    };
    document.addEventListener('mouseover', byEntry);
    document.addEventListener('mousemove', byMove);
    document.addEventListener('focusin', byFocus);
    document.addEventListener('focusout', hide);
    document.addEventListener('mousedown', hide);
    document.addEventListener('keydown', byKey, true);
    document.addEventListener('scroll', byScroll, true);
    document.documentElement.addEventListener('mouseleave', hide);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('mouseover', byEntry);
      document.removeEventListener('mousemove', byMove);
      document.removeEventListener('focusin', byFocus);
      document.removeEventListener('focusout', hide);
      document.removeEventListener('mousedown', hide);
      document.removeEventListener('keydown', byKey, true);
      document.removeEventListener('scroll', byScroll, true);
      document.documentElement.removeEventListener('mouseleave', hide);
    };
  }, []);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null || tip === null) return;
    const { width, height } = element.getBoundingClientRect();
    const below = tip.anchor.bottom + 4;
    const top = below + height > innerHeight ? Math.max(2, tip.anchor.top - height - 4) : below;
    const left = Math.max(2, Math.min(tip.anchor.left, innerWidth - width - 4));
    element.style.transform = `translate(${String(Math.round(left))}px, ${String(Math.round(top))}px)`;
  }, [tip]);

  if (tip === null) return null;
  return (
    <div class="tooltip" role="tooltip" ref={box}>
      {visible(tip.text)}
    </div>
  );
}

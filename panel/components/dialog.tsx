import type { ComponentChildren, JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { IconButton } from './toolbar.tsx';

/** A modal pane; the browser keeps the focus inside, and Escape closes it. */
export function Dialog({
  title,
  onClose,
  children,
}: {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}): JSX.Element {
  const box = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = box.current;
    if (element !== null && !element.open) element.showModal();
  }, []);
  return (
    <dialog ref={box} class="dialog" aria-label={title} onClose={onClose}>
      <div class="dialog-title">
        <span>{title}</span>
        <IconButton icon="close" tip="Close" onClick={() => box.current?.close()} />
      </div>
      {children}
    </dialog>
  );
}

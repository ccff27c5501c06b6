/** What a key does in a flame graph. */
export type FlameAction =
  | { readonly kind: 'zoom'; readonly in: boolean }
  | { readonly kind: 'reset' | 'fit' | 'clear' }
  /** In steps, to the right and down. */
  | { readonly kind: 'pan'; readonly x: number; readonly y: number }
  | { readonly kind: 'move'; readonly to: 'caller' | 'call' | 'before' | 'after' };

/**
 * The keys of speedscope: + and - zoom, 0 shows all, W A S D and, while nothing is chosen, the arrows move the picture; with a box chosen the arrows
 * move to its caller, its widest call and its neighbours. Enter shows the chosen box from edge to edge, Escape chooses none. Null: the key
 * does nothing here.
 */
export function actionOf(
  { key, ctrlKey, metaKey, altKey }: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>,
  selected: boolean,
  inverted: boolean,
): FlameAction | null {
  if (ctrlKey || metaKey || altKey) return null;
  switch (key) {
    case '+':
    case '=':
      return { kind: 'zoom', in: true };
    case '-':
    case '_':
      return { kind: 'zoom', in: false };
    case '0':
      return { kind: 'reset' };
    case 'Enter':
      return selected ? { kind: 'fit' } : null;
    case 'Escape':
      return selected ? { kind: 'clear' } : null;
    case 'a':
      return { kind: 'pan', x: -1, y: 0 };
    case 'd':
      return { kind: 'pan', x: 1, y: 0 };
    case 'w':
      return { kind: 'pan', x: 0, y: -1 };
    case 's':
      return { kind: 'pan', x: 0, y: 1 };
    case 'ArrowLeft':
      return selected ? { kind: 'move', to: 'before' } : { kind: 'pan', x: -1, y: 0 };
    case 'ArrowRight':
      return selected ? { kind: 'move', to: 'after' } : { kind: 'pan', x: 1, y: 0 };
    case 'ArrowUp':
      return selected ? { kind: 'move', to: inverted ? 'call' : 'caller' } : { kind: 'pan', x: 0, y: -1 };
    case 'ArrowDown':
      return selected ? { kind: 'move', to: inverted ? 'caller' : 'call' } : { kind: 'pan', x: 0, y: 1 };
    default:
      return null;
  }
}

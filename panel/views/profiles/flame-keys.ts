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

/** What a key does in the whole view. */
export type ViewAction =
  | { readonly kind: 'tab'; readonly tab: 'time' | 'flame' | 'sandwich' }
  /** The next or the previous profile. */
  | { readonly kind: 'step'; readonly by: 1 | -1 }
  | { readonly kind: 'search' | 'open' | 'save' | 'list' };

type Key = Pick<
  KeyboardEvent,
  'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'defaultPrevented' | 'target'
>;

/** The keys of speedscope: 1 2 3 for its views, N and P for profiles, T for the list of threads or profiles, Ctrl or ⌘ with F, O and S. Null: none of them. */
export function viewActionOf(event: Key): ViewAction | null {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
    switch (event.key.toLowerCase()) {
      case 'f':
        return { kind: 'search' };
      case 'o':
        return { kind: 'open' };
      case 's':
        return { kind: 'save' };
      default:
        return null;
    }
  }
  switch (plainKey(event) ?? '') {
    case '1':
      return { kind: 'tab', tab: 'time' };
    case '2':
      return { kind: 'tab', tab: 'flame' };
    case '3':
      return { kind: 'tab', tab: 'sandwich' };
    case 'n':
      return { kind: 'step', by: 1 };
    case 'p':
      return { kind: 'step', by: -1 };
    case 't':
      return { kind: 'list' };
    default:
      return null;
  }
}

/** Whether a key was pressed alone, and not to write. */
export const isPlainKey = (event: Key, key: string): boolean => plainKey(event) === key;

/** The key, where nothing is typed and nothing was done by it yet; null otherwise. */
function plainKey({ key, ctrlKey, metaKey, altKey, defaultPrevented, target }: Key): string | null {
  if (ctrlKey || metaKey || altKey || defaultPrevented) return null;
  return target instanceof HTMLElement && target.matches('input[type=text], select, textarea') ? null : key;
}

import type { PanelModel } from '../model/panel-model.ts';

/** The keys of the whole panel; those of lists, trees and tabs are with them. */
export function handleKey(model: PanelModel, event: KeyboardEvent): void {
  if (event.defaultPrevented || document.querySelector('dialog[open]') !== null) return;
  const target = event.target instanceof HTMLElement ? event.target : null;
  const typing = target?.matches('input[type=text], textarea, select') === true;
  if (
    event.altKey &&
    !event.ctrlKey &&
    !event.metaKey &&
    (event.key === 'ArrowLeft' || event.key === 'ArrowRight')
  ) {
    event.preventDefault();
    if (event.key === 'ArrowLeft') model.goBack();
    else model.goForward();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'Escape') {
    if (typing) focusList();
    else if (model.overlay.value !== null) model.overlay.value = null;
    else if (model.notice.value !== null) model.notice.value = null;
    else return;
    event.preventDefault();
    return;
  }
  if (typing) return;
  if (event.key === '/') {
    event.preventDefault();
    focusFilter();
  } else if (event.key === '?') {
    event.preventDefault();
    model.overlay.value = 'keys';
  }
}

/** Puts the cursor into the filter of the view that is shown. */
export function focusFilter(): void {
  const input = document.querySelector<HTMLInputElement>('[data-filter]');
  input?.focus();
  input?.select();
}

/** Puts the focus on the view's first list. */
export function focusList(): void {
  document.querySelector<HTMLElement>('.view [role=grid], .view [role=treegrid]')?.focus();
}

/**
 * DevTools' own search box, when the panel is in front: `performSearch` filters the view, the next and previous result move in
 * its list, `cancelSearch` empties the filter. The actions are those of `chrome.devtools.panels.ExtensionPanel.onSearch`.
 */
export function searchPanel(model: PanelModel, action: string, query: string | undefined): void {
  const { view } = model.place.value;
  if (action === 'performSearch') model.setFilter(view, query ?? '');
  else if (action === 'cancelSearch') model.setFilter(view, '');
  else if (action === 'nextSearchResult' || action === 'previousSearchResult') {
    if (document.querySelector('.view .flame') !== null) {
      const search = document.querySelector('.view [data-filter]');
      const shiftKey = action === 'previousSearchResult';
      search?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', shiftKey, bubbles: true }));
      return;
    }
    const list = document.querySelector('.view [role=grid], .view [role=treegrid]');
    const key = action === 'nextSearchResult' ? 'ArrowDown' : 'ArrowUp';
    list?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  }
}

import { GO_SCHEME } from '../base/go-source-url.ts';

/** What DevTools tells of a selection in the Sources panel; its types do not declare it. */
interface SelectionInfo {
  readonly url?: unknown;
}

/** Calls back with the URL of a Go file whenever the cursor is put somewhere in it in the Sources panel. */
export function watchOpenedSources(opened: (url: string) => void): void {
  const { onSelectionChanged } = chrome.devtools.panels.sources;
  const listener = (info?: SelectionInfo): void => {
    if (typeof info?.url === 'string' && info.url.startsWith(GO_SCHEME)) opened(info.url);
  };
  onSelectionChanged.addListener(listener);
}

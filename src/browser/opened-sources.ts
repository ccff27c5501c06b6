import { GO_SCHEME } from '../base/go-source-url.ts';

/** What DevTools tells of a selection in the Sources panel; its types do not declare it. */
interface SelectionInfo {
  readonly url?: unknown;
  /** 0-based. */
  readonly startLine?: unknown;
}

/** Calls back with the URL of a Go file and the line, 1-based, whenever the cursor is put somewhere in it in the Sources panel. */
export function watchOpenedSources(opened: (url: string, line: number) => void): void {
  const { onSelectionChanged } = chrome.devtools.panels.sources;
  const listener = (info?: SelectionInfo): void => {
    if (typeof info?.url !== 'string' || !info.url.startsWith(GO_SCHEME)) return;
    opened(info.url, typeof info.startLine === 'number' ? info.startLine + 1 : 0);
  };
  onSelectionChanged.addListener(listener);
}

import type { ShownPlace } from '../session/page-port.ts';

/** What DevTools tells of a selection in the Sources panel; its types do not declare it. */
interface SelectionInfo {
  readonly url?: unknown;
  /** 0-based. */
  readonly startLine?: unknown;
  readonly startColumn?: unknown;
}

/** Calls back with the place whenever the cursor is put somewhere in the Sources panel; line 0 where that is not told. */
export function watchOpenedSources(opened: (place: ShownPlace) => void): void {
  const { onSelectionChanged } = chrome.devtools.panels.sources;
  const listener = (info?: SelectionInfo): void => {
    if (typeof info?.url !== 'string') return;
    const { url, startLine, startColumn } = info;
    const line = typeof startLine === 'number' ? startLine + 1 : 0;
    opened({ url, line, column: typeof startColumn === 'number' ? startColumn : 0 });
  };
  onSelectionChanged.addListener(listener);
}

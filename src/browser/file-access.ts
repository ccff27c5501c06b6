import browser from 'webextension-polyfill';
import type { FileAccess } from '../session/page-port.ts';

/** All files of this machine: Chrome knows no permission for one folder of them. */
const FILES = { origins: ['file:///*'] };

/**
 * Whether this extension may read `file://` addresses: both Chrome's switch for it (chrome://extensions, "Allow access to file URLs"; a change
 * reloads the extension) and the permission are needed.
 */
export async function fileAccess(): Promise<FileAccess> {
  if (!(await chrome.extension.isAllowedFileSchemeAccess())) return 'off';
  return (await browser.permissions.contains(FILES)) ? 'granted' : 'ask';
}

/** Asks for the permission in a click. `permissions`: `chrome.permissions` of the page that was clicked. */
export function askForFiles(permissions: typeof chrome.permissions): Promise<boolean> {
  return permissions.request(FILES);
}

/** Calls back when the permission was given or taken back. */
export function watchFileAccess(changed: () => void): void {
  browser.permissions.onAdded.addListener(changed);
  browser.permissions.onRemoved.addListener(changed);
}

// The devtools page: lives as long as DevTools is open on a tab. Owns the session and its worker; the panel is a client.

import browser from 'webextension-polyfill';
import { createPanel, createSidebar, currentTheme, type Theme } from '../browser/devtools-page.ts';
import { createPagePort } from '../browser/page-port.ts';
import { Endpoint } from '../protocol/endpoint.ts';
import type { AnalysisRequests, PageRequests } from '../protocol/requests.ts';
import { Session } from '../session/session.ts';
import { indexedCaptures } from './capture-store.ts';
import { indexedFolders } from './folder-store.ts';
import { localSettings } from './local-settings.ts';

let panelWindow: Window | null = null;
let sidebarWindow: Window | null = null;

function applyTheme(theme: Theme): void {
  for (const shown of [panelWindow, sidebarWindow]) {
    if (shown === null) continue;
    shown.goTheme = theme === 'dark' ? 'dark' : 'default';
    shown.dispatchEvent(new Event('gotheme'));
  }
}

// First, so that there is a panel whatever happens to the rest.
createPanel('panel.html', {
  onShown(window) {
    panelWindow = window;
    applyTheme(currentTheme());
    window.dispatchEvent(new Event('goshown'));
    if (window.goSession === session) return;
    window.goSession = session;
    window.dispatchEvent(new Event('gosession'));
  },
  onHidden() {
    panelWindow?.dispatchEvent(new Event('gohidden'));
  },
  onSearch(action, text) {
    panelWindow?.goSearch?.(action, text);
  },
  onThemeChanged: applyTheme,
});

createSidebar('sidebar.html', (window) => {
  sidebarWindow = window;
  applyTheme(currentTheme());
  if (window.goSession === session) return;
  window.goSession = session;
  window.dispatchEvent(new Event('gosession'));
});

const page = createPagePort({
  // Chrome asks for a permission only in a click, and the click is the panel's.
  permissions: () => panelWindow?.chrome.permissions ?? chrome.permissions,
});
const worker = new Worker(browser.runtime.getURL('worker.js'), { type: 'module', name: 'Go analysis' });
const analysis: Endpoint<PageRequests, AnalysisRequests> = new Endpoint<PageRequests, AnalysisRequests>(
  worker,
  {
    'memory.read': (params) => session.readMemory(params),
    'memory.gather': (params) => session.gatherMemory(params),
  },
);
const session: Session = new Session(page, analysis, localSettings, indexedCaptures, indexedFolders);

window.addEventListener('pagehide', () => {
  page.close();
});

session.start().catch(reportError);

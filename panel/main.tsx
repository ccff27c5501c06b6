import { render } from 'preact';
import { followTheme, hostedSession } from './host.ts';
import { ModelProvider } from './model/context.ts';
import { errorText } from './model/failure.ts';
import { PanelModel } from './model/panel-model.ts';
import { sessionStore } from './model/store.ts';
import { loadRecording } from './recording-client.ts';
import { searchPanel } from './shell/keys.ts';
import { Shell } from './shell/shell.tsx';

let model: PanelModel | null = null;

/** DevTools' search box: see `searchPanel`. Also on `window.goSearch`, for the devtools page. */
export function search(action: string, query?: string): void {
  if (model !== null) searchPanel(model, action, query);
}

async function start(): Promise<void> {
  followTheme(window);
  window.goSearch = search;
  const recording = new URLSearchParams(location.search).get('recording');
  if (recording !== null && window.goSession === undefined) {
    window.goSession = await loadRecording(recording);
  }
  const panel = new PanelModel(await hostedSession(window), sessionStore());
  model = panel;
  window.addEventListener('pagehide', () => panel.close());
  render(
    <ModelProvider value={panel}>
      <Shell />
    </ModelProvider>,
    document.body,
  );
}

start().catch((error: unknown) => {
  const line = document.createElement('p');
  line.className = 'start-failure';
  line.textContent = `The panel could not start: ${errorText(error)}`;
  document.body.append(line);
});

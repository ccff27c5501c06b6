import { render } from 'preact';
import { followTheme, hostedSession } from './host.ts';
import { Sidebar } from './sidebar/sidebar.tsx';
import { errorText } from './model/failure.ts';

// The pane "Go" in the sidebar of the Sources panel.

async function start(): Promise<void> {
  followTheme(window);
  const session = await hostedSession(window);
  render(<Sidebar session={session} />, document.body);
}

start().catch((error: unknown) => {
  const line = document.createElement('p');
  line.className = 'side-message';
  line.textContent = `The sidebar could not start: ${errorText(error)}`;
  document.body.append(line);
});

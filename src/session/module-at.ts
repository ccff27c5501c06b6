import type { SessionState } from './state.ts';

/** Waits for the page's newest module of a URL to be read: its key. Rejects where it cannot be read, and when the signal is aborted. */
export function moduleAt(
  session: { state(): SessionState; subscribe(listener: () => void): () => void },
  url: string,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let leave: () => void = () => undefined;
    const settle = (act: () => void): void => {
      leave();
      signal.removeEventListener('abort', look);
      act();
    };
    const look = (): void => {
      const found = session.state().modules.findLast((module) => module.url === url);
      if (signal.aborted) settle(() => reject(new Error('this module is gone')));
      else if (found?.status === 'ready') settle(() => resolve(found.key));
      else if (found?.status === 'failed') settle(() => reject(new Error('this module could not be read')));
    };
    leave = session.subscribe(look);
    signal.addEventListener('abort', look);
    look();
  });
}

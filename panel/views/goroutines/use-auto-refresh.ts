import { useLayoutEffect } from 'preact/hooks';
import type { InstanceState } from '../../../src/session/state.ts';
import { useModel } from '../../model/context.ts';
import { errorText } from '../../model/failure.ts';

/**
 * Takes a snapshot of `program` while the view is shown, each `seconds` after the one before is there; 0: never. It stops with the first
 * that fails.
 */
export function useAutoRefresh(program: InstanceState | null, seconds: number): void {
  const model = useModel();
  const key = program?.state === 'running' ? program.key : null;
  // At once: who turns it off gets no more snapshots, however long the next frame takes.
  useLayoutEffect(() => {
    if (key === null || seconds === 0) return;
    let stopped = false;
    let timer = setTimeout(next, seconds * 1000);
    function next(): void {
      if (document.hidden) {
        again();
        return;
      }
      model.client.goroutines.take({ instanceKey: key ?? '' }).then(again, (error: unknown) => {
        const why = errorText(error);
        if (!stopped) model.notice.value = { kind: 'error', text: `The automatic refresh stopped: ${why}` };
      });
    }
    function again(): void {
      if (!stopped) timer = setTimeout(next, seconds * 1000);
    }
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [key, seconds]);
}

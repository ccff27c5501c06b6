import { useEffect, useRef } from 'preact/hooks';
import type { InstanceState } from '../../../src/session/state.ts';
import { useModel } from '../../model/context.ts';

/**
 * Takes a snapshot of `program` every `seconds` while the view is shown, beginning `seconds` after the one before is there; 0: never. A
 * snapshot that it took is dropped when the next is there, unless it was pinned or `kept` names it.
 */
export function useAutoRefresh(
  program: InstanceState | null,
  seconds: number,
  kept: readonly (string | null)[],
): void {
  const model = useModel();
  const keep = useRef(kept);
  keep.current = kept;
  const key = program?.state === 'running' ? program.key : null;
  useEffect(() => {
    if (key === null || seconds === 0) return;
    let last: string | null = null;
    let stopped = false;
    let timer = setTimeout(next, seconds * 1000);
    function next(): void {
      if (document.hidden) return again();
      model.client.takeSnapshot({ instanceKey: key ?? '' }).then(
        (taken) => {
          const before = model.client.state().snapshots.find((snapshot) => snapshot.key === last);
          if (before?.pinned === false && !keep.current.includes(before.key))
            model.client.dropSnapshot(before.key);
          last = taken;
          again();
        },
        (error: unknown) => {
          const why = error instanceof Error ? error.message : String(error);
          if (!stopped) model.notice.value = { kind: 'error', text: `The automatic refresh stopped: ${why}` };
        },
      );
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

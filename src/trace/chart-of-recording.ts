import { isRoot } from '../profile/call-tree.ts';
import { isFolded } from '../profile/recording-profile.ts';
import type { RecordedThread } from '../profile/recording.ts';
import type { ModuleFrames } from '../profile/wasm-frames.ts';
import type { Chart } from './synthetic.ts';

/**
 * A recorded thread as a flame chart on its own time axis, with Go names where one of `modules` knows them. What only carries calls between
 * Go and JavaScript is shown where it runs itself, and not above what it calls.
 */
export function chartOfRecording(thread: RecordedThread, modules: readonly ModuleFrames[] = []): Chart {
  const { frames, nodeFrame, nodeParent, samples, durations, startTime } = thread;
  const gos = frames.map((frame) => {
    for (const module of modules) {
      const go = module.functionOf(frame);
      if (go !== undefined) return go;
    }
    return undefined;
  });
  // The root that V8 adds is the trace's own root.
  const skipped = frames.map((frame, row) => isRoot(frame) || isFolded(frame, gos[row]));
  const parent = new Int32Array(nodeParent.length);
  for (const [node, caller] of nodeParent.entries()) {
    const hidden = caller >= 0 && skipped[nodeFrame[caller] ?? 0] === true;
    parent[node] = hidden ? (parent[caller] ?? -1) : caller;
  }
  return {
    title: thread.name === '' ? 'CPU profile' : thread.name,
    frames: frames.map((frame, row) => {
      const go = gos[row];
      return go === undefined
        ? {
            name: frame.functionName === '' ? '(anonymous)' : frame.functionName,
            url: frame.url,
            line: frame.line,
            // By it somebody who has the module finds a function of WebAssembly again.
            ...(frame.column > 0 ? { column: frame.column } : {}),
          }
        : { name: go.name, url: go.file, line: go.startLine };
    }),
    ...{ nodeFrame, nodeParent: parent, samples, durations, synthetic: null, startTime },
  };
}

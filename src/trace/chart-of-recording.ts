import { isRoot } from '../profile/call-tree.ts';
import type { RecordedThread } from '../profile/recording.ts';
import type { ModuleFrames } from '../profile/wasm-frames.ts';
import type { Chart } from './synthetic.ts';

/** A recorded thread as a flame chart on its own time axis, with Go names where `module` knows them. */
export function chartOfRecording(thread: RecordedThread, module?: ModuleFrames): Chart {
  const { frames, nodeFrame, nodeParent, samples, durations, startTime } = thread;
  // The root that V8 adds is the trace's own root.
  const skipped = frames.map(isRoot);
  const parent = nodeParent.map((at) => (at >= 0 && skipped[nodeFrame[at] ?? 0] === true ? -1 : at));
  return {
    title: thread.name === '' ? 'CPU profile' : thread.name,
    frames: frames.map((frame) => {
      const go = module?.functionOf(frame);
      return go === undefined
        ? {
            name: frame.functionName === '' ? '(anonymous)' : frame.functionName,
            url: frame.url,
            line: frame.line,
          }
        : { name: go.name, url: go.file, line: go.startLine };
    }),
    ...{ nodeFrame, nodeParent: parent, samples, durations, synthetic: null, startTime },
  };
}

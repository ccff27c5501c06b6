import { ProfileBuilder, type NewLabel } from '../profile/builder.ts';
import { applyFilters } from '../profile/filter.ts';
import { layOutInTime, type FlameLayout } from '../profile/flame-layout.ts';
import { FrameTable, type Frame } from '../profile/frame-table.ts';
import type { Profile } from '../profile/profile.ts';
import { nodeLabels } from '../profile/recording-profile.ts';
import { IDLE } from '../profile/recording.ts';
import { stackOf } from '../profile/transform.ts';
import type { FlameShape, ProfileQuery } from '../protocol/profiles.ts';
import type { Chart } from '../trace/synthetic.ts';
import type { Capture } from './profile-capture.ts';
import { filtersOf } from './profile-view.ts';

/** One thread of a recording in order of time, microseconds, with the filters of a query. Idle time, and what filters leave out, is a gap. */
export function timeLayout(
  { recording }: Capture,
  query: ProfileQuery,
  { thread, collapse = false }: Extract<FlameShape, { readonly kind: 'time' }>,
): { layout: FlameLayout; frames: readonly Frame[] } {
  const chart = recording?.charts[thread];
  const recorded = recording?.threads[thread];
  if (recording === null || chart === undefined || recorded === undefined)
    throw new Error('this profile has no order in time');
  const gos = recorded.frames.map((frame) => {
    for (const { frames: names } of recording.modules) {
      const go = names.functionOf(frame);
      if (go !== undefined) return go;
    }
    return undefined;
  });
  const labelsOf = nodeLabels(recorded, gos, recording.threads.length > 1);
  const { profile } = applyFilters(profileOfNodes(chart, labelsOf), filtersOf(query));
  const table = new FrameTable(query.granularity);
  const { start, frames } = table.ofProfile(profile);
  const { samples } = profile;
  const joins = query.granularity === 'files' || query.granularity === 'packages';
  const stacks: (readonly number[] | undefined)[] = [];
  for (let row = 0; row < samples.count; row++) {
    const stack: number[] = [];
    for (const location of stackOf(samples, row).slice().reverse()) {
      for (let at = start[location] ?? 0; at < (start[location + 1] ?? 0); at++) {
        const frame = frames[at] ?? 0;
        if ((!joins || frame !== stack.at(-1)) && !(collapse && stack.includes(frame))) stack.push(frame);
      }
    }
    stacks[(samples.values[row] ?? 0) - 1] = stack;
  }
  return { layout: layOutInTime(stacks, chart.samples, chart.durations), frames: table.frames };
}

/** Each node of a chart that was running, idle ones aside, as a sample; its value is the node's row + 1. */
function profileOfNodes(
  { frames, nodeFrame, nodeParent, samples }: Chart,
  labelsOf: (node: number) => NewLabel[],
): Profile {
  const builder = new ProfileBuilder({ sampleTypes: [{ type: 'node', unit: '' }] });
  const locations = frames.map(({ name, url, line }) =>
    builder.addLocation([{ function: builder.addFunction({ name, file: url, startLine: line }), line }]),
  );
  const seen = new Uint8Array(nodeFrame.length);
  for (const node of samples) {
    const innermost = frames[nodeFrame[node] ?? 0];
    if (seen[node] === 1 || (innermost?.name === IDLE && innermost.url === '')) continue;
    seen[node] = 1;
    const stack: number[] = [];
    for (let at = node; at >= 0; at = nodeParent[at] ?? -1) stack.push(locations[nodeFrame[at] ?? 0] ?? 0);
    builder.addSample(stack, [node + 1], labelsOf(node));
  }
  return builder.build();
}

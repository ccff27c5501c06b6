import type { Chart, ChartFrame } from './synthetic.ts';

/**
 * Writes one thread of a recording as V8's .cpuprofile (Chrome DevTools Protocol, Profiler.Profile), with the names of the chart. Times are whole
 * microseconds, rounded so that errors do not add up.
 */
export function writeCpuProfile({
  frames,
  nodeFrame,
  nodeParent,
  samples,
  durations,
  startTime,
}: Chart): string {
  const children: number[][] = Array.from({ length: nodeFrame.length + 1 }, () => []);
  for (const [node, parent] of nodeParent.entries()) children[parent + 1]?.push(node + 2);
  const node = (id: number, { name, url, line, column }: ChartFrame): object => ({
    id,
    callFrame: {
      functionName: name,
      scriptId: '0',
      url,
      lineNumber: line - 1,
      columnNumber: column ?? (line > 0 ? 0 : -1),
    },
    children: children[id - 1],
  });
  const nodes = [node(1, { name: '(root)', url: '', line: 0 })];
  for (const [row, frame] of nodeFrame.entries()) {
    nodes.push(node(row + 2, frames[frame] ?? { name: '', url: '', line: 0 }));
  }
  const start = Math.round(startTime);
  let exact = startTime;
  let written = start;
  const timeDeltas: number[] = [];
  let begin = start;
  for (const duration of durations) {
    timeDeltas.push(begin - written);
    written = begin;
    exact += duration;
    begin = Math.round(exact);
  }
  const ids = Array.from(samples, (row) => row + 2);
  return `${JSON.stringify({ nodes, startTime: start, endTime: begin, samples: ids, timeDeltas })}\n`;
}

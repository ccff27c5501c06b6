// @ts-check
// The longest task of the extension's UI thread, by Chrome's own trace: time of the thread, not of the clock, so that what else runs on the
// machine does not count.

/** @typedef {import('puppeteer-core').Page} Page */
/** @typedef {{ name: string, ph: string, pid: number, tid: number, ts: number, dur?: number, tdur?: number, args: { name?: string, data?: { url?: string, frames?: { url: string, processId?: number }[] } } }} TraceEvent */

/**
 * The longest task of the extension's UI thread while `body` runs.
 * @param {Page} frontEnd
 * @param {() => Promise<void>} body
 * @returns {Promise<number>} milliseconds of thread time
 */
export async function longestTaskWhile(frontEnd, body) {
  await frontEnd.tracing.start({
    categories: ['toplevel', 'disabled-by-default-devtools.timeline', 'devtools.timeline'],
  });
  await body();
  const trace = await frontEnd.tracing.stop();
  if (trace === undefined) throw new Error('no trace');
  /** @type {{ traceEvents: TraceEvent[] }} */
  const { traceEvents } = JSON.parse(new TextDecoder().decode(trace));
  return longestTask(traceEvents);
}

/**
 * @param {readonly TraceEvent[]} events
 * @returns {number} milliseconds of thread time
 */
function longestTask(events) {
  const threads = new Set(
    events
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const extension = new Set(
    events
      .filter(({ args }) => JSON.stringify(args).includes('"chrome-extension://'))
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const tasks = events.filter(
    ({ name, ph, pid, tid }) =>
      ph === 'X' &&
      name.endsWith('RunTask') &&
      threads.has(`${pid} ${tid}`) &&
      extension.has(`${pid} ${tid}`),
  );
  if (tasks.length === 0) throw new Error('no task of the extension in the trace');
  return Math.max(...tasks.map(({ tdur, dur }) => (tdur ?? dur ?? 0) / 1000));
}

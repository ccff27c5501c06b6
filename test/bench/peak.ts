import { readFileSync, writeFileSync } from 'node:fs';

/** How much memory this process takes at most, from one moment on. */
export interface PeakOfGrowth {
  /** Takes a look; where the system keeps no peak of its own, the highest of these looks is the peak. */
  look(): void;
  /** Bytes of resident memory, over what the process had when the measurement began. */
  bytes(): number;
}

/**
 * Measures from now on. Linux keeps the peak of a process and lets it be set back (`VmHWM` of /proc/self/status, 5 written to /proc/self/clear_refs:
 * proc(5)). The `maxRSS` of getrusage is no measure: a process that was spawned begins with the peak of the one that spawned it. Elsewhere the
 * peak is the highest that a look found.
 */
export function peakOfGrowth(): PeakOfGrowth {
  globalThis.gc?.();
  const keeps = setBack();
  const before = process.memoryUsage().rss;
  let highest = before;
  const look = (): void => {
    if (!keeps) highest = Math.max(highest, process.memoryUsage().rss);
  };
  return {
    look,
    bytes: () => {
      look();
      return (keeps ? highWater() : highest) - before;
    },
  };
}

function setBack(): boolean {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
    return highWater() > 0;
  } catch {
    return false;
  }
}

/** The highest resident size since it was set back, in bytes; 0 where the system does not say. */
function highWater(): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

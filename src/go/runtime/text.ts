// Numbers as Go writes them.

/** `0xc000012`. */
export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

const UNITS: readonly (readonly [number, string])[] = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
];

/** Nanoseconds in the manner of time.Duration.String, rounded to three digits: `1h2m3s`, `1.5s`, `20ms`. */
export function durationText(ns: number): string {
  if (ns >= 60e9) {
    const seconds = Math.round(ns / 1e9);
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor(seconds / 60) % 60;
    return `${hours > 0 ? `${hours}h` : ''}${minutes}m${seconds % 60}s`;
  }
  for (const [size, unit] of UNITS) {
    if (ns >= size) return `${Number((ns / size).toPrecision(3))}${unit}`;
  }
  return `${Math.round(ns)}ns`;
}

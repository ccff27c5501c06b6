/**
 * What was probably allocated where `count` sampled objects of `size` bytes in all were seen (Go src/runtime/pprof/protomem.go,
 * scaleHeapSample): an object of s bytes is sampled with the probability 1 - e^(-s/rate). `rate`: runtime.MemProfileRate, in bytes.
 */
export function scaleHeapSample(count: number, size: number, rate: number): readonly [number, number] {
  if (count === 0 || size === 0) return [0, 0];
  if (rate <= 1) return [count, size];
  const scale = 1 / (1 - Math.exp(-(size / count) / rate));
  return [Math.trunc(count * scale), Math.trunc(size * scale)];
}

import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { formatHex, formatMemory } from '../../model/text.ts';
import type { MemoryMap } from '../../model/types.ts';
import { KIND_TITLES } from './region-kinds.ts';

/** The whole memory in one line: what lies where, and where the cursor is. A click goes there. */
export function RegionStrip({
  map,
  size,
  cursor,
  onGo,
}: {
  map: MemoryMap;
  /** Of the memory now, bytes. */
  size: number;
  cursor: number;
  onGo: (address: number) => void;
}): JSX.Element {
  const runs = useMemo(() => runsOfPicture(map), [map]);
  const parts = map.picture.length;
  return (
    <div
      class="region-strip"
      role="img"
      aria-label="What lies where in the memory"
      onClick={(event) => {
        const rect = event.currentTarget.getBoundingClientRect();
        const share = Math.max(0, Math.min(0.999999, (event.clientX - rect.left) / Math.max(1, rect.width)));
        onGo(Math.floor((share * map.size) / 16) * 16);
      }}
    >
      {runs.map(({ from, to, kind }) => (
        <span
          key={from}
          class={`region-part region-${kind}`}
          style={{ left: percent(from / parts), width: percent((to - from) / parts) }}
          data-tip={`${KIND_TITLES[kind][0]}: around ${formatHex(Math.floor((from / parts) * map.size))}\n${formatMemory(map.size)} in all`}
        />
      ))}
      <span class="region-cursor" style={{ left: percent(cursor / Math.max(1, size)) }} />
    </div>
  );
}

function runsOfPicture({
  picture,
  kinds,
}: MemoryMap): readonly { from: number; to: number; kind: MemoryMap['kinds'][number] }[] {
  const runs: { from: number; to: number; kind: MemoryMap['kinds'][number] }[] = [];
  picture.forEach((index, at) => {
    const kind = kinds[index] ?? 'unknown';
    const last = runs.at(-1);
    if (last?.kind === kind) last.to = at + 1;
    else runs.push({ from: at, to: at + 1, kind });
  });
  return runs;
}

const percent = (share: number): string => `${String(Math.round(share * 1e5) / 1e3)}%`;

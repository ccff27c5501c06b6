import type { JSX } from 'preact';
import { useModel } from '../../model/context.ts';
import { formatHex } from '../../model/text.ts';
import { openMemory } from './open-memory.ts';

/** An address as a link to the Memory view. `snapshotKey`: the snapshot that it was read from. */
export function MemoryLink({ address, snapshotKey }: { address: number; snapshotKey: string }): JSX.Element {
  const model = useModel();
  return (
    <button
      type="button"
      class="link code"
      data-tip="Show it in the memory of the snapshot"
      onClick={() => openMemory(model, address, snapshotKey)}
    >
      {formatHex(address)}
    </button>
  );
}

import type { PanelModel } from '../../model/panel-model.ts';

/**
 * Shows an address of linear memory. `snapshotKey`: the snapshot that it was read from; null: of the memory that was looked at last. Back leads
 * to where the person was.
 */
export function openMemory(model: PanelModel, address: number, snapshotKey: string | null): void {
  model.showMemory(address, snapshotKey);
}

/** Shows the stack of a goroutine in the memory of its snapshot. Rejects where it has none. */
export async function openStack(model: PanelModel, id: number, snapshotKey: string): Promise<void> {
  const [stack] = await model.client.memory.find({ snapshotKey }, `goroutine ${String(id)}`);
  if (stack === undefined) throw new Error(`no stack of goroutine ${String(id)} is known`);
  openMemory(model, stack.address, snapshotKey);
}

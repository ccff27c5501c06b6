import { isCancelled } from '../../model/failure.ts';
/** Work of which it is no failure that the user gave it up. */
export async function unlessCancelled(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isCancelled(error)) throw error;
  }
}

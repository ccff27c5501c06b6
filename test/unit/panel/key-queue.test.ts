import { describe, expect, test } from 'vitest';
import { KeyQueue } from '../../../panel/components/key-queue.ts';

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** A queue whose keys wait where `waits` says so. */
function queueOf(waits: (key: string) => boolean): { queue: KeyQueue<string>; handled: string[] } {
  const handled: string[] = [];
  const queue = new KeyQueue<string>({
    ready: (key) => !waits(key),
    handle: (key) => {
      handled.push(key);
    },
  });
  return { queue, handled };
}

describe('keys of a list whose rows are on the way', () => {
  test('are handled at once where nothing has to be waited for', () => {
    const { queue, handled } = queueOf(() => false);
    queue.press('Left');
    expect(handled).toEqual(['Left']);
  });

  test('wait for what they work on, and for those before them, one after the other', async () => {
    let here = false;
    const { queue, handled } = queueOf((key) => key === 'Left' && !here);
    queue.press('Left');
    queue.press('Down');
    queue.press('Up');
    queue.changed();
    await settled();
    expect(handled).toEqual([]);
    here = true;
    queue.changed();
    expect(handled).toEqual([]);
    await settled();
    expect(handled).toEqual(['Left']);
    await settled();
    await settled();
    expect(handled).toEqual(['Left', 'Down', 'Up']);
    queue.press('Home');
    expect(handled.at(-1)).toBe('Home');
  });

  test('a key that the one before makes wait again waits again', async () => {
    let busy = true;
    const { queue, handled } = queueOf(() => busy);
    queue.press('Right');
    queue.press('Right');
    busy = false;
    queue.changed();
    await settled();
    busy = true;
    await settled();
    expect(handled).toEqual(['Right']);
    busy = false;
    queue.changed();
    await settled();
    expect(handled).toEqual(['Right', 'Right']);
  });

  test('are forgotten with the list', async () => {
    let here = false;
    const { queue, handled } = queueOf(() => !here);
    queue.press('Left');
    here = true;
    queue.changed();
    queue.clear();
    await settled();
    queue.changed();
    await settled();
    expect(handled).toEqual([]);
  });
});

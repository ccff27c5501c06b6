import type { ReadStop } from './language.ts';

/** Memories of WebAssembly grow by pages, to 4 GiB at most. */
const PAGE = 1 << 16;
const MAX_PAGES = 1 << 16;

/**
 * How many bytes the memory of a stopped program has, which DevTools does not tell: found by reading single bytes. `told`: bytes that memories of the page had a
 * moment ago. One of a program that has just started is larger by now; where it is smaller, `told` is the answer.
 */
export async function memoryEnd(read: ReadStop, told: number): Promise<number> {
  const hasPage = async (page: number): Promise<boolean> => {
    if (page >= MAX_PAGES) return false;
    try {
      return (await read(page * PAGE, 1)).byteLength === 1;
    } catch {
      return false;
    }
  };
  // Pages that are there, and the first one that is not.
  let end = Math.max(1, Math.ceil(told / PAGE));
  if (!(await hasPage(end))) return end * PAGE;
  let absent = 2 * end;
  while (await hasPage(absent)) [end, absent] = [absent, 2 * absent];
  absent = Math.min(absent, MAX_PAGES);
  while (absent - end > 1) {
    const middle = (end + absent) >>> 1;
    if (await hasPage(middle)) end = middle;
    else absent = middle;
  }
  return absent * PAGE;
}

import type { ByteReader } from './byte-reader.ts';

export interface CodeBodies {
  /** Module offset of each body's vector of locals. */
  readonly bodyStart: Uint32Array;
  /** Bytes of each body. */
  readonly bodySize: Uint32Array;
}

export const NO_CODE: CodeBodies = { bodyStart: new Uint32Array(0), bodySize: new Uint32Array(0) };

/**
 * Finds the function bodies in the content of a Code section (core specification 2.0, 5.5.13). Bodies before a broken one are
 * kept: `report` gets the error.
 */
export function readCodeSection(reader: ByteReader, report: (error: unknown) => void): CodeBodies {
  let declared = 0;
  try {
    declared = reader.u32('the count of function bodies');
  } catch (error) {
    report(error);
  }
  // A body takes at least its size byte, so a hostile count allocates no more than eight times the file's size.
  const room = Math.min(declared, reader.remaining);
  const bodyStart = new Uint32Array(room);
  const bodySize = new Uint32Array(room);
  let count = 0;
  try {
    while (count < declared) {
      const size = reader.u32('the size of a function body');
      bodyStart[count] = reader.pos;
      bodySize[count] = size;
      reader.skip(size, `function body ${count}`);
      count++;
    }
  } catch (error) {
    report(error);
  }
  return { bodyStart: bodyStart.subarray(0, count), bodySize: bodySize.subarray(0, count) };
}

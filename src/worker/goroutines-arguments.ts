import type { RuntimeFrame } from '../go/runtime/frames.ts';
import { parseSignatures, type GoSignature } from '../gosource/signature.ts';
import type { GoSourceText } from '../protocol/goroutines.ts';
import { frameArguments, lessSure, type FrameArguments } from '../values/typed-arguments.ts';
import { indexOfElided } from '../stack/from-memory.ts';
import type { Entry, GoroutineSnapshot } from './goroutines-snapshot.ts';

/**
 * The arguments of a goroutine's frames by name and type, one entry for each line of its stack as `detailOf` gives it. `sources`: what is
 * known of the text of a file, by the name that the symbols give it.
 */
export function argumentsOf(
  snapshot: GoroutineSnapshot,
  entry: Entry,
  sources: ReadonlyMap<string, GoSourceText>,
): Promise<readonly FrameArguments[]> {
  const parsed = new Map<string, readonly GoSignature[]>();
  const signaturesOf = (file: string, text: string): readonly GoSignature[] => {
    const known = parsed.get(file) ?? parseSignatures(text);
    parsed.set(file, known);
    return known;
  };
  return snapshot.withStack(entry, (memory, { frames, elided }) => {
    const read = (frame: RuntimeFrame): FrameArguments => {
      const source = sources.get(frame.file);
      if (source === undefined) return { ok: false, why: 'No file is known for this frame.' };
      if (!source.ok) return { ok: false, why: source.why };
      const found = frameArguments(snapshot.runtime, memory, frame, signaturesOf(frame.file, source.text));
      return snapshot.memory.consistent ? found : lessSure(found, 'the program ran on while this was read');
    };
    const lines = frames.map(read);
    if (elided !== null) {
      lines.splice(indexOfElided(frames, elided), 0, { ok: false, why: 'These frames were left out.' });
    }
    return lines;
  });
}

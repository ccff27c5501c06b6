import type { GoSourceText } from '../protocol/goroutines.ts';
import type { FrameArguments } from '../values/typed-arguments.ts';
import type { Analysis } from './session.ts';
import type { SourceTexts } from './source-texts.ts';

/** Files of one stack that are asked for; a longer list is of a damaged stack, or of one that nobody reads to its end. */
const MAX_FILES = 40;

/** The arguments of a goroutine's frames by name and type, by the text of the files that its stack names: no other is fetched. */
export async function readArguments(
  analysis: Analysis,
  sources: SourceTexts,
  moduleKey: string,
  goroutine: { readonly snapshotKey: string; readonly key: string },
): Promise<readonly FrameArguments[]> {
  const { stack } = await analysis.request('snapshot.goroutine', goroutine);
  const lines = new Map<string, number>();
  for (const { file, line, inlined, language } of stack.frames) {
    if (inlined || language !== 'go' || file === '') continue;
    lines.set(file, Math.max(line, lines.get(file) ?? 0));
  }
  const texts = [...lines].map(async ([file, line], i): Promise<[string, GoSourceText]> => {
    if (i < MAX_FILES) return [file, await sources.text(moduleKey, file, line)];
    return [file, { ok: false, why: 'This stack is of more files than are fetched for one.' }];
  });
  return analysis.request('snapshot.arguments', { ...goroutine, sources: new Map(await Promise.all(texts)) });
}

import type { TextReport } from '../protocol/requests.ts';
import { classifyDeath } from '../stack/classify.ts';
import { symbolizeJsStack } from '../stack/from-js.ts';
import { parseGoText } from '../stack/go-text.ts';
import { parseJsStacks, type JsStack } from '../stack/js-stack.ts';
import type { StackTrace } from '../stack/stack-trace.ts';
import type { Symbolizer } from '../symbols/symbolizer.ts';
import { ownerOf, type OwnerCandidate } from './owner.ts';

/**
 * Symbolizes pasted text: a crash report with a JavaScript stack, Go's own text, or both. `moduleKey` null: the candidate that the
 * stack fits.
 */
export function symbolizePastedText(
  text: string,
  moduleKey: string | null,
  candidates: readonly OwnerCandidate[],
): TextReport {
  const goText = parseGoText(text);
  const jsStacks = parseJsStacks(text).filter((stack) => stack.frames.length > 0);
  const notes: string[] = [];
  let usedKey = moduleKey;
  const symbolized = jsStacks.map((stack) => {
    const { symbolizer, key, note } = choose(stack, moduleKey, candidates);
    if (note !== null && !notes.includes(note)) notes.push(note);
    usedKey ??= key;
    return symbolizeJsStack(stack, symbolizer);
  });
  const stacks: StackTrace[] = [...symbolized, ...(goText?.goroutines ?? [])];
  if (stacks.length === 0)
    notes.push('No stack was found in this text: neither JavaScript frames nor a Go traceback.');
  const error = jsStacks.find((stack) => stack.error !== null)?.error ?? null;
  const title =
    stacks.length === 0 && goText === null
      ? 'No stack found'
      : classifyDeath({
          error,
          text: goText === null ? '' : text,
          exitCode: goText?.exitCode ?? null,
          functions: symbolized[0]?.frames.map((frame) => frame.function) ?? [],
        }).title;
  return { title, stacks, moduleKey: usedKey, notes };
}

function choose(
  stack: JsStack,
  moduleKey: string | null,
  candidates: readonly OwnerCandidate[],
): { symbolizer: Symbolizer | null; key: string | null; note: string | null } {
  if (!stack.frames.some((frame) => frame.isWasm)) return { symbolizer: null, key: null, note: null };
  const owner = ownerOf(
    stack,
    moduleKey === null ? candidates : candidates.filter((candidate) => candidate.moduleKey === moduleKey),
  );
  const key = owner.moduleKey ?? moduleKey;
  const chosen = candidates.find((candidate) => candidate.moduleKey === key);
  if (owner.moduleKey !== null)
    return { symbolizer: chosen?.symbolizer ?? null, key, note: `Module chosen: ${owner.why}.` };
  // A person's own choice is followed even where frames contradict it; these frames then say so.
  return { symbolizer: chosen?.symbolizer ?? null, key, note: `Check the module: ${owner.why}.` };
}

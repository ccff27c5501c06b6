import type { StackOwner } from '../protocol/requests.ts';
import { claimsOf } from '../stack/from-js.ts';
import { parseJsStack, type JsStack } from '../stack/js-stack.ts';
import type { ModuleFit, Symbolizer } from '../symbols/symbolizer.ts';

/** A module that a stack may belong to. */
export interface OwnerCandidate {
  readonly moduleKey: string;
  readonly symbolizer: Symbolizer;
  /** Modules with the same bytes cannot be told apart by a stack. */
  readonly hash: string;
}

/** The module that a JavaScript stack belongs to: the one whose functions hold the frames' offsets. */
export function ownerOfStack(text: string, candidates: readonly OwnerCandidate[]): StackOwner {
  return ownerOf(parseJsStack(text), candidates);
}

/** As `ownerOfStack`, of a stack that is parsed already. */
export function ownerOf(stack: JsStack, candidates: readonly OwnerCandidate[]): StackOwner {
  const claims = claimsOf(stack);
  const scriptUrl = stack.frames.find((frame) => frame.isWasm)?.url ?? null;
  if (claims.length === 0) {
    return { moduleKey: null, scriptUrl, why: 'the stack has no WebAssembly frame' };
  }
  const fitting = candidates
    .map((candidate) => ({ candidate, fit: candidate.symbolizer.fits(claims) }))
    .filter(({ fit }) => fit.fits)
    .sort((a, b) => score(b.fit) - score(a.fit));
  const [best, second] = fitting;
  if (best === undefined) {
    return {
      moduleKey: null,
      scriptUrl,
      why: "the stack's offsets fit none of the modules that could be read",
    };
  }
  const tied =
    second !== undefined &&
    score(second.fit) === score(best.fit) &&
    second.candidate.hash !== best.candidate.hash;
  if (tied)
    return { moduleKey: null, scriptUrl, why: "the stack's offsets fit more than one module: choose one" };
  const { agreeing, exact } = best.fit;
  return {
    moduleKey: best.candidate.moduleKey,
    scriptUrl,
    why: `${String(agreeing)} of ${String(claims.length)} frames lie in the functions that they name, ${String(exact)} exactly on a call`,
  };
}

const score = (fit: ModuleFit): number => fit.agreeing + fit.exact;

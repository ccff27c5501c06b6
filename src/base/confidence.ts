/**
 * How sure an answer is; it travels with the answer to the view, which shows it. `exact`: proved by the module or by memory.
 * `range`: the truth is inside what is shown. `inferred`: likely, for the reason given. `unavailable`: not known, why, and
 * (in `why`) what would help.
 */
export type Confidence =
  | { readonly kind: 'exact' }
  | { readonly kind: 'range'; readonly why: string }
  | { readonly kind: 'inferred'; readonly why: string }
  | { readonly kind: 'unavailable'; readonly why: string };

export const EXACT: Confidence = { kind: 'exact' };

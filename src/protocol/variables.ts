import type { FilesBeside, ListedDirectory } from './listed-directory.ts';

// Package variables of standard Go whose places are concluded from source and code, for views of memory.

/** A variable, as far as source and code say where it is: that is no certainty. */
export interface ConcludedVariable {
  /** `main.sessions`, `example.com/app/shop.cart`. */
  readonly name: string;
  readonly type: string;
  /** Address and bytes. */
  readonly start: number;
  readonly size: number;
}

/** Which variables are meant: the one at an address, or those of the package of `pkg.name`. */
export type VariableQuestion = { readonly address: number } | { readonly name: string };

/** What may be told of variables once texts are here: nothing of modules of other toolchains. */
export interface VariableRequests {
  /** Files whose texts would say more: those that hold code, and one of each package whose directory was not listed yet. */
  'variable.wanted': {
    params: { moduleKey: string; of: VariableQuestion };
    result: { readonly texts: readonly string[]; readonly unlisted: readonly string[] };
  };
  /** Texts of Go files, by the names that symbols give them. */
  'variable.texts': { params: { moduleKey: string; texts: ReadonlyMap<string, string> }; result: null };
  /** As `language.listed` and `language.beside`. */
  'variable.listed': {
    params: { moduleKey: string } & ListedDirectory;
    result: readonly string[];
  };
  'variable.beside': {
    params: { moduleKey: string } & FilesBeside;
    result: null;
  };
  /** Finds the variables of the package of `pkg.name`: `memory.find` knows them from then on. */
  'variable.conclude': { params: { moduleKey: string; name: string }; result: null };
  /** The variable that holds the byte at an address; null where none is concluded there. */
  'variable.at': { params: { moduleKey: string; address: number }; result: ConcludedVariable | null };
}

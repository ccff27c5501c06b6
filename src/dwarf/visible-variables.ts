import type { Confidence } from '../base/confidence.ts';
import type { Dwarf } from './dwarf.ts';
import { OPTIMIZED_OUT } from './machine.ts';
import type { Expression } from './operations.ts';
import type { Scopes } from './scopes.ts';
import type { UnitHeader } from './unit-headers.ts';
import type { VariableTrust } from './variable-trust.ts';
import { frameBaseAt, isVisibleAt, placeAt, variablesOf, type DwarfVariable } from './variables.ts';

/** A variable as code at one offset sees it. */
export interface VisibleVariable {
  readonly variable: DwarfVariable;
  /** Where it is there; undefined where it is nowhere. */
  readonly location: Expression | undefined;
  /** Whether that is to be believed; `unavailable`: nothing is to be shown, for the reason that it gives. */
  readonly confidence: Confidence;
}

/** The variables of one function or inlined call around an offset. */
export interface VisibleScope {
  readonly header: UnitHeader;
  /** Position of the entry of the function or inlined call. */
  readonly entry: number;
  readonly inlined: boolean;
  /** Of the function that all of it is in: what DW_OP_fbreg counts on. */
  readonly frameBase: Expression | undefined;
  readonly variables: readonly VisibleVariable[];
}

const LOST =
  'wasm-opt lost where it is: the debug information has an empty place for it. A build with -opt=0 keeps more of the variables';

/**
 * The variables that code at an offset sees, of the innermost inlined call first, as the frames of `Dwarf.framesAt`. Of TinyGo, which lists fields of structs
 * and variables of packages that a function mentions among its own, only those whose declaration is inside the function.
 */
export function visibleVariables(dwarf: Dwarf, trust: VariableTrust, address: number): VisibleScope[] {
  const header = dwarf.unitAt(address);
  const scopes = header && dwarf.scopes(header);
  if (header === undefined || scopes === undefined) return [];
  const isTinyGo = dwarf.unit(header)?.root.producer.startsWith('TinyGo') === true;
  const chain: number[] = [];
  for (let at = dwarf.scopeAt(header, address); at >= 0; at = scopes.parent[at] ?? -1) chain.push(at);
  const outermost = scopes.entry[chain.at(-1) ?? -1];
  const frameBase = outermost === undefined ? undefined : frameBaseAt(dwarf, header, outermost, address);
  return chain.map((scope) => {
    const entry = scopes.entry[scope] ?? 0;
    const all = variablesOf(dwarf, header, entry).filter((variable) => isVisibleAt(variable, address));
    const own = isTinyGo
      ? all.filter((variable) => isDeclaredIn(dwarf, header, scopes, scope, variable))
      : all;
    const variables = own.map((variable): VisibleVariable => {
      const place = placeAt(variable, address);
      const location = place?.expression;
      if (place !== undefined)
        return { variable, location, confidence: trust.at(header, address, place, frameBase) };
      if (variable.constant !== undefined) return { variable, location, confidence: { kind: 'exact' } };
      const why = (variable.locations?.lost ?? 0) > 0 ? LOST : OPTIMIZED_OUT;
      return { variable, location, confidence: { kind: 'unavailable', why } };
    });
    return { header, entry, inlined: (scopes.parent[scope] ?? -1) >= 0, frameBase, variables };
  });
}

/** Whether a variable's declaration stands in the lines of its function. */
function isDeclaredIn(
  dwarf: Dwarf,
  header: UnitHeader,
  scopes: Scopes,
  scope: number,
  { declUnit, declFile, declLine }: DwarfVariable,
): boolean {
  const facts = dwarf.facts(header, scopes.entry[scope] ?? 0);
  if (declLine === 0 || facts.declLine === 0) return true;
  if (declLine < facts.declLine) return false;
  const file = dwarf.path(declUnit ?? header, declFile);
  if (file !== dwarf.path(facts.declUnit ?? header, facts.declFile)) return false;
  const last = lastLine(dwarf, header, scopes, scope, file);
  // A table whose rows are of other code does not say where the function ends.
  return last < facts.declLine || declLine <= last;
}

/** The last line of a file that code of a function comes from; 0 where it has no lines of it. */
function lastLine(dwarf: Dwarf, header: UnitHeader, scopes: Scopes, scope: number, file: string): number {
  const table = dwarf.lineTable(header);
  if (table === undefined) return 0;
  const { rows } = table;
  let last = 0;
  for (let range = scopes.rangeStart[scope] ?? 0; range < (scopes.rangeStart[scope + 1] ?? 0); range++) {
    const low = scopes.low[range] ?? 0;
    const high = scopes.high[range] ?? 0;
    const first = table.rowAt(low);
    for (let row = first; row >= 0 && row < rows.count && (rows.address[row] ?? 0) < high; row++) {
      if ((rows.line[row] ?? 0) > last && dwarf.path(header, rows.file[row] ?? 0) === file)
        last = rows.line[row] ?? 0;
    }
  }
  return last;
}

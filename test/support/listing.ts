import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { funcIndex, type FuncIndex } from '../../src/base/units.ts';
import type { WasmModule } from '../../src/wasm/module.ts';
import { readNameSection } from '../../src/wasm/name-section.ts';
import type { GoVersion } from './fixtures.ts';

/** A function of package main of the fixture `stacks`, as Go's assembler lists it: see test/unit/go/code-pcs-golden.mjs. */
export interface ListedFunction {
  readonly name: string;
  readonly pcCount: number;
  /** By instruction. */
  readonly pcs: readonly number[];
  readonly places: readonly { readonly file: string; readonly line: number }[];
}

/** The listing of a version, as it was recorded. */
export function readListing(goVersion: GoVersion): readonly ListedFunction[] {
  const path = join(import.meta.dirname, '..', 'unit', 'go', `code-pcs.${goVersion}.txt`);
  const [head = '', ...rows] = readFileSync(path, 'utf8').trimEnd().split('\n');
  const files = head.split('\t').slice(1);
  return rows.map((row) => {
    const [name = '', size = '', pcs = '', places = ''] = row.split('\t');
    return {
      name,
      pcCount: Number(size),
      pcs: spread(pcs, ([pc = 0]) => pc),
      places: spread(places, ([file = 0, line = 0]) => ({ file: files[file] ?? '', line })),
    };
  });
}

function spread<T>(runs: string, value: (numbers: readonly number[]) => T): T[] {
  return runs.split(' ').flatMap((run) => {
    const [count = 0, ...rest] = run.split(':').map(Number);
    return Array<T>(count).fill(value(rest));
  });
}

/** Finds the functions of a listing in the module; undefined for one that the linker dropped, or whose mangled name is not the only one. */
export function listedFunctions(module: WasmModule): (name: string) => FuncIndex | undefined {
  const names = readNameSection(module);
  const byName = new Map<string, FuncIndex | undefined>();
  for (let i = 0; i < module.functionCount; i++) {
    const func = funcIndex(module.importedFunctionCount + i);
    const name = names?.functionName(func) ?? '';
    byName.set(name, byName.has(name) ? undefined : func);
  }
  // Go's linker writes other characters than letters, digits and dots as `_` in wasm names.
  return (name) => byName.get(name.replace(/[^\w.]/g, '_'));
}

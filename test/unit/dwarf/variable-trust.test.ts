import { describe, expect, it } from 'vitest';
import { Dwarf } from '../../../src/dwarf/dwarf.ts';
import { goTypeName } from '../../../src/dwarf/go-type-names.ts';
import { dwarfSections } from '../../../src/dwarf/sections.ts';
import { VariableTrust } from '../../../src/dwarf/variable-trust.ts';
import { visibleVariables, type VisibleScope } from '../../../src/dwarf/visible-variables.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { breadthFixtures, llvmFixtures, llvmModule } from '../../support/llvm-fixtures.ts';

function open(name: string): { dwarf: Dwarf; trust: VariableTrust; end: number } {
  const wasm = readModule(llvmModule(name));
  const dwarf = new Dwarf(dwarfSections(wasm));
  const end = (wasm.bodyStart.at(-1) ?? 0) + (wasm.bodySize.at(-1) ?? 0) - wasm.codeStart;
  return { dwarf, trust: new VariableTrust(dwarf, wasm), end };
}

/** What functions of package main see, at places all over their code. */
function seen(name: string): Map<string, VisibleScope[]> {
  const { dwarf, trust, end } = open(name);
  const found = new Map<string, VisibleScope[]>();
  for (let address = 1; address < end; address += 7) {
    for (const scope of visibleVariables(dwarf, trust, address)) {
      const { name: text } = dwarf.facts(scope.header, scope.entry);
      if (text.startsWith('main.')) found.set(text, [...(found.get(text) ?? []), scope]);
    }
  }
  return found;
}

const ofCompilers = [...llvmFixtures.filter(({ family }) => family === 'llvm'), ...breadthFixtures]
  .map(({ name }) => name)
  .filter((name) => /^(?:c|cpp|rust)\./.test(name) && !/dwp|split/.test(name));

describe('places of variables against the code', () => {
  it.each(ofCompilers)('%s, as its compiler left it, contradicts nothing', (name) => {
    const { trust } = open(name);
    expect(trust.health()).toMatchObject({ lost: 0, stale: 0 });
  });

  it('what wasm-opt did to TinyGo is seen: more the more it optimized', () => {
    const stale = (name: string): number => {
      const { lost, places, functions, stale: bad } = open(name).trust.health();
      expect(lost / places).toBeGreaterThan(0.1);
      return bad / functions;
    };
    expect(stale('tinygo.unknown.0')).toBeLessThan(0.1);
    expect(stale('tinygo.wasm.z')).toBeGreaterThan(0.25);
    expect(stale('tinygo.wasm.1')).toBeGreaterThan(stale('tinygo.wasm.0'));
  });
});

describe('the variables that code sees', () => {
  it('are those of the function, with Go types, and not fields that it mentions', () => {
    const [outer] = seen('tinygo.unknown.0').get('main.outer') ?? [];
    const { dwarf } = open('tinygo.unknown.0');
    expect(
      outer?.variables.map(({ variable }) => [
        variable.kind,
        variable.name,
        goTypeName(dwarf.types, variable.type),
      ]),
    ).toEqual([['parameter', 'name', 'string']]);
  });

  it('are the same however often they are asked for', () => {
    const { dwarf, trust } = open('tinygo.wasm.0');
    const unit = dwarf.codeUnits().find((header) => (dwarf.scopes(header)?.count ?? 0) > 20);
    const address = (unit && dwarf.scopes(unit)?.low[0]) ?? 0;
    const first = visibleVariables(dwarf, trust, address);
    for (let i = 0; i < 20_000; i++) visibleVariables(dwarf, trust, address);
    expect(visibleVariables(dwarf, trust, address)).toEqual(first);
    trust.health();
    expect(dwarf.diagnostics).toEqual([]);
  });

  it('say why they are not available, where wasm-opt made them so', () => {
    const whys = new Set<string>();
    for (const { variables } of [...seen('tinygo.wasm.z').values()].flat())
      for (const { confidence } of variables) whys.add(confidence.kind === 'exact' ? '' : confidence.why);
    expect([...whys].filter((why) => why.includes('wasm-opt gave the locals')).length).toBe(1);
    expect([...whys].filter((why) => why.includes('wasm-opt lost where it is')).length).toBe(1);
  });
});

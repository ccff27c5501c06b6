import { describe, expect, it } from 'vitest';
import { address } from '../../../src/base/units.ts';
import type { Memory } from '../../../src/memory/memory.ts';
import { WholeMemory } from '../../../src/memory/whole-memory.ts';
import { findValue, globalNamed } from '../../../src/values/dwarf-frame.ts';
import type { DwarfProgram } from '../../../src/values/dwarf-program.ts';
import { readValue, valueParts } from '../../../src/values/go-value.ts';
import { KeptValues } from '../../../src/values/kept-values.ts';
import { analyzeModule } from '../../../src/worker/analyze-module.ts';
import { dwarfProgram } from '../../../src/worker/dwarf-program.ts';
import { readDataImage } from '../../../src/wasm/image.ts';
import { readModule } from '../../../src/wasm/module.ts';
import { llvmModule } from '../../support/llvm-fixtures.ts';
import { tinyGoMemory } from '../../support/tinygo.ts';

function programOf(name: string): DwarfProgram {
  const program = dwarfProgram(analyzeModule(llvmModule(name), name));
  if (program === undefined) throw new Error('no debug information');
  return program;
}

/** The text of a variable of a package, or why there is none. */
function textOf(program: DwarfProgram, memory: Memory, name: string): string {
  const variable = globalNamed(program, name, 0);
  if (variable === undefined) return 'not there';
  const found = findValue(program, variable, () => undefined, memory);
  if ('why' in found) return found.why;
  const values = new KeptValues(memory, new Map(found.kept === null ? [] : [[0, found.kept]]));
  return readValue({ layout: program.layout, memory: values }, variable.type, found.address).text;
}

describe('package variables of TinyGo, in the memory that a program left', () => {
  it.each(['values.wasm.0', 'values.wasm.z'])('%s', async (module) => {
    const memory = new WholeMemory(await tinyGoMemory(module, 'chosen'));
    const program = programOf(module);
    const read = (name: string): string => textOf(program, memory, name);
    expect(read('main.title')).toBe('"of chosen"');
    expect(read('main.counter')).toMatch(/^\d+$/);
    expect(read('main.root')).toMatch(
      /^\*main\.tree \{name: "root", left: \*main\.tree \{name: "left", .*weights: \[3\]uint16 \[1,2,65535\]\}$/,
    );
    if (module.endsWith('.0')) {
      expect(read('main.origin')).toBe('main.point {X: 6, Y: -4}');
      expect(read('main.numbers')).toBe('[]int len: 3, cap: 3, [6,20,30]');
      // What an interface holds, by the types that the module carries.
      expect(read('main.held')).toBe('interface {…}(int) 6');
      expect(read('main.failure')).toBe('error(*errors.errorString) *{s: "failed for chosen"}');
    } else {
      expect(read('main.numbers')).toContain('a place for a part of it only');
      expect(read('main.held')).toContain('optimized out');
    }
  });

  it('types are found by name, as source of the package writes them', async () => {
    const program = programOf('values.wasm.0');
    const memory = new WholeMemory(await tinyGoMemory('values.wasm.0', 'chosen'));
    const source = { layout: program.layout, memory };
    const root = globalNamed(program, 'main.root', 0);
    const found = root && findValue(program, root, () => undefined, source.memory);
    if (found === undefined || !('address' in found)) throw new Error('no root');
    const at = address(source.memory.u32(found.address));
    for (const name of ['tree', 'main.tree']) {
      const type = program.layout.typeNamed(name, 'main');
      expect(type?.name).toBe('main.tree');
      if (type === undefined) continue;
      expect(valueParts(source, type, at).map((part) => part.name)).toEqual([
        ...['name', 'left', 'right', 'at', 'weights'],
      ]);
    }
    expect(program.layout.typeNamed('[]*tree', 'main')).toMatchObject({ name: '[]*main.tree', size: 12 });
    expect(program.layout.typeNamed('[2]int', 'main')?.size).toBe(8);
    expect(program.layout.typeNamed('nowhere', 'main')).toBeUndefined();
  });
});

describe('variables of C, as the module begins', () => {
  it.each(['c.types4.o0.wasm', 'c.types5.o1.wasm'])('%s', (module) => {
    const program = programOf(module);
    const memory = readDataImage(readModule(llvmModule(module)));
    const read = (name: string): string => textOf(program, memory, name);
    expect(read('ready')).toBe('the linker left it out: no code uses it');
    expect(read('kept')).toBe('Big {words: int[6] [1,2,3,4,5,6]}');
  });
});

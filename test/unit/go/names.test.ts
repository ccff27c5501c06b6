import { describe, expect, it } from 'vitest';
import { COMPILER_PACKAGE, packageOfName, printedName } from '../../../src/go/names.ts';

describe('a name as Go prints it', () => {
  it.each([
    ['main.main', 'main.main'],
    ['main.Map[go.shape.int,go.shape.string]', 'main.Map[...]'],
    ['main.(*stack[go.shape.[]int]).push', 'main.(*stack[...]).push'],
    ['main.F[map[string]int].func1', 'main.F[...].func1'],
    ['runtime.gopanic', 'runtime.gopanic'],
    ['main.odd]name[', 'main.odd]name['],
  ])('%s', (name, printed) => {
    expect(printedName(name, 'whole')).toBe(printed);
    expect(printedName(name, 'parts')).toBe(printed);
  });

  it('shortens a generic method of a generic type in two parts from 1.27', () => {
    const name = 'main.(*List[go.shape.int]).Map[go.shape.[]string].func1';
    expect(printedName(name, 'parts')).toBe('main.(*List[...]).Map[...].func1');
    expect(printedName(name, 'whole')).toBe('main.(*List[...].func1');
  });

  it('keeps what the linker has shortened', () => {
    expect(printedName('main.Map[...]', 'linker')).toBe('main.Map[...]');
  });
});

describe('the package of a function', () => {
  it.each([
    ['main.main', 'main'],
    ['main.(*T).Method-fm', 'main'],
    ['runtime/debug.SetGCPercent', 'runtime/debug'],
    ['gopkg.in/yaml%2ev3.Marshal', 'gopkg.in/yaml.v3'],
    ['github.com/a/b%2dc.v1.F', 'github.com/a/b-c'],
    ['go.uber.org/zap.New', 'go.uber.org/zap'],
    ['go/ast.Walk', 'go/ast'],
    ['slices.Sort[go.shape.[]example.com/x/y.T]', 'slices'],
    ['main.init.0.func1', 'main'],
    ['type:.eq.main.T', COMPILER_PACKAGE],
    ['type..hash.[2]interface {}', COMPILER_PACKAGE],
    ['go:buildid', COMPILER_PACKAGE],
    ['go.buildid', COMPILER_PACKAGE],
    ['wasm_pc_f_loop', ''],
    ['memeqbody', ''],
    ['', ''],
  ])('%s', (name, path) => {
    expect(packageOfName(name)).toBe(path);
  });
});

import { describe, expect, test } from 'vitest';
import {
  readLayouts,
  tableLayouts,
  tableVersions,
  type StructName,
} from '../../../../src/go/runtime/layouts.ts';
import { TypeReader } from '../../../../src/go/runtime/types.ts';
import { fixtures, goVersions } from '../../../support/fixtures.ts';
import { runtimeOf } from './programs.ts';

// One module of each family, version and system is enough: a stripped one.
const modules = fixtures({ stripped: true });

test('every Go version is in the table and among the modules', () => {
  expect(tableVersions.length).toBe(goVersions.length);
  expect(new Set(modules.map((one) => one.goVersion))).toEqual(new Set(goVersions));
});

describe.each(modules.map((one) => [one.name, one] as const))('%s', (_, fixture) => {
  test('describes the structs of its runtime, and the table agrees', () => {
    const runtime = runtimeOf(fixture);
    expect(new Set(Object.values(runtime.layouts.from))).toEqual(new Set(['descriptors']));
    const table = tableLayouts(runtime.program.minor);
    expect(table).toBeDefined();
    for (const name of Object.keys(table ?? {}) as StructName[]) {
      expect(runtime.layouts.layouts[name]).toMatchObject(table?.[name] ?? {});
    }
  });

  test('without descriptors the table answers, and says so', () => {
    const runtime = runtimeOf(fixture);
    const { image, moduleData } = runtime.program.module;
    const { start } = moduleData.types;
    const none = new TypeReader(image, { start, end: start });
    const read = readLayouts(none, runtime.program.minor);
    expect(read?.from).toEqual({ g: 'table', m: 'table', gobuf: 'table', stack: 'table', _panic: 'table' });
    expect(read?.layouts).toEqual(tableLayouts(runtime.program.minor));
    expect(readLayouts(none, 99)).toBeUndefined();
  });
});

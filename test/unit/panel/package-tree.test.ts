import { describe, expect, test } from 'vitest';
import { ownerOf, packageId, packageTree, pathTo } from '../../../panel/model/package-tree.ts';
import type { SizeNode } from '../../../panel/model/package-tree.ts';
import type { ModuleReport, PackageSize } from '../../../panel/model/types.ts';

const MODULE: ModuleReport['module'] = {
  path: 'example.com/life/cmd/app',
  main: 'example.com/life',
  mainVersion: null,
  deps: [{ path: 'mylib', version: 'v1.0.0', sum: null, replacedBy: null }],
};

const pack = (path: string, bytes: number, names: readonly [string, number][] = []): PackageSize => ({
  path,
  bytes,
  functions: names.length + 3,
  largest: names.map(([name, size]) => ({ name: `${path}.${name}`, bytes: size })),
});

/** The tree as indented lines. */
function dump(node: SizeNode, depth = 0): string {
  const line = `${'  '.repeat(depth)}${node.name} ${String(node.bytes)}\n`;
  return line + node.children.map((child) => dump(child, depth + 1)).join('');
}

test.each([
  ['main', 'main'],
  ['example.com/life/grid', 'main'],
  ['example.com/lifeboat', 'dependency'],
  ['github.com/x/y', 'dependency'],
  ['mylib/inner', 'dependency'],
  ['runtime', 'standard'],
  ['net/http', 'standard'],
  ['', 'other'],
  ['type:.eq', 'other'],
] as const)('%s belongs to %s', (path, owner) => {
  expect(ownerOf(path, MODULE)).toBe(owner);
});

describe('the tree of packages', () => {
  const tree = packageTree(
    [
      pack('net', 10),
      pack('net/http', 300, [
        ['(*Transport).RoundTrip', 120],
        ['ReadRequest', 60],
      ]),
      pack('runtime', 500),
      pack('github.com/mattn/go-runewidth', 40),
      pack('example.com/life/grid', 70),
      pack('example.com/life/render', 30),
      pack('empty', 0),
    ],
    MODULE,
  );

  test('owners, then path elements without chains, then functions, largest first', () => {
    expect(dump(tree)).toBe(
      [
        'All code 950',
        '  Standard library 810',
        '    runtime 500',
        '    net 310',
        '      http 300',
        '        (*Transport).RoundTrip 120',
        '        ReadRequest 60',
        '        3 smaller functions 120',
        '      net 10',
        '  Program 100',
        '    example.com/life 100',
        '      grid 70',
        '      render 30',
        '  Dependencies 40',
        '    github.com/mattn/go-runewidth 40',
        '',
      ].join('\n'),
    );
  });

  test('ids are unique', () => {
    const ids: string[] = [];
    const walk = (node: SizeNode): void => {
      ids.push(node.id);
      node.children.forEach(walk);
    };
    walk(tree);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test.each(['net', 'net/http', 'runtime', 'github.com/mattn/go-runewidth', 'example.com/life/grid'])(
    'the package %s is found and its path leads to it',
    (path) => {
      const id = packageId(tree, path);
      expect(id).not.toBeNull();
      const steps = pathTo(tree, id ?? '');
      expect(steps[0]).toBe(tree);
      expect(steps.at(-1)).toMatchObject({ kind: 'package', id });
    },
  );

  test('a package that is not there has no node; an unknown id leads to the root', () => {
    expect(packageId(tree, 'net/htt')).toBeNull();
    expect(pathTo(tree, 'nowhere')).toEqual([tree]);
  });
});

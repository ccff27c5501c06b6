// @ts-check
// Which room of the source tree may import which: the table of CONTRIBUTING.md, and the ESLint rule that keeps it.
import { dirname, relative, resolve, sep } from 'node:path';

/**
 * The rooms that read modules, memory and stacks: pure, and usable in a browser, a worker and Node.
 */
export const ANALYSIS_ROOMS = [
  'src/wasm',
  'src/memory',
  'src/dwarf',
  'src/go',
  'src/go/runtime',
  'src/tinygo',
  'src/sourcemap/read',
  'src/symbols',
  'src/sourcemap/write',
  'src/stack',
  'src/gosource',
  'src/values',
  'src/profile',
  'src/trace',
];

/**
 * Room -> the rooms it may import; `types`: rooms of which it may import types only (plain data that crosses). `src/base` may be
 * imported from everywhere. A room ends where a longer name in this table begins: `src/go` does not hold `src/go/runtime`.
 * @type {Readonly<Record<string, { imports: readonly string[], types?: readonly string[] }>>}
 */
export const ROOMS = {
  'src/base': { imports: [] },
  'src/wasm': { imports: [] },
  'src/memory': { imports: [] },
  'src/dwarf': { imports: ['src/wasm'] },
  'src/go': { imports: ['src/wasm'] },
  'src/go/runtime': { imports: ['src/wasm', 'src/go', 'src/memory'] },
  'src/tinygo': { imports: ['src/wasm', 'src/dwarf', 'src/memory'] },
  'src/sourcemap/read': { imports: [] },
  'src/symbols': {
    imports: [
      'src/wasm',
      'src/memory',
      'src/dwarf',
      'src/go',
      'src/go/runtime',
      'src/tinygo',
      'src/sourcemap/read',
    ],
  },
  'src/sourcemap/write': { imports: ['src/symbols'] },
  'src/stack': { imports: ['src/symbols'], types: ['src/go/runtime', 'src/tinygo'] },
  'src/gosource': { imports: [] },
  'src/values': { imports: ['src/memory', 'src/go/runtime', 'src/tinygo', 'src/dwarf', 'src/gosource'] },
  'src/profile': { imports: ['src/symbols', 'src/go/runtime'] },
  'src/trace': { imports: ['src/profile', 'src/symbols'] },
  'src/protocol': { imports: [], types: ANALYSIS_ROOMS },
  'src/worker': { imports: [...ANALYSIS_ROOMS, 'src/protocol'] },
  'src/session': {
    imports: ['src/protocol', 'src/stack'],
    types: ['src/symbols', 'src/sourcemap/write', 'src/values'],
  },
  'src/browser': { imports: ['src/session'] },
  'src/cli': { imports: ANALYSIS_ROOMS },
  panel: { imports: ['src/session'], types: ['src/protocol', 'src/symbols', 'src/stack', 'src/values'] },
};

/** Rooms that may import everything, and that no room of the table may import. */
const OUTER = ['src/entry', 'test', 'fixtures', 'scripts'];

const NAMES = [...Object.keys(ROOMS), ...OUTER].sort((a, b) => b.length - a.length);

/**
 * The room of a file.
 * @param {string} path relative to the top of the checkout, with `/`
 * @returns {string | undefined} undefined for files outside every room
 */
export function roomOf(path) {
  return NAMES.find((name) => path.startsWith(`${name}/`) || path.startsWith(`${name}.`));
}

/**
 * Why `from` may not import `to`; null when it may.
 * @param {string} from path relative to the top of the checkout
 * @param {string} to the same
 * @param {boolean} typeOnly
 * @returns {string | null}
 */
export function forbidden(from, to, typeOnly) {
  const room = roomOf(from);
  const target = roomOf(to);
  if (room === undefined) {
    return from.startsWith('src/')
      ? `${dirname(from)} is in no room: add it to scripts/lint/rooms.mjs`
      : null;
  }
  const rules = ROOMS[room];
  if (rules === undefined || target === room || target === 'src/base') return null;
  if (target === undefined) return to.startsWith('src/') ? `${dirname(to)} is in no room` : null;
  if (rules.imports.includes(target)) return null;
  if (rules.types?.includes(target) === true) {
    return typeOnly ? null : `${room} may import only types from ${target}`;
  }
  return `${room} may not import ${target}`;
}

/** @type {import('eslint').Rule.RuleModule} */
export const roomImports = {
  meta: {
    type: 'problem',
    docs: { description: 'imports follow the table of rooms' },
    schema: [],
    messages: { forbidden: '{{reason}}' },
  },
  create(context) {
    const from = relative(context.cwd, context.filename).split(sep).join('/');
    /**
     * @param {import('estree').Node} node
     * @param {unknown} source
     * @param {boolean} typeOnly
     */
    const check = (node, source, typeOnly) => {
      if (typeof source !== 'string' || !source.startsWith('.')) return;
      const to = relative(context.cwd, resolve(dirname(context.filename), source))
        .split(sep)
        .join('/');
      const reason = forbidden(from, to, typeOnly);
      if (reason !== null) context.report({ node, messageId: 'forbidden', data: { reason } });
    };
    return {
      ImportDeclaration(node) {
        check(node, node.source.value, isTypeOnly(node, 'importKind'));
      },
      ExportNamedDeclaration(node) {
        if (node.source) check(node, node.source.value, isTypeOnly(node, 'exportKind'));
      },
      ExportAllDeclaration(node) {
        check(node, node.source.value, isTypeOnly(node, 'exportKind'));
      },
      ImportExpression(node) {
        if (node.source.type === 'Literal') check(node, node.source.value, false);
      },
      // `import('./x.ts').T` as a type.
      TSImportType(/** @type {import('estree').Node & { source?: { value?: unknown } }} */ node) {
        check(node, node.source?.value, true);
      },
      // `new URL('./x.ts', import.meta.url)`, which a bundler follows.
      NewExpression(node) {
        const [path, base] = node.arguments;
        const bundled = node.callee.type === 'Identifier' && node.callee.name === 'URL';
        if (bundled && path?.type === 'Literal' && base?.type === 'MemberExpression') {
          if (base.object.type === 'MetaProperty') check(node, path.value, false);
        }
      },
    };
  },
};

/**
 * True for `import type ...`, and when each name is marked `type`.
 * @param {object} node
 * @param {'importKind' | 'exportKind'} property
 */
function isTypeOnly(node, property) {
  const { specifiers, ...declaration } = /** @type {Record<string, unknown> & { specifiers?: object[] }} */ (
    node
  );
  if (declaration[property] === 'type') return true;
  return (
    specifiers !== undefined &&
    specifiers.length > 0 &&
    specifiers.every((specifier) => /** @type {Record<string, unknown>} */ (specifier)[property] === 'type')
  );
}

import type { ModuleReport, PackageSize } from './types.ts';

/** Whose code it is: the program's own module, its dependencies, Go's standard library, or neither (linker-made code). */
export type Owner = 'main' | 'dependency' | 'standard' | 'other';

/** Code bytes as a tree over the elements of the package paths; a package's own functions are its last level. */
export interface SizeNode {
  /** Unique in the tree; stable between reports of the same module. */
  readonly id: string;
  readonly name: string;
  readonly kind: 'root' | 'group' | 'package' | 'function' | 'rest';
  readonly owner: Owner;
  readonly bytes: number;
  readonly functions: number;
  /** Largest first. */
  readonly children: readonly SizeNode[];
}

export const OWNER_NAMES: Readonly<Record<Owner, string>> = {
  main: 'Program',
  dependency: 'Dependencies',
  standard: 'Standard library',
  other: 'Other',
};

/** Whose package it is. Import paths of the standard library have no dot in their first element (`go help importpath`). */
export function ownerOf(path: string, module: ModuleReport['module']): Owner {
  const within = (root: string): boolean => path === root || path.startsWith(`${root}/`);
  if (path === '') return 'other';
  if (
    path === 'main' ||
    (module.main !== null && within(module.main)) ||
    (module.path !== null && within(module.path))
  )
    return 'main';
  if (module.deps.some((dep) => within(dep.path))) return 'dependency';
  const first = path.slice(0, path.includes('/') ? path.indexOf('/') : path.length);
  if (/[^\w$.-]/.test(first)) return 'other';
  return first.includes('.') ? 'dependency' : 'standard';
}

interface Draft {
  readonly children: Map<string, Draft>;
  own: PackageSize | null;
}

/** Builds the tree: owners, then path elements (a chain without a fork is one node), then functions. */
export function packageTree(packages: readonly PackageSize[], module: ModuleReport['module']): SizeNode {
  const owners = new Map<Owner, Draft>();
  for (const pack of packages) {
    if (pack.bytes <= 0) continue;
    const owner = ownerOf(pack.path, module);
    let draft = below(owners, owner);
    for (const part of pack.path.split('/')) draft = below(draft.children, part);
    draft.own = pack;
  }
  const children = [...owners].map(([owner, draft]) =>
    group(
      owner,
      OWNER_NAMES[owner],
      owner,
      [...draft.children].map(([part, child]) => finish(part, child, owner, owner)),
    ),
  );
  return group('', 'All code', 'other', children, 'root');
}

function below<Key>(drafts: Map<Key, Draft>, key: Key): Draft {
  const known = drafts.get(key);
  if (known !== undefined) return known;
  const draft: Draft = { children: new Map(), own: null };
  drafts.set(key, draft);
  return draft;
}

function finish(name: string, draft: Draft, owner: Owner, parentId: string): SizeNode {
  const id = `${parentId}/${name}`;
  const nested = [...draft.children];
  const [only] = nested;
  if (draft.own === null && only !== undefined && nested.length === 1) {
    const child = finish(only[0], only[1], owner, id);
    return { ...child, name: `${name}/${child.name}` };
  }
  const own =
    draft.own === null ? null : packageNode(draft.own, nested.length === 0 ? id : `${id}/.`, name, owner);
  if (nested.length === 0 && own !== null) return own;
  const children = nested.map(([part, child]) => finish(part, child, owner, id));
  return group(id, name, owner, own === null ? children : [own, ...children]);
}

function packageNode(pack: PackageSize, id: string, name: string, owner: Owner): SizeNode {
  const functions = pack.largest
    .filter(({ bytes }) => bytes > 0)
    .map((fn, index): SizeNode => ({
      id: `${id}#${String(index)}`,
      name: shortName(fn.name, pack.path),
      kind: 'function',
      owner,
      bytes: fn.bytes,
      functions: 1,
      children: [],
    }));
  const rest = pack.bytes - functions.reduce((sum, { bytes }) => sum + bytes, 0);
  const count = pack.functions - functions.length;
  if (rest > 0 && functions.length > 0)
    functions.push({
      id: `${id}#rest`,
      name: count > 0 ? `${String(count)} smaller functions` : 'other code',
      kind: 'rest',
      owner,
      bytes: rest,
      functions: Math.max(0, count),
      children: [],
    });
  return {
    id,
    name,
    kind: 'package',
    owner,
    bytes: pack.bytes,
    functions: pack.functions,
    children: functions,
  };
}

function group(
  id: string,
  name: string,
  owner: Owner,
  children: readonly SizeNode[],
  kind: 'group' | 'root' = 'group',
): SizeNode {
  const sorted = [...children].sort((a, b) => b.bytes - a.bytes);
  const sum = (of: (node: SizeNode) => number): number => sorted.reduce((total, node) => total + of(node), 0);
  return {
    id,
    name,
    kind,
    owner,
    bytes: sum((n) => n.bytes),
    functions: sum((n) => n.functions),
    children: sorted,
  };
}

/** A function's name without its package: `(*T).Method`. */
export function shortName(name: string, path: string): string {
  return name.startsWith(`${path}.`) ? name.slice(path.length + 1) : name;
}

/** The nodes from the root to the node with this id; only the root when there is none. */
export function pathTo(root: SizeNode, id: string): readonly SizeNode[] {
  const search = (node: SizeNode): SizeNode[] | null => {
    if (node.id === id) return [node];
    for (const child of node.children) {
      if (child.kind === 'function' || child.kind === 'rest') continue;
      const found = search(child);
      if (found !== null) return [node, ...found];
    }
    return null;
  };
  return search(root) ?? [root];
}

/** The id of the node that shows a package's functions, or null when the tree has no such package. */
export function packageId(root: SizeNode, path: string): string | null {
  const search = (node: SizeNode, prefix: string): string | null => {
    const here = node.kind === 'root' || prefix === '' ? '' : prefix;
    if (node.kind === 'package' && here === path) return node.id;
    for (const child of node.children) {
      if (child.kind === 'function' || child.kind === 'rest') continue;
      const isOwner = node.kind === 'root';
      const isOwn = child.id.endsWith('/.');
      const next = isOwner ? '' : isOwn ? here : here === '' ? child.name : `${here}/${child.name}`;
      if (next !== '' && path !== next && !path.startsWith(`${next}/`)) continue;
      const found = search(child, next);
      if (found !== null) return found;
    }
    return null;
  };
  return search(root, '');
}

import { BASE_LABEL } from './merge.ts';
import type { Profile } from './profile.ts';
import { stackOf } from './transform.ts';

/** What one node of a report stands for. `packages` is not one of pprof's. */
export type Granularity = 'functions' | 'filefunctions' | 'files' | 'lines' | 'addresses' | 'packages';

export interface GraphNode {
  /** As pprof prints it. */
  readonly name: string;
  /** Value of samples whose innermost frame it is. */
  flat: number;
  /** Value of samples that it is in, each sample once. */
  cum: number;
  readonly callers: Map<GraphNode, GraphEdge>;
  readonly callees: Map<GraphNode, GraphEdge>;
}

export interface GraphEdge {
  readonly from: GraphNode;
  readonly to: GraphNode;
  weight: number;
  /** Every such call was inlined. */
  inline: boolean;
}

export interface GraphOptions {
  /** Index of the sample type. */
  readonly sampleType: number;
  readonly granularity: Granularity;
  /** Leaves inlined calls to the function that they are inlined into. */
  readonly noInlines?: boolean;
  /** Only nodes with these names; undefined for all. */
  readonly kept?: ReadonlySet<string>;
}

/** Names of the nodes of each location, innermost first. */
class NodeNames {
  readonly #profile: Profile;
  readonly #options: GraphOptions;
  readonly #nodes = new Map<string, GraphNode>();

  constructor(profile: Profile, options: GraphOptions) {
    this.#profile = profile;
    this.#options = options;
  }

  get nodes(): Iterable<GraphNode> {
    return this.#nodes.values();
  }

  /** Undefined stands for a node that is not kept. */
  ofLocation(location: number): readonly (GraphNode | undefined)[] {
    const { lineStart } = this.#profile.locations;
    const end = lineStart[location + 1] ?? 0;
    const start = lineStart[location] ?? 0;
    if (start === end) return [this.#node(this.#bareName(location), '')];
    const first = this.#options.noInlines === true ? end - 1 : start;
    return Array.from({ length: end - first }, (_, i) => this.#ofLine(location, first + i));
  }

  #bareName(location: number): string {
    const address = this.#address(location);
    const file = this.#profile.mappings[this.#profile.locations.mapping[location] ?? -1]?.file ?? '';
    return [...address, file === '' ? '<unknown>' : `[${baseName(file)}]`].join(' ');
  }

  #address(location: number): string[] {
    const address = this.#profile.locations.address[location] ?? 0n;
    const shown = this.#options.granularity === 'addresses' && address !== 0n;
    return shown ? [address.toString(16).padStart(16, '0')] : [];
  }

  #ofLine(location: number, line: number): GraphNode | undefined {
    const { strings, functions, locations } = this.#profile;
    const { granularity } = this.#options;
    const at = locations.lineFunction[line] ?? 0;
    const fullName = strings[functions.name[at] ?? 0] ?? '';
    const fullFile = strings[functions.file[at] ?? 0] ?? '';
    if (granularity === 'packages') return this.#node(packageOf(fullName, fullFile), '');
    const name = granularity === 'files' ? '' : fullName;
    const file = granularity === 'functions' || fullFile === '' ? '' : cleanPath(fullFile);
    const byLine = granularity === 'lines' || granularity === 'addresses';
    const lineNumber = byLine ? (locations.lineNumber[line] ?? 0) : 0;
    const parts = this.#address(location);
    if (name !== '') parts.push(name);
    let apart = '';
    if (lineNumber !== 0) parts.push(`${file}:${lineNumber}`);
    else if (file !== '') parts.push(file);
    const mapping = this.#profile.mappings[locations.mapping[location] ?? -1]?.file ?? '';
    if (name === '') {
      // pprof keeps functions without a name apart by their first line and binary.
      apart = `${functions.startLine[at] ?? 0} ${mapping}`;
      if (parts.length === 0) parts.push(mapping === '' ? '<unknown>' : `[${baseName(mapping)}]`);
    }
    return this.#node(parts.join(' '), apart);
  }

  #node(name: string, apart: string): GraphNode | undefined {
    const key = apart === '' ? name : `${name}\n${apart}`;
    const { kept } = this.#options;
    if (kept !== undefined && !kept.has(name)) return undefined;
    let node = this.#nodes.get(key);
    if (node === undefined) {
      node = { name, flat: 0, cum: 0, callers: new Map(), callees: new Map() };
      this.#nodes.set(key, node);
    }
    return node;
  }
}

/** The call graph of a profile (github.com/google/pprof/internal/graph/graph.go, newGraph), without nodes of value 0. */
export function callGraph(profile: Profile, options: GraphOptions): GraphNode[] {
  const names = new NodeNames(profile, options);
  const nodesOf = Array.from({ length: profile.locations.count }, (_, row) => names.ofLocation(row));
  const { samples, sampleTypes } = profile;
  const seen = new Set<GraphNode>();
  const seenEdges = new Map<GraphNode, Set<GraphNode>>();
  for (let row = 0; row < samples.count; row++) {
    const weight = samples.values[row * sampleTypes.length + options.sampleType] ?? 0;
    if (weight === 0) continue;
    seen.clear();
    seenEdges.clear();
    let parent: GraphNode | undefined;
    let residual = false;
    const stack = stackOf(samples, row);
    for (let at = stack.length - 1; at >= 0; at--) {
      const nodes = nodesOf[stack[at] ?? 0] ?? [];
      for (let index = nodes.length - 1; index >= 0; index--) {
        const node = nodes[index];
        if (node === undefined) {
          residual = true;
          continue;
        }
        if (!seen.has(node)) {
          seen.add(node);
          node.cum += weight;
        }
        if (parent !== undefined && parent !== node) {
          let from = seenEdges.get(parent);
          if (from === undefined) seenEdges.set(parent, (from = new Set()));
          if (!from.has(node)) {
            from.add(node);
            addEdge(parent, node, weight, index !== nodes.length - 1);
          }
        }
        parent = node;
        residual = false;
      }
    }
    if (parent !== undefined && !residual) parent.flat += weight;
  }
  return [...names.nodes].filter(({ flat, cum }) => flat !== 0 || cum !== 0);
}

function addEdge(from: GraphNode, to: GraphNode, weight: number, inline: boolean): void {
  const edge = from.callees.get(to);
  if (edge !== undefined) {
    edge.weight += weight;
    edge.inline &&= inline;
    return;
  }
  const added = { from, to, weight, inline };
  from.callees.set(to, added);
  to.callers.set(from, added);
}

/** Sum of the absolute values of a sample type; in a diff with marked base samples, of those only (report.computeTotal). */
export function totalOf({ samples, sampleTypes, strings }: Profile, sampleType: number): number {
  let total = 0;
  let base = 0;
  const { labels, labelStart } = samples;
  for (let row = 0; row < samples.count; row++) {
    const value = Math.abs(samples.values[row * sampleTypes.length + sampleType] ?? 0);
    total += value;
    for (let at = labelStart[row] ?? 0; at < (labelStart[row + 1] ?? 0); at++) {
      if (strings[labels.key[at] ?? 0] === BASE_LABEL && strings[labels.text[at] ?? 0] === 'true')
        base += value;
    }
  }
  return base > 0 ? base : total;
}

/** The package of a Go function; for other functions the directory of the file. */
export function packageOf(name: string, file: string): string {
  const bare = name.replace(/\[.*$/, '');
  const slash = bare.lastIndexOf('/');
  const dot = bare.indexOf('.', slash + 1);
  if (dot > 0) return bare.slice(0, dot).replace(/%2e/g, '.');
  const directory = file.slice(0, Math.max(0, file.lastIndexOf('/')));
  return directory === '' ? (name === '' ? '<unknown>' : name) : directory;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Go's filepath.Clean. */
function cleanPath(path: string): string {
  const rooted = path.startsWith('/');
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '..' || !rooted) parts.push(part);
  }
  const joined = parts.join('/');
  if (rooted) return `/${joined}`;
  return joined === '' ? '.' : joined;
}

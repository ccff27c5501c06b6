import { BASE_LABEL } from './merge.ts';
import { NodeNames, type Granularity, type NodeName } from './node-names.ts';
import type { Profile } from './profile.ts';
import { stackOf } from './transform.ts';

export type { Granularity };

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

/** The nodes of each location, innermost first. */
class Nodes {
  readonly #names: NodeNames;
  readonly #options: GraphOptions;
  readonly #nodes = new Map<string, GraphNode>();

  constructor(profile: Profile, options: GraphOptions) {
    this.#names = new NodeNames(profile, options.granularity);
    this.#options = options;
  }

  get nodes(): Iterable<GraphNode> {
    return this.#nodes.values();
  }

  /** Undefined stands for a node that is not kept. */
  ofLocation(location: number): readonly (GraphNode | undefined)[] {
    const names = this.#names.ofLocation(location);
    return (this.#options.noInlines === true ? names.slice(-1) : names).map((name) => this.#node(name));
  }

  #node({ name, apart }: NodeName): GraphNode | undefined {
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
  const names = new Nodes(profile, options);
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
  const { labels, labelStart, values } = samples;
  const types = sampleTypes.length;
  const marked = strings.includes(BASE_LABEL);
  for (let row = 0; row < samples.count; row++) {
    const value = Math.abs(values[row * types + sampleType] ?? 0);
    total += value;
    if (!marked) continue;
    for (let at = labelStart[row] ?? 0; at < (labelStart[row + 1] ?? 0); at++) {
      if (strings[labels.key[at] ?? 0] === BASE_LABEL && strings[labels.text[at] ?? 0] === 'true')
        base += value;
    }
  }
  return base > 0 ? base : total;
}

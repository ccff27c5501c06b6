import { callGraph, totalOf, type Granularity, type GraphEdge, type GraphNode } from './graph.ts';
import { percentage, scale, valueText } from '../base/measurement.ts';
import { defaultSampleIndex, type Profile } from './profile.ts';
import { compileRegexp } from './regexp.ts';

/** Options of a report, with pprof's defaults. */
export interface ReportOptions {
  /** Index of the sample type; the profile's default one when left out. */
  readonly sampleType?: number;
  /** `functions` by default. */
  readonly granularity?: Granularity;
  readonly noInlines?: boolean;
  /** Order by cumulative value instead of flat. */
  readonly byCum?: boolean;
  /** Most nodes; 0 for all. Default: all in a top list, 80 in a tree. */
  readonly nodeCount?: number;
  /** Nodes below this share of the total are left out; 0.005 by default. */
  readonly nodeFraction?: number;
  /** The same of edges; 0.001 by default. */
  readonly edgeFraction?: number;
  /** Filters that were applied, for the heading: `focus=main`. */
  readonly filters?: readonly string[];
  /** Total that shares are of; of the unfiltered profile as in pprof. The profile's own when left out. */
  readonly total?: number;
}

interface Report {
  readonly nodes: readonly GraphNode[];
  readonly total: number;
  readonly header: readonly string[];
  readonly text: (value: number) => string;
}

/** The list that `go tool pprof -top` prints (github.com/google/pprof/internal/report/report.go, printText). */
export function topReport(profile: Profile, options: ReportOptions = {}): string {
  const { nodes, header, total, text } = makeReport(profile, { nodeCount: 0, ...options });
  const lines = [...header, '      flat  flat%   sum%        cum   cum%'];
  let sum = 0;
  for (const { name, flat, cum, callers } of nodes) {
    const edges = [...callers.values()];
    const inlined = edges.filter(({ inline }) => inline).length;
    const label = inlined === 0 ? '' : inlined === edges.length ? ' (inline)' : ' (partial-inline)';
    sum += flat;
    const columns = [
      text(flat).padStart(10),
      percentage(flat, total),
      percentage(sum, total),
      text(cum).padStart(10),
      percentage(cum, total),
    ];
    lines.push(`${columns.join(' ')}  ${name}${label}`);
  }
  return `${lines.join('\n')}\n`;
}

const SEPARATOR = '----------------------------------------------------------+-------------';

/** What `go tool pprof -tree` prints. */
export function treeReport(profile: Profile, options: ReportOptions = {}): string {
  return printTree(makeReport(profile, { nodeCount: 80, ...options }), undefined);
}

/** What `go tool pprof -peek SYMBOL` prints: callers and callees of the functions that match. Throws a RegexpError. */
export function peekReport(profile: Profile, symbol: string, options: ReportOptions = {}): string {
  const untrimmed = { ...options, nodeCount: 0, nodeFraction: 0, edgeFraction: 0 };
  return printTree(makeReport(profile, untrimmed), symbol);
}

function printTree({ nodes, total, header, text }: Report, symbol: string | undefined): string {
  const expression = symbol === undefined ? undefined : compileRegexp(symbol);
  const legend = '      flat  flat%   sum%        cum   cum%   calls calls% + context \t \t ';
  const lines = [...header, SEPARATOR, legend];
  let sum = 0;
  const edgeLine = ({ weight, inline }: GraphEdge, other: GraphNode, cum: number): string =>
    `${text(weight).padStart(50)} ${percentage(weight, cum)} |   ${other.name}${inline ? ' (inline)' : ''}`;
  for (const { name, flat, cum, callers, callees } of nodes) {
    if (expression !== undefined && !expression.matches(name)) continue;
    lines.push(SEPARATOR);
    for (const edge of sortedEdges(callers)) lines.push(edgeLine(edge, edge.from, cum));
    sum += flat;
    lines.push(
      [
        text(flat).padStart(10),
        percentage(flat, total),
        percentage(sum, total),
        text(cum).padStart(10),
        percentage(cum, total),
        `               | ${name}`,
      ].join(' '),
    );
    for (const edge of sortedEdges(callees)) lines.push(edgeLine(edge, edge.to, cum));
  }
  if (nodes.length > 0) lines.push(SEPARATOR);
  return `${lines.join('\n')}\n`;
}

/** Callers or callees, heaviest first, as pprof orders them. */
export function sortedEdges(edges: ReadonlyMap<GraphNode, GraphEdge>): GraphEdge[] {
  return [...edges.values()].sort(
    (a, b) =>
      Math.abs(b.weight) - Math.abs(a.weight) ||
      compare(a.from.name, b.from.name) ||
      compare(a.to.name, b.to.name),
  );
}

/** Order of Go's strings: by bytes of UTF-8, which is the order of code points. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function makeReport(profile: Profile, options: ReportOptions): Report {
  const sampleType = options.sampleType ?? defaultSampleIndex(profile);
  const type = profile.sampleTypes[sampleType];
  const unit = type?.unit ?? '';
  const total = options.total ?? totalOf(profile, sampleType);
  const trimmed = trimmedGraph(profile, sampleType, options);
  const outputUnit = chooseUnit(trimmed.nodes, total, unit);
  const text = (value: number): string => valueText(value, unit, outputUnit);
  const header = [...profileLabels(profile, sampleType, total, text)];
  const { filters = [], nodeFraction = 0.005 } = options;
  if (filters.length > 0) {
    header.push(
      'Active filters:',
      ...filters.map((one) => `   ${one.length > 80 ? `${one.slice(0, 80)}…` : one}`),
    );
  }
  const shown = trimmed.nodes.reduce((sum, { flat }) => sum + flat, 0);
  header.push(
    `Showing nodes accounting for ${text(shown)}, ${percentage(shown, total).trim()} of ${text(total)} total`,
  );
  if (total !== 0) {
    const { dropped, original, nodes } = trimmed;
    if (dropped > 0) {
      const cut = text(Math.abs(Math.trunc(total * nodeFraction)));
      header.push(`Dropped ${dropped} node${dropped > 1 ? 's' : ''} (cum <= ${cut})`);
    }
    if (nodes.length > 0 && nodes.length < original) {
      header.push(`Showing top ${nodes.length} nodes out of ${original}`);
    }
  }
  return { nodes: trimmed.nodes, total, header, text };
}

/** report.newTrimmedGraph */
function trimmedGraph(
  profile: Profile,
  sampleType: number,
  options: ReportOptions,
): { nodes: GraphNode[]; dropped: number; original: number } {
  const { granularity = 'functions', noInlines = false, nodeCount = 0 } = options;
  const { nodeFraction = 0.005, edgeFraction = 0.001, byCum = false } = options;
  const graph = (kept?: ReadonlySet<string>): GraphNode[] =>
    callGraph(profile, { sampleType, granularity, noInlines, ...(kept === undefined ? {} : { kept }) });
  let nodes = graph();
  const total = nodes.reduce((sum, { flat }) => sum + flat, 0);
  const nodeCutoff = Math.abs(Math.trunc(total * nodeFraction));
  const edgeCutoff = Math.abs(Math.trunc(total * edgeFraction));
  let dropped = 0;
  if (nodeCutoff > 0) {
    const kept = nodes.filter(({ cum }) => Math.abs(cum) >= nodeCutoff);
    if (kept.length !== nodes.length) {
      dropped = nodes.length - kept.length;
      nodes = graph(new Set(kept.map(({ name }) => name)));
    }
  }
  const original = nodes.length;
  sortNodes(nodes, byCum);
  if (nodeCount > 0) {
    trimEdges(nodes, edgeCutoff);
    const kept = nodes.slice(0, nodeCount);
    if (kept.length !== nodes.length) {
      nodes = graph(new Set(kept.map(({ name }) => name)));
      sortNodes(nodes, byCum);
    }
  }
  trimEdges(nodes, edgeCutoff);
  return { nodes, dropped, original };
}

function trimEdges(nodes: readonly GraphNode[], cutoff: number): void {
  for (const node of nodes) {
    for (const [from, { weight }] of node.callers) {
      if (Math.abs(weight) >= cutoff) continue;
      node.callers.delete(from);
      from.callees.delete(node);
    }
  }
}

function sortNodes(nodes: GraphNode[], byCum: boolean): void {
  const [first, second] = byCum ? (['cum', 'flat'] as const) : (['flat', 'cum'] as const);
  nodes.sort(
    (a, b) =>
      Math.abs(b[first]) - Math.abs(a[first]) ||
      compare(a.name, b.name) ||
      Math.abs(b[second]) - Math.abs(a[second]),
  );
}

/** report.selectOutputUnit */
function chooseUnit(nodes: readonly GraphNode[], total: number, unit: string): string {
  if (nodes.length === 0) return 'minimum';
  let least = 0;
  for (const { flat, cum } of nodes) {
    const value = Math.abs(flat) || Math.abs(cum);
    if (value > 0 && (least === 0 || value < least)) least = value;
  }
  if (least === 0) least = total;
  let chosen = scale(least, unit, 'minimum').unit;
  if (chosen !== scale(total, unit, 'minimum').unit && least * 100 < total) {
    chosen = scale(100 * least, unit, 'minimum').unit;
  }
  return chosen === '' ? unit : chosen;
}

/** report.ProfileLabels; the time in UTC. */
function profileLabels(
  profile: Profile,
  sampleType: number,
  total: number,
  text: (value: number) => string,
): string[] {
  const labels: string[] = [];
  const [mapping] = profile.mappings;
  if (mapping !== undefined && mapping.file !== '') {
    labels.push(`File: ${mapping.file.slice(mapping.file.lastIndexOf('/') + 1)}`);
  }
  if (mapping !== undefined && mapping.buildId !== '') labels.push(`Build ID: ${mapping.buildId}`);
  labels.push(...profile.comments.filter((comment) => !comment.startsWith('#')));
  const type = profile.sampleTypes[sampleType];
  if (type !== undefined && type.type !== '') labels.push(`Type: ${type.type}`);
  if (profile.docUrl !== '') labels.push(`Doc: ${profile.docUrl}`);
  if (profile.timeNanos !== 0n) labels.push(`Time: ${utcTime(profile.timeNanos)}`);
  if (profile.durationNanos !== 0n) {
    const duration = Number(profile.durationNanos);
    const nanos = scale(total, type?.unit ?? '', 'nanoseconds');
    const share =
      nanos.unit === 'ns' && nanos.value !== 0 ? `(${percentage(Math.trunc(nanos.value), duration)})` : '';
    labels.push(`Duration: ${valueText(duration, 'nanoseconds')}, Total samples = ${text(total)} ${share}`);
  }
  return labels;
}

function utcTime(nanos: bigint): string {
  const date = new Date(Number(nanos / 1_000_000n));
  if (Number.isNaN(date.getTime())) return `${nanos} ns`;
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

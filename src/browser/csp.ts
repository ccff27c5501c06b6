/** Directives that govern a worker's start and its scripts; the first that a policy has counts (CSP level 3, 6.1.12). */
const WORKER_SOURCES = ['worker-src', 'child-src', 'script-src', 'default-src'];
const SCRIPT_SOURCES = ['script-src-elem', 'script-src', 'default-src'];

/**
 * Whether every policy lets a worker start from a blob: URL, and import one. Each policy is the value of a header (policies joined by
 * commas) or of a meta element.
 */
export function allowsBlobWorkers(policies: readonly string[]): boolean {
  return policies
    .flatMap((value) => value.split(','))
    .map(directives)
    .every((policy) => allowsBlob(policy, WORKER_SOURCES) && allowsBlob(policy, SCRIPT_SOURCES));
}

function allowsBlob(policy: ReadonlyMap<string, readonly string[]>, names: readonly string[]): boolean {
  const sources = names.map((name) => policy.get(name)).find((list) => list !== undefined);
  return sources === undefined || sources.includes('blob:');
}

function directives(policy: string): Map<string, readonly string[]> {
  const result = new Map<string, readonly string[]>();
  for (const part of policy.split(';')) {
    const [name, ...sources] = part.trim().toLowerCase().split(/\s+/);
    // A directive that is given twice counts as it was given first.
    if (name !== undefined && name !== '' && !result.has(name)) result.set(name, sources);
  }
  return result;
}

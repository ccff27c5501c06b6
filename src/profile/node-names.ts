import type { Profile } from './profile.ts';

/** What one node of a report stands for. `packages` is not one of pprof's. */
export type Granularity = 'functions' | 'filefunctions' | 'files' | 'lines' | 'addresses' | 'packages';

/** What a node is called. */
export interface NodeName {
  /** As pprof prints it. */
  readonly name: string;
  /** Tells nodes of the same name apart; empty for most. */
  readonly apart: string;
  /** Row of the line in the profile's locations; -1 where the location has none. */
  readonly line: number;
}

/** Names of what is at each location of a profile (github.com/google/pprof/internal/graph/graph.go, NodeInfo.PrintableName). */
export class NodeNames {
  readonly #profile: Profile;
  readonly #granularity: Granularity;

  constructor(profile: Profile, granularity: Granularity) {
    this.#profile = profile;
    this.#granularity = granularity;
  }

  /** One name a line, innermost first. */
  ofLocation(location: number): NodeName[] {
    const { lineStart } = this.#profile.locations;
    const end = lineStart[location + 1] ?? 0;
    const start = lineStart[location] ?? 0;
    if (start === end) return [this.bare(location)];
    return Array.from({ length: end - start }, (_, i) => this.ofLine(location, start + i));
  }

  /** The name of a location without lines. */
  bare(location: number): NodeName {
    const address = this.#address(location);
    const file = this.#profile.mappings[this.#profile.locations.mapping[location] ?? -1]?.file ?? '';
    const name = [...address, file === '' ? '<unknown>' : `[${baseName(file)}]`].join(' ');
    return { name, apart: '', line: -1 };
  }

  #address(location: number): string[] {
    const address = this.#profile.locations.address[location] ?? 0n;
    const shown = this.#granularity === 'addresses' && address !== 0n;
    return shown ? [address.toString(16).padStart(16, '0')] : [];
  }

  /** The name of one line of a location, by its row. */
  ofLine(location: number, line: number): NodeName {
    const { strings, functions, locations } = this.#profile;
    const granularity = this.#granularity;
    const at = locations.lineFunction[line] ?? 0;
    const fullName = strings[functions.name[at] ?? 0] ?? '';
    const fullFile = strings[functions.file[at] ?? 0] ?? '';
    if (granularity === 'functions' && fullName !== '') return { name: fullName, apart: '', line };
    if (granularity === 'packages') return { name: packageOf(fullName, fullFile), apart: '', line };
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
    return { name: parts.join(' '), apart, line };
  }
}

/** The package of a Go function; for other functions the script, or the directory of the file. */
export function packageOf(name: string, file: string): string {
  if (file.includes('://') && /^[a-z-]+:\/\//.test(file) && !file.endsWith('.go')) return file;
  // Without the type arguments, which may have slashes and dots.
  const bare = name.includes('[') ? name.replace(/\[.*$/, '') : name;
  const slash = bare.lastIndexOf('/');
  const dot = bare.indexOf('.', slash + 1);
  if (dot > 0) return bare.slice(0, dot).replaceAll('%2e', '.');
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

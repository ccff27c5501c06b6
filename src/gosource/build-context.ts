import { constraintsHold, type TagHolds } from './build-constraint.ts';
import { readImports } from './imports.ts';

// Which files of a package's directory `go build` takes (Go 1.27 src/go/build/build.go, matchFile, goodOSArchFile, matchTag; the lists:
// src/internal/syslist/syslist.go).

/** What is known of the build of a module for wasm by the gc compiler. */
export interface BuildContext {
  readonly goos: 'js' | 'wasip1';
  /** 27 for Go 1.27.3. */
  readonly minor: number;
  /** False: it may have been a later version. */
  readonly isExact: boolean;
  /** Those of `-tags`; null where the module does not say. */
  readonly tags: ReadonlySet<string> | null;
  /** CGO_ENABLED; null where the module does not say. */
  readonly cgo: boolean | null;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));
const SYSTEMS = words(
  'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos',
);
const ARCHITECTURES = words(
  '386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64 ppc64le riscv ' +
    'riscv64 s390 s390x sparc sparc64 wasm',
);
/** Tags that no build for wasm by gc has of itself. */
const NEVER = words('gccgo unix race msan asan');
/** Tags that the toolchain sets by what it was built and called with: the defaults of each version are others. */
const OF_TOOLCHAIN = /^(?:goexperiment\.|wasm\.|boringcrypto$|fips140)/;

/** Whether a tag holds; undefined where that is not known. */
export function tagHolds(
  tag: string,
  { goos, minor, isExact, tags, cgo }: BuildContext,
): boolean | undefined {
  if (tag === goos || tag === 'wasm' || tag === 'gc' || tags?.has(tag) === true) return true;
  const release = /^go1\.([1-9]\d*)$/.exec(tag);
  if (release !== null && Number(release[1]) <= minor) return true;
  if (release !== null && !isExact) return undefined;
  if (tag === 'cgo') return cgo ?? undefined;
  if (OF_TOOLCHAIN.test(tag)) return undefined;
  if (SYSTEMS.has(tag) || ARCHITECTURES.has(tag) || NEVER.has(tag)) return false;
  return tags === null ? undefined : false;
}

/** Whether the name of a file alone keeps it in: `_GOOS`, `_GOARCH`, `_test`. Undefined where that is not known. */
export function nameFits(name: string, context: BuildContext): boolean | undefined {
  if (!name.endsWith('.go') || /^[_.]/.test(name) || name.endsWith('_test.go')) return false;
  const [stem = ''] = name.split('.');
  const [, ...parts] = stem.split('_');
  const last = parts.at(-1) ?? '';
  const before = parts.at(-2) ?? '';
  // Up to Go 1.20 there was no wasip1.
  const isSystem = (part: string): boolean => SYSTEMS.has(part) && (part !== 'wasip1' || context.minor >= 21);
  const holds: TagHolds = (tag) => tagHolds(tag, context);
  if (isSystem(before) && ARCHITECTURES.has(last)) {
    const both = [holds(before), holds(last)];
    return both.includes(false) ? false : both.includes(undefined) ? undefined : true;
  }
  return isSystem(last) || ARCHITECTURES.has(last) ? holds(last) : true;
}

/** Whether the build takes a file of this name and text, as far as its constraints go; undefined where that is not known. */
export function fileFits(name: string, source: string, context: BuildContext): boolean | undefined {
  const byName = nameFits(name, context);
  if (byName === false) return false;
  const byText = constraintsHold(source, (tag) => tagHolds(tag, context));
  if (byText === false) return false;
  // Without cgo no build takes a file that imports it.
  if (importsC(source)) return context.cgo === false ? false : undefined;
  return byName === undefined ? undefined : byText;
}

const importsC = (source: string): boolean =>
  source.includes('"C"') && readImports(source).some(({ path }) => path === 'C');

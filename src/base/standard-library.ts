/**
 * Whether a path, as the symbols say it, is of Go's standard library (`-trimpath` form or below a GOROOT), of the C library that TinyGo links, or of Rust's.
 */
export function isStandardLibrary(path: string): boolean {
  if (C_LIBRARY.test(path) || RUST_LIBRARY.test(path)) return true;
  const relative = path.startsWith('$GOROOT/src/')
    ? path.slice('$GOROOT/src/'.length)
    : path.startsWith('/')
      ? (IN_ROOT.exec(path)?.[1] ?? '')
      : path;
  const [first, second] = relative.split('/');
  return first !== undefined && second !== undefined && STANDARD_ROOTS.has(first);
}

/** Below a GOROOT or TINYGOROOT: `/usr/lib/go-1.27/src/`, `/opt/homebrew/Cellar/go/1.27.3/libexec/src/`, `/usr/local/lib/tinygo/src/`. */
const IN_ROOT = /\/[^/]*go[^/]*(?:\/[\d.]+)?(?:\/libexec)?\/src\/(.*)$/;

/** Whether a path is of the part of the standard library that TinyGo has files of its own for (below a TINYGOROOT): Go's of the same name are others. */
export function isOfTinyGo(path: string): boolean {
  return /\/[^/]*tinygo[^/]*(?:\/[\d.]+)?\/src\//.test(path) && isStandardLibrary(path);
}

/** Folders of wasi-libc, and of the run-time library of LLVM. */
const C_LIBRARY = /(?:^|\/)(?:libc-(?:top|bottom)-half|dlmalloc\/src|compiler-rt\/lib)\//;

/** Where the library of Rust was built (`/rustc/HASH/library/`, a distribution's `rustc-1.63.0/library/`) or lies (`rustlib/src/rust/library/`). */
const RUST_LIBRARY = /(?:^|\/)(?:rustc\/[0-9a-f]{40}|rustc-[\d.]+(?:-src)?|rustlib\/src\/rust)\/library\//;

const STANDARD_ROOTS = new Set(
  (
    'archive arena bufio builtin bytes cmp compress container context crypto database debug embed encoding errors expvar flag fmt go hash ' +
    'html image index internal io iter log maps math mime net os path plugin reflect regexp runtime slices sort strconv strings ' +
    'structs sync syscall testing text time unicode unique unsafe vendor weak'
  ).split(' '),
);

/** Whether a path, as the symbols say it, is of Go's standard library: `-trimpath` form or below a GOROOT. */
export function isStandardLibrary(path: string): boolean {
  const relative = path.startsWith('$GOROOT/src/')
    ? path.slice('$GOROOT/src/'.length)
    : path.startsWith('/')
      ? (/\/[^/]*go[^/]*\/src\/(.*)$/.exec(path)?.[1] ?? '')
      : path;
  const [first, second] = relative.split('/');
  return first !== undefined && second !== undefined && STANDARD_ROOTS.has(first);
}

const STANDARD_ROOTS = new Set(
  (
    'archive arena bufio builtin bytes cmp compress container context crypto database debug embed encoding errors expvar flag fmt go hash ' +
    'html image index internal io iter log maps math mime net os path plugin reflect regexp runtime slices sort strconv strings ' +
    'structs sync syscall testing text time unicode unique unsafe vendor weak'
  ).split(' '),
);

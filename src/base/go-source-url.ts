/** Where the URLs begin under which the extension lists Go files. */
export const GO_SCHEME = 'go:///';

/**
 * Under which URL DevTools lists a Go file, for its name in the symbols: `go:///example.com/app/main.go`, `go:///GOROOT/src/fmt/print.go`. Every
 * part of the extension names files so, so that breakpoints and links hold whoever made them.
 */
export function goSourceUrl(file: string): string {
  const path = file.replaceAll('\\', '/');
  const absolute = path.startsWith('$GOROOT/') ? path.slice(1) : path.replace(/^\/+/, '');
  return `${GO_SCHEME}${encodeURI(withoutDots(absolute)).replace(/[?#]/g, encodeURIComponent)}`;
}

/** C compilers name files from where they were run (`./a.c`, `../b.c`); DevTools leaves such parts of a URL out. */
function withoutDots(path: string): string {
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') kept.pop();
    else if (part !== '.') kept.push(part);
  }
  return kept.join('/');
}

/** The file that a URL of `goSourceUrl` stands for, without the slash that an absolute one began with; any other URL as it is. */
export function fileOfGoSourceUrl(url: string): string {
  const path = /^go:\/\/\/(.+)$/.exec(url)?.[1];
  if (path === undefined) return url;
  try {
    const file = decodeURIComponent(path);
    return file.startsWith('GOROOT/') ? `$${file}` : file;
  } catch {
    return url;
  }
}

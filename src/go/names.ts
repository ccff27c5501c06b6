import type { GoLayout } from './versions.ts';

// Names of Go functions as the linker writes them: `PACKAGE.NAME`, where dots of the last element of the package's path are escaped
// (`gopkg.in/yaml%2ev3.Marshal`), type arguments stand in brackets and may hold dots and slashes, and what the compiler makes itself
// begins with `type:.eq.`, `type:.hash.` (`type..eq.` up to 1.19) or `go:` (`go.`).

/**
 * A name as Go prints it in a traceback, with `...` for type arguments (Go src/runtime/symtab.go, funcNamePiecesForPrint). Only
 * `runtime.gopanic`, which tracebacks print as `panic`, keeps its name here.
 */
export function printedName(name: string, style: GoLayout['typeArguments']): string {
  if (style === 'linker') return name;
  const open = name.indexOf('[');
  const close = name.lastIndexOf(']');
  if (open < 0 || close <= open) return name;
  const before = name.slice(0, open);
  const after = name.slice(close + 1);
  const inside = name.slice(open + 1, close);
  if (style === 'whole' || !inside.includes('[')) return `${before}[...]${after}`;
  // From 1.27: a generic method of a generic type has two bracketed parts.
  let depth = 1;
  let closed = -1;
  for (let i = 0; i < inside.length; i++) {
    const char = inside[i];
    if (char === '[') {
      depth++;
      if (depth === 1) return `${before}[...]${inside.slice(closed + 1, i)}[...]${after}`;
    } else if (char === ']') {
      depth--;
      if (depth < 0) break;
      if (depth === 0) closed = i;
    }
  }
  return depth === 1 && closed < 0 ? `${before}[...]${after}` : name;
}

/** Package of what the compiler makes for a type or links for itself, not written in any package. */
export const COMPILER_PACKAGE = '(compiler)';

/**
 * The import path of the package that holds a function; `COMPILER_PACKAGE` for hash and equality functions and the linker's own
 * symbols, and '' for a name without a package (assembly such as `memeqbody`).
 */
export function packageOfName(name: string): string {
  if (/^(?:type[:.]\.|go:)/.test(name)) return COMPILER_PACKAGE;
  const bracket = name.indexOf('[');
  const head = bracket < 0 ? name : name.slice(0, bracket);
  // Up to 1.19 `go.` too; then a path such as go.uber.org/zap has a slash.
  if (head.startsWith('go.') && !head.includes('/')) return COMPILER_PACKAGE;
  const dot = head.indexOf('.', head.lastIndexOf('/') + 1);
  return dot < 0 ? '' : unescapePath(head.slice(0, dot));
}

/** Undoes the linker's escapes in a path: `%2e` for a dot of its last element, `%22`, `%25` and bytes outside ASCII (Go src/cmd/internal/objabi/path.go). */
function unescapePath(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

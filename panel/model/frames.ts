import { baseName } from './text.ts';
import type { StackFrame, StackTrace } from './types.ts';

/** A row of the stack table: a frame, or a run of folded ones that opens like a tree item. */
export type StackRow =
  | {
      readonly kind: 'frame';
      readonly key: string;
      readonly index: number;
      readonly frame: StackFrame;
      readonly level: 1 | 2;
    }
  | {
      readonly kind: 'fold';
      readonly key: string;
      readonly from: number;
      readonly count: number;
      readonly label: string;
      readonly expanded: boolean;
    };

/**
 * The rows of a stack, innermost first. With `fold`, neighbouring frames that are folded by default become one row each
 * run, unless all frames are such. `open` holds the keys of the runs that the person opened.
 */
export function stackRows(
  frames: readonly StackFrame[],
  fold: boolean,
  open: ReadonlySet<string>,
): readonly StackRow[] {
  const folds = fold && frames.some((frame) => frame.fold === null);
  const rows: StackRow[] = [];
  for (let at = 0; at < frames.length;) {
    const frame = frames[at];
    if (frame === undefined) break;
    if (!folds || frame.fold === null) {
      rows.push({ kind: 'frame', key: `f${String(at)}`, index: at, frame, level: 1 });
      at++;
      continue;
    }
    let end = at;
    while (frames[end] !== undefined && frames[end]?.fold !== null) end++;
    const run = frames.slice(at, end);
    const key = `r${String(at)}`;
    const expanded = open.has(key);
    rows.push({ kind: 'fold', key, from: at, count: run.length, label: foldLabel(run), expanded });
    if (expanded)
      run.forEach((hidden, i) =>
        rows.push({ kind: 'frame', key: `f${String(at + i)}`, index: at + i, frame: hidden, level: 2 }),
      );
    at = end;
  }
  return rows;
}

/** What a folded run is made of: `5 runtime frames`, `3 runtime and glue frames`. */
export function foldLabel(run: readonly StackFrame[]): string {
  const kinds = (['runtime', 'wrapper', 'glue'] as const).filter((kind) =>
    run.some((frame) => frame.fold === kind),
  );
  return `${String(run.length)} ${kinds.join(' and ')} ${run.length === 1 ? 'frame' : 'frames'}`;
}

/** Function with its arguments as Go prints them; without parentheses where the arguments are not known. */
export function frameTitle(frame: StackFrame): string {
  return frame.language === 'go' && frame.args !== null ? `${frame.function}(${frame.args})` : frame.function;
}

/** `main.go:41`, `main.go:41-44` for a range; '' where nothing is known. `whole` keeps the path. */
export function locationText(
  frame: { file: string; line: number; lineEnd?: number | null },
  whole = false,
): string {
  if (frame.file === '') return '';
  const file = whole ? frame.file : baseName(frame.file);
  if (frame.line <= 0) return file;
  const end = frame.lineEnd ?? frame.line;
  return `${file}:${String(frame.line)}${end > frame.line ? `-${String(end)}` : ''}`;
}

/** Where a frame may be instead, a line each, from the inside out. */
export function alternativesText(frame: StackFrame): string {
  return (frame.alternatives ?? [])
    .map((levels) => levels.map((level) => `${level.function} ${locationText(level)}`.trim()).join(' ← '))
    .join('\n');
}

/** Lines for the clipboard in the form of a Go traceback: `main.f(...)`, then a tab, `file:line` and `+0x1d`. */
export function framesAsText(frames: readonly StackFrame[]): string {
  return frames
    .map((frame) => {
      const place = locationText(frame, true) || frame.raw?.trim() || 'unknown place';
      const offset = frame.pcOffset === null ? '' : ` +0x${frame.pcOffset.toString(16)}`;
      return `${frame.language === 'go' ? `${frame.function}(${frame.args ?? '...'})` : frame.function}\n\t${place}${offset}\n`;
    })
    .join('');
}

/** A whole stack for the clipboard, with its header and the line that says who started the goroutine. */
export function stackAsText(stack: StackTrace): string {
  const { createdBy } = stack;
  const by =
    createdBy === null
      ? ''
      : `created by ${createdBy.function}${createdBy.goroutine === null ? '' : ` in goroutine ${String(createdBy.goroutine)}`}\n` +
        `\t${createdBy.file}:${String(createdBy.line)}\n`;
  return `${stack.header === null ? '' : `${stack.header}\n`}${framesAsText(stack.frames)}${by}`;
}

/** The Go package of a function: `example.com/app/shape` of `example.com/app/shape.(*Circle).Area`. */
export function packageOf(name: string): string {
  const bracket = name.indexOf('[');
  const plain = bracket < 0 ? name : name.slice(0, bracket);
  const dot = plain.indexOf('.', plain.lastIndexOf('/') + 1);
  return dot < 0 ? plain : plain.slice(0, dot);
}

/** What comes before the last element of a Go function's package path: `example.com/app/` of `example.com/app/shape.Area`. */
export function pathPrefix(frame: { function: string; language: StackFrame['language'] }): string {
  if (frame.language !== 'go') return '';
  const pack = packageOf(frame.function);
  return pack.slice(0, pack.lastIndexOf('/') + 1);
}

/** Characters of a raw frame that are looked at: a line of a stack is not longer, a hostile one may be. */
const RAW_LIMIT = 2000;

/** The part of a raw frame that says where: `app.wasm:wasm-function[7]:0x1234` without the function and the folders of the URL. */
export function shortRaw(raw: string): string {
  const line = raw.slice(0, RAW_LIMIT);
  const wasm = /(?:[^\s()@/]{0,200}:)?wasm-function\[\d+\](?::0x[\da-f]+)?/.exec(line);
  return wasm === null ? line.trim().replace(/^at /, '') : wasm[0];
}

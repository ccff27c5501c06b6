import { NONE, type CodeLines } from '../../symbols/code-lines.ts';
import { VlqText } from './vlq-text.ts';

// The `scopes` field (ECMA-426, "Scopes"): first a tree of original scopes for each source, then the generated ranges. Items are separated by
// commas and begin with their tag.

const COMMA = 0x2c;
const Tag = { empty: 0, scopeStart: 1, scopeEnd: 2, rangeStart: 4, rangeEnd: 5, callSite: 8 } as const;
const ScopeFlag = { hasName: 1, isStackFrame: 4 } as const;
const RangeFlag = { hasDefinition: 2, isStackFrame: 4 } as const;

/**
 * Writes functions as scopes of their files, and the code of functions and of inlined calls as ranges. `nameOf` gives the index of a
 * function's name in the map's `names`. A function's scope is from its first to its last known line: where two overlap, the one that begins
 * later is put inside, as closures are.
 */
export function writeScopes(lines: CodeLines, nameOf: (fn: number) => number): VlqText {
  const text = new VlqText(lines.count * 4 + 1024);
  const definition = writeOriginalScopes(text, lines, nameOf);
  writeRanges(text, lines, definition);
  return text;
}

/** Returns the number of each function's scope; NONE for a function without a file. */
function writeOriginalScopes(text: VlqText, lines: CodeLines, nameOf: (fn: number) => number): Int32Array {
  const { functions, files } = lines;
  const definition = new Int32Array(functions.count).fill(NONE);
  const byFile: number[][] = files.map(() => []);
  for (let fn = 0; fn < functions.count; fn++) {
    if ((functions.lastLine[fn] ?? 0) > 0) byFile[functions.file[fn] ?? NONE]?.push(fn);
  }
  let scopes = 0;
  let lastName = 0;
  for (const inFile of byFile) {
    if (inFile.length === 0) {
      begin(text, Tag.empty);
      continue;
    }
    const first = (fn: number): number => (functions.firstLine[fn] ?? 0) - 1;
    const name = (fn: number): string => functions.names[fn] ?? '';
    // Of functions that begin on one line, the one with the shorter name is around the other: a closure's name begins with it.
    inFile.sort((a, b) => first(a) - first(b) || name(a).length - name(b).length);
    const end = lastLines(inFile, first, (fn) => functions.lastLine[fn] ?? 0);
    let line = 0;
    const open: number[] = [];
    const startScope = (at: number, fn: number | null): void => {
      begin(text, Tag.scopeStart);
      text.unsigned(fn === null ? 0 : ScopeFlag.hasName | ScopeFlag.isStackFrame);
      text.unsigned(at - line);
      text.unsigned(0);
      line = at;
      if (fn !== null) {
        const index = nameOf(fn);
        text.signed(index - lastName);
        lastName = index;
        definition[fn] = scopes;
      }
      scopes++;
    };
    const endScope = (at: number): void => {
      begin(text, Tag.scopeEnd);
      text.unsigned(at - line);
      text.unsigned(0);
      line = at;
    };
    startScope(0, null);
    inFile.forEach((fn, i) => {
      for (;;) {
        const around = open.at(-1);
        if (around === undefined || around > first(fn)) break;
        open.pop();
        endScope(around);
      }
      startScope(first(fn), fn);
      open.push(end[i] ?? 0);
    });
    for (let around = open.pop(); around !== undefined; around = open.pop()) endScope(around);
    endScope(line + 1);
  }
  return definition;
}

/** Where each scope ends (the line after its last one, 0-based), so that they nest: one ends where the last one inside it does. */
function lastLines(
  inFile: readonly number[],
  first: (fn: number) => number,
  last: (fn: number) => number,
): Int32Array {
  const end = Int32Array.from(inFile, last);
  const open: number[] = [];
  inFile.forEach((fn, i) => {
    for (;;) {
      const around = open.at(-1);
      if (around === undefined || (end[around] ?? 0) > first(fn)) break;
      open.pop();
    }
    for (const around of open) end[around] = Math.max(end[around] ?? 0, end[i] ?? 0);
    open.push(i);
  });
  return end;
}

function writeRanges(
  text: VlqText,
  { count, start, level, levels }: CodeLines,
  definition: Int32Array,
): void {
  const open: number[] = [];
  let column = 0;
  let lastDefinition = 0;
  const moveTo = (at: number): void => {
    text.unsigned(at - column);
    column = at;
  };
  const wanted: number[] = [];
  for (let i = 0; i < count; i++) {
    const inner = level[i] ?? NONE;
    if (inner === (open.at(-1) ?? NONE)) continue;
    const at = start[i] ?? 0;
    wanted.length = 0;
    for (let one = inner; one !== NONE; one = levels.parent[one] ?? NONE) wanted.push(one);
    wanted.reverse();
    let same = 0;
    while (same < open.length && open[same] === wanted[same]) same++;
    while (open.length > same) {
      open.pop();
      begin(text, Tag.rangeEnd);
      moveTo(at);
    }
    for (let depth = same; depth < wanted.length; depth++) {
      const one = wanted[depth] ?? NONE;
      open.push(one);
      const defined = definition[levels.function[one] ?? NONE] ?? NONE;
      begin(text, Tag.rangeStart);
      text.unsigned(
        (defined === NONE ? 0 : RangeFlag.hasDefinition) | (depth === 0 ? RangeFlag.isStackFrame : 0),
      );
      moveTo(at);
      if (defined === NONE) continue;
      text.signed(defined - lastDefinition);
      lastDefinition = defined;
      const callFile = levels.callFile[one] ?? NONE;
      const callLine = levels.callLine[one] ?? 0;
      if (depth === 0 || callFile === NONE || callLine === 0) continue;
      begin(text, Tag.callSite);
      text.unsigned(callFile);
      text.unsigned(callLine - 1);
      text.unsigned(0);
    }
  }
}

function begin(text: VlqText, tag: number): void {
  if (text.length > 0) text.char(COMMA);
  text.unsigned(tag);
}

import type { Confidence } from '../base/confidence.ts';
import type { RuntimeFrame } from '../go/runtime/frames.ts';
import type { GoroutineStack } from '../go/runtime/goroutine-stack.ts';
import type { QueryStack } from '../protocol/goroutine-query.ts';
import { foldOfGo } from '../stack/fold.ts';

/** What all goroutines with the same stack share. */
export interface SharedStack extends QueryStack {
  /** The innermost function of the program's own code, or the nearest to that. */
  readonly place: {
    readonly function: string;
    readonly file: string;
    readonly line: number;
    readonly lineEnd: number | null;
    readonly confidence: Confidence;
  };
  /** A goroutine that waits here blocks a callback of JavaScript's. */
  readonly insideCallback: boolean;
  /** How many goroutines have it. */
  count: number;
}

/** Stacks of one snapshot, each kept once. */
export class StackTable {
  readonly #stacks = new Map<string, SharedStack>();
  readonly #isOwn: (name: string) => boolean;

  /** `isOwn`: whether a function is of the program's own code, by its name. */
  constructor(isOwn: (name: string) => boolean) {
    this.#isOwn = isOwn;
  }

  /** The stack's shared form; counts it. */
  add(stack: GoroutineStack): SharedStack {
    const key = keyOf(stack);
    const known = this.#stacks.get(key);
    if (known !== undefined) {
      known.count++;
      return known;
    }
    const { frames } = stack;
    const own = frames.find((frame) => !isFolded(frame) && this.#isOwn(frame.function));
    // A goroutine of the runtime is known by its first function, not by how it waits.
    const first = frames.findLast((frame) => frame.function !== 'runtime.goexit');
    const shown = own ?? frames.find((frame) => !isFolded(frame)) ?? first;
    const { function: name = '', file = '', line = 0, lineEnd = null } = shown ?? {};
    const confidence = shown?.confidence ?? { kind: 'unavailable', why: stack.notes.join(' ') };
    const added: SharedStack = {
      key,
      title: name === '' ? 'no stack' : `${name} ${file}:${line}, ${frames.length} frames`,
      text: frames.map((frame) => `${frame.function} ${frame.file}:${frame.line}`.toLowerCase()).join('\n'),
      place: { function: name, file, line, lineEnd, confidence },
      insideCallback: frames.some((frame) => frame.function === 'syscall/js.handleEvent'),
      count: 1,
    };
    this.#stacks.set(key, added);
    return added;
  }
}

const isFolded = (frame: RuntimeFrame): boolean =>
  foldOfGo(frame.function, frame.wrapper ? 'wrapper' : null, frame.file) !== null;

/** Two hashes of the return PCs, 32 bits each, and their number: the same for the same stack of the same module. */
function keyOf({ frames, elided }: GoroutineStack): string {
  let [a, b, count] = [0x811c9dc5, 0x9747b28c, 0];
  const mix = (value: number): void => {
    a = Math.imul(a ^ value, 0x01000193);
    b = Math.imul((b << 13) | (b >>> 19), 5) ^ Math.imul(value, 0xcc9e2d51);
  };
  for (const frame of frames) {
    if (frame.inlined) continue;
    mix(frame.pc % 0x100000000);
    mix(Math.floor(frame.pc / 0x100000000));
    count++;
  }
  if (elided !== null) mix(elided.count);
  const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
  return `${hex(a)}${hex(b)}-${count + (elided?.count ?? 0)}`;
}

/** Whether functions are of the program's own code: of package main, of its main module, or of a module that it depends on. */
export function ownCode(modulePaths: readonly string[]): (name: string) => boolean {
  const known = new Map<string, boolean>();
  return (name) => {
    const slash = name.lastIndexOf('/');
    const dot = name.indexOf('.', slash + 1);
    const path = dot < 0 ? name : name.slice(0, dot);
    let own = known.get(path);
    if (own === undefined) {
      // Packages outside the standard library have a dot in the first part of their path, unless their module is named so.
      const first = path.split('/', 1)[0] ?? '';
      own =
        path === 'main' ||
        (slash >= 0 && first.includes('.')) ||
        modulePaths.some((module) => path === module || path.startsWith(`${module}/`));
      known.set(path, own);
    }
    return own;
  };
}

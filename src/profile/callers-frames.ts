import { goPc, type GoPc } from '../base/units.ts';
import type { ProgramCode } from '../go/runtime/program.ts';
import type { GoStackFrame } from './go-locations.ts';

/**
 * Frames of the PCs that runtime.Callers gives, as the memory profile keeps them: one PC a frame, inlined calls with PCs of their own inside the function
 * that holds them; of the last PC all frames, in case that the stack was cut there (Go src/runtime/pprof/proto.go, runtime_expandFinalInlineFrame).
 */
export function callersFrames(program: ProgramCode, pcs: readonly GoPc[]): GoStackFrame[] {
  const frames: GoStackFrame[] = [];
  /** Of the inlined frames that were met since the last function: the PC of the innermost. */
  let inner: GoPc | undefined;
  for (const [index, pc] of pcs.entries()) {
    const code = program.functionAt(pc);
    const all = code?.framesAt(goPc(Math.max(0, pc - 1))) ?? [];
    const used = index === pcs.length - 1 ? all : all.slice(0, 1);
    if (used.length === 0) {
      frames.push({ function: `0x${pc.toString(16)}`, file: '', line: 0, inlined: false, pc });
      continue;
    }
    for (const { name, file, line, startLine, inlined } of used) {
      frames.push({ function: name, file, line, startLine, inlined, pc: inner ?? pc });
      inner = inlined ? (inner ?? pc) : undefined;
    }
  }
  return frames;
}

/** The stack of an allocation without the runtime's frames above the first of the program's (protomem.go); the whole of it when it has no other. */
export function withoutAllocator(program: ProgramCode, stack: readonly GoPc[]): readonly GoPc[] {
  const prefixes = program.minor >= 24 ? ['runtime.', 'internal/runtime/'] : ['runtime.'];
  const first = stack.findIndex((pc) => {
    const name = program.functionAt(pc)?.framesAt(pc)[0]?.name ?? '';
    return !prefixes.some((prefix) => name.startsWith(prefix));
  });
  return first < 0 ? stack : stack.slice(first);
}

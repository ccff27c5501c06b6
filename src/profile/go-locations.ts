import type { NewLine, ProfileBuilder } from './builder.ts';

/** A line of a Go stack, innermost first; a `RuntimeFrame` of src/go/runtime has this shape. */
export interface GoStackFrame {
  /** Go's full name. */
  readonly function: string;
  readonly file: string;
  /** 1-based; 0 unknown. */
  readonly line: number;
  /** Line of the function's declaration, where it is known. */
  readonly startLine?: number;
  /** Inlined into the next frame that is not. */
  readonly inlined: boolean;
  /** The return PC, or the place itself in the innermost frame; of the frame's own function also for inlined ones. */
  readonly pc: number;
}

/** The module that the PCs are of. */
export interface ProfiledModule {
  /** Its file name or URL. */
  readonly file: string;
  /** What tells builds apart: Go's build id, or a hash of the module's bytes; empty when unknown. */
  readonly buildId: string;
}

/** Turns Go stacks into locations as runtime/pprof does (Go src/runtime/pprof/proto.go, appendLocsForStack, 1.26). */
export class GoLocations {
  readonly #builder: ProfileBuilder;
  readonly #mapping: number;
  readonly #functions = new Map<string, number>();
  readonly #locations = new Map<string, number>();

  /** Adds the mapping of the module to `builder`. Its addresses are Go PCs: every one belongs to it. */
  constructor(builder: ProfileBuilder, module: ProfiledModule) {
    this.#builder = builder;
    this.#mapping = builder.addMapping({
      ...{ memoryStart: 0n, memoryLimit: 0n, fileOffset: 0n, file: module.file, buildId: module.buildId },
      ...{ hasFunctions: true, hasFilenames: true, hasLineNumbers: true, hasInlineFrames: true },
    });
  }

  /** The locations of a stack, innermost first. Frames of runtime.goexit are left out, as Go does. */
  ofStack(frames: readonly GoStackFrame[]): number[] {
    const stack: number[] = [];
    let lines: GoStackFrame[] = [];
    for (const frame of frames) {
      if (frame.function === 'runtime.goexit') continue;
      lines.push(frame);
      if (frame.inlined) continue;
      stack.push(this.#location(lines));
      lines = [];
    }
    if (lines.length > 0) stack.push(this.#location(lines));
    return stack;
  }

  #location(frames: readonly GoStackFrame[]): number {
    const key = frames.map((frame) => `${frame.pc} ${frame.line} ${frame.function}`).join('\n');
    const known = this.#locations.get(key);
    if (known !== undefined) return known;
    const lines: NewLine[] = frames.map((frame) => ({ function: this.#function(frame), line: frame.line }));
    // Go writes the address of the call, not the one it returns to.
    const pc = frames[0]?.pc ?? 0;
    const address = BigInt(Math.max(0, pc % 0x10000 === 0 ? pc : pc - 1));
    const location = this.#builder.addLocation(lines, address, this.#mapping);
    this.#locations.set(key, location);
    return location;
  }

  #function({ function: name, file, startLine }: GoStackFrame): number {
    let index = this.#functions.get(name);
    if (index === undefined) {
      index = this.#builder.addFunction({
        name,
        file,
        ...(startLine === undefined ? {} : { startLine }),
      });
      this.#functions.set(name, index);
    }
    return index;
  }
}

import { moduleOffset, type FuncIndex } from '../base/units.ts';
import type { Symbolizer } from '../symbols/symbolizer.ts';
import type { StackTrace } from './stack-trace.ts';

/** A frame of TinyGo as a goroutine profile takes it. */
export interface ProfiledFrame {
  readonly function: string;
  readonly file: string;
  /** 1-based; 0 unknown. */
  readonly line: number;
  /** Line of the function's declaration; 0 where it is not known, as of inlined ones. */
  readonly startLine: number;
  readonly inlined: boolean;
  /** Where the call returns to: the module offset behind its first byte, so that profiles, which write the address before it, have the call itself. */
  readonly pc: number;
}

/** The frames of a goroutine of TinyGo, innermost first. `entry`: the function that it began in, at which one stands that has not run yet. */
export function profiledFramesOf(
  { frames }: StackTrace,
  entry: FuncIndex,
  symbolizer: Symbolizer,
): ProfiledFrame[] {
  return frames
    .filter(({ language }) => language === 'go')
    .map(({ function: name, file, line, inlined, moduleOffset: call }) => {
      const index = call === null ? entry : symbolizer.locate(moduleOffset(call)).funcIndex;
      const symbol = inlined || index === undefined ? undefined : symbolizer.functionAt(index);
      const at = call ?? symbol?.bodyStart ?? 0;
      return { function: name, file, line, startLine: symbol?.startLine ?? 0, inlined, pc: at + 1 };
    });
}
